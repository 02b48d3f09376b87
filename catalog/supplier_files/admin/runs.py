"""Supplier files: the list of imports, and our own templates to download."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
)
from unfold.decorators import display

from catalog.supplier_files.admin import files
from catalog.supplier_files.admin.pages import STATUS_VARIANTS
from catalog.supplier_files.admin.steps import StepsMixin, needs
from catalog.supplier_files.models import ImportRun, RunStatus
from config.kernel.admin import LedgerAdmin, ReasonActionMixin


class RejectsFilter(DropdownFilter):
    """Whether rows were rejected."""

    title = "rejected rows"
    parameter_name = "rejects"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """With or without."""
        return [("yes", "has rejected rows"), ("no", "has none")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Imports that do."""
        if self.value() == "yes":
            return queryset.filter(rejected_count__gt=0)
        if self.value() == "no":
            return queryset.filter(rejected_count=0)
        return queryset


@admin.register(ImportRun)
class ImportRunAdmin(StepsMixin, ReasonActionMixin, LedgerAdmin):
    """Every file that came in, the newest first."""

    change_list_template = "admin/catalog/supplier_files/change_list.html"
    list_display = [
        "title",
        "from_supplier",
        "status_badge",
        "new",
        "changed",
        "unchanged",
        "rejected",
        "uploaded_by",
        "uploaded_at",
    ]
    list_display_links = None
    list_filter = [
        ("supplier", AutocompleteSelectFilter),
        ("kind", ChoicesDropdownFilter),
        ("status", ChoicesDropdownFilter),
        RejectsFilter,
    ]
    list_filter_submit = True
    list_select_related = ["supplier", "created_by"]
    search_fields = ["file_name", "supplier__code", "supplier__name"]
    search_help_text = "File name or supplier"
    ordering = ["-created_at", "pk"]
    actions_detail = ["undo_import"]
    export_columns = [
        "file_name",
        "supplier",
        "kind",
        "status",
        "rows_total",
        "new",
        "changed",
        "unchanged",
        "rejected",
        "created_by",
        "created_at",
        "applied_at",
        "undone_at",
    ]

    def get_urls(self) -> list[URLPattern]:
        """The downloads, before the steps and the admin's own URLs."""
        view = self.admin_site.admin_view
        return [
            path(
                "templates/<str:kind>.<str:file_format>",
                view(self.template_view),
                name="catalog_importrun_template",
            ),
            path(
                "<uuid:run_id>/rejected.csv",
                view(self.rejects_view),
                name="catalog_importrun_rejects",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with a button to upload for those who may."""
        context = {
            "title": "Supplier files",
            "may_upload": request.user.has_perm("catalog.add_importrun"),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    @needs("catalog.view_importrun")
    def template_view(self, request: HttpRequest, kind: str, file_format: str) -> HttpResponseBase:
        """Our own headings as a file to fill in."""
        return files.template(kind=kind, file_format=file_format)

    @needs("catalog.view_importrun")
    def rejects_view(self, request: HttpRequest, run_id: Any) -> HttpResponse:
        """The rejected rows with the reasons beside them, ready to be mended and sent again."""
        return files.rejects(run=self._run(request, run_id))

    @display(description="File", ordering="file_name", header=True)
    def title(self, run: ImportRun) -> tuple[Any, str]:
        """Its name, leading to the import, and what it is."""
        link = format_html(
            '<a href="{}" class="font-semibold text-primary-600 dark:text-primary-500">{}</a>',
            reverse("admin:catalog_importrun_change", args=[run.pk]),
            run.file_name,
        )
        return link, run.get_kind_display()

    @display(description="Supplier", ordering="supplier__name", header=True)
    def from_supplier(self, run: ImportRun) -> tuple[str, str]:
        """Name and code."""
        return run.supplier.name, run.supplier.code

    @display(description="Uploaded by", ordering="created_by__username")
    def uploaded_by(self, run: ImportRun) -> Any:
        """Who; blank for the command line."""
        return run.created_by

    @display(description="Uploaded", ordering="created_at")
    def uploaded_at(self, run: ImportRun) -> Any:
        """When."""
        return run.created_at

    @display(
        description="Status",
        ordering="status",
        label={status.value: variant for status, variant in STATUS_VARIANTS.items() if variant},
    )
    def status_badge(self, run: ImportRun) -> tuple[str, str]:
        """In words, coloured by whether it waits for somebody."""
        return run.status, run.get_status_display()

    @display(description="New", ordering="created_count")
    def new(self, run: ImportRun) -> int | None:
        """Rows that create something; blank before they are checked."""
        return _known(run, run.created_count)

    @display(description="Changed", ordering="updated_count")
    def changed(self, run: ImportRun) -> int | None:
        """Rows that change something."""
        return _known(run, run.updated_count)

    @display(description="Unchanged", ordering="unchanged_count")
    def unchanged(self, run: ImportRun) -> int | None:
        """Rows that say what we know."""
        return _known(run, run.unchanged_count)

    @display(description="Rejected", ordering=F("rejected_count"))
    def rejected(self, run: ImportRun) -> Any:
        """Rows that cannot be taken, leading to the reasons."""
        count = _known(run, run.rejected_count)
        if not count:
            return count
        return format_html(
            '<a href="{}?tab=rejected" class="font-semibold text-red-600 dark:text-red-500">{}</a>',
            reverse("admin:catalog_importrun_change", args=[run.pk]),
            count,
        )


def _known(run: ImportRun, count: int) -> int | None:
    """A count, or nothing while no row has been looked at."""
    if run.status in (RunStatus.UPLOADED, RunStatus.CHECKING) and not run.rows_done:
        return None
    return count
