"""Downloads: our own templates, and rejected rows with the reasons beside them."""

from pathlib import PurePath

from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from catalog.supplier_files import services
from catalog.supplier_files.models import FileKind, ImportRun
from catalog.supplier_files.rules.columns import COLUMNS
from catalog.supplier_files.rules.columns import FileKind as RowKind
from config.kernel.exports import xlsx_file


def template(*, kind: str, file_format: str) -> HttpResponseBase:
    """Our own headings, ready to be filled in."""
    if kind not in FileKind.values or file_format not in ("csv", "xlsx"):
        raise Http404(f"no template {kind}.{file_format}")
    name = f"backroom-{kind.replace('_', '-')}.{file_format}"
    if file_format == "csv":
        return _csv(services.template_file(kind), name)
    book = xlsx_file(COLUMNS[RowKind(kind)], [], title=str(FileKind(kind).label))
    return FileResponse(book, as_attachment=True, filename=name)


def rejects(*, run: ImportRun) -> HttpResponse:
    """The rejected rows of an import, under the name of its file."""
    return _csv(services.rejects_file(run), f"{PurePath(run.file_name).stem}-rejected.csv")


def _csv(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response
