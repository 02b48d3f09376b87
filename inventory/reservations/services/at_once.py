"""The way from what was asked to the one statement of `hot_path`, and back to a reservation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import DEFAULT_DB_ALIAS

from catalog.units.rules import Unit, find_unit
from config.kernel.context import actor_name, current_request_id
from config.kernel.ids import new_id
from config.kernel.locks import lock_number
from inventory.reservations import hot_path
from inventory.reservations.hot_path import AskedLine
from inventory.reservations.models import Reservation, ReservationStatus
from inventory.reservations.services.wanted import (
    LINES_MAX,
    QUANTITY_MAX,
    Wanted,
    WantedLine,
    has_bundles,
)
from inventory.stock.freshness import availability_changed


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFor:
    """What `reserve` was asked, but for the lines."""

    client_id: int | None
    reference: str
    market: str
    channel: str | None
    deliver_on: date | None
    ttl: timedelta | None
    partial: bool
    now: datetime

    @property
    def lock_name(self) -> str:
        """The name of the lock that requests with one reference wait for."""
        return f"reservation:{self.client_id}:{self.reference}"


def lines_as_named(lines: Sequence[WantedLine]) -> list[AskedLine] | None:
    """The lines as they are if every one names a SKU and, as may be, its stock unit; else None.

    What is wrong with the others is told by `understood`.
    """
    if not 1 <= len(lines) <= LINES_MAX:
        return None
    named = []
    for line in lines:
        unit = find_unit(line.unit)
        # A SKU has no blanks, and they part one from the next on the way to the database.
        if not line.item.sku or " " in line.item.sku or line.choices or unit is None:
            return None
        if not 0 < line.quantity <= QUANTITY_MAX or not _is_exact(line.quantity, unit):
            return None
        named.append(AskedLine(line.item.sku, unit.code, line.quantity, unit.code, line.quantity))
    return named


def _is_exact(quantity: Decimal, unit: Unit) -> bool:
    """Whether it can be kept as it is; the same as `convert_exactly` would find, but at once."""
    scaled = quantity.scaleb(unit.decimals)
    return scaled == scaled.to_integral_value()


def lines_understood(wanted: Sequence[Wanted]) -> list[AskedLine] | None:
    """The lines once codes and units are known; None where bundles are among them."""
    if has_bundles(wanted):
        return None
    return [
        AskedLine(
            want.variant.sku,
            want.variant.stock_unit,
            want.quantity,
            want.requested_unit,
            want.requested_quantity,
        )
        for want in wanted
    ]


def reserve_at_once(asked: AskedFor, lines: Sequence[AskedLine]) -> Reservation | None:
    """Reserve in one statement; None, and nothing has changed, where it takes a closer look."""
    reservation_id, request_id = new_id(), current_request_id()
    answer = hot_path.reserve(
        hot_path.Asked(
            id=reservation_id,
            client_id=asked.client_id,
            reference=asked.reference,
            lock=lock_number(asked.lock_name),
            lines=lines,
            market=asked.market,
            channel=asked.channel or "",
            deliver_on=asked.deliver_on,
            ttl=asked.ttl,
            partial=asked.partial,
            now=asked.now,
            request_id=request_id,
            actor=actor_name(),
        )
    )
    if answer.outcome != hot_path.MADE:
        return None
    availability_changed(answer.variant_ids)
    ends_at = asked.now + (asked.ttl or timedelta(seconds=answer.hold_seconds))
    row = {
        "id": reservation_id,
        "client_id": asked.client_id,
        "reference": asked.reference,
        "order_reference": "",
        "market_id": answer.market_id,
        "channel_id": answer.channel_id,
        "deliver_on_date": asked.deliver_on,
        "is_partial": asked.partial,
        "status": ReservationStatus.HELD,
        "created_at": asked.now,
        "expires_at": ends_at,
        "ended_at": None,
        "request_id": request_id,
    }
    names = [field.attname for field in Reservation._meta.concrete_fields]
    return Reservation.from_db(DEFAULT_DB_ALIAS, names, [row[name] for name in names])
