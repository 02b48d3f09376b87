"""Which announced line a scan belongs to, and what about it the buyer has to know. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from catalog.units.rules import plain
from inventory.lots.rules import is_past_sell_by


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedLine:
    """One lot as the supplier announced it."""

    line_id: int
    variant_id: int
    lot_code: str
    expiry_date: date | None
    quantity: Decimal
    received_quantity: Decimal

    @property
    def outstanding(self) -> Decimal:
        """What has not come in yet, never below zero."""
        return max(self.quantity - self.received_quantity, Decimal(0))


class Discrepancy(StrEnum):
    """How what came in differs from what was announced."""

    UNKNOWN_LOT = "unknown-lot"
    EXPIRY_DIFFERS = "expiry-differs"
    SHORT_SHELF_LIFE = "short-shelf-life"
    OVER_DELIVERY = "over-delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One discrepancy as a sentence for the buyer."""

    kind: Discrepancy
    detail: str


def short_shelf_life(expiry_date: date | None, remaining_days_min: int) -> str:
    """What is wrong with goods that came in too old to be sold."""
    return f"expires {expiry_date}, but {remaining_days_min} days must be left to sell it"


def line_for(
    lines: Sequence[AnnouncedLine], *, variant_id: int, lot_code: str
) -> AnnouncedLine | None:
    """The line that goods count towards; None where the delivery does not hold the product.

    The one of this lot, else the one of this product that still misses most.
    """
    own = [line for line in lines if line.variant_id == variant_id]
    named = [line for line in own if line.lot_code == lot_code]
    return max(named or own, key=lambda line: (line.outstanding, -line.line_id), default=None)


def findings(
    line: AnnouncedLine,
    *,
    lot_code: str,
    expiry_date: date | None,
    quantity: Decimal,
    remaining_days_min: int,
    on: date,
) -> list[Finding]:
    """What about these goods is not as announced. Each finding puts the lot on hold."""
    found = []
    if line.lot_code and lot_code != line.lot_code:
        found.append(
            Finding(
                kind=Discrepancy.UNKNOWN_LOT,
                detail=f"lot {lot_code or 'without code'} was not announced "
                f"(announced: {line.lot_code or 'no lot'})",
            )
        )
    elif expiry_date is not None and line.expiry_date not in (None, expiry_date):
        found.append(
            Finding(
                kind=Discrepancy.EXPIRY_DIFFERS,
                detail=f"expires {expiry_date}, announced was {line.expiry_date}",
            )
        )
    if is_past_sell_by(expiry_date or line.expiry_date, remaining_days_min, on=on):
        found.append(
            Finding(
                kind=Discrepancy.SHORT_SHELF_LIFE,
                detail=short_shelf_life(expiry_date or line.expiry_date, remaining_days_min),
            )
        )
    if quantity > line.outstanding:
        found.append(
            Finding(
                kind=Discrepancy.OVER_DELIVERY,
                detail=f"{plain(line.received_quantity + quantity)} came in, "
                f"{plain(line.quantity)} were announced",
            )
        )
    return found
