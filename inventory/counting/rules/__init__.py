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

__all__ = [
    "TOLERANCE_PERCENT_DEFAULT",
    "Breach",
    "Figure",
    "Invariant",
    "Since",
    "Tolerance",
    "abc_classes",
    "book_when_counted",
    "corrected_after",
    "report",
]
