"""What a warehouse's line changes, and in which places of the warehouse. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class UpdateMode(StrEnum):
    """Whether a line says how much there is, or by how much it changed."""

    SET = "set"
    DELTA = "delta"


class UpdateResult(StrEnum):
    """What became of a line."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


@dataclass(slots=True, kw_only=True)
class Holding:
    """What lies of one lot in one place, kept up to date while the lines are gone through.

    Without a stock level nothing ever lay there yet.
    """

    location_id: int
    location_code: str
    on_hand: Decimal = ZERO
    reserved: Decimal = ZERO
    stock_level_id: int | None = None

    @property
    def free(self) -> Decimal:
        """What of it nobody was promised."""
        return max(self.on_hand - self.reserved, ZERO)


def change_of(mode: UpdateMode, quantity: Decimal, on_hand: Decimal) -> Decimal:
    """By how much what lies there changes."""
    return quantity - on_hand if mode is UpdateMode.SET else quantity


def spread(holdings: Sequence[Holding], change: Decimal) -> list[tuple[Holding, Decimal]]:
    """In which places of a warehouse a change of one lot happened, when nobody says so.

    More is put where most of it lies. What is gone is taken from what nobody was promised, where
    most lies first, and only then from what was. Ties go by the location's code. The caller sees to
    it that so much lies there; without holdings there is nowhere to put anything.
    """
    assert holdings, "there is no place"
    fullest_first = sorted(holdings, key=lambda h: (-h.on_hand, h.location_code))
    if change >= 0:
        return [(fullest_first[0], change)] if change else []
    taken: dict[int, Decimal] = {}
    missing = -change
    for only_free in (True, False):
        for position, holding in enumerate(fullest_first):
            left = holding.on_hand - taken.get(position, ZERO)
            take = min(missing, holding.free if only_free else left)
            if take > 0:
                taken[position] = taken.get(position, ZERO) + take
                missing -= take
    assert missing == 0, "more is taken than lies there"
    return [(fullest_first[position], -take) for position, take in sorted(taken.items())]
