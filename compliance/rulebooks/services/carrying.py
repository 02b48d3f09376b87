"""What a new version keeps of the one before: reviews of the same words, and other sections."""

from collections import defaultdict
from typing import Any

from django.db import models
from django.db.models import Max

from compliance.rulebooks.models import (
    ReviewState,
    RuleEntry,
    RuleLimit,
    RuleProvision,
    RuleWarning,
)
from compliance.rulebooks.services.writing import BATCH

_SAME = (
    "section",
    "number",
    "substance",
    "product_type_text",
    "concentration_text",
    "other_text",
    "wording_text",
)
_REVIEW = ("review_state", "reviewed_at", "reviewed_by", "reviewed_by_name", "review_note")
_PARTS: tuple[type[models.Model], ...] = (RuleLimit, RuleProvision, RuleWarning)


def carry_reviews(*, version_id: int, from_version_id: int) -> int:
    """Take over what people said of entries whose words are the same; how many."""
    reviewed = {
        _words(entry): entry
        for entry in RuleEntry.objects.filter(
            version_id=from_version_id, review_state=ReviewState.REVIEWED
        )
    }
    carried: list[tuple[RuleEntry, RuleEntry]] = []
    for entry in RuleEntry.objects.filter(version_id=version_id):
        before = reviewed.get(_words(entry))
        if before is not None:
            for name in (*_REVIEW, "scope", "unless"):
                setattr(entry, name, getattr(before, name))
            carried.append((before, entry))
    entries = [entry for _, entry in carried]
    RuleEntry.objects.bulk_update(entries, [*_REVIEW, "scope", "unless"], batch_size=BATCH)
    RuleLimit.objects.filter(entry__in=entries).delete()
    _copy_rows(RuleLimit, {before.pk: entry.pk for before, entry in carried})
    return len(carried)


def copy_other_sections(*, version_id: int, from_version_id: int, section: str) -> int:
    """Copy the entries of all sections but one, with all they have; how many."""
    last = RuleEntry.objects.filter(version_id=version_id).aggregate(last=Max("position"))["last"]
    old = list(
        RuleEntry.objects.filter(version_id=from_version_id)
        .exclude(section=section)
        .order_by("position")
    )
    new = [_cloned(entry, version_id, position) for position, entry in enumerate(old, last + 1)]
    RuleEntry.objects.bulk_create(new, batch_size=BATCH)
    keys = {before.pk: after.pk for before, after in zip(old, new, strict=True)}
    for part in _PARTS:
        _copy_rows(part, keys)
    return len(new)


def _words(entry: RuleEntry) -> tuple[str, ...]:
    return tuple(" ".join(getattr(entry, name).split()) for name in _SAME)


def _cloned(entry: RuleEntry, version_id: int, position: int) -> RuleEntry:
    skipped = {"id", "version", "position"}
    values = {
        field.attname: getattr(entry, field.attname)
        for field in RuleEntry._meta.concrete_fields
        if field.name not in skipped
    }
    return RuleEntry(version_id=version_id, position=position, **values)


def _copy_rows(model: Any, keys: dict[int, int]) -> None:
    """Copy the rows of these entries to others, in portions that a query can hold."""
    by_entry: dict[int, list[Any]] = defaultdict(list)
    wanted = list(keys)
    for start in range(0, len(wanted), BATCH):
        for row in model.objects.filter(entry_id__in=wanted[start : start + BATCH]):
            by_entry[row.entry_id].append(row)
    made = []
    for old, new in keys.items():
        for row in by_entry[old]:
            row.pk, row.entry_id = None, new
            row._state.adding = True
            made.append(row)
    model.objects.bulk_create(made, batch_size=BATCH)
