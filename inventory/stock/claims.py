"""What stock asks of the room that made promises on it, whenever a promise may no longer hold."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from config.kernel.hooks import Hook


class GiveWay(Protocol):
    """Cut the promises on these levels until they fit, find other stock, alert the rest."""

    def __call__(self, *, stock_level_ids: Collection[int], now: datetime) -> None:
        """Runs inside the caller's transaction; the levels of the variants are locked already."""


class FillShortages(Protocol):
    """Give the stock that has become free to whoever was promised it and lost it."""

    def __call__(self, *, variant_ids: Collection[int], now: datetime) -> None:
        """Runs inside the caller's transaction; the levels of the variants are locked already."""


give_way: Hook[GiveWay] = Hook("inventory.stock.give_way")
fill_shortages: Hook[FillShortages] = Hook("inventory.stock.fill_shortages")
