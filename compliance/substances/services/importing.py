"""An inventory of substances against what we have: the difference, and taking it over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from django.db import transaction

from compliance.substances.models import (
    NameKind,
    NumberKind,
    Substance,
    SubstanceName,
    SubstanceNumber,
)
from compliance.substances.rules.inventory import InventoryRow, Rejected, read_inventory
from compliance.substances.services.adding import (
    BATCH_SIZE,
    NewSubstance,
    add_numbers,
    add_substances,
    as_new,
)
from compliance.substances.services.stamping import names_changed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change:
    """A substance that the file has otherwise, with each field that differs, before and after."""

    inci_name: str
    fields: tuple[tuple[str, str, str], ...]

    @property
    def text(self) -> str:
        """The change in words."""
        return "; ".join(
            f"{name}: {before or 'nothing'} → {after}" for name, before, after in self.fields
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an inventory differs in from what we have, or did when it was taken over.

    `missing` are ours that the file does not name: they stay. `renamed` are new INCI names that
    were another name of a substance until now.
    """

    new: tuple[str, ...] = ()
    changed: tuple[Change, ...] = ()
    unchanged: int = 0
    repeated: int = 0
    missing: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    rejected: tuple[Rejected, ...] = ()
    is_applied: bool = False

    @property
    def has_differences(self) -> bool:
        """Whether applying it would change anything."""
        return bool(self.new or self.changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ours:
    """A substance as we have it."""

    id: int
    inci_name: str
    functions: tuple[str, ...]
    cas_numbers: tuple[str, ...]
    ec_numbers: tuple[str, ...]


@transaction.atomic
def import_substances(*, data: bytes, now: datetime, apply: bool) -> ImportReport:
    """Compare an inventory with our substances and, with `apply`, take over what differs.

    An empty cell says nothing; what the file does not name stays. Raises InventoryUnreadable, and
    then nothing has changed.
    """
    inventory = read_inventory(data)
    ours = _ours()
    new = [row for key, row in inventory.rows.items() if key not in ours]
    differing: list[tuple[_Ours, InventoryRow, Change]] = []
    unchanged = 0
    for key, row in inventory.rows.items():
        if key in ours:
            change = _change(ours[key], row)
            if change is None:
                unchanged += 1
            else:
                differing.append((ours[key], row, change))
    report = ImportReport(
        new=tuple(row.inci_name for row in new),
        changed=tuple(change for _, _, change in differing),
        unchanged=unchanged,
        repeated=inventory.repeated,
        missing=tuple(sorted(o.inci_name for key, o in ours.items() if key not in inventory.rows)),
        renamed=_renamed({row.key for row in new}),
        rejected=tuple(inventory.rejected),
    )
    if not apply:
        return report
    _apply([as_new(row) for row in new], [(own, row) for own, row, _ in differing], now)
    return replace(report, is_applied=True)


def _ours() -> dict[str, _Ours]:
    numbers: dict[tuple[int, str], list[str]] = {}
    for substance_id, kind, value in SubstanceNumber.objects.order_by("id").values_list(
        "substance_id", "kind", "value"
    ):
        numbers.setdefault((substance_id, kind), []).append(value)
    return {
        key: _Ours(
            id=substance_id,
            inci_name=name,
            functions=tuple(functions),
            cas_numbers=tuple(numbers.get((substance_id, NumberKind.CAS), ())),
            ec_numbers=tuple(numbers.get((substance_id, NumberKind.EC), ())),
        )
        for substance_id, key, name, functions in Substance.objects.values_list(
            "id", "inci_key", "inci_name", "functions"
        )
    }


def _change(own: _Ours, row: InventoryRow) -> Change | None:
    pairs: Sequence[tuple[str, Sequence[str], Sequence[str]]] = (
        ("INCI name", (own.inci_name,), (row.inci_name,)),
        ("CAS", own.cas_numbers, row.cas_numbers),
        ("EC", own.ec_numbers, row.ec_numbers),
        ("functions", own.functions, row.functions),
    )
    fields = tuple(
        (name, ", ".join(before), ", ".join(after))
        for name, before, after in pairs
        if after and sorted(before) != sorted(after)
    )
    return Change(own.inci_name, fields) if fields else None


def _renamed(new_keys: set[str]) -> tuple[tuple[str, str], ...]:
    """New INCI names that so far were another name of one of ours."""
    others = SubstanceName.objects.exclude(kind=NameKind.INCI).select_related("substance")
    return tuple(
        sorted((own.name, own.substance.inci_name) for own in others if own.key in new_keys)
    )


def _apply(
    new: Sequence[NewSubstance], changed: Sequence[tuple[_Ours, InventoryRow]], now: datetime
) -> None:
    for keys in _batches([row.key for row in new]):
        SubstanceName.objects.filter(key__in=keys).delete()
    add_substances(new, now=now)
    if not changed:
        return
    rows = Substance.objects.in_bulk([own.id for own, _ in changed])
    for own, row in changed:
        substance = rows[own.id]
        substance.inci_name = row.inci_name
        substance.functions = list(row.functions or own.functions)
        substance.updated_at = now
    Substance.objects.bulk_update(
        rows.values(), ["inci_name", "functions", "updated_at"], batch_size=BATCH_SIZE
    )
    _rewrite_names(rows)
    _rewrite_numbers(changed, NumberKind.CAS, {o.id: r.cas_numbers for o, r in changed})
    _rewrite_numbers(changed, NumberKind.EC, {o.id: r.ec_numbers for o, r in changed})
    names_changed()


def _rewrite_names(rows: Mapping[int, Substance]) -> None:
    for ids in _batches(sorted(rows)):
        names = list(SubstanceName.objects.filter(kind=NameKind.INCI, substance_id__in=ids))
        for name in names:
            name.name = rows[name.substance_id].inci_name
        SubstanceName.objects.bulk_update(names, ["name"], batch_size=BATCH_SIZE)


def _rewrite_numbers(
    changed: Sequence[tuple[_Ours, InventoryRow]],
    kind: NumberKind,
    numbers: Mapping[int, Sequence[str]],
) -> None:
    """Put the file's numbers in the place of ours, where the file has some."""
    differing = [
        own.id
        for own, _ in changed
        if numbers[own.id] and sorted(numbers[own.id]) != sorted(_numbers_of(own, kind))
    ]
    for ids in _batches(differing):
        SubstanceNumber.objects.filter(substance_id__in=ids, kind=kind).delete()
    add_numbers([(key, kind, value) for key in differing for value in numbers[key]])


def _numbers_of(own: _Ours, kind: NumberKind) -> tuple[str, ...]:
    return own.cas_numbers if kind == NumberKind.CAS else own.ec_numbers


def _batches(values: Sequence[T]) -> Iterable[Sequence[T]]:
    return (values[start : start + BATCH_SIZE] for start in range(0, len(values), BATCH_SIZE))
