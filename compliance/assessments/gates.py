"""What the rooms above are told when the leave to sell a product changes."""

from collections.abc import Callable, Collection
from datetime import datetime

from config.kernel.hooks import Hook

# These products went on or off sale in this market: told inside the transaction that did it.
sale_changed: Hook[Callable[[Collection[int], int, datetime], object]] = Hook(
    "compliance.assessments.sale_changed", required=False
)
