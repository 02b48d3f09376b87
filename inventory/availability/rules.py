"""What a quantity means for the shop window. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

from inventory.reservations.rules import ZERO, at_most


class AvailabilityStatus(StrEnum):
    """How much there is, in words."""

    IN_STOCK = "in_stock"
    LOW = "low"
    OUT_OF_STOCK = "out_of_stock"
    NOT_SELLABLE = "not_sellable"


def status_of(
    available: Decimal, *, low_stock_quantity: Decimal, is_sellable: bool
) -> AvailabilityStatus:
    """The word for a quantity: low is what is there, but no more than the variant's threshold."""
    if not is_sellable:
        return AvailabilityStatus.NOT_SELLABLE
    if available <= 0:
        return AvailabilityStatus.OUT_OF_STOCK
    if available <= low_stock_quantity:
        return AvailabilityStatus.LOW
    return AvailabilityStatus.IN_STOCK


def whole_bundles(
    takes: Sequence[tuple[int, Decimal]],
    *,
    choices: Sequence[Sequence[tuple[int, Decimal]]] = (),
    available: Mapping[int, Decimal],
) -> Decimal:
    """How many bundles can be made of what is available, by variant.

    `takes` are the variants and quantities that each bundle needs; of each of `choices` one is
    taken, the same in all bundles. It is exact with at most one choice; where several share
    variants it may be less than the best of all ways to choose, and never more than can be had.
    """
    ways = [takes] if takes else [[option] for options in choices[:1] for option in options]
    low = ZERO
    high = max((_at_most(way, available) for way in ways), default=ZERO)
    while low < high:
        middle = (low + high + 1) // 2
        if _chosen(middle, takes, choices, available) is None:
            high = middle - 1
        else:
            low = middle
    return low


def parts_taken(
    number: Decimal,
    takes: Sequence[tuple[int, Decimal]],
    *,
    choices: Sequence[Sequence[tuple[int, Decimal]]] = (),
    available: Mapping[int, Decimal],
) -> list[tuple[int, Decimal]]:
    """What each of so many bundles takes, with what is chosen for it; at least the needed parts."""
    return _chosen(number, takes, choices, available) or list(takes)


def _chosen(
    number: Decimal,
    takes: Sequence[tuple[int, Decimal]],
    choices: Sequence[Sequence[tuple[int, Decimal]]],
    available: Mapping[int, Decimal],
) -> list[tuple[int, Decimal]] | None:
    """The parts of so many bundles, choosing what leaves the most; None where it is not there."""
    chosen = list(takes)
    left = {pk: available.get(pk, ZERO) - number * each for pk, each in _together(takes).items()}
    for options in choices:
        after = [
            (left.get(pk, available.get(pk, ZERO)) - number * each, -place, pk, each)
            for place, (pk, each) in enumerate(options)
        ]
        if not after:
            return None
        rest, _, pk, each = max(after)
        left[pk] = rest
        chosen.append((pk, each))
    return chosen if all(rest >= 0 for rest in left.values()) else None


def _at_most(takes: Sequence[tuple[int, Decimal]], available: Mapping[int, Decimal]) -> Decimal:
    return at_most(_together(takes), available=available, is_whole=True)


def _together(takes: Sequence[tuple[int, Decimal]]) -> dict[int, Decimal]:
    """By variant, for slots may share one."""
    needs: dict[int, Decimal] = {}
    for pk, each in takes:
        needs[pk] = needs.get(pk, ZERO) + each
    return needs
