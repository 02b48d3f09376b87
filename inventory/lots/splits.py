"""What lots ask of rooms above when some goods of a lot get a lot of their own."""

from datetime import datetime
from typing import Protocol

from config.kernel.hooks import Hook
from inventory.lots.models import Lot


class LotSplit(Protocol):
    """What is true of the source's goods for good is true of these: a recall goes on for them."""

    def __call__(self, *, source: Lot, lot: Lot, now: datetime) -> None:
        """Runs inside the caller's transaction; the levels of the variant are locked already."""


lot_split: Hook[LotSplit] = Hook("inventory.lots.lot_split")
