"""The invariants of stock and what it looks like when one is broken. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Invariant(StrEnum):
    """What must be true after every commit, in the order and words of the glossary."""

    ON_HAND = "on-hand-is-the-sum-of-movements"
    BALANCE = "each-movement-adds-to-the-one-before"
    RESERVED = "reserved-is-the-sum-of-open-allocations"
    WITHIN = "reserved-is-within-on-hand"
    LINE = "allocations-and-shortage-make-the-line"
    STEP = "the-lines-of-a-step-sum-to-zero"
    ROAD = "what-is-on-the-road-is-what-transfers-say"
    RETURNS = "what-waits-to-be-inspected-is-what-returns-say"
    SERIALS = "pieces-on-a-level-are-those-named-in-less-out"
    SELLABLE = "no-promise-on-unsellable-stock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One row for which an invariant does not hold: which, what it says, what touched it last.

    `key` names the row for good; `path` is where the admin shows it.
    """

    invariant: Invariant
    table: str
    key: str
    row: str
    values: dict[str, str] = field(default_factory=dict)
    last_movement: str = "none"
    path: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong: `on hand 9, movements 10`."""
        return ", ".join(f"{name} {value}" for name, value in self.values.items())

    def __str__(self) -> str:
        """One line for a person who has to find the row."""
        return (
            f"{self.invariant}: {self.table} {self.row}: {self.sentence}; "
            f"last movement: {self.last_movement}"
        )


def report(breaches: Sequence[Breach]) -> list[str]:
    """Each invariant with how many rows break it, and below it those rows: for a terminal."""
    lines: list[str] = []
    width = max(len(invariant) for invariant in Invariant)
    for invariant in Invariant:
        broken = [breach for breach in breaches if breach.invariant is invariant]
        lines.append(f"{invariant:<{width}}  {'holds' if not broken else f'{len(broken):>5}'}")
        for breach in broken:
            lines += [
                f"    {breach.table} {breach.row}",
                f"        {breach.sentence}",
                f"        last movement: {breach.last_movement}",
            ]
    return lines
