"""The tables that the pages of a SKU and a lot have in common."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from catalog.products.gates import WhyNot
from config.kernel import clock
from config.kernel.money import format_money
from inventory.lots.models import LotHold
from inventory.purchasing.models import ShipmentNoticeLine
from inventory.reservations.models import Allocation, ReservationLine
from inventory.stock import display as shown
from inventory.stock.models import StockLevel
from inventory.warehouses.models import KEPT_APART, LocationKind

ROWS_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A titled table as unfold's component shows it; `more` counts the rows left out."""

    title: str
    headers: Sequence[str]
    rows: list[list[Any]]
    empty: str
    more: int = 0

    @property
    def data(self) -> dict[str, Any]:
        """What the component asks for."""
        return {"headers": self.headers, "rows": self.rows}


def places_table(
    request: HttpRequest, levels: Iterable[StockLevel], *, unit: str, now: datetime, with_lot: bool
) -> Table:
    """What lies where, with days left counted there, and what this user may do with it."""
    actions = [
        (title, name)
        for title, name, permission in (
            ("Move", "move", "inventory.move_stock"),
            ("Adjust", "adjust", "inventory.adjust_stock"),
            ("Write off", "write_off", "inventory.write_off_stock"),
        )
        if request.user.has_perm(permission)
    ]
    headers = ["Place", "On hand", "Promised", "Last day of sale", "Days left", "Hold", ""]
    rows = []
    found = list(levels)
    for level in found[:ROWS_SHOWN]:
        today = clock.today(level.location.warehouse.time_zone, now)
        sell_by = level.sell_by_date  # type: ignore[attr-defined]
        rows.append(
            [
                shown.link("inventory_stocklevel_change", level.pk, shown.place(level.location)),
                shown.quantity(level.on_hand, unit),
                shown.some(level.reserved, unit),
                shown.day(sell_by),
                shown.days_left_label(sell_by, today),
                shown.label("On hold" if level.is_on_hold else "", "warning"),  # type: ignore[attr-defined]
                _links(request, level, actions),
            ]
        )
        if with_lot:
            rows[-1].insert(0, shown.lot_link(level.lot))
    return Table(
        title="Lots and places" if with_lot else "Stock by place",
        headers=["Lot", *headers] if with_lot else headers,
        rows=rows,
        empty="Nothing lies in stock.",
        more=len(found) - len(rows),
    )


def _links(
    request: HttpRequest, level: StockLevel, actions: Sequence[tuple[str, str]]
) -> SafeString:
    """Actions on one place, which lead back here when they are done."""
    back = urlencode({"back": request.path})
    if level.location.kind in KEPT_APART:
        return SafeString("")  # changed by its transfer or return alone
    on_dock = level.location.kind == LocationKind.DOCK
    links = [
        ("Put away", "put_away") if name == "move" and on_dock else (title, name)
        for title, name in actions
    ]
    return format_html_join(
        SafeString('<span class="text-base-300 dark:text-base-600"> · </span>'),
        '<a href="{}?{}" class="text-primary-600 whitespace-nowrap dark:text-primary-500">{}</a>',
        (
            (
                reverse(f"admin:inventory_stocklevel_{name}", args=[level.pk]),
                SafeString(back),
                title,
            )
            for title, name in links
        ),
    )


def holds_table(holds: Iterable[LotHold], *, with_lot: bool) -> Table:
    """Who put what on hold, when and why, and who let it go."""
    headers = ["Hold", "Why", "Placed", "Released"]
    rows = []
    for hold in holds:
        is_open = hold.released_at is None
        rows.append(
            [
                shown.label(hold.get_reason_display(), "warning" if is_open else ""),
                hold.note,
                _when_and_who(hold.placed_at, hold.placed_by_name, hold.placed_by),
                ""
                if hold.released_at is None
                else format_html(
                    "{}<br>{}",
                    _when_and_who(hold.released_at, hold.released_by_name, hold.released_by),
                    hold.release_note,
                ),
            ]
        )
        if with_lot:
            rows[-1].insert(0, shown.lot_link(hold.lot))
    return Table(
        title="Holds",
        headers=["Lot", *headers] if with_lot else headers,
        rows=rows,
        empty="Nothing is on hold.",
    )


def promises_table(
    promises: Sequence[Allocation], shortages: Sequence[ReservationLine], *, unit: str
) -> Table:
    """Which reservations keep stock of it, and who was promised more than there is."""
    rows = [
        [
            _reservation_link(promise.line.reservation),
            _client(promise.line.reservation),
            shown.quantity(promise.quantity, unit),
            format_html(
                "{} · {}",
                shown.place(promise.stock_level.location),
                shown.lot_name(promise.stock_level.lot),
            ),
            shown.instant(promise.line.reservation.expires_at),
        ]
        for promise in promises[:ROWS_SHOWN]
    ]
    rows += [
        [
            _reservation_link(line.reservation),
            _client(line.reservation),
            shown.label(f"short of {shown.quantity(line.shortage, unit)}", "danger"),
            "",
            shown.instant(line.reservation.expires_at),
        ]
        for line in shortages[:ROWS_SHOWN]
    ]
    left_out = max(len(promises) - ROWS_SHOWN, 0) + max(len(shortages) - ROWS_SHOWN, 0)
    return Table(
        title="Reservations that promise it",
        headers=["Reservation", "Client", "Quantity", "Kept from", "Until"],
        rows=rows,
        empty="Nothing of it is promised.",
        more=left_out,
    )


def incoming_table(lines: Iterable[ShipmentNoticeLine], *, unit: str) -> Table:
    """What suppliers have announced and not delivered yet."""
    return Table(
        title="Expected deliveries",
        headers=[
            "Delivery",
            "Supplier",
            "Warehouse",
            "Lot",
            "Expires",
            "Expected on",
            "Still to come",
        ],
        rows=[
            [
                shown.link(
                    "inventory_shipmentnotice_change", line.notice_id, line.notice.reference
                ),
                line.notice.supplier.name,
                line.notice.warehouse.code,
                line.lot_code,
                shown.day(line.expiry_date),
                shown.day(line.notice.expected_date),
                shown.quantity(line.quantity - line.received_quantity, unit),
            ]
            for line in lines
        ],
        empty="Nothing is expected.",
    )


def sale_table(markets: Iterable[tuple[str, Sequence[WhyNot]]]) -> Table:
    """In which markets it may be sold, and why not in the others."""
    return Table(
        title="Sale",
        headers=["Market", "May be sold", "Why not"],
        rows=[
            [
                code,
                shown.label("No" if why_not else "Yes", "danger" if why_not else "success"),
                " ".join(why.detail for why in why_not),
            ]
            for code, why_not in markets
        ],
        empty="There is no market yet.",
    )


def stock_value(levels: Iterable[StockLevel]) -> str:
    """What these places hold at cost, by currency; lots without a cost are named, not zero."""
    values: dict[str, Decimal] = {}
    unknown = set()
    for level in levels:
        lot = level.lot
        if lot.unit_cost is None:
            unknown.add(lot.pk)
        else:
            value = level.on_hand * lot.unit_cost
            values[lot.currency] = values.get(lot.currency, Decimal(0)) + value
    parts = [format_money(value, currency) for currency, value in sorted(values.items())]
    text = " + ".join(parts)
    if not unknown:
        return text
    without = f"{len(unknown)} {'lot' if len(unknown) == 1 else 'lots'} without cost"
    return f"{text} ({without})" if text else without


def _reservation_link(reservation: Any) -> SafeString:
    return shown.link("inventory_reservation_change", reservation.pk, reservation.reference)


def _client(reservation: Any) -> str:
    return reservation.client.name if reservation.client else ""


def _when_and_who(when: datetime, name: str, user: Any) -> str:
    who = name or (user.get_username() if user else "")
    return f"{shown.instant(when)}, {who}" if who else shown.instant(when)
