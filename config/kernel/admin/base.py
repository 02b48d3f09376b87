"""The base of every admin page: unfold's look, histories, an export no spreadsheet will run."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.checks import CheckMessage
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import models
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.checks import UnfoldModelAdminChecks
from unfold.overrides import FORMFIELD_OVERRIDES, FORMFIELD_OVERRIDES_INLINE
from unfold.views import ChangeList

from config.kernel import exports
from config.kernel.admin.fields import DecimalInput
from config.kernel.admin.history import HistoryPages
from config.kernel.admin.lists import CappedPaginator, KeysFirstChangeList, PlainChangeList

EXPORT_ROWS_MAX = 100_000
EXPORT_CHUNK = 1_000

# On every page, inlines included: what is not known is blank, and numbers have no idle zeros.
admin.site.empty_value_display = ""
for _overrides in (FORMFIELD_OVERRIDES, FORMFIELD_OVERRIDES_INLINE):
    _overrides[models.DecimalField] = {"widget": DecimalInput}

if TYPE_CHECKING:
    _AdminBase = admin.ModelAdmin
else:
    _AdminBase = object

_FULL_PERMISSION = re.compile(r"must define a has_\w+\.\w+_permission\(\)")


class ExportMixin(_AdminBase):
    """Adds "CSV" and "XLSX" to a list: every row that the filters leave, with the list's columns.

    `export_columns` names other columns (fields, or methods of the admin class); rows are read
    in chunks, so prefetches and joins of the list hold and no row costs a query of its own.
    """

    change_list_template = "admin/kernel/change_list.html"
    export_columns: Sequence[str] = ()
    export_rows_max = EXPORT_ROWS_MAX

    def get_urls(self) -> list[URLPattern]:
        """The admin's URLs, with `export/csv/` and `export/xlsx/` before them."""
        options = self.model._meta
        view = self.admin_site.admin_view(self.export_view)
        name = f"{options.app_label}_{options.model_name}_export"
        return [path("export/<str:file_format>/", view, name=name), *super().get_urls()]

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Who may see the list may take it along."""
        return self.has_view_permission(request)

    def get_export_columns(self, request: HttpRequest) -> Sequence[Any]:
        """The columns of the file."""
        return self.export_columns or [
            column for column in self.get_list_display(request) if column != "action_checkbox"
        ]

    def get_export_queryset(
        self, request: HttpRequest, queryset: models.QuerySet
    ) -> models.QuerySet:
        """The rows of the file; a list of polymorphic rows asks for the real ones here."""
        return queryset

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, which shows the export to those who may use it."""
        context = {"has_export_permission": self.has_export_permission(request)}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def export_view(self, request: HttpRequest, file_format: str) -> HttpResponseBase:
        """The filtered list as a file."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        if file_format not in ("csv", "xlsx"):
            raise Http404(f"no export as {file_format}")
        options = self.model._meta
        list_url = reverse(
            f"{self.admin_site.name}:{options.app_label}_{options.model_name}_changelist"
        )
        try:
            changes = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(list_url)
        if _counted(changes.queryset) > EXPORT_ROWS_MAX:
            messages.error(
                request,
                f"That would be more than {EXPORT_ROWS_MAX:,} rows, which is as many as an export "
                "has at most. Filter the list first.",
            )
            return HttpResponseRedirect(f"{list_url}?{request.GET.urlencode()}")
        columns = self.get_export_columns(request)
        headings = [
            capfirst(str(label_for_field(c, self.model, model_admin=self))) for c in columns
        ]
        rows = self._export_rows(self.get_export_queryset(request, changes.queryset), columns)
        return _file_response(file_format, options, headings, rows)

    def _export_rows(
        self, queryset: models.QuerySet, columns: Sequence[Any]
    ) -> Iterator[list[Any]]:
        for instance in queryset.iterator(chunk_size=EXPORT_CHUNK):
            yield [self._export_value(instance, column) for column in columns]

    def _export_value(self, instance: models.Model, column: Any) -> Any:
        try:
            field, _, value = lookup_field(column, instance, self)
        except ObjectDoesNotExist:
            return None
        if field is not None and getattr(field, "flatchoices", None):
            return dict(field.flatchoices).get(value, value)
        if isinstance(value, SafeString):
            return strip_tags(value)
        if isinstance(value, list | tuple):
            return " ".join(str(part) for part in value if part not in (None, ""))
        return value


class Checks(UnfoldModelAdminChecks):
    """Unfold's checks, but for one that asks the database, which a first start does not have yet.

    `tests/architecture` holds every action to a permission that exists.
    """

    def _check_unfold_action_permission_methods(self, obj: Any) -> list[CheckMessage]:
        return []

    def _check_actions(self, obj: Any) -> list[CheckMessage]:
        # Permissions by their full name are asked by ReasonActionMixin, not by a has_… method.
        return [e for e in super()._check_actions(obj) if not _FULL_PERMISSION.search(e.msg)]


class BackroomAdmin(ExportMixin, HistoryPages, ModelAdmin):
    """An admin page of Backroom. Other admin classes (polymorphic's) go before it in the bases.

    A polymorphic child also sets `object_history_template`, because polymorphic's own wins.
    """

    checks_class = Checks
    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False  # no second COUNT over the table
    empty_value_display = ""
    compressed_fields = True
    warn_unsaved_form = True
    nothing_here = ""
    """What an empty list says; blank: that there are no such things yet."""

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The model's own history where it keeps one, else the log of the admin."""
        if self.keeps_history:
            return super().history_view(request, object_id, extra_context)
        response = super(SimpleHistoryAdmin, self).history_view(request, object_id, extra_context)
        if isinstance(response, TemplateResponse):
            response.template_name = "admin/object_history.html"
        return response

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Lists that count once."""
        return PlainChangeList


class LedgerAdmin(BackroomAdmin):
    """A page to look at. What it shows changes through actions that call a service, if at all."""

    paginator = CappedPaginator

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Lists that may be long."""
        return KeysFirstChangeList

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Nobody types a row of a ledger."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody edits one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody removes one."""
        return False


def _counted(rows: models.QuerySet) -> int:
    """How many rows there are, one more than an export has at most."""
    return rows.order_by().values("pk")[: EXPORT_ROWS_MAX + 1].count()


def _file_response(
    file_format: str,
    options: Any,
    headings: Sequence[str],
    rows: Iterator[list[Any]],
) -> HttpResponseBase:
    name = f"{options.verbose_name_plural}.{file_format}".replace(" ", "-").lower()
    if file_format == "csv":
        return StreamingHttpResponse(
            exports.csv_rows(headings, rows),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    book = exports.xlsx_file(headings, rows, title=str(options.verbose_name_plural))
    return FileResponse(book, as_attachment=True, filename=name)
