"""Which quantities and costs a change of stock can have. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from catalog.units.rules import Unit, plain
from inventory.stock.errors import (
    InvalidCost,
    InvalidQuantity,
    InvalidSerial,
    SerialsRequired,
)

QUANTITY_MAX = Decimal(999_999_999)
COST_MAX = Decimal(999_999_999)
DECIMALS_MAX = 4
LATE_AFTER = timedelta(days=1)
SERIAL_LENGTH_MAX = 40


def check_quantity(quantity: Decimal, unit: Unit, *, field: str = "quantity", what: str) -> Decimal:
    """The quantity, if goods can be received, moved or taken by it. Raises InvalidQuantity."""
    if not isinstance(quantity, Decimal | int) or not Decimal(quantity).is_finite():
        raise InvalidQuantity(f"{what}: {field} {quantity} is not a number.", field=field)
    quantity = Decimal(quantity)
    if quantity <= 0:
        raise InvalidQuantity(
            f"{what}: {field} {plain(quantity)} is not greater than zero.", field=field
        )
    if quantity > QUANTITY_MAX:
        raise InvalidQuantity(
            f"{what}: {field} {plain(quantity)} is more than {QUANTITY_MAX:,}.", field=field
        )
    if unit.is_count and quantity != quantity.to_integral_value():
        raise InvalidQuantity(
            f"{what}: {field} {plain(quantity)} is not whole, but {unit.code} is counted whole.",
            field=field,
        )
    if quantity != round(quantity, DECIMALS_MAX):
        raise InvalidQuantity(
            f"{what}: {field} {plain(quantity)} has more than {DECIMALS_MAX} decimals.", field=field
        )
    return quantity


def check_cost(amount: Decimal, *, what: str) -> Decimal:
    """The cost of one stock unit, if it is one. Raises InvalidCost."""
    if not amount.is_finite() or amount < 0:
        raise InvalidCost(f"{what}: unit_cost {amount} is not zero or more.")
    if amount > COST_MAX:
        raise InvalidCost(f"{what}: unit_cost {plain(amount)} is more than {COST_MAX:,}.")
    if amount != round(amount, DECIMALS_MAX):
        raise InvalidCost(
            f"{what}: unit_cost {plain(amount)} has more than {DECIMALS_MAX} decimals."
        )
    return amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one stock unit cost."""

    amount: Decimal
    currency: str


def blend_cost(
    known: Cost | None, *, on_hand: Decimal, added: Cost, quantity: Decimal
) -> Cost | None:
    """The cost of a lot after more of it came in: the average, weighted by what lies there.

    What is no longer on hand has no say, so an empty lot takes the new cost as it is. None where
    the currencies differ: no rate is guessed.
    """
    if known is None or on_hand <= 0:
        return added
    if known.currency != added.currency:
        return None
    value = known.amount * on_hand + added.amount * quantity
    amount = (value / (on_hand + quantity)).quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)
    return Cost(amount=amount, currency=known.currency)


def is_low(available: Decimal, low_stock_quantity: Decimal) -> bool:
    """Whether so little is left that somebody should know; nothing at all is not low, it is out."""
    return Decimal(0) < available <= low_stock_quantity


def check_serials(serials: Sequence[str], *, quantity: Decimal, what: str) -> tuple[str, ...]:
    """The serial numbers, trimmed, if so many pieces can carry them. Raises InvalidSerial."""
    found = tuple(serial.strip() for serial in serials)
    for serial in found:
        if not 1 <= len(serial) <= SERIAL_LENGTH_MAX or not serial.isprintable():
            raise InvalidSerial(
                f'{what}: "{serial[:60]}" is no serial number: it has 1 to {SERIAL_LENGTH_MAX} '
                "printable characters."
            )
    twice = sorted({serial for serial in found if found.count(serial) > 1})
    if twice:
        raise InvalidSerial(f"{what}: serial number {twice[0]} is given twice.")
    if len(found) > quantity:
        raise InvalidSerial(
            f"{what}: {len(found)} serial numbers are given for {plain(quantity)} pieces."
        )
    return found


def serials_that_leave(
    given: Sequence[str],
    *,
    there: Sequence[str],
    quantity: Decimal,
    on_hand: Decimal,
    what: str,
    is_strict: bool,
) -> tuple[str, ...]:
    """Which pieces leave a level: those named, or all where all of it leaves and all are known.

    `there` are the serial numbers that lie there of `on_hand` pieces. Pieces whose serial number
    nobody has said may leave unnamed. Raises SerialsRequired where it is strict and more would.
    """
    if not given and quantity == on_hand == len(there):
        return tuple(there)
    without_serial = max(on_hand - len(there), Decimal(0))
    unnamed = quantity - len(given)
    is_more_than_there = quantity > on_hand  # refused for that when it is taken
    if is_strict and unnamed > without_serial and not is_more_than_there:
        raise SerialsRequired(
            f"{what}: {plain(quantity)} pieces with serial numbers, and {len(given)} of them are "
            "named: say which."
        )
    return tuple(given)
