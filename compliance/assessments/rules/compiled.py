"""Rules made ready for many products: entries by substance, and what of each concerns whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from compliance.rulebooks.rules.scopes import holds
from compliance.rulebooks.rules.shapes import (
    Duty,
    Entry,
    EntryKind,
    Facts,
    LabelWarning,
    Limit,
    Provision,
    Purpose,
    Rules,
)
from compliance.substances.rules.shapes import SubstanceRef

PRODUCTS_REMEMBERED_MAX = 20_000
DYES = frozenset({Purpose.HAIR_DYE, Purpose.HAIR_DYE_OXIDATIVE, Purpose.EYELASH_DYE})


class Names(Protocol):
    """What the rules ask of a vocabulary."""

    def by_name(self, name: str) -> SubstanceRef | None:
        """The substance of this name."""

    def by_cas(self, cas: str) -> Sequence[SubstanceRef]:
        """The substances of this number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What of an entry concerns products with certain facts; None where the facts do not tell."""

    applies: bool | None
    limits: tuple[Limit, ...]  # of scopes that surely hold
    doubtful: tuple[Limit, ...]  # of scopes that may hold
    has_limits: bool  # for some product or other
    is_for_dyes: bool  # it allows dyes of hair and lashes, and says nothing of other uses
    warnings: tuple[tuple[LabelWarning, bool], ...]  # those that may concern it, and whether surely


@dataclass(frozen=True, slots=True)
class Met:
    """An entry that a substance meets; not surely, where a number alone says so.

    Numbers of plants and mixtures stand at several names: the law may mean another of them.
    """

    entry: Entry
    is_sure: bool


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """The rules of one jurisdiction, ready to judge by."""

    rules: Rules
    by_substance: Mapping[int, tuple[Met, ...]]
    kinds: frozenset[EntryKind]
    _plans: dict[tuple[int, Facts], Plan] = field(default_factory=dict)

    def met_by(self, substance: SubstanceRef) -> tuple[Met, ...]:
        """The entries that this substance meets."""
        return self.by_substance.get(substance.id, ())

    def plan(self, entry: Entry, facts: Facts) -> Plan:
        """What of an entry concerns products with these facts."""
        key = (entry.id, facts)
        found = self._plans.get(key)
        if found is None:
            if len(self._plans) >= PRODUCTS_REMEMBERED_MAX:
                self._plans.clear()
            found = self._plans[key] = _plan(entry, facts)
        return found

    def lawful_max(self, substance: SubstanceRef, facts: Facts) -> Decimal:
        """How many percent the law allows of it at most; 100 where that is not sure."""
        ceiling = Decimal(100)
        roles = [met for met in self.met_by(substance) if in_force(met.entry)]
        if len(roles) != 1 or not roles[0].is_sure:
            return ceiling  # what one use forbids, another may allow
        plan = self.plan(roles[0].entry, facts)
        rows = plan.limits + plan.doubtful
        if not rows or plan.applies is not True:
            return ceiling
        if any(row.max_percent is None or row.basis or not row.is_certain for row in rows):
            return ceiling
        return max(row.max_percent for row in rows if row.max_percent is not None)


def in_force(entry: Entry) -> bool:
    """Whether no date of use is still to be looked at."""
    return not any(provision.duty == Duty.USE for provision in entry.provisions)


def compile_rules(rules: Rules, names: Names) -> CompiledRules:
    """Find the substances that each entry names, by CAS number and by name."""
    found: dict[int, list[Met]] = {}
    for entry in rules.entries:
        for substance_id, is_sure in sorted(_substances(entry, names).items()):
            found.setdefault(substance_id, []).append(Met(entry, is_sure))
    return CompiledRules(
        rules=rules,
        by_substance={pk: tuple(met) for pk, met in found.items()},
        kinds=frozenset(entry.kind for entry in rules.entries),
    )


def provisions_of(entry: Entry, duty: Duty) -> tuple[Provision, ...]:
    """From when a duty of an entry holds; none: it is in force."""
    return tuple(provision for provision in entry.provisions if provision.duty == duty)


def _substances(entry: Entry, names: Names) -> dict[int, bool]:
    """The substances of an entry, and whether it surely means them."""
    found: dict[int, bool] = {}
    numbers = set(entry.cas_numbers)
    for cas in entry.cas_numbers:
        owners = names.by_cas(cas)
        for own in owners:
            is_sure = len(owners) == 1 and numbers.issuperset(own.cas_numbers)
            found[own.id] = found.get(own.id, False) or is_sure
    for name in entry.names:
        own_name = names.by_name(name)
        if own_name is not None:
            found[own_name.id] = found.get(own_name.id, False) or _is_meant(entry, own_name)
    return found


def _is_meant(entry: Entry, substance: SubstanceRef) -> bool:
    """Whether a name in an entry stands for all that the substance may be.

    Annex II names mixtures as examples, of which the entry's numbers are a part alone
    (Cyclomethicone beside octamethylcyclotetrasiloxane).
    """
    if entry.kind != EntryKind.PROHIBITED or not entry.cas_numbers:
        return True
    return set(entry.cas_numbers).issuperset(substance.cas_numbers)


def _plan(entry: Entry, facts: Facts) -> Plan:
    sure: list[Limit] = []
    doubtful: list[Limit] = []
    for row in entry.limits:
        match holds(row.scope, facts):
            case True:
                sure.append(row)
            case None:
                doubtful.append(row)
            case False:
                pass
    warnings = ((warning, holds(warning.scope, facts)) for warning in entry.warnings)
    return Plan(
        applies=holds(entry.scope, facts),
        limits=tuple(sure),
        doubtful=tuple(doubtful),
        has_limits=bool(entry.limits),
        is_for_dyes=bool(entry.limits)
        and all(row.scope.purposes and row.scope.purposes <= DYES for row in entry.limits),
        warnings=tuple(
            (warning, known is True) for warning, known in warnings if known is not False
        ),
    )
