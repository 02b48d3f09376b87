"""The invariants of stock and what it looks like when one is broken. Pure."""

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
    SELLABLE = "no-promise-on-unsellable-stock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One row for which an invariant does not hold: which, what it says, what touched it last."""

    invariant: Invariant
    table: str
    row: str
    values: dict[str, str] = field(default_factory=dict)
    last_movement: str = ""

    def __str__(self) -> str:
        """One line for a person who has to find the row."""
        values = ", ".join(f"{name} {value}" for name, value in self.values.items())
        last = f"; last movement: {self.last_movement}" if self.last_movement else ""
        return f"{self.invariant}: {self.table} {self.row}: {values}{last}"
