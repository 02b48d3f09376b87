"""Adding substances that are missing; what is there stays as it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from compliance.substances.models import (
    NameKind,
    NumberKind,
    Substance,
    SubstanceName,
    SubstanceNumber,
)
from compliance.substances.rules.common import common_substances
from compliance.substances.rules.inventory import InventoryRow
from compliance.substances.rules.names import name_key
from compliance.substances.services.stamping import names_changed

BATCH_SIZE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubstance:
    """A substance to add, with the key of its name."""

    inci_name: str
    key: str
    cas_numbers: Sequence[str] = ()
    ec_numbers: Sequence[str] = ()
    functions: Sequence[str] = ()
    note: str = ""


@transaction.atomic
def ensure_substances(*, names: Iterable[str], now: datetime, note: str = "") -> int:
    """Add a substance for each INCI name that nothing is called by yet; how many were added."""
    wanted = {name_key(name): name.strip() for name in names}
    missing = _missing(wanted)
    add_substances(
        [
            NewSubstance(inci_name=name, key=key, note=note)
            for key, name in wanted.items()
            if key in missing
        ],
        now=now,
    )
    return len(missing)


@transaction.atomic
def load_common_substances(*, now: datetime) -> int:
    """Add the common substances that the product brings along; how many were added."""
    common = {row.key: row for row in common_substances()}
    missing = _missing(common)
    add_substances([as_new(row) for key, row in common.items() if key in missing], now=now)
    return len(missing)


@transaction.atomic
def name_substance(*, substance: Substance) -> None:
    """Let a substance that a person added be found by its INCI name."""
    SubstanceName.objects.create(
        substance=substance,
        name=substance.inci_name,
        key=substance.inci_key,
        kind=NameKind.INCI,
    )
    names_changed()


def as_new(row: InventoryRow) -> NewSubstance:
    """A row of an inventory as a substance to add."""
    return NewSubstance(
        inci_name=row.inci_name,
        key=row.key,
        cas_numbers=row.cas_numbers,
        ec_numbers=row.ec_numbers,
        functions=row.functions,
    )


def add_substances(rows: Sequence[NewSubstance], *, now: datetime) -> None:
    """Insert substances whose keys are free, with their names and numbers, in bulk."""
    if not rows:
        return
    made = Substance.objects.bulk_create(
        [
            Substance(
                inci_name=row.inci_name,
                inci_key=row.key,
                functions=list(row.functions),
                note=row.note,
                updated_at=now,
            )
            for row in rows
        ],
        batch_size=BATCH_SIZE,
    )
    SubstanceName.objects.bulk_create(
        [
            SubstanceName(substance=one, name=one.inci_name, key=one.inci_key, kind=NameKind.INCI)
            for one in made
        ],
        batch_size=BATCH_SIZE,
    )
    add_numbers(
        [
            (one.pk, kind, value)
            for one, row in zip(made, rows, strict=True)
            for kind, values in (
                (NumberKind.CAS, row.cas_numbers),
                (NumberKind.EC, row.ec_numbers),
            )
            for value in values
        ]
    )
    names_changed()


def add_numbers(rows: Sequence[tuple[int, NumberKind, str]]) -> None:
    """Insert numbers of substances in bulk."""
    SubstanceNumber.objects.bulk_create(
        [
            SubstanceNumber(substance_id=substance_id, kind=kind, value=value)
            for substance_id, kind, value in rows
        ],
        batch_size=BATCH_SIZE,
    )


def _missing(wanted: Iterable[str]) -> set[str]:
    """The keys that no substance has."""
    keys = {key for key in wanted if key}
    known: set[str] = set()
    ordered = sorted(keys)
    for start in range(0, len(ordered), BATCH_SIZE):
        some = ordered[start : start + BATCH_SIZE]
        known |= set(SubstanceName.objects.filter(key__in=some).values_list("key", flat=True))
    return keys - known
