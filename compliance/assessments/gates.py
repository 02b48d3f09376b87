"""What the rooms above are told when the leave to sell a product changes."""

from collections.abc import Callable, Collection
from datetime import datetime

from config.kernel.hooks import Hook

# These products are about to go on or off sale, in whatever markets: told once in a transaction,
# before any `sale_changed`, so that their stock is locked in one go and nobody waits in a ring.
sale_changing: Hook[Callable[[Collection[int]], object]] = Hook(
    "compliance.assessments.sale_changing", required=False
)

# These products went on or off sale in this market: told inside the transaction that did it.
sale_changed: Hook[Callable[[Collection[int], int, datetime], object]] = Hook(
    "compliance.assessments.sale_changed", required=False
)
