"""What a warehouse sent against what was booked for an order: what fits, what was other. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

ZERO = Decimal(0)


@dataclass(slots=True, kw_only=True)
class Booked:
    """What was taken off the books for a line of an order and has not been seen leaving yet."""

    line_id: int
    stock_level_id: int
    variant_id: int
    lot_id: int
    warehouse_id: int
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What a line of an order is short of: promised, and nothing was taken off the books for it."""

    line_id: int
    variant_id: int
    quantity: Decimal


@dataclass(slots=True, kw_only=True)
class Sent:
    """What the warehouse says has left: of one lot, from one place where it is known."""

    position: int
    variant_id: int
    lot_id: int
    quantity: Decimal
    stock_level_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """So much left from where it was booked."""

    position: int
    line_id: int
    stock_level_id: int
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """So much left from another lot or place than was booked; None: the line was short of it."""

    position: int
    line_id: int
    booked_level_id: int | None
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How a shipment fits what was booked; `excess` is what nobody ordered, by its line."""

    confirmed: Sequence[Confirmed]
    swaps: Sequence[Swap]
    excess: dict[int, Decimal]


def match(
    sent: Sequence[Sent],
    booked: Sequence[Booked],
    owed: Sequence[Owed] = (),
    *,
    warehouse_id: int,
) -> Match:
    """Fit what was sent to what was booked: the same lot first, else whatever of the same SKU.

    Before other bookings are touched it covers what lines of that SKU are short of. What came
    from a place that is known goes first. Of other lots those of the same warehouse give way first.
    Each booking and each shortage serves once.
    """
    pool, short = _Pool(booked), _Pool(owed)
    confirmed: list[Confirmed] = []
    rest: list[tuple[Sent, Decimal]] = []
    for one in sorted(sent, key=lambda s: (s.stock_level_id is None, s.position)):
        same = [own for own in booked if _fits(one, own, warehouse_id)]
        took, missing = pool.take(one.quantity, same)
        confirmed += [
            Confirmed(
                position=one.position,
                line_id=own.line_id,
                stock_level_id=own.stock_level_id,
                quantity=quantity,
            )
            for own, quantity in took
        ]
        if missing:
            rest.append((one, missing))
    swaps: list[Swap] = []
    excess: dict[int, Decimal] = {}
    for one, wanted in rest:
        covered, wanted = short.take(wanted, [o for o in owed if o.variant_id == one.variant_id])
        swaps += [
            Swap(position=one.position, line_id=own.line_id, booked_level_id=None, quantity=part)
            for own, part in covered
        ]
        other = [own for own in booked if own.variant_id == one.variant_id]
        other.sort(key=lambda own: own.warehouse_id != warehouse_id)
        took, missing = pool.take(wanted, other)
        swaps += [
            Swap(
                position=one.position,
                line_id=own.line_id,
                booked_level_id=own.stock_level_id,
                quantity=quantity,
            )
            for own, quantity in took
        ]
        if missing:
            excess[one.position] = excess.get(one.position, ZERO) + missing
    return Match(confirmed=confirmed, swaps=swaps, excess=excess)


T = TypeVar("T", Booked, Owed)


class _Pool(Generic[T]):
    """What of the bookings, or of the shortages, is still to be seen leaving."""

    def __init__(self, waiting: Sequence[T]) -> None:
        self._left = {id(one): one.quantity for one in waiting}

    def take(
        self, wanted: Decimal, waiting: Sequence[T]
    ) -> tuple[list[tuple[T, Decimal]], Decimal]:
        """Take what is wanted from these in their order; and what they lack."""
        took = []
        for own in waiting:
            quantity = min(wanted, self._left[id(own)])
            if quantity > 0:
                self._left[id(own)] -= quantity
                wanted -= quantity
                took.append((own, quantity))
        return took, wanted


def _fits(sent: Sent, booked: Booked, warehouse_id: int) -> bool:
    return (
        booked.variant_id == sent.variant_id
        and booked.lot_id == sent.lot_id
        and booked.warehouse_id == warehouse_id
        and sent.stock_level_id in (None, booked.stock_level_id)
    )
