"""Pure rules of counting and of what must always be true of stock."""

from inventory.counting.rules.breaches import Breach, Invariant, report
from inventory.counting.rules.counts import (
    TOLERANCE_PERCENT_DEFAULT,
    Figure,
    Since,
    Tolerance,
    abc_classes,
    book_when_counted,
    corrected_after,
)
from inventory.counting.rules.pieces import (
    NO_DIFFERENCE,
    Booking,
    PieceDifference,
    book_pieces,
    compare_pieces,
    shared,
)

__all__ = [
    "NO_DIFFERENCE",
    "TOLERANCE_PERCENT_DEFAULT",
    "Booking",
    "Breach",
    "Figure",
    "Invariant",
    "PieceDifference",
    "Since",
    "Tolerance",
    "abc_classes",
    "book_pieces",
    "book_when_counted",
    "compare_pieces",
    "corrected_after",
    "report",
    "shared",
]
