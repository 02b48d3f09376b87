"""What stands behind products: asked of inventory, for the order and the worth of decisions."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from config.kernel.hooks import Hook
from config.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposedLot:
    """A lot of which something is on hand."""

    lot_id: int
    sku: str
    lot: str
    expiry_date: date | None
    on_hand: Decimal
    unit: str
    value: Money | None  # None: its cost is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What we hold and have promised of one product."""

    lots: int
    on_hand: Decimal  # in the product's stock unit
    value: Money | None  # of the lots whose cost is known, in the shop's currency
    lots_without_cost: int
    open_reservations: int


# By product, in a bounded number of queries; products of which nothing is there may be missing.
exposure: Hook[Callable[[Collection[int]], Mapping[int, Exposure]]] = Hook(
    "compliance.assessments.exposure"
)

# The lots with stock of these products, at most so many, the most valuable first.
exposed_lots: Hook[Callable[[Collection[int], int], Sequence[ExposedLot]]] = Hook(
    "compliance.assessments.exposed_lots"
)
