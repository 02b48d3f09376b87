"""Transfers: planned, sent, received, in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from config.kernel import clock
from config.kernel.admin import ReasonActionMixin, reason_action
from config.kernel.admin.pages import PageAdmin
from inventory.stock import display as shown
from inventory.stock.losses import WhoLosesMixin
from inventory.transfers import services
from inventory.transfers.admin.forms import DateForm, DispatchForm, WriteOffForm
from inventory.transfers.admin.pages import PlanPage, ReceivePage
from inventory.transfers.admin.road import days_on_the_road, expected_label
from inventory.transfers.models import Transfer, TransferItem, TransferLine, TransferStatus
from inventory.transfers.selectors import (
    ON_THE_ROAD,
    is_overdue,
    transfer_with_everything,
    with_progress,
)

STATUS_COLOURS = {
    TransferStatus.PLANNED.label: "",
    TransferStatus.DISPATCHED.label: "info",
    TransferStatus.PARTLY_RECEIVED.label: "warning",
    TransferStatus.RECEIVED.label: "success",
}
ROWS_SHOWN = 500
PREVIEW = ["reference", "route", "status_label", "goods"]


@admin.register(Transfer)
class TransferAdmin(WhoLosesMixin, ReasonActionMixin, PageAdmin):
    """What goes from one warehouse to another, the newest first."""

    nothing_here = "Nothing has been sent between warehouses yet."
    change_form_template = "admin/inventory/transfers/transfer.html"
    change_list_template = "admin/inventory/transfers/list.html"
    list_display = [
        "reference",
        "route",
        "status_label",
        "goods",
        "on_the_road_shown",
        "left",
        "age",
        "expected",
    ]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("source", RelatedDropdownFilter),
        ("destination", RelatedDropdownFilter),
    ]
    list_filter_submit = True
    list_select_related = ["source", "destination"]
    search_fields = ["reference", "lines__variant__sku", "lines__variant__product__name"]
    search_help_text = "Transfer, SKU or product"
    ordering = ["-created_at", "-id"]
    actions_detail = ["dispatch_goods", "cancel", "set_date", "write_off_rest"]
    export_columns = [
        "reference",
        "source",
        "destination",
        "status",
        "sent",
        "arrived",
        "on_the_road",
        "created_at",
        "dispatched_at",
        "expected_date",
        "ended_at",
    ]

    def get_urls(self) -> list[URLPattern]:
        """The pages of transfers, with planning and receiving before them."""
        plan = self.admin_site.admin_view(PlanPage(self.admin_site))
        receive = self.admin_site.admin_view(ReceivePage(self.admin_site))
        return [
            path("plan/", plan, name="transfer_plan"),
            path("<uuid:transfer_id>/receive/", receive, name="transfer_receive"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        """With what was sent and what has arrived."""
        return with_progress(super().get_queryset(request))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """What fits where the transfer stands."""
        transfers = Transfer.objects.filter(pk=object_id)
        status = transfers.values_list("status", flat=True).first()
        fitting = set()
        if status == TransferStatus.PLANNED:
            fitting = {"dispatch_goods", "cancel", "set_date"}
        elif status in ON_THE_ROAD:
            fitting = {"set_date"}
            if status == TransferStatus.PARTLY_RECEIVED or transfers.filter(
                Q(short_at__isnull=False) | is_overdue(clock.now())
            ):
                fitting.add("write_off_rest")
        actions = super().get_actions_detail(request, object_id)
        return [action for action in actions if action.method.__name__ in fitting]

    def page_context(self, request: HttpRequest, row: Any, /) -> dict[str, Any]:
        """What was to go, what went, and what has become of it."""
        transfer = transfer_with_everything(row.pk)
        assert transfer is not None, "it is shown"
        may_receive = request.user.has_perm("inventory.receive_transfer")
        return {
            "title": transfer.reference,
            "subtitle": f"{transfer.source.code} → {transfer.destination.code}",
            "facts": [
                ("From", f"{transfer.source.code} · {transfer.source.name}"),
                ("To", f"{transfer.destination.code} · {transfer.destination.name}"),
                ("Status", self.status_badge(transfer)),
                ("Planned", shown.moment(transfer.created_at)),
                ("Left", shown.moment(transfer.dispatched_at)),
                ("Expected", expected_label(transfer)),
            ],
            "is_short": transfer.short_at is not None and transfer.status in ON_THE_ROAD,
            "planned": {
                "headers": ["Product", "Lot", "Quantity", "Serial numbers"],
                "rows": [_line_cells(line) for line in transfer.lines.all()[:ROWS_SHOWN]],
            },
            "goods": {
                "headers": [
                    "Product",
                    "Lot",
                    "Expires",
                    "Sent",
                    "Received",
                    "Written off",
                    "Found more",
                    "On the road",
                ],
                "rows": [_item_cells(item) for item in transfer.items.all()[:ROWS_SHOWN]],
            },
            "movements_url": f"{reverse('admin:inventory_stockmovement_changelist')}?"
            + urlencode({"q": transfer.reference}),
            "receive_url": reverse("admin:transfer_receive", args=[transfer.pk])
            if may_receive and transfer.status in ON_THE_ROAD
            else "",
        }

    def status_badge(self, transfer: Transfer) -> SafeString:
        """Where it stands, as a badge."""
        text = transfer.get_status_display()
        return shown.label(text, STATUS_COLOURS.get(text, ""))

    @display(description="From, to", ordering="source__code")
    def route(self, transfer: Transfer) -> SafeString:
        """From which warehouse to which."""
        return shown.unbroken(f"{transfer.source.code} → {transfer.destination.code}")

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_label(self, transfer: Transfer) -> str:
        """Where it stands."""
        return transfer.get_status_display()

    @display(description="Units arrived of sent", ordering="sent")
    def goods(self, transfer: Any) -> str:
        """Units of all products together: a measure of progress."""
        if not transfer.sent:
            return ""
        return f"{shown.figure(transfer.arrived)} of {shown.figure(transfer.sent)}"

    @display(description="On the road", ordering="on_the_road")
    def on_the_road_shown(self, transfer: Any) -> str:
        """Units of all products together; blank: none."""
        return str(shown.figure(transfer.on_the_road)) if transfer.on_the_road else ""

    @display(description="Sent")
    def sent(self, transfer: Any) -> Any:
        """Units of all products together."""
        return transfer.sent

    @display(description="Arrived")
    def arrived(self, transfer: Any) -> Any:
        """Units of all products together."""
        return transfer.arrived

    @display(description="On the road")
    def on_the_road(self, transfer: Any) -> Any:
        """Units of all products together."""
        return transfer.on_the_road

    @display(description="Left", ordering="dispatched_at")
    def left(self, transfer: Transfer) -> SafeString:
        """When it went on the road."""
        return shown.moment(transfer.dispatched_at)

    @display(description="On the road for")
    def age(self, transfer: Transfer) -> SafeString:
        """How long; blank where nothing is on the road."""
        return shown.unbroken(days_on_the_road(transfer))

    @display(description="Expected", ordering="expected_date")
    def expected(self, transfer: Transfer) -> SafeString:
        """The day it should arrive, red when that is past."""
        return expected_label(transfer)

    @reason_action(
        description="Send off",
        permission="inventory.dispatch_transfer",
        form_class=DispatchForm,
        icon="local_shipping",
        preview="what_goes",
        note="The goods leave the warehouse's free stock: named lots, else what expires first. It "
        "cannot be undone, only received.",
        consequences="who_loses",
    )
    def dispatch_goods(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """The goods go on the road."""
        transfer = services.dispatch_transfer(
            transfer_id=queryset.get().pk,
            may_take_promised=data["may_take_promised"],
            now=clock.now(),
        )
        return f"The goods of {transfer.reference} are on the road."

    def what_goes(
        self, request: HttpRequest, queryset: QuerySet
    ) -> tuple[list[str], list[list[Any]]]:
        """What is to be sent."""
        transfer = transfer_with_everything(queryset.get().pk)
        assert transfer is not None, "it is shown"
        lines = transfer.lines.all()[:ROWS_SHOWN]
        return ["Product", "Lot", "Quantity", "Serial numbers"], [_line_cells(ln) for ln in lines]

    @reason_action(
        description="Cancel",
        permission="inventory.plan_transfer",
        icon="cancel",
        danger=True,
        preview=PREVIEW,
        note="This is final: the goods stay where they are.",
    )
    def cancel(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """The goods stay."""
        transfer = services.cancel_transfer(transfer_id=queryset.get().pk, now=clock.now())
        self.log_change(request, transfer, f"Cancelled: {data['reason']}")
        return f"Transfer {transfer.reference} is cancelled."

    @reason_action(
        description="Set the day of arrival",
        permission="inventory.plan_transfer",
        form_class=DateForm,
        icon="event",
        preview=[*PREVIEW, "expected"],
        note="You can undo this: set another day. The shop window tells when more is expected.",
    )
    def set_date(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """When it should arrive."""
        transfer = services.set_expected_date(
            transfer_id=queryset.get().pk, expected_date=data["expected_date"], now=clock.now()
        )
        self.log_change(request, transfer, f"Expected on {data['expected_date'] or 'no day'}")
        return f"Transfer {transfer.reference}: the day of arrival is set."

    @reason_action(
        description="Write off what is missing",
        permission="inventory.write_off_stock",
        form_class=WriteOffForm,
        icon="delete",
        danger=True,
        preview="what_is_missing",
        note="This is final: what is still on the road leaves the books. What turns up after all "
        "is an adjustment.",
    )
    def write_off_rest(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """What never arrived leaves the books."""
        transfer = services.write_off_rest(
            transfer_id=queryset.get().pk,
            reason=data["reason"],
            serials=data["serials"],
            now=clock.now(),
        )
        return f"What was missing of {transfer.reference} is written off."

    def what_is_missing(
        self, request: HttpRequest, queryset: QuerySet
    ) -> tuple[list[str], list[list[Any]]]:
        """What is still on the road."""
        transfer = transfer_with_everything(queryset.get().pk)
        assert transfer is not None, "it is shown"
        rows = [
            [
                shown.product_link(item.variant),
                shown.lot_link(item.road_level.lot),
                shown.quantity(item.on_the_road, item.variant.product.stock_unit),
            ]
            for item in transfer.items.all()[:ROWS_SHOWN]
            if item.on_the_road
        ]
        return ["Product", "Lot", "On the road"], rows


def _line_cells(line: TransferLine) -> list[Any]:
    return [
        shown.product_link(line.variant),
        shown.lot_link(line.lot) if line.lot else "what expires first",
        shown.quantity(line.quantity, line.variant.product.stock_unit),
        ", ".join(line.serials),
    ]


def _item_cells(item: TransferItem) -> list[Any]:
    unit = item.variant.product.stock_unit
    lot = item.road_level.lot
    return [
        shown.product_link(item.variant),
        shown.lot_link(lot),
        shown.day(lot.expiry_date),
        shown.quantity(item.sent, unit),
        shown.some(item.received, unit),
        shown.label(shown.some(item.written_off, unit), "danger"),
        shown.some(item.surplus, unit),
        shown.label(shown.some(item.on_the_road, unit), "info"),
    ]
