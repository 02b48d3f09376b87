"""What may go back on sale, and how a return is spread over what was sold. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from inventory.lots.rules import days_left_sentence

ZERO = Decimal(0)
EXPECT_WITHIN = timedelta(days=30)
INSPECT_WITHIN = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why goods may not go back on sale, as a code and a sentence."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Goods that came back, as they were found on the bench.

    `days_left` are those until the last day of sale of the lot, None where it does not expire.
    """

    is_cosmetic: bool
    is_sealed: bool | None
    is_lot_known: bool
    days_left: int | None
    is_recalled: bool = False
    is_on_hold: bool = False
    was_opened: bool = False


def obstacles(found: Found) -> list[Obstacle]:
    """Why they may not go back on sale; none: they may.

    Cosmetics go back sealed, of a known lot and with shelf life left; nothing goes back of a lot
    that is on hold.
    """
    reasons = []
    if not found.is_lot_known:
        reasons.append(Obstacle("lot-unknown", "Nobody knows of which lot it is."))
    if found.is_cosmetic and found.is_sealed is None:
        reasons.append(Obstacle("seal-not-checked", "Nobody has said whether it is sealed."))
    if found.is_cosmetic and (found.is_sealed is False or found.was_opened):
        reasons.append(Obstacle("not-sealed", "It is not sealed any more."))
    if found.is_recalled:
        reasons.append(Obstacle("recalled", "Its lot is recalled."))
    elif found.is_on_hold:
        reasons.append(Obstacle("on-hold", "Its lot is on hold."))
    if found.days_left is not None and found.days_left < 0:
        left = days_left_sentence(found.days_left)
        reasons.append(Obstacle("shelf-life", f"Its last day of sale is over: {left}."))
    return reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldLine:
    """A line of the sale: how much of it was sold, in lots, and how much may still come back."""

    line_id: int
    variant_id: int
    sold: Decimal
    returned: Decimal
    lots: frozenset[int]

    @property
    def left(self) -> Decimal:
        """What was sold and has not come back, nor is it announced."""
        return max(self.sold - self.returned, ZERO)


def spread(
    quantity: Decimal, lines: Sequence[SoldLine], *, lot_id: int | None = None
) -> list[tuple[SoldLine, Decimal]]:
    """A quantity over what was sold, lines with this lot first; less than asked where it ends."""
    in_order = sorted(lines, key=lambda line: (lot_id not in line.lots, line.line_id))
    parts = []
    for line in in_order:
        part = min(line.left, quantity)
        if part > 0:
            parts.append((line, part))
            quantity -= part
    return parts
