"""What replaces goods that come back: who holds it until when, and what happens then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.safestring import SafeString

from inventory.reservations.models import ReservationChange, ReservationStatus
from inventory.returns.models import ReturnLine
from inventory.returns.selectors import replacements_ended, replacements_short
from inventory.stock import display as shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a replacement stands, as a badge and its colour, and a sentence about what follows."""

    status: str
    colour: str
    follows: str

    @property
    def badge(self) -> SafeString:
        """The status, coloured."""
        return shown.label(self.status, self.colour)


def standings(lines: Sequence[ReturnLine], *, now: datetime) -> dict[int, Standing]:
    """Where the replacement of each of these lines stands, by line; in two queries."""
    ids = [line.exchange_reservation_id for line in lines if line.exchange_reservation_id]
    short, ended = replacements_short(ids), replacements_ended(ids)
    return {
        line.pk: _standing(line, short=short, ended=ended, now=now)
        for line in lines
        if line.exchange_reservation_id
    }


def replacements_table(lines: Sequence[ReturnLine], *, now: datetime) -> dict[str, Any]:
    """The table of the return's page; no rows: nothing is replaced."""
    found = standings(lines, now=now)
    return {
        "headers": ["Replaces", "With", "Quantity", "Held for", "Held until", "Status", ""],
        "rows": [_cells(line, found[line.pk]) for line in lines if line.pk in found],
    }


def _cells(line: ReturnLine, standing: Standing) -> list[Any]:
    variant, held = line.exchange_variant, line.exchange_reservation
    assert variant is not None, "a replacement names what it is"
    assert held is not None, "a replacement is reserved"
    is_held = held.status == ReservationStatus.HELD
    return [
        f"Line {line.position}",
        shown.product_link(variant),
        shown.quantity(line.exchange_quantity, variant.product.stock_unit),
        held.client.name if held.client else "us",
        shown.link(
            "inventory_reservation_change",
            held.pk,
            shown.instant(held.expires_at) if is_held else "Reservation",
        ),
        standing.badge,
        standing.follows,
    ]


def _standing(
    line: ReturnLine,
    *,
    short: set[UUID],
    ended: Mapping[UUID, ReservationChange],
    now: datetime,
) -> Standing:
    held = line.exchange_reservation
    assert held is not None, "only replacements stand somewhere"
    last = ended.get(held.pk)
    when = shown.instant(held.ended_at)
    by = f" by {last.actor_name}" if last is not None and last.actor_name else ""
    if held.status == ReservationStatus.COMMITTED:
        follows = f"On {when}{by}, order {held.order_reference}."
        return Standing(status="Sent", colour="success", follows=follows)
    if line.is_exchange_approved is False:
        return Standing(status="Refused", colour="", follows=f"Free again since {when}{by}.")
    if held.status == ReservationStatus.RELEASED:
        why = f" {last.reason}" if last is not None and last.reason else ""
        follows = f"On {when}{by}.{why} Nothing is held any more: it can only be refused."
        return Standing(status="Released", colour="danger", follows=follows)
    if held.status == ReservationStatus.EXPIRED or held.expires_at <= now:
        follows = (
            f"Its time ran out on {shown.instant(held.expires_at)}. It is held again, or sent, "
            "only if the stock is free: that is tried every hour while the return is open."
        )
        return Standing(status="Not held", colour="danger", follows=follows)
    if held.pk in short:
        follows = (
            "Some of it was taken away and is not back: it cannot be sent until the stock is there."
        )
        return Standing(status="Short", colour="danger", follows=follows)
    follows = (
        f"Held until {shown.instant(held.expires_at)}, and for longer while the return is open. "
        "Sent when it is approved, free when it is refused or the return ends."
    )
    return Standing(status="Held", colour="info", follows=follows)
