"""What stock asks of the room that made promises on it, whenever a promise may no longer hold."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from django.db import transaction

from config.kernel.hooks import Hook


class GiveWay(Protocol):
    """Cut the promises on these levels until they fit, find other stock, alert the rest."""

    def __call__(
        self, *, stock_level_ids: Collection[int], now: datetime, because: str = ""
    ) -> None:
        """Runs inside the caller's transaction; the levels of the variants are locked already.

        `because` stands in the history of every reservation that loses something.
        """


class FillShortages(Protocol):
    """Give the stock that has become free to whoever was promised it and lost it."""

    def __call__(self, *, variant_ids: Collection[int], now: datetime) -> None:
        """Runs inside the caller's transaction; the levels of the variants are locked already."""


PAST_SELL_BY = "Past its last day of sale."

give_way: Hook[GiveWay] = Hook("inventory.stock.give_way")
fill_shortages: Hook[FillShortages] = Hook("inventory.stock.fill_shortages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What one reservation loses of one SKU, how much of that it finds elsewhere, in stock units.

    `short` is what is left: promised, and no longer there.
    """

    reservation_id: UUID
    reference: str
    client: str
    made_at: datetime
    sku: str
    unit: str
    lost: Decimal
    found: Decimal
    short: Decimal


_heard: ContextVar[list[Loss] | None] = ContextVar("losses_heard", default=None)


def tell(losses: Iterable[Loss]) -> None:
    """Say who has lost what; whoever answers `give_way` does, and a rehearsal listens."""
    heard = _heard.get()
    if heard is not None:
        heard.extend(losses)


@contextmanager
def losses_told() -> Iterator[list[Loss]]:
    """Who loses what in this block, as it is told; a rehearsal around it hears the same."""
    outer = _heard.get()
    with _listening() as losses:
        yield losses
    if outer is not None:
        outer.extend(losses)


def rehearse(change: Callable[[], object]) -> list[Loss]:
    """Who would lose what by this change: it is made, listened to, and taken back whole.

    Raises what the change raises.
    """
    with _listening() as losses, transaction.atomic():
        change()
        transaction.set_rollback(True)
    return losses


@contextmanager
def _listening() -> Iterator[list[Loss]]:
    losses: list[Loss] = []
    token = _heard.set(losses)
    try:
        yield losses
    finally:
        _heard.reset(token)
