"""The ledger: every change of stock, who made it, when and why."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from config.kernel.admin import LedgerAdmin
from inventory.stock import display as shown
from inventory.stock.admin.then import StockThen
from inventory.stock.filters import CategoryFilter, WarehouseFilter
from inventory.stock.models import StockMovement
from inventory.stock.selectors.searching import cleaned, movements_search


class MovementWarehouseFilter(WarehouseFilter):
    """Movements in one warehouse."""

    path: ClassVar[str] = "stock_level__location__warehouse"


class MovementCategoryFilter(CategoryFilter):
    """Movements of products of a category."""

    path: ClassVar[str] = "stock_level__variant__product__category_id"


@admin.register(StockMovement)
class StockMovementAdmin(LedgerAdmin):
    """The ledger, the newest line first."""

    nothing_here = "Nothing has moved yet."
    list_display = [
        "happened",
        "kind_label",
        "change",
        "product",
        "lot",
        "place_shown",
        "why",
        "who",
    ]
    list_display_links = None
    list_filter = [
        ("kind", ChoicesDropdownFilter),
        MovementWarehouseFilter,
        MovementCategoryFilter,
        ("recorded_at", RangeDateTimeFilter),
    ]
    list_filter_submit = True
    list_before_template = "admin/inventory/stock/then_link.html"
    list_fullwidth = True
    search_fields = ["reference"]
    search_help_text = "Exact SKU, lot, reference, person or request id"
    list_select_related = ["stock_level__lot", "stock_level__location__warehouse"]
    ordering = ["-id"]
    export_columns = [
        "happened_at",
        "recorded_at",
        "kind",
        "quantity",
        "unit",
        "sku",
        "product_name",
        "lot_code",
        "place",
        "reason",
        "reference",
        "actor_name",
        "request_id",
    ]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("kind_label", "change"),
                    ("product", "lot", "place"),
                    ("reason", "reference"),
                ]
            },
        ),
        (
            "When and who",
            {"fields": [("happened_at", "recorded_at"), ("actor_name", "request_id"), "step_id"]},
        ),
    ]
    readonly_fields = ["kind_label", "change", "product", "lot", "place"]

    def get_urls(self) -> list[URLPattern]:
        """The pages of the ledger, and before them the stock as it was."""
        view = self.admin_site.admin_view(StockThen(self.admin_site))
        return [path("then/", view, name="stock_then"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockMovement]:
        """Lines with lot, place and product in one query."""
        return (
            super()
            .get_queryset(request)
            .select_related(
                "stock_level__lot",
                "stock_level__location__warehouse",
                "stock_level__variant__product",
            )
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Whole words only, so that indexes answer."""
        term = cleaned(search_term)
        return (queryset.filter(movements_search(term)) if term else queryset), False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """All of the line, every field of it."""
        return self.fieldsets

    @display(description="Happened, written", ordering="happened_at")
    def happened(self, line: StockMovement) -> SafeString:
        """When it happened in the warehouse, and below when it was written here."""
        return _two_lines(
            shown.moment(line.happened_at),
            shown.moment(line.recorded_at),
        )

    @display(description="Why, reference", ordering="reason")
    def why(self, line: StockMovement) -> SafeString:
        """The reason, and below the order or delivery that caused it."""
        return _two_lines(line.reason, line.reference)

    @display(description="Who, request", ordering="actor_name")
    def who(self, line: StockMovement) -> SafeString:
        """Person or client, and below the request, which leads to all that it changed."""
        return _two_lines(line.actor_name, self._request_link(line))

    @display(description="Place")
    def place_shown(self, line: StockMovement) -> SafeString:
        """Where it happened, in one line."""
        return shown.unbroken(self.place(line))

    @display(description="Kind", ordering="kind", label=shown.KIND_COLOURS)
    def kind_label(self, line: StockMovement) -> str:
        """What kind of change it was."""
        return line.get_kind_display()

    @display(description="Change", ordering="quantity")
    def change(self, line: StockMovement) -> SafeString:
        """The signed quantity with its unit, green in, red out."""
        return shown.change(line)

    @display(description="Product", ordering="stock_level__variant__sku")
    def product(self, line: StockMovement) -> SafeString:
        """SKU and name, leading to the page of the SKU."""
        return shown.product_link(line.stock_level.variant)

    @display(description="Lot", ordering="stock_level__lot__code")
    def lot(self, line: StockMovement) -> SafeString:
        """Of which lot."""
        return shown.lot_link(line.stock_level.lot)

    @display(description="Place")
    def place(self, line: StockMovement) -> str:
        """Where it happened."""
        return shown.place(line.stock_level.location)

    def _request_link(self, line: StockMovement) -> SafeString:
        if not line.request_id:
            return SafeString("")
        return format_html(
            '<a href="?q={}" title="{}" class="backroom-code">{}</a>',
            line.request_id,
            line.request_id,
            line.request_id[:8],
        )

    @display(description="Unit")
    def unit(self, line: StockMovement) -> str:
        """What the quantity counts."""
        return line.stock_level.variant.product.stock_unit

    @display(description="SKU")
    def sku(self, line: StockMovement) -> str:
        """Of which SKU."""
        return line.stock_level.variant.sku

    @display(description="Product name")
    def product_name(self, line: StockMovement) -> str:
        """What it is called."""
        return line.stock_level.variant.product.name

    @display(description="Lot code")
    def lot_code(self, line: StockMovement) -> str:
        """Its code, blank for the open lot."""
        return line.stock_level.lot.code


def _two_lines(first: str, second: str) -> SafeString:
    """What matters, and below it in grey what goes with it."""
    if not (first and second):
        return format_html("{}", first or second)
    return format_html('{}<br><span class="text-subtle">{}</span>', first, second)
