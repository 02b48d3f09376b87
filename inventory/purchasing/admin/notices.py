"""Expected deliveries: what suppliers have announced, and how much of it has come in."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display

from config.kernel import clock
from config.kernel.admin import ReasonActionMixin, reason_action
from config.kernel.admin.pages import PageAdmin
from config.kernel.money import format_money
from inventory.purchasing import services
from inventory.purchasing.admin.forms import DateForm
from inventory.purchasing.admin.goods_in import GoodsIn, progress_bar
from inventory.purchasing.models import ShipmentNotice, ShipmentNoticeLine, ShipmentStatus
from inventory.purchasing.selectors import OPEN_STATUSES, notice_lines, with_progress
from inventory.stock import display as shown

LINES_SHOWN = 500
STATUS_COLOURS = {
    ShipmentStatus.EXPECTED.label: "info",
    ShipmentStatus.PARTLY_RECEIVED.label: "warning",
    ShipmentStatus.RECEIVED.label: "success",
}


@admin.register(ShipmentNotice)
class ShipmentNoticeAdmin(ReasonActionMixin, PageAdmin):
    """What is announced, the newest first; goods in is one of its pages."""

    nothing_here = "No deliveries are expected."
    change_form_template = "admin/inventory/purchasing/notice.html"
    list_display = [
        "reference",
        "supplier",
        "warehouse",
        "status_label",
        "progress",
        "complete_lines",
        "expected",
        "created",
        "closed",
    ]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("warehouse", RelatedDropdownFilter),
        ("supplier", AutocompleteSelectFilter),
    ]
    list_filter_submit = True
    list_select_related = ["supplier", "warehouse"]
    search_fields = ["reference", "supplier__code", "supplier__name", "lines__variant__sku"]
    search_help_text = "Delivery note, supplier or SKU"
    ordering = ["-created_at", "-id"]
    actions_row = ["set_date", "close", "cancel"]
    actions_detail = ["set_date", "close", "cancel"]
    export_columns = [
        "reference",
        "supplier",
        "warehouse",
        "status",
        "complete_lines",
        "announced",
        "received",
        "expected_date",
        "created_at",
        "closed_at",
    ]

    def get_urls(self) -> list[URLPattern]:
        """The pages of deliveries, and goods in before them."""
        view = self.admin_site.admin_view(GoodsIn(self.admin_site))
        return [path("goods-in/", view, name="goods_in"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShipmentNotice]:
        """With what was announced and what came in."""
        return with_progress(super().get_queryset(request))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """While it is expected it gets a day; what has come in is closed, the rest cancelled."""
        status = (
            ShipmentNotice.objects.filter(pk=object_id).values_list("status", flat=True).first()
        )
        fitting = {ShipmentStatus.EXPECTED: "cancel", ShipmentStatus.PARTLY_RECEIVED: "close"}
        name = fitting.get(ShipmentStatus(status)) if status else None
        names = {name, "set_date"} if name else set()
        actions = super().get_actions_detail(request, object_id)
        return [action for action in actions if action.method.__name__ in names]

    def page_context(self, request: HttpRequest, notice: Any, /) -> dict[str, Any]:
        """How far it has come in, line by line."""
        lines = list(notice_lines(notice.pk)[:LINES_SHOWN])
        may_receive = request.user.has_perm("inventory.receive_stock")
        return {
            "title": notice.reference,
            "subtitle": notice.supplier.name,
            "notice": notice,
            "facts": [
                ("Supplier", notice.supplier.name),
                ("Warehouse", notice.warehouse.code),
                ("Status", self.status_badge(notice)),
                ("Lines complete", self.complete_lines(notice)),
                ("Expected on", self.expected(notice)),
                ("Announced", shown.moment(notice.created_at)),
                ("Closed", shown.moment(notice.closed_at)),
            ],
            "progress": self.progress(notice),
            "lines": {
                "headers": [
                    "Product",
                    "Lot",
                    "Produced",
                    "Expires",
                    "Announced",
                    "Received",
                    "Cost",
                    "",
                ],
                "rows": [_line_cells(line) for line in lines],
            },
            "more": notice.line_count - len(lines),
            "movements_url": f"{reverse('admin:inventory_stockmovement_changelist')}?"
            + urlencode({"q": notice.reference}),
            "receive_url": f"{reverse('admin:goods_in')}?notice={notice.pk}"
            if may_receive and notice.status in OPEN_STATUSES
            else "",
        }

    def status_badge(self, notice: ShipmentNotice) -> SafeString:
        """Where it stands, as a badge."""
        text = notice.get_status_display()
        return shown.label(text, STATUS_COLOURS.get(text, ""))

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_label(self, notice: ShipmentNotice) -> str:
        """Where it stands."""
        return notice.get_status_display()

    @display(description="Expected on", ordering="expected_date")
    def expected(self, notice: ShipmentNotice) -> SafeString:
        """The day it should arrive; blank: nobody knows."""
        return shown.unbroken(shown.day(notice.expected_date))

    @display(description="Announced", ordering="created_at")
    def created(self, notice: ShipmentNotice) -> SafeString:
        """When the supplier's note came in."""
        return shown.moment(notice.created_at)

    @display(description="Closed", ordering="closed_at")
    def closed(self, notice: ShipmentNotice) -> SafeString:
        """When it was complete, closed or cancelled."""
        return shown.moment(notice.closed_at)

    @display(description="Progress", ordering="received")
    def progress(self, notice: Any) -> SafeString:
        """How much of what was announced has come in, as a bar."""
        return progress_bar(notice.received, notice.announced)

    @display(description="Lines complete", ordering="complete_line_count")
    def complete_lines(self, notice: Any) -> str:
        """How many lines have come in whole."""
        return f"{notice.complete_line_count} of {notice.line_count}"

    @display(description="Announced")
    def announced(self, notice: Any) -> Any:
        """Units of all products together: a measure of progress."""
        return notice.announced

    @display(description="Received")
    def received(self, notice: Any) -> Any:
        """The same of what has come in."""
        return notice.received

    @reason_action(
        description="Set the day of arrival",
        permission="inventory.date_shipmentnotice",
        form_class=DateForm,
        icon="event",
        preview=["reference", "supplier", "warehouse", "expected"],
        note="You can undo this: set another day. The shop window tells when more is expected.",
    )
    def set_date(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """When it should arrive."""
        notice = services.set_expected_date(
            notice_id=queryset.get().pk, expected_date=data["expected_date"], now=clock.now()
        )
        self.log_change(request, notice, f"Expected on {data['expected_date'] or 'no day'}")
        return f"Delivery {notice.reference}: the day of arrival is set."

    @reason_action(
        description="Close",
        permission="inventory.receive_stock",
        icon="task_alt",
        preview=["reference", "supplier", "warehouse", "complete_lines"],
        note="This is final: nothing more is expected. What is missing goes to the buyer as an "
        "alert.",
    )
    def close(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Nothing more of the delivery will come."""
        notice = services.close_notice(notice_id=queryset.get().pk, now=clock.now())
        self.log_change(request, notice, f"Closed: {data['reason']}")
        return f"Delivery {notice.reference} is closed."

    @reason_action(
        description="Cancel delivery",
        permission="inventory.cancel_shipmentnotice",
        icon="cancel",
        danger=True,
        preview=["reference", "supplier", "warehouse", "complete_lines"],
        note="This is final: the delivery is no longer expected. Its number is free for a new one.",
    )
    def cancel(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """The delivery will not come."""
        notice = services.cancel_notice(notice_id=queryset.get().pk, now=clock.now())
        self.log_change(request, notice, f"Cancelled: {data['reason']}")
        return f"Delivery {notice.reference} is cancelled."


def _line_cells(line: ShipmentNoticeLine) -> list[Any]:
    unit = line.variant.product.stock_unit
    cost = "" if line.unit_cost is None else format_money(line.unit_cost, line.currency)
    return [
        shown.product_link(line.variant),
        line.lot_code,
        shown.day(line.production_date),
        shown.day(line.expiry_date),
        shown.quantity(line.quantity, unit),
        shown.some(line.received_quantity, unit),
        cost,
        progress_bar(line.received_quantity, line.quantity),
    ]
