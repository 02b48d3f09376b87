"""A person confirms or corrects how an entry was read."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from compliance.rulebooks.errors import InvalidReview, UnknownEntry
from compliance.rulebooks.models import (
    NOTE_LENGTH_MAX,
    ReviewState,
    RuleEntry,
    RuleLimit,
    RuleReview,
    VersionStatus,
)
from compliance.rulebooks.rules.encoding import scope_to_json
from compliance.rulebooks.rules.shapes import Limit, Scope
from compliance.rulebooks.services.writing import actor_columns, limit_rows, rules_changed
from config.kernel.errors import FieldError

LIMITS_MAX = 100
_MOST = Decimal(100)


@transaction.atomic
def review_entry(
    *,
    entry_id: int,
    note: str,
    user: AbstractBaseUser | None,
    now: datetime,
    limits: Sequence[Limit] | None = None,
    scope: Scope | None = None,
    unless: str | None = None,
) -> RuleEntry:
    """Vouch for an entry: as it was read, or with these limits, scope and exception instead.

    What is not given stays. Rows of a reviewed entry are certain unless they are given as not.
    Raises UnknownEntry, InvalidReview.
    """
    entry = (
        RuleEntry.objects.select_for_update(of=("self",))
        .select_related("version__rulebook")
        .filter(pk=entry_id)
        .first()
    )
    if entry is None:
        raise UnknownEntry(f"There is no rule {entry_id}.")
    note = note.strip()
    _check(entry, note, limits)
    before = _as_said(entry)
    if limits is not None:
        RuleLimit.objects.filter(entry=entry).delete()
        RuleLimit.objects.bulk_create(limit_rows(entry, limits))
    if scope is not None:
        entry.scope = scope_to_json(scope)
    if unless is not None:
        entry.unless = unless.strip()
    entry.review_state, entry.reviewed_at, entry.review_note = ReviewState.REVIEWED, now, note
    who = actor_columns(user, "reviewed_by")
    entry.reviewed_by, entry.reviewed_by_name = who["reviewed_by"], who["reviewed_by_name"]
    entry.save()
    RuleReview.objects.create(
        entry=entry, reviewed_at=now, note=note, before=before, after=_as_said(entry), **who
    )
    if entry.version.status == VersionStatus.ACTIVE:
        rules_changed(entry.version.rulebook)
    return entry


def _check(entry: RuleEntry, note: str, limits: Sequence[Limit] | None) -> None:
    errors = []
    if not 0 < len(note) <= NOTE_LENGTH_MAX:
        detail = f"A note has 1 to {NOTE_LENGTH_MAX} characters."
        errors.append(FieldError("/note", "invalid", detail))
    if entry.version.status == VersionStatus.SUPERSEDED:
        detail = f"{entry.version} is superseded; review the active version."
        errors.append(FieldError("/version", "superseded", detail))
    for place, limit in enumerate(limits or ()):
        errors += _wrong(place, limit)
    if limits is not None and len(limits) > LIMITS_MAX:
        errors.append(FieldError("/limits", "too-many", f"At most {LIMITS_MAX} rows."))
    if errors:
        raise InvalidReview("The review cannot be kept.", errors=errors)


def _wrong(place: int, limit: Limit) -> list[FieldError]:
    percent = limit.max_percent
    if percent is None:
        return []
    if not 0 <= percent <= _MOST:
        detail = f"{percent} is not between 0 and 100 %."
        return [FieldError(f"/limits/{place}/max_percent", "invalid-percent", detail)]
    if not limit.is_allowed:
        detail = "A row that does not allow the substance has no percentage."
        return [FieldError(f"/limits/{place}/max_percent", "not-allowed", detail)]
    return []


def _as_said(entry: RuleEntry) -> dict[str, Any]:
    rows = RuleLimit.objects.filter(entry=entry).order_by("position")
    return {
        "review_state": entry.review_state,
        "scope": entry.scope,
        "unless": entry.unless,
        "limits": [
            {
                "scope": row.scope,
                "max_percent": None if row.max_percent is None else str(row.max_percent),
                "is_allowed": row.is_allowed,
                "basis": row.basis,
                "text": row.text,
                "is_certain": row.is_certain,
            }
            for row in rows
        ],
    }
