"""What products ask of the rooms above."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from config.kernel.hooks import Hook


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a product may not be sold in a market: a stable word and a sentence."""

    code: str
    detail: str


# Has stock of this variant ever moved? Then its SKU is printed on goods and papers and stays.
stock_has_moved: Hook[Callable[[int], bool]] = Hook("catalog.products.stock_has_moved")

# Why may these products not be sold in this market at this instant? Those that may are missing.
_WhyNotCleared = Callable[[Collection[int], int, datetime], Mapping[int, Sequence[WhyNot]]]
why_not_cleared: Hook[_WhyNotCleared] = Hook("catalog.products.why_not_cleared")

# The facts of these products have changed, or they are new.
facts_changed: Hook[Callable[[Collection[int]], object]] = Hook(
    "catalog.products.facts_changed", required=False
)
