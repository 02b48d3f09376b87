"""Reservations: who was promised what, from which lots, and what is short."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    DropdownFilter,
    RangeDateTimeFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display

from config.kernel import clock
from config.kernel.admin import ReasonActionMixin, reason_action
from config.kernel.admin.pages import PageAdmin
from config.kernel.words import counted
from inventory.reservations import services
from inventory.reservations.errors import ReservationEnded
from inventory.reservations.models import (
    ChangeKind,
    Reservation,
    ReservationLine,
    ReservationStatus,
)
from inventory.reservations.selectors import (
    changes_of,
    line_tree,
    shortage_of,
    shown_allocations,
    with_everything,
)
from inventory.stock import display as shown
from inventory.stock.selectors.searching import cleaned, keys_or_query

STATUS_COLOURS = {
    ReservationStatus.HELD.label: "info",
    ReservationStatus.COMMITTED.label: "success",
    ReservationStatus.EXPIRED.label: "warning",
}


CHANGE_COLOURS: dict[str, str] = {
    ChangeKind.LOST: "danger",
    ChangeKind.CUT: "danger",
    ChangeKind.FILLED: "success",
    ChangeKind.COMMITTED: "success",
    ChangeKind.EXPIRED: "warning",
    ChangeKind.OFF_SALE: "danger",
    ChangeKind.ON_SALE: "success",
}
CHANGES_SHOWN = 200


class ShortageFilter(DropdownFilter):
    """Whether something that was promised is no longer there."""

    title = "shortage"
    parameter_name = "shortage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Short or whole."""
        return [("yes", "Short"), ("no", "Whole")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Reservations in that state."""
        if self.value() in ("yes", "no"):
            return queryset.filter(is_short=self.value() == "yes")
        return queryset


@admin.register(Reservation)
class ReservationAdmin(ReasonActionMixin, PageAdmin):
    """What was promised, the newest first."""

    nothing_here = "Nothing has been reserved yet: shops reserve over the API."
    change_form_template = "admin/inventory/reservations/reservation.html"
    list_display = [
        "reference",
        "client",
        "market",
        "status_label",
        "line_count",
        "short",
        "created",
        "expires",
        "order_reference",
    ]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ShortageFilter,
        ("market", RelatedDropdownFilter),
        ("client", RelatedDropdownFilter),
        ("created_at", RangeDateTimeFilter),
    ]
    list_filter_submit = True
    search_fields = ["reference", "order_reference", "lines__variant__sku"]
    search_help_text = "Exact reference, order or SKU"
    list_select_related = ["client", "market"]
    ordering = ["-created_at", "-id"]
    actions = ["release"]
    actions_row = ["release"]
    actions_detail = ["release"]
    export_columns = [
        "id",
        "reference",
        "client",
        "market",
        "status",
        "line_count",
        "is_short",
        "created_at",
        "expires_at",
        "ended_at",
        "order_reference",
        "request_id",
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Whole words, so that indexes answer."""
        term = cleaned(search_term)
        if not term:
            return queryset, False
        lines = ReservationLine.objects.filter(variant__sku=term.upper())
        found = Q(reference=term) | Q(order_reference=term)
        found |= Q(pk__in=keys_or_query(lines, "reservation_id"))
        return queryset.filter(found), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reservation]:
        """With the number of lines, and whether any of them is short."""
        lines = ReservationLine.objects.filter(reservation=OuterRef("pk"))
        asked = lines.filter(parent__isnull=True)
        counted = asked.order_by().values("reservation").annotate(count=Count("pk"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                line_count=Coalesce(Subquery(counted.values("count")), 0),
                is_short=Exists(lines.filter(shortage__gt=0)),
            )
        )

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what is still held can be released."""
        held = Reservation.objects.filter(pk=object_id, status=ReservationStatus.HELD).exists()
        return super().get_actions_detail(request, object_id) if held else []

    def page_context(self, request: HttpRequest, found: Any, /) -> dict[str, Any]:
        """When, for whom, its lines and what keeps them."""
        reservation = with_everything(Reservation.objects.filter(pk=found.pk)).get()
        facts = [
            ("Status", _status_label(reservation)),
            ("Client", reservation.client.name if reservation.client else ""),
            ("Market", reservation.market.code),
            ("Channel", reservation.channel.code if reservation.channel else ""),
            ("Deliver on", shown.day(reservation.deliver_on_date)),
            ("Order", reservation.order_reference),
            ("Made", shown.moment(reservation.created_at)),
            ("Kept until", shown.moment(reservation.expires_at)),
            ("Ended", shown.moment(reservation.ended_at)),
        ]
        return {
            "title": reservation.reference,
            "subtitle": None,
            "reservation": reservation,
            "facts": [(name, value) for name, value in facts if value],
            "table": {
                "headers": ["Product", "Asked for", "Promised", "Short of", "Kept from"],
                "rows": [
                    cells
                    for line, components in line_tree(reservation.lines.all())
                    for cells in _rows(line, components, reservation.status)
                ],
            },
            "history": [
                {
                    "at": change.happened_at,
                    "label": shown.label(
                        change.get_kind_display(),
                        CHANGE_COLOURS.get(change.kind, ""),
                    ),
                    "sku": change.line.variant.sku if change.line else "",
                    "detail": change.detail,
                    "reason": change.reason,
                    "actor": change.actor_name,
                }
                for change in changes_of(reservation.pk)[:CHANGES_SHOWN]
            ],
        }

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_label(self, reservation: Reservation) -> str:
        """Where it stands."""
        return reservation.get_status_display()

    @display(description="Lines", ordering="line_count")
    def line_count(self, reservation: Reservation) -> int:
        """How many lines it has."""
        return reservation.line_count  # type: ignore[attr-defined]

    @display(description="Short", ordering="is_short")
    def short(self, reservation: Reservation) -> SafeString:
        """Whether something that was promised is no longer there."""
        return shown.label("Short" if self.is_short(reservation) else "", "danger")

    @display(description="Made", ordering="created_at")
    def created(self, reservation: Reservation) -> SafeString:
        """When it was made."""
        return shown.moment(reservation.created_at)

    @display(description="Kept until", ordering="expires_at")
    def expires(self, reservation: Reservation) -> SafeString:
        """When its time runs out."""
        return shown.moment(reservation.expires_at)

    @display(description="Short")
    def is_short(self, reservation: Reservation) -> bool:
        """The same as yes or no."""
        return reservation.is_short  # type: ignore[attr-defined]

    @reason_action(
        description="Release",
        permission="inventory.release_reservation",
        icon="bookmark_remove",
        danger=True,
        preview=["reference", "client", "status_label", "line_count", "expires"],
        note="This is final: the stock is free for others at once, and the client is told by the "
        "reservation's status.",
    )
    def release(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """The promise is given up; the reason stays in the history of the page."""
        chosen = list(queryset.values_list("pk", flat=True))
        released = services.release_many(
            reservation_ids=chosen, reason=data["reason"], now=clock.now()
        )
        ended = len(chosen) - released
        if not released:
            raise ReservationEnded(
                f"{counted(ended, 'reservation')} had ended before: none is held."
            )
        told = f"{counted(released, 'reservation')} released."
        return f"{told} {ended} had ended before and stay as they are." if ended else told


def _status_label(reservation: Reservation) -> SafeString:
    text = reservation.get_status_display()
    return shown.label(text, STATUS_COLOURS.get(text, ""))


def _rows(
    line: ReservationLine, components: Sequence[ReservationLine], status: str
) -> list[list[Any]]:
    """A line and, below a bundle, what it is made of."""
    rows = [_line_cells(line, shortage_of(line, components), status)]
    for component in components:
        cells = _line_cells(component, component.shortage, status)
        cells[0] = format_html('<div class="pl-6">{}</div>', cells[0])
        cells[1] = format_html('<span class="text-subtle">{}</span>', component.slot)
        rows.append(cells)
    return rows


def _line_cells(line: ReservationLine, shortage: Decimal, status: str) -> list[Any]:
    unit = line.variant.product.stock_unit
    kept = [
        (
            shown.quantity(allocation.quantity, unit),
            shown.place(allocation.stock_level.location),
            shown.lot_link(allocation.stock_level.lot),
        )
        for allocation in shown_allocations(line, status=status)
    ]
    return [
        shown.product_link(line.variant),
        shown.quantity(line.requested_quantity, line.requested_unit),
        shown.quantity(line.quantity, unit),
        shown.label(shown.some(shortage, unit), "danger"),
        format_html_join(SafeString("<br>"), "{} · {} · {}", kept),
    ]
