"""Stock by product, and the page of a SKU."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.decorators import display

from catalog.products.models import BundleProduct
from catalog.products.selectors import kinds_by_content_type
from compliance.assessments.selectors.clearances import sale_in_markets
from config.kernel import clock
from config.kernel.admin.pages import PageAdmin
from inventory.availability.admin.tables import (
    ROWS_SHOWN,
    holds_table,
    incoming_table,
    places_table,
    promises_table,
    sale_table,
    stock_value,
)
from inventory.availability.models import StockedVariant
from inventory.availability.selectors.figures import (
    holds_of,
    incoming_of,
    promises_on,
    shortages_of,
    with_figures,
)
from inventory.availability.selectors.promisable import owed_by
from inventory.availability.selectors.states import StockState, ever_lay_in, in_state
from inventory.stock import display as shown
from inventory.stock.filters import CategoryFilter, WarehouseFilter, number
from inventory.stock.rules import is_low
from inventory.stock.selectors import ledger, stock_of

MOVEMENTS_SHOWN = 50
PROMISE_DAYS = 30


class FiguresWarehouseFilter(WarehouseFilter):
    """What lies in one warehouse; the figures are then of that one."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Products that lie or lay there."""
        warehouse_id = number(self.value())
        return queryset if warehouse_id is None else queryset.filter(ever_lay_in(warehouse_id))


class ProductCategoryFilter(CategoryFilter):
    """Products of a category."""

    path = "product__category_id"


class StockFilter(DropdownFilter):
    """How much there is."""

    title = "stock"
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What to look for."""
        return [
            ("some", "In stock"),
            ("low", "Low"),
            ("out", "Out of stock"),
            ("blocked", "On hold or past its last day of sale"),
            ("never", "Never had any"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Products of which there is that much."""
        if self.value() not in list(StockState):
            return queryset
        warehouse_id = number(request.GET.get(WarehouseFilter.parameter_name))
        return queryset.filter(
            in_state(StockState(self.value()), now=clock.now(), warehouse_id=warehouse_id)
        )


@admin.register(StockedVariant)
class StockedVariantAdmin(PageAdmin):
    """How much there is of each SKU, and why."""

    nothing_here = "No products yet: they come from a supplier's list, or are added by hand."
    change_form_template = "admin/inventory/availability/variant.html"
    list_display = [
        "sku_shown",
        "product_name",
        "available_shown",
        "state_label",
        "on_hand_shown",
        "promised",
        "blocked_shown",
        "value",
    ]
    list_filter = [
        FiguresWarehouseFilter,
        ProductCategoryFilter,
        ("product__brand", AutocompleteSelectFilter),
        StockFilter,
    ]
    list_filter_submit = True
    search_fields = ["sku", "product__name", "barcodes__gtin", "aliases__code"]
    search_help_text = "SKU, product, GTIN or a partner's code"
    ordering = ["sku"]
    export_columns = [
        "sku",
        "product_name",
        "brand",
        "available_figure",
        "on_hand_figure",
        "reserved_figure",
        "blocked_figure",
        "unit",
        "state",
        "value",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockedVariant]:
        """Variants with their figures, of the chosen warehouse if there is one."""
        variants = super().get_queryset(request).select_related("product__brand")
        return with_figures(
            variants, now=clock.now(), warehouse_id=number(request.GET.get("warehouse"))
        )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see stock levels may see them by product."""
        return request.user.has_perm("inventory.view_stocklevel")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As above."""
        return self.has_view_permission(request)

    def page_context(self, request: HttpRequest, variant: Any, /) -> dict[str, Any]:
        """Figures, places, holds, promises, deliveries, movements."""
        now, unit = clock.now(), variant.product.stock_unit
        levels: list[Any] = list(stock_of([variant.pk])[: ROWS_SHOWN + 1])
        lot_ids = {level.lot_id for level in levels if level.is_on_hold}
        incoming = list(incoming_of(variant.pk)[:ROWS_SHOWN])
        expected = sum(
            (line.quantity - line.received_quantity for line in incoming), start=Decimal(0)
        )
        tables = [
            places_table(request, levels, unit=unit, now=now, with_lot=True),
            holds_table(holds_of(Q(lot__in=lot_ids, released_at__isnull=True)), with_lot=True),
            promises_table(
                list(promises_on(Q(stock_level__variant_id=variant.pk))[: ROWS_SHOWN + 1]),
                list(shortages_of(variant.pk)[: ROWS_SHOWN + 1]),
                unit=unit,
            ),
            incoming_table(incoming, unit=unit),
        ]
        kind = kinds_by_content_type().get(variant.product.polymorphic_ctype_id)
        if kind != BundleProduct.kind:  # that is sold where its components are
            tables.append(sale_table(sale_in_markets(variant.product_id, at=now)))
        return {
            "title": variant.sku,
            "subtitle": variant.product.name,
            "variant": variant,
            "facts": [
                ("Available", self._with_state(variant)),
                ("On hand", shown.quantity(variant.on_hand, unit)),
                ("Promised", shown.quantity(variant.reserved, unit)),
                ("On hold or past", shown.some(variant.blocked, unit)),
                ("Expected", shown.some(expected, unit)),
                (
                    f"To promise in {PROMISE_DAYS} days",
                    shown.quantity(_to_promise(variant, incoming, now), unit),
                ),
                ("Value at cost", stock_value(variant.filled_levels)),
            ],
            "tables": [table for table in tables if table.rows or table is tables[0]],
            "timeline": shown.timeline(ledger(variant_ids=[variant.pk])[:MOVEMENTS_SHOWN]),
            "show_lot": True,
            "all_url": f"{reverse('admin:inventory_stockmovement_changelist')}?"
            + urlencode({"q": variant.sku}),
            "receive_url": _receive_url(request, variant)
            if request.user.has_perm("inventory.receive_stock")
            else "",
        }

    def _with_state(self, variant: Any) -> SafeString:
        amount = self.available_shown(variant)
        return SafeString(f"{amount} {self.state_label(variant)}".strip())

    @display(description="State", ordering="available")
    def state_label(self, variant: Any) -> SafeString:
        """Low or out, as a badge; blank where there is enough, and where there never was any."""
        text = self.state(variant)
        return shown.label(text, _STATE_COLOURS.get(text, ""))

    @display(description="SKU", ordering="sku")
    def sku_shown(self, variant: Any) -> SafeString:
        """In one line."""
        return shown.unbroken(variant.sku)

    @display(description="Product", ordering="product__name")
    def product_name(self, variant: Any) -> str:
        """What it is a variant of."""
        return f"{variant.product.name}{f', {variant.options}' if variant.options else ''}"

    @display(description="Brand")
    def brand(self, variant: Any) -> str:
        """Under which name it is sold."""
        return variant.product.brand.name if variant.product.brand else ""

    @display(description="Available", ordering="available")
    def available_shown(self, variant: Any) -> str:
        """What may be sold today and is not promised; blank where there never was any."""
        return shown.quantity(self.available_figure(variant), variant.product.stock_unit)

    @display(
        description="State",
        ordering="available",
        label={"Low": "warning", "Out of stock": "danger"},
    )
    def state(self, variant: Any) -> str:
        """Low or out of stock."""
        available = self.available_figure(variant)
        if available is None:
            return ""
        if available <= 0:
            return "Out of stock"
        return "Low" if is_low(available, variant.low_limit) else ""

    @display(description="On hand", ordering="on_hand")
    def on_hand_shown(self, variant: Any) -> str:
        """What lies there, in whatever state."""
        return shown.quantity(variant.on_hand, variant.product.stock_unit)

    @display(description="Promised", ordering="reserved")
    def promised(self, variant: Any) -> str:
        """What reservations keep; blank: nothing."""
        return shown.some(variant.reserved, variant.product.stock_unit)

    @display(description="On hold or past", ordering="blocked")
    def blocked_shown(self, variant: Any) -> str:
        """What lies there and may not be sold; blank: nothing."""
        return shown.some(variant.blocked, variant.product.stock_unit)

    @display(description="Value at cost")
    def value(self, variant: Any) -> str:
        """What it cost us."""
        return stock_value(variant.filled_levels)

    @display(description="Unit")
    def unit(self, variant: Any) -> str:
        """What the quantities count."""
        return variant.product.stock_unit

    @display(description="Available")
    def available_figure(self, variant: Any) -> Any:
        """The number alone, None where there never was any."""
        return None if variant.on_hand is None else shown.figure(variant.available)

    @display(description="On hand")
    def on_hand_figure(self, variant: Any) -> Any:
        """The number alone."""
        return shown.figure(variant.on_hand)

    @display(description="Promised")
    def reserved_figure(self, variant: Any) -> Any:
        """The number alone."""
        return shown.figure(variant.reserved)

    @display(description="On hold or past")
    def blocked_figure(self, variant: Any) -> Any:
        """The number alone."""
        return None if variant.on_hand is None else shown.figure(variant.blocked)


_STATE_COLOURS = {"Low": "warning", "Out of stock": "danger"}


def _to_promise(variant: Any, incoming: Sequence[Any], now: datetime) -> Decimal:
    """Available, and what should have come by then, less what reservations are short of."""
    by = now.date() + timedelta(days=PROMISE_DAYS)
    comes = (
        line.quantity - line.received_quantity
        for line in incoming
        if line.notice.expected_date and line.notice.expected_date <= by
    )
    owed = owed_by([variant.pk], by=by, now=now).get(variant.pk, Decimal(0))
    return sum(comes, start=variant.available) - owed


def _receive_url(request: HttpRequest, variant: Any) -> str:
    """Goods in, with what was scanned on the way here, else with this SKU."""
    code = request.GET.get("code", "") or variant.sku
    return f"{reverse('admin:goods_in')}?{urlencode({'code': code})}"
