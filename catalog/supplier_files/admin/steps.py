"""The steps of an import as pages: upload, mapping, preview, mending, applying, undoing."""

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from catalog.supplier_files import deliveries, services
from catalog.supplier_files.admin import pages
from catalog.supplier_files.admin.forms import NOTE_FIELDS, MappingForm, UploadForm
from catalog.supplier_files.errors import UndoRefused, UnreadableFile
from catalog.supplier_files.models import FileKind, ImportRow, ImportRun, RunStatus
from catalog.supplier_files.rules.columns import COLUMNS
from catalog.supplier_files.rules.columns import FileKind as RowKind
from catalog.supplier_files.selectors import describe_file
from config.kernel import clock
from config.kernel.admin import reason_action
from config.kernel.errors import DomainError

MAPPABLE = (RunStatus.UPLOADED, RunStatus.CHECKED, RunStatus.FAILED)
CANCELLABLE = (*MAPPABLE, RunStatus.CHECKING, RunStatus.APPLYING)
LOG_ENTRIES_SHOWN = 50
CELL_PREFIX = "cell-"
CELL_LENGTH_MAX = 20_000
TEMPLATES = "admin/catalog/supplier_files"

if TYPE_CHECKING:
    _AdminBase = admin.ModelAdmin
else:
    _AdminBase = object

View = Callable[..., HttpResponseBase]


def needs(permission: str) -> Callable[[View], View]:
    """A view only for those who have this permission."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(self, request, *args, **kwargs)

        return checked

    return decorate


class StepsMixin(_AdminBase):
    """The pages and buttons of one import."""

    def get_urls(self) -> list[URLPattern]:
        """The admin's URLs, with the steps before them."""
        steps: list[tuple[str, str, View]] = [
            ("upload/", "upload", self.upload_view),
            ("<uuid:run_id>/mapping/", "mapping", self.mapping_view),
            ("<uuid:run_id>/progress/", "progress", self.progress_view),
            ("<uuid:run_id>/check/", "check", require_POST(self.check_view)),
            ("<uuid:run_id>/apply/", "apply", require_POST(self.apply_view)),
            ("<uuid:run_id>/cancel/", "cancel", require_POST(self.cancel_view)),
            ("<uuid:run_id>/rows/<int:line_number>/", "mend", require_POST(self.mend_view)),
        ]
        own = [
            path(route, self.admin_site.admin_view(view), name=f"catalog_importrun_{name}")
            for route, name, view in steps
        ]
        return [*own, *super().get_urls()]

    @needs("catalog.add_importrun")
    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Take a file in; what cannot be read is told beside the field and leaves nothing."""
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            run = self._upload(request, form)
            if run is not None:
                return self._after_upload(request, run)
        return self._page(request, "upload.html", title="Upload a file", form=form)

    def _upload(self, request: HttpRequest, form: UploadForm) -> ImportRun | None:
        data = form.cleaned_data
        try:
            run = services.upload(
                supplier_id=data["supplier"].pk,
                file=data["file"],
                file_name=data["file"].name,
                kind=data["kind"] or None,
                options=_note_options(data),
                user_id=request.user.pk,
                now=clock.now(),
            )
        except UnreadableFile as error:
            form.add_error("file", str(error))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            self.log_addition(request, run, f"Uploaded {run.file_name}")
            return run
        return None

    def _after_upload(self, request: HttpRequest, run: ImportRun) -> HttpResponse:
        """Check at once what needs no look at its columns."""
        if not pages.is_understood(run):
            may_map = request.user.has_perm("catalog.change_importrun")
            return HttpResponseRedirect(_url("mapping" if may_map else "change", run.pk))
        return self._step(request, run, partial(services.check, run_id=run.pk, now=clock.now()))

    @needs("catalog.change_importrun")
    def mapping_view(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """Say which heading of the file is which of our columns."""
        run = self._run(request, run_id)
        try:
            described = describe_file(run)
        except (DomainError, OSError) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(_url("change", run.pk))
        form = MappingForm(
            request.POST if request.method == "POST" else None,
            kind=RowKind(run.kind),
            columns={column.heading: column.column for column in described.columns},
            options=run.options,
        )
        if request.method == "POST" and form.is_valid():
            done = self._map(request, run, form)
            if done is not None:
                return done
        context = pages.mapping_context(form, described)
        return self._page(request, "mapping.html", title="Columns", run=run, form=form, **context)

    def _map(self, request: HttpRequest, run: ImportRun, form: MappingForm) -> HttpResponse | None:
        now = clock.now()
        try:
            services.set_mapping(
                run_id=run.pk,
                columns=form.columns,
                options=form.options,
                user_id=request.user.pk,
                now=now,
            )
        except DomainError as error:
            form.add_error(None, str(error))
            return None
        self.log_change(request, run, f"Mapped {len(form.columns)} columns")
        return self._step(request, run, partial(services.check, run_id=run.pk, now=now))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The import: where it stands, its rows, what can be done now."""
        run = self._run(request, object_id)
        rows = pages.RunRows(run, request.GET)
        page = rows.page()
        return self._page(
            request,
            "run.html",
            title=run.file_name,
            run=run,
            rows=rows,
            page=page,
            shown=pages.shown_rows(run, list(page.object_list)),
            previous_url=rows.url(page=page.number - 1),
            next_url=rows.url(page=page.number + 1),
            page_sizes=pages.ROWS_PER_PAGE_CHOICES,
            progress=pages.progress(run, rows.counts),
            effect=pages.effect_sentence(run),
            result=pages.result_sentence(run),
            status_variant=pages.STATUS_VARIANTS[RunStatus(run.status)],
            delivery=self._delivery(run),
            log=self._log(run),
            may=self._may(request, run),
        )

    def progress_view(self, request: HttpRequest, run_id: UUID) -> JsonResponse:
        """Where the current step stands."""
        run = self._run(request, run_id)
        return JsonResponse(pages.progress(run, pages.outcome_counts(run)))

    @needs("catalog.change_importrun")
    def check_view(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """Look at every row again, against the catalogue as it is now."""
        run = self._run(request, run_id)
        call = partial(services.check, run_id=run.pk, now=clock.now())
        return self._step(request, run, call, log="Checked again")

    @needs("catalog.apply_importrun")
    def apply_view(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """Do what the preview says."""
        run = self._run(request, run_id)
        call = partial(services.apply, run_id=run.pk, user_id=request.user.pk, now=clock.now())
        return self._step(request, run, call, log=f"Applied: {pages.effect_sentence(run)}")

    @needs("catalog.change_importrun")
    def cancel_view(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """Stop what is under way, or give up what is only checked."""
        run = self._run(request, run_id)
        call = partial(services.cancel, run_id=run.pk, user_id=request.user.pk, now=clock.now())
        return self._step(request, run, call, log="Cancelled")

    def _step(
        self, request: HttpRequest, run: ImportRun, call: Callable[[], ImportRun], log: str = ""
    ) -> HttpResponse:
        """Make the call; the import's own page then says how it stands."""
        try:
            call()
        except DomainError as error:
            messages.error(request, str(error))
        else:
            if log:
                self.log_change(request, run, log)
        return HttpResponseRedirect(_url("change", run.pk))

    @needs("catalog.change_importrun")
    def mend_view(self, request: HttpRequest, run_id: UUID, line_number: int) -> HttpResponse:
        """Replace the cells of a row and check it again on the spot."""
        run = self._run(request, run_id)
        before = run.rows.filter(line_number=line_number).first()
        if before is None:
            raise Http404(f"no line {line_number} in this import")
        by_script = request.headers.get("X-Requested-With") == "fetch"
        try:
            row = services.mend_row(
                run_id=run.pk,
                line_number=line_number,
                cells=_posted_cells(request.POST, run.kind),
                user_id=request.user.pk,
                now=clock.now(),
            )
        except DomainError as error:
            if by_script:
                return JsonResponse({"error": str(error)}, status=error.status)
            messages.error(request, str(error))
            return HttpResponseRedirect(_back(request, run.pk))
        self.log_change(request, run, _mending(before, row))
        run.refresh_from_db()
        if by_script:
            return JsonResponse(self._mended(request, run, row))
        if row.problems:
            messages.warning(request, f"Line {row.line_number} is still rejected.")
        else:
            messages.success(request, f"Line {row.line_number} is {row.get_outcome_display()} now.")
        return HttpResponseRedirect(_back(request, run.pk))

    def _mended(self, request: HttpRequest, run: ImportRun, row: ImportRow) -> dict[str, Any]:
        [shown] = pages.shown_rows(run, [row])
        context = {"row": shown, "run": run, "may": self._may(request, run), "is_fresh": True}
        return {
            "html": render_to_string(f"{TEMPLATES}/row.html", context, request),
            "outcome": row.outcome,
            "counts": pages.outcome_counts(run),
            "effect": pages.effect_sentence(run),
            "can_apply": bool(run.created_count + run.updated_count),
        }

    @reason_action(
        description="Undo import",
        permission="catalog.undo_importrun",
        icon="undo",
        danger=True,
        url_path="undo",
        preview=["file_name", "supplier", "kind", "new", "changed"],
        note=(
            "What the import made is removed and what it changed gets its former values back, all "
            "of it or nothing. It is refused where something has built on it meanwhile."
        ),
    )
    def undo_import(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Take an applied import back as a whole."""
        run = services.undo(
            run_id=queryset.get().pk,
            reason=data["reason"],
            user_id=request.user.pk,
            now=clock.now(),
        )
        if run.status == RunStatus.APPLIED:
            raise UndoRefused(run.detail)
        self.log_change(request, run, f"Undone: {data['reason']}")
        is_done = run.status == RunStatus.UNDONE
        return "The import is undone." if is_done else "The import is being undone."

    def _run(self, request: HttpRequest, run_id: UUID | str) -> ImportRun:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            key = UUID(str(run_id))
        except ValueError as error:
            raise Http404(f"no import {run_id}") from error
        run = ImportRun.objects.select_related("supplier", "created_by").filter(pk=key).first()
        if run is None:
            raise Http404(f"no import {run_id}")
        return run

    def _may(self, request: HttpRequest, run: ImportRun) -> dict[str, bool]:
        user, status = request.user, run.status
        change = user.has_perm("catalog.change_importrun")
        return {
            "upload": user.has_perm("catalog.add_importrun"),
            "map": change and status in MAPPABLE,
            "check": change and status in (RunStatus.CHECKED, RunStatus.FAILED),
            "mend": change and status == RunStatus.CHECKED,
            "cancel": change and status in CANCELLABLE and not run.is_cancel_requested,
            "apply": status == RunStatus.CHECKED and user.has_perm("catalog.apply_importrun"),
            "undo": status == RunStatus.APPLIED and user.has_perm("catalog.undo_importrun"),
        }

    def _delivery(self, run: ImportRun) -> deliveries.DeliveryLink | None:
        if run.kind != FileKind.DELIVERY_NOTE or run.status != RunStatus.APPLIED:
            return None
        return next(iter(deliveries.announced.all(run.pk)), None)

    def _log(self, run: ImportRun) -> list[LogEntry]:
        entries = LogEntry.objects.filter(
            content_type=get_content_type_for_model(run), object_id=str(run.pk)
        )
        newest = entries.select_related("user").order_by("-action_time", "-pk")
        return list(newest[:LOG_ENTRIES_SHOWN])

    def _page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        request.current_app = self.admin_site.name
        run = context.get("run")
        base = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "media": self.media,
            **({"original": run} if run else {}),
        }
        return TemplateResponse(request, f"{TEMPLATES}/{template}", {**base, **context})


def _url(step: str, run_id: UUID) -> str:
    return reverse(f"admin:catalog_importrun_{step}", args=[run_id])


def _back(request: HttpRequest, run_id: UUID) -> str:
    """The page of rows that the form was on."""
    query = QueryDict(request.POST.get("back", "").lstrip("?")[:500])
    return f"{_url('change', run_id)}?{query.urlencode()}" if query else _url("change", run_id)


def _note_options(data: Mapping[str, Any]) -> dict[str, str]:
    options = {name: data[name] for name in NOTE_FIELDS}
    return {name: value for name, value in options.items() if value}


def _posted_cells(post: QueryDict, kind: str) -> dict[str, str]:
    """The cells that the form sent, by our columns and no others."""
    return {
        column: str(post[CELL_PREFIX + column]).replace("\x00", "")[:CELL_LENGTH_MAX]
        for column in COLUMNS[RowKind(kind)]
        if CELL_PREFIX + column in post
    }


def _mending(before: ImportRow, after: ImportRow) -> str:
    changed = [
        f"{column}: {before.cells.get(column) or 'blank'} → {after.cells.get(column) or 'blank'}"
        for column in {**before.cells, **after.cells}
        if (before.cells.get(column) or "") != (after.cells.get(column) or "")
    ]
    told = "; ".join(changed) or "nothing changed"
    return f"Mended line {after.line_number}: {told}"[:1000]
