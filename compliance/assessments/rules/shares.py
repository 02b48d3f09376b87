"""How much of each ingredient there is, as far as formula, print or order tell.

Ingredients stand in descending order of weight; those below 1 % may follow in any order
(Regulation (EC) No 1223/2009, Article 19(1)(g)).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise, takewhile

from compliance.substances.rules.shapes import Ingredient

ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)


class ShareSource(StrEnum):
    """Where a share is known from, the best first."""

    FORMULA = "formula"
    PRINTED = "printed"
    ORDER = "order"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Share:
    """Between how many percent of the product an ingredient is."""

    at_least: Decimal
    at_most: Decimal
    source: ShareSource

    @property
    def words(self) -> str:
        """The evidence in words: `formula: 0.4 to 0.6 %`."""
        match self.source:
            case ShareSource.UNKNOWN:
                return "named on the label, no share known"
            case ShareSource.ORDER:
                return f"order of the list: at most {plain(self.at_most)} %"
            case _ if self.at_least == self.at_most:
                return f"{self.source}: {plain(self.at_most)} %"
            case _:
                return f"{self.source}: {plain(self.at_least)} to {plain(self.at_most)} %"


UNKNOWN = Share(ZERO, HUNDRED, ShareSource.UNKNOWN)


def plain(percent: Decimal) -> str:
    """A percentage without trailing zeros, of up to seven places."""
    text = f"{percent:.7f}".rstrip("0").rstrip(".")
    return text or "0"


def shares_of_list(
    ingredients: Sequence[Ingredient], lawful_max: Mapping[int, Decimal]
) -> tuple[Share, ...]:
    """A share for each entry of a printed list, in its order.

    The k-th of a descending list is at most 100/k percent, or below 1 %; where shares are printed
    before it, it divides with the others what these leave. What follows an entry that is below 1 %
    is below 1 % too: `lawful_max` tells, by index in the list, how much the law allows of an entry
    at most, and the list is read as one that keeps to it. Actives that stand in front with their
    shares are no part of the order; where shares are printed otherwise, the order tells nothing.
    """
    if _descends(ingredients):
        return _descending(ingredients, lawful_max, HUNDRED)
    front = list(takewhile(lambda own: own.percent is not None, ingredients))
    rest = ingredients[len(front) :]
    shares = tuple(_printed(own.percent) for own in front)
    left = HUNDRED - sum((share.at_least for share in shares), ZERO)
    if left < ONE or any(own.percent is not None for own in rest):
        return shares + tuple(_printed(own.percent) for own in rest)
    behind = {index - len(front): most for index, most in lawful_max.items() if index >= len(front)}
    return shares + _descending(rest, behind, left)


def _descends(ingredients: Sequence[Ingredient]) -> bool:
    """Whether the printed shares can be those of a descending list.

    They are not where they rise, or where the first is too small for all the others to fill up
    what is left: actives stand in front then.
    """
    listed = [own for own in ingredients if not own.may_contain]
    printed = [own.percent for own in listed if own.percent is not None]
    if any(later > max(earlier, ONE) for earlier, later in pairwise(printed)):
        return False
    first = listed[0].percent if listed else None
    return first is None or first * len(listed) >= HUNDRED


def _printed(percent: Decimal | None) -> Share:
    return UNKNOWN if percent is None else Share(percent, percent, ShareSource.PRINTED)


def _descending(
    ingredients: Sequence[Ingredient], lawful_max: Mapping[int, Decimal], whole: Decimal
) -> tuple[Share, ...]:
    """The shares of entries that descend and make `whole` percent together."""
    shares: list[Share] = []
    place = unprinted = 0
    left = ceiling = whole
    for index, own in enumerate(ingredients):
        if own.percent is not None:
            shares.append(_printed(own.percent))
            ceiling = min(ceiling, max(own.percent, ONE))
            left = max(left - own.percent, ZERO)
            place += 1
            continue
        if own.may_contain:
            shares.append(UNKNOWN)
            continue
        place += 1
        unprinted += 1
        ceiling = min(ceiling, max(min(whole / place, left / unprinted), ONE))
        shares.append(Share(ZERO, ceiling, ShareSource.ORDER) if ceiling < HUNDRED else UNKNOWN)
        if lawful_max.get(index, HUNDRED) <= ONE:
            ceiling = ONE
    return tuple(shares)
