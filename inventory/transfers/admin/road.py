"""Goods on the road: what has left one warehouse and is not in the next yet."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from config.kernel import clock
from config.kernel.admin import LedgerAdmin
from config.kernel.words import counted
from inventory.lots.rules import day_in
from inventory.stock import display as shown
from inventory.transfers.models import Transfer, TransferItem
from inventory.transfers.selectors import goods_on_the_road, is_overdue


class LateFilter(DropdownFilter):
    """What should have arrived."""

    title = "arrival"
    parameter_name = "arrival"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Late or not."""
        return [("late", "Overdue")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Goods of transfers that are late."""
        if self.value() != "late":
            return queryset
        late = Transfer.objects.filter(is_overdue(clock.now()))
        return queryset.filter(transfer__in=late)


@admin.register(TransferItem)
class TransferItemAdmin(LedgerAdmin):
    """What is on the road, what left first in front."""

    nothing_here = "Nothing is on the road between warehouses."
    list_display = [
        "transfer_link",
        "product",
        "lot",
        "route",
        "road_quantity",
        "left",
        "age",
        "expected",
    ]
    list_display_links = None
    list_filter = [
        LateFilter,
        ("transfer__destination", RelatedDropdownFilter),
        ("transfer__source", RelatedDropdownFilter),
    ]
    list_filter_submit = True
    search_fields = [
        "transfer__reference",
        "variant__sku",
        "variant__product__name",
        "road_level__lot__code",
    ]
    search_help_text = "Transfer, SKU, product or lot"
    ordering = ["transfer__dispatched_at", "pk"]
    export_columns = ["transfer_link", "product", "lot", "route", "road_quantity", "left", "age"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TransferItem]:
        """What has neither arrived nor been given up."""
        return goods_on_the_road()

    @display(description="Transfer", ordering="transfer__reference")
    def transfer_link(self, item: TransferItem) -> SafeString:
        """Its number, leading to its page."""
        return shown.link("inventory_transfer_change", item.transfer_id, item.transfer.reference)

    @display(description="Product", ordering="variant__sku")
    def product(self, item: TransferItem) -> SafeString:
        """SKU and name, leading to the page of the SKU."""
        return shown.product_link(item.variant)

    @display(description="Lot", ordering="road_level__lot__code")
    def lot(self, item: TransferItem) -> SafeString:
        """Which lot, leading to its page."""
        return shown.lot_link(item.road_level.lot)

    @display(description="From, to")
    def route(self, item: TransferItem) -> SafeString:
        """From which warehouse to which."""
        return shown.unbroken(f"{item.transfer.source.code} → {item.transfer.destination.code}")

    @display(description="On the road")
    def road_quantity(self, item: TransferItem) -> str:
        """What has neither arrived nor been written off."""
        return shown.quantity(item.on_the_road, item.variant.product.stock_unit)

    @display(description="Left", ordering="transfer__dispatched_at")
    def left(self, item: TransferItem) -> SafeString:
        """When it went on the road."""
        return shown.moment(item.transfer.dispatched_at)

    @display(description="On the road for", ordering="-transfer__dispatched_at")
    def age(self, item: TransferItem) -> SafeString:
        """How long it has been on the road."""
        return shown.unbroken(days_on_the_road(item.transfer))

    @display(description="Expected", ordering="transfer__expected_date")
    def expected(self, item: TransferItem) -> SafeString:
        """The day it should arrive, red when that is past."""
        return expected_label(item.transfer)


def days_on_the_road(transfer: Transfer) -> str:
    """`3 days`; `today` where it left today; blank before."""
    if transfer.dispatched_at is None or transfer.ended_at is not None:
        return ""
    zone = transfer.destination.time_zone
    days = (day_in(zone, clock.now()) - day_in(zone, transfer.dispatched_at)).days
    return counted(days, "day") if days else "since today"


def expected_label(transfer: Transfer) -> SafeString:
    """When it should arrive, with how late it is."""
    day = transfer.expected_date
    if day is None:
        return SafeString("")
    late = (day_in(transfer.destination.time_zone, clock.now()) - day).days
    if late <= 0 or transfer.ended_at is not None or transfer.dispatched_at is None:
        return shown.unbroken(shown.day(day))
    return shown.label(f"{shown.day(day)}, {counted(late, 'day')} late", "danger")
