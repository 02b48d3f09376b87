"""Saved column mappings: to look at, and to remove when a supplier changed its mind."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from catalog.supplier_files.models import ColumnMapping
from config.kernel.admin import BackroomAdmin


@admin.register(ColumnMapping)
class ColumnMappingAdmin(BackroomAdmin):
    """How each supplier's headings are read. They are made and changed at an upload."""

    list_display = ["supplier", "kind", "headings"]
    list_display_links = ["supplier"]
    list_filter = [("supplier", AutocompleteSelectFilter), ("kind", ChoicesDropdownFilter)]
    list_filter_submit = True
    list_select_related = ["supplier"]
    search_fields = ["supplier__code", "supplier__name"]
    search_help_text = "Supplier"
    ordering = ["supplier__name", "kind", "pk"]
    fields = ["supplier", "kind", "meanings", "settings"]
    readonly_fields = ["supplier", "kind", "meanings", "settings"]
    list_before_template = "admin/catalog/supplier_files/mappings_note.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A mapping is made from a file's own headings."""
        return False

    @display(description="Headings")
    def headings(self, mapping: ColumnMapping) -> str:
        """Theirs, in short."""
        names = list(mapping.columns)
        more = f" and {len(names) - 6} more" if len(names) > 6 else ""
        return ", ".join(names[:6]) + more

    @display(description="Columns")
    def meanings(self, mapping: ColumnMapping) -> str:
        """Each of their headings with ours."""
        return format_html(
            '<dl class="imp-facts">{}</dl>',
            format_html_join("", "<dt>{}</dt><dd>{}</dd>", mapping.columns.items()),
        )

    @display(description="For all rows")
    def settings(self, mapping: ColumnMapping) -> str:
        """Order of dates, decimal mark, values for what is left blank."""
        shown = {
            **{key: value for key, value in mapping.options.items() if isinstance(value, str)},
            **(mapping.options.get("defaults") or {}),
        }
        rows = [(key.replace("_", " "), value) for key, value in shown.items() if value]
        return format_html(
            '<dl class="imp-facts">{}</dl>',
            format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows),
        )
