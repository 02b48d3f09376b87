"""What is judged: a product as far as the law asks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from compliance.assessments.rules.shares import Share, ShareSource
from compliance.rulebooks.rules.shapes import Facts
from compliance.substances.rules.shapes import MatchKind, Problem, SubstanceRef, Understood


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A line of a formula: what was understood of its name, and between how many percent."""

    understood: Understood
    percent_min: Decimal
    percent_max: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A cosmetic to be judged; without a formula the printed list is all there is."""

    facts: Facts
    label: tuple[Understood, ...] = ()
    problems: tuple[Problem, ...] = ()
    formula: tuple[Amount, ...] = ()
    label_text: str = ""
    safety_report_until: date | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One substance in the product: how it was named, how much of it there is."""

    understood: Understood
    substance: SubstanceRef
    share: Share
    is_on_label: bool | None = field(default=None)  # None: no label is known

    @property
    def name(self) -> str:
        """What it is called in findings: as printed where that is its INCI name."""
        if self.understood.match == MatchKind.EXACT:
            return self.understood.ingredient.name
        return self.substance.inci_name


def formula_shares(formula: Sequence[Amount]) -> tuple[Share, ...]:
    """The share of each line; what stands on several lines counts together on each."""
    sums: dict[int, tuple[Decimal, Decimal]] = {}
    for line in formula:
        substance = line.understood.substance
        if substance is not None:
            low, high = sums.get(substance.id, (Decimal(0), Decimal(0)))
            sums[substance.id] = (low + line.percent_min, high + line.percent_max)
    return tuple(
        Share(*sums[line.understood.substance.id], ShareSource.FORMULA)
        if line.understood.substance is not None
        else Share(line.percent_min, line.percent_max, ShareSource.FORMULA)
        for line in formula
    )
