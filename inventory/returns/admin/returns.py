"""Returns: the list, and the page that follows one from leave to end."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from config.kernel import clock
from config.kernel.admin import ReasonActionMixin, reason_action
from config.kernel.admin.pages import PageAdmin
from inventory.returns import services
from inventory.returns.admin.bench import BenchPage
from inventory.returns.admin.pages import ReceivePage, StartPage
from inventory.returns.admin.replacements import replacements_table
from inventory.returns.models import (
    Disposition,
    ReturnAuthorization,
    ReturnLine,
    ReturnOutcome,
    ReturnStatus,
)
from inventory.returns.selectors import OPEN, changes_of, return_with_everything, with_progress
from inventory.stock import display as shown

STATUS_COLOURS = {
    ReturnStatus.AUTHORISED.label: "info",
    ReturnStatus.RECEIVED.label: "warning",
    ReturnStatus.INSPECTED.label: "info",
    ReturnStatus.CLOSED.label: "success",
}
DISPOSITION_COLOURS = {
    Disposition.RESTOCK: "success",
    Disposition.REFURBISH: "info",
    Disposition.QUARANTINE: "warning",
    Disposition.SCRAP: "danger",
    Disposition.SUPPLIER: "danger",
}
PREVIEW = ["reference", "order_reference", "status_label", "goods"]


@admin.register(ReturnAuthorization)
class ReturnAuthorizationAdmin(ReasonActionMixin, PageAdmin):
    """What customers send back, the newest first."""

    nothing_here = "Nothing has come back from customers."
    change_form_template = "admin/inventory/returns/return.html"
    change_list_template = "admin/inventory/returns/list.html"
    list_display = ["reference", "order", "status_label", "goods", "place", "made", "age"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("warehouse", RelatedDropdownFilter),
        ("market", RelatedDropdownFilter),
    ]
    list_filter_submit = True
    list_select_related = ["warehouse", "market"]
    search_fields = ["reference", "order_reference", "lines__variant__sku", "lines__lot__code"]
    search_help_text = "Return, order, SKU or lot"
    ordering = ["-created_at", "-id"]
    actions_detail = ["close", "cancel"]
    export_columns = [
        "reference",
        "order_reference",
        "status",
        "market",
        "warehouse",
        "announced",
        "arrived",
        "created_at",
        "received_at",
        "inspected_at",
        "ended_at",
    ]

    def get_urls(self) -> list[URLPattern]:
        """The pages of returns, with authorising, receiving and the bench before them."""
        view = self.admin_site.admin_view
        return [
            path("start/", view(StartPage(self.admin_site)), name="return_start"),
            path(
                "<uuid:return_id>/receive/",
                view(ReceivePage(self.admin_site)),
                name="return_receive",
            ),
            path(
                "<uuid:return_id>/inspect/", view(BenchPage(self.admin_site)), name="return_inspect"
            ),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnAuthorization]:
        """With what was announced and what has come."""
        return with_progress(super().get_queryset(request))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """What fits where the return stands."""
        status = (
            ReturnAuthorization.objects.filter(pk=object_id)
            .values_list("status", flat=True)
            .first()
        )
        fitting = (
            {
                ReturnStatus.AUTHORISED: {"cancel"},
                ReturnStatus.INSPECTED: {"close"},
            }.get(ReturnStatus(status), set())
            if status
            else set()
        )
        actions = super().get_actions_detail(request, object_id)
        return [action for action in actions if action.method.__name__ in fitting]

    def page_context(self, request: HttpRequest, row: Any, /) -> dict[str, Any]:
        """What was announced, what came, what became of it, and who did what when."""
        found = return_with_everything(row.pk)
        assert found is not None, "it is shown"
        lines = list(found.lines.all())
        waits = any(item.waiting for line in lines for item in line.items.all())
        undecided = any(
            line.exchange_reservation_id and line.is_exchange_approved is None for line in lines
        )
        has_come = found.status in (ReturnStatus.RECEIVED, ReturnStatus.INSPECTED)
        user = request.user
        return {
            "title": f"Return {found.reference}",
            "facts": [
                ("Order", found.order_reference),
                ("Status", self.status_badge(found)),
                ("Market", found.market.code),
                ("Came in", found.warehouse.code if found.warehouse else ""),
                ("Authorised", shown.moment(found.created_at)),
                ("Ended", shown.moment(found.ended_at)),
            ],
            "blind_reason": found.blind_reason,
            "lines_table": {
                "headers": ["Line", "Product", "Why", "Lot", "Announced", "Came"],
                "rows": [_line_cells(line) for line in lines],
            },
            "replacements_table": replacements_table(lines, now=clock.now()),
            "outcomes_table": {
                "headers": ["Product", "What", "Quantity", "Into", "Where", "Condition", "By"],
                "rows": [
                    _outcome_cells(line, outcome)
                    for line in lines
                    for outcome in line.outcomes.all()
                ],
            },
            "history": changes_of(found.pk),
            "receive_url": reverse("admin:return_receive", args=[found.pk])
            if found.status in OPEN and user.has_perm("inventory.receive_return")
            else "",
            "inspect_url": reverse("admin:return_inspect", args=[found.pk])
            if (waits or (undecided and has_come)) and user.has_perm("inventory.inspect_return")
            else "",
        }

    def status_badge(self, found: ReturnAuthorization) -> SafeString:
        """Where it stands, as a badge."""
        text = found.get_status_display()
        return shown.label(text, STATUS_COLOURS.get(text, ""))

    @display(description="Order", ordering="order_reference")
    def order(self, found: ReturnAuthorization) -> str:
        """The order, and that nobody knows it."""
        if not found.is_blind:
            return found.order_reference
        return f"{found.order_reference} (not found)" if found.order_reference else "not named"

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_label(self, found: ReturnAuthorization) -> str:
        """Where it stands."""
        return found.get_status_display()

    @display(description="Units arrived of announced")
    def goods(self, found: Any) -> str:
        """Units of all products together: a measure of progress."""
        return f"{shown.figure(found.arrived)} of {shown.figure(found.announced)}"

    @display(description="Announced")
    def announced(self, found: Any) -> Any:
        """Units of all products together."""
        return found.announced

    @display(description="Came")
    def arrived(self, found: Any) -> Any:
        """Units of all products together."""
        return found.arrived

    @display(description="Came in", ordering="warehouse__code")
    def place(self, found: ReturnAuthorization) -> str:
        """The warehouse; blank until something came."""
        return found.warehouse.code if found.warehouse else ""

    @display(description="Authorised", ordering="created_at")
    def made(self, found: ReturnAuthorization) -> SafeString:
        """When the customer got leave."""
        return shown.moment(found.created_at)

    @display(description="Waiting")
    def age(self, found: ReturnAuthorization) -> SafeString:
        """How long it has stood where it stands; blank once it has ended."""
        if found.status not in OPEN:
            return SafeString("")
        since = found.inspected_at or found.received_at or found.created_at
        days = (clock.now() - since).days
        return shown.unbroken("today" if not days else f"{days} day{'s' if days > 1 else ''}")

    @reason_action(
        description="Close",
        permission="inventory.close_return",
        icon="check_circle",
        preview=PREVIEW,
        note="This is final. What has not come may be returned another time.",
    )
    def close(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Nothing more comes of it."""
        found = services.close_return(
            return_id=queryset.get().pk, reason=data["reason"], now=clock.now()
        )
        return f"Return {found.reference} is closed."

    @reason_action(
        description="Cancel",
        permission="inventory.authorise_return",
        icon="cancel",
        danger=True,
        preview=PREVIEW,
        note="This is final. What was reserved as a replacement is free again.",
    )
    def cancel(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Nothing was sent back."""
        found = services.cancel_return(
            return_id=queryset.get().pk, reason=data["reason"], now=clock.now()
        )
        return f"Return {found.reference} is cancelled."


def _line_cells(line: ReturnLine) -> list[Any]:
    unit = line.variant.product.stock_unit
    return [
        line.position,
        shown.product_link(line.variant),
        f"{line.get_reason_display()}: {line.note}" if line.note else line.get_reason_display(),
        shown.lot_link(line.lot) if line.lot else "unknown",
        shown.quantity(line.quantity, unit),
        shown.some(line.received, unit),
    ]


def _outcome_cells(line: ReturnLine, outcome: ReturnOutcome) -> list[Any]:
    level, became = outcome.stock_level, outcome.became
    seal = {True: "sealed", False: "opened", None: ""}[outcome.is_sealed]
    return [
        shown.product_link(line.variant),
        shown.label(
            outcome.get_disposition_display(), DISPOSITION_COLOURS[Disposition(outcome.disposition)]
        ),
        shown.quantity(outcome.quantity, line.variant.product.stock_unit),
        format_html("{}<br>{}", shown.product_link(became), shown.lot_link(level.lot))
        if became and level
        else shown.lot_link(level.lot if level else outcome.lot),
        shown.place(level.location) if level else "gone",
        ", ".join(part for part in (seal, outcome.condition) if part),
        outcome.actor_name,
    ]
