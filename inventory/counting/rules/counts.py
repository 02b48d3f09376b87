"""What a counted figure is compared with, and how far off it may be. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

TOLERANCE_PERCENT_DEFAULT = Decimal(1)
# What makes so much of all picks is class A, then B; the rest is C.
ABC_SHARES = (("A", Decimal("0.80")), ("B", Decimal("0.95")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far a count may be off before somebody counts again: in stock units, or of the book.

    The wider of the two holds.
    """

    units: Decimal
    percent: Decimal

    def covers(self, difference: Decimal, book: Decimal) -> bool:
        """Whether this difference may be booked as it is."""
        return abs(difference) <= max(self.units, book * self.percent / 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was counted and when, and what the books said lay there at that moment."""

    quantity: Decimal
    counted_at: datetime
    book_quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """A movement written after a figure was noted; a correction says what lay there, not a move."""

    quantity: Decimal
    happened_at: datetime
    is_correction: bool


def book_when_counted(
    on_hand_noted: Decimal, since: Iterable[Since], *, counted_at: datetime
) -> Decimal:
    """What the books say lay there when it was counted, as far as they know it now.

    What was written later but had happened before belongs to it; what happened after does not.
    """
    return on_hand_noted + sum(
        (m.quantity for m in since if m.happened_at <= counted_at), Decimal(0)
    )


def corrected_after(since: Iterable[Since], *, counted_at: datetime) -> bool:
    """Whether the books were corrected after the count: its difference may be in them already."""
    return any(m.is_correction and m.happened_at > counted_at for m in since)


def abc_classes(picks: Mapping[int, int]) -> dict[int, str]:
    """The class of each SKU by how often it is picked: the few that make most picks are A.

    What was never picked is C. Ties go by key, so that the same figures give the same classes.
    """
    total = sum(picks.values())
    classes: dict[int, str] = {}
    before = 0
    for key, count in sorted(picks.items(), key=lambda item: (-item[1], item[0])):
        share = Decimal(before) / total if total else Decimal(1)
        classes[key] = next((name for name, up_to in ABC_SHARES if count and share < up_to), "C")
        before += count
    return classes
