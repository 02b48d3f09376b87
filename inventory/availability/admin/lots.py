"""Lots: what they are, where they lie, what holds them and what happened to them."""

from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.decorators import display

from config.kernel import clock
from config.kernel.admin.pages import PageAdmin
from config.kernel.money import format_money
from inventory.availability.admin.tables import (
    ROWS_SHOWN,
    holds_table,
    places_table,
    promises_table,
)
from inventory.availability.admin.traces import trace_tables
from inventory.availability.selectors.figures import (
    holds_of,
    lots_with_stock,
    promises_on,
    with_lot_figures,
)
from inventory.lots.models import Lot
from inventory.lots.selectors import longest_minimum, todays
from inventory.stock import display as shown
from inventory.stock.filters import CategoryFilter, WarehouseFilter, number
from inventory.stock.lot_actions import LotActions, chosen_warehouse
from inventory.stock.selectors import ledger, stock_of
from inventory.stock.selectors.searching import cleaned, lots_search

MOVEMENTS_SHOWN = 50
HOLDS_SHOWN = 50


class LotWarehouseFilter(WarehouseFilter):
    """Lots that lie in one warehouse; figures and actions are then of that one."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Lots with stock there."""
        warehouse_id = number(self.value())
        if warehouse_id is None:
            return queryset
        return queryset.filter(lots_with_stock(warehouse_id=warehouse_id))


class ContentsFilter(DropdownFilter):
    """Whether anything is left."""

    title = "contents"
    parameter_name = "contents"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Something or nothing."""
        return [("some", "In stock"), ("none", "Used up")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Lots of which something, or nothing, lies in stock."""
        has_stock = lots_with_stock(warehouse_id=chosen_warehouse(request))
        conditions = {"some": has_stock, "none": ~has_stock}
        return queryset.filter(conditions.get(self.value() or "", Q()))


class HoldFilter(DropdownFilter):
    """Whether the lot is kept from sale."""

    title = "hold"
    parameter_name = "hold"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """On hold or not."""
        return [("yes", "On hold"), ("no", "Not on hold")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Lots in that state."""
        if self.value() in ("yes", "no"):
            return queryset.filter(is_on_hold=self.value() == "yes")
        return queryset


class ExpiryFilter(DropdownFilter):
    """How soon the last day of sale is."""

    title = "expiry"
    parameter_name = "expiry"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Bands of days."""
        bands = [(str(days), f"{days} days or less") for days in (7, 30, 60, 90)]
        return [("past", "Past the last day of sale"), *bands, ("never", "Does not expire")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Lots in that band."""
        today = _latest_today()
        if self.value() == "past":
            last = today + timedelta(days=longest_minimum())
            return queryset.filter(sell_by_date__lt=today, expiry_date__lt=last)
        if self.value() == "never":
            return queryset.filter(expiry_date__isnull=True)
        if self.value() in ("7", "30", "60", "90"):
            last = today + timedelta(days=int(self.value() or 0))
            return queryset.filter(
                sell_by_date__gte=today,
                sell_by_date__lte=last,
                # The same by the date that has an index.
                expiry_date__gte=today,
                expiry_date__lte=last + timedelta(days=longest_minimum()),
            )
        return queryset


@admin.register(Lot)
class LotAdmin(LotActions, PageAdmin):
    """Every lot that ever came in, the newest first."""

    nothing_here = "No lots yet: they are made when goods come in."
    change_form_template = "admin/inventory/availability/lot.html"
    list_display = [
        "lot",
        "product",
        "quantity",
        "promised",
        "expires",
        "days_left",
        "hold_badge",
        "supplier_code",
        "received",
    ]
    list_display_links = ["lot"]
    list_filter = [
        LotWarehouseFilter,
        ContentsFilter,
        HoldFilter,
        ExpiryFilter,
        ("supplier", AutocompleteSelectFilter),
        CategoryFilter,
    ]
    list_filter_submit = True
    search_fields = ["code", "variant__sku", "variant__product__name"]
    search_help_text = "Lot from its beginning, SKU or product"
    ordering = ["-received_at", "-id"]
    actions = ["hold", "release", "write_off", "return_to_supplier"]
    actions_detail = [
        "hold",
        "release",
        {"title": "Take out", "icon": "delete", "items": ["write_off", "return_to_supplier"]},
    ]
    export_columns = [
        "lot",
        "sku",
        "product_name",
        "on_hand_figure",
        "reserved_figure",
        "unit",
        "production_date",
        "expiry_date",
        "last_day_of_sale",
        "hold_badge",
        "supplier",
        "unit_cost",
        "currency",
        "received_at",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lot]:
        """Lots with product, supplier and figures, of the chosen warehouse if there is one."""
        lots = super().get_queryset(request).select_related("variant__product", "supplier")
        return with_lot_figures(lots, warehouse_id=chosen_warehouse(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """By indexes: what a product is called, how a lot's code begins."""
        term = cleaned(search_term)
        return (queryset.filter(lots_search(term)) if term else queryset), False

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The columns; today is read once for all rows."""
        self._today = _latest_today()
        return list(self.list_display)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what can be done: what lies there leaves, what is held is released."""
        lot = self.get_queryset(request).filter(pk=object_id).first()
        left_out = set()
        if lot is not None and not lot.on_hand:  # type: ignore[attr-defined]
            left_out |= {"write_off", "return_to_supplier"}
        if lot is not None and not lot.is_on_hold:  # type: ignore[attr-defined]
            left_out.add("release")
        return [
            action
            for action in super().get_actions_detail(request, object_id)
            if action.method.__name__ not in left_out
        ]

    def page_context(self, request: HttpRequest, lot: Any, /) -> dict[str, Any]:
        """Facts, places, holds, promises, movements."""
        now, unit = clock.now(), lot.variant.product.stock_unit
        levels = stock_of([lot.variant_id]).filter(lot=lot)[: ROWS_SHOWN + 1]
        tables = [
            places_table(request, levels, unit=unit, now=now, with_lot=False),
            holds_table(holds_of(Q(lot=lot))[:HOLDS_SHOWN], with_lot=False),
            promises_table(
                list(promises_on(Q(stock_level__lot=lot))[: ROWS_SHOWN + 1]), [], unit=unit
            ),
            *trace_tables(lot, unit=unit),
        ]
        movements = reverse("admin:inventory_stockmovement_changelist")
        return {
            "title": f"Lot {lot.code}" if lot.code else "Open lot",
            "subtitle": lot.variant.sku,
            "product": shown.link(
                "inventory_stockedvariant_change", lot.variant_id, lot.variant.sku
            ),
            "product_name": lot.variant.product.name,
            "facts": [
                ("On hand", shown.quantity(lot.on_hand, unit)),
                ("Promised", shown.quantity(lot.reserved, unit)),
                ("Expires", shown.day(lot.expiry_date)),
                ("Last day of sale", shown.day(lot.sell_by_date)),
                ("Hold", shown.label("On hold" if lot.is_on_hold else "", "warning")),
                ("Value at cost", self.value_at_risk(lot)),
                ("Produced", shown.day(lot.production_date)),
                ("First received", shown.day(lot.received_at)),
                ("Supplier", lot.supplier.name if lot.supplier else ""),
                ("Cost", self._cost(lot, unit)),
            ],
            "tables": [table for table in tables if table.rows or table is tables[0]],
            "timeline": shown.timeline(ledger(lot_ids=[lot.pk])[:MOVEMENTS_SHOWN]),
            "all_url": f"{movements}?{urlencode({'q': lot.code})}" if lot.code else "",
        }

    def _cost(self, lot: Any, unit: str) -> str:
        if lot.unit_cost is None:
            return ""
        return f"{format_money(lot.unit_cost, lot.currency)} per {unit}"

    @display(description="Lot", ordering="code")
    def lot(self, lot: Any) -> str:
        """Its code, or that it is the open lot."""
        return shown.lot_name(lot)

    @display(description="Product", ordering="variant__sku")
    def product(self, lot: Any) -> SafeString:
        """SKU and name, leading to the page of the SKU."""
        return shown.product_link(lot.variant)

    @display(description="On hand", ordering="on_hand")
    def quantity(self, lot: Any) -> str:
        """With its unit."""
        return shown.quantity(lot.on_hand, lot.variant.product.stock_unit)

    @display(description="Promised", ordering="reserved")
    def promised(self, lot: Any) -> str:
        """What of it reservations keep; blank: nothing."""
        return shown.some(lot.reserved, lot.variant.product.stock_unit)

    @display(description="Days left", ordering=F("sell_by_date").asc(nulls_last=True))
    def days_left(self, lot: Any) -> SafeString:
        """Until the last day of sale, by the product's own minimum."""
        return shown.days_left_label(lot.sell_by_date, self._today)

    @display(description="Last day of sale", ordering="sell_by_date")
    def last_day_of_sale(self, lot: Any) -> date | None:
        """By the product's own minimum; blank: it does not expire."""
        return lot.sell_by_date

    @display(description="Hold", ordering="is_on_hold")
    def hold_badge(self, lot: Any) -> SafeString:
        """Whether it is kept from sale."""
        return shown.label("On hold" if lot.is_on_hold else "", "warning")

    @display(description="Value at cost", ordering="value")
    def value_at_risk(self, lot: Any) -> str:
        """What it cost us; unknown is not zero."""
        return "no cost known" if lot.value is None else format_money(lot.value, lot.currency)

    @display(description="Supplier", ordering="supplier__code")
    def supplier_code(self, lot: Any) -> str:
        """Who sent it, short: the name stands on the lot's page."""
        return lot.supplier.code if lot.supplier else ""

    @display(description="Received", ordering="received_at")
    def received(self, lot: Any) -> SafeString:
        """When the first of it came in."""
        return shown.unbroken(shown.day(lot.received_at))

    @display(description="Expires", ordering=F("expiry_date").asc(nulls_last=True))
    def expires(self, lot: Any) -> SafeString:
        """Its last day of use."""
        return shown.unbroken(shown.day(lot.expiry_date))

    @display(description="SKU")
    def sku(self, lot: Any) -> str:
        """Of which SKU."""
        return lot.variant.sku

    @display(description="Product name")
    def product_name(self, lot: Any) -> str:
        """What it is called."""
        return lot.variant.product.name

    @display(description="Unit")
    def unit(self, lot: Any) -> str:
        """What the quantities count."""
        return lot.variant.product.stock_unit

    @display(description="On hand")
    def on_hand_figure(self, lot: Any) -> Any:
        """The number alone."""
        return shown.figure(lot.on_hand)

    @display(description="Promised")
    def reserved_figure(self, lot: Any) -> Any:
        """The number alone."""
        return shown.figure(lot.reserved)


def _latest_today() -> date:
    """Today where it is latest among our warehouses: there a lot runs out first."""
    now = clock.now()
    return max(todays(now).values(), default=now.date())
