"""Writes the entries of a version, and tells that active rules have changed."""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction

from compliance.rulebooks.effects import changed
from compliance.rulebooks.models import (
    ReviewState,
    Rulebook,
    RuleEntry,
    RuleLimit,
    RuleProvision,
    RuleWarning,
)
from compliance.rulebooks.rules.drafts import Draft
from compliance.rulebooks.rules.encoding import scope_to_json
from compliance.rulebooks.rules.shapes import LabelWarning, Limit, Provision

BATCH = 500
M = TypeVar("M", bound=models.Model)


def digest_of(drafts: Sequence[Draft]) -> str:
    """Tells whether two contents are the same, as read."""
    said = [json.dumps(_columns(draft), sort_keys=True, default=str) for draft in drafts]
    rows = [repr((d.limits, d.provisions, d.warnings)) for d in drafts]
    return hashlib.sha256("\n".join([*said, *rows]).encode()).hexdigest()


def write_entries(*, version_id: int, drafts: Sequence[Draft]) -> None:
    """Write the entries of a version that has none yet."""
    seen: Counter[tuple[str, str]] = Counter()
    entries = []
    for position, draft in enumerate(drafts, 1):
        place = (draft.source.section, draft.source.number)
        seen[place] += 1
        entries.append(
            RuleEntry(
                version_id=version_id,
                position=position,
                occurrence=seen[place],
                review_state=_state(draft),
                **_columns(draft),
            )
        )
    RuleEntry.objects.bulk_create(entries, batch_size=BATCH)
    pairs = list(zip(entries, drafts, strict=True))
    _create(row for entry, draft in pairs for row in limit_rows(entry, draft.limits))
    _create(row for entry, draft in pairs for row in provision_rows(entry, draft.provisions))
    _create(row for entry, draft in pairs for row in warning_rows(entry, draft.warnings))


def limit_rows(entry: RuleEntry, limits: Iterable[Limit]) -> Iterator[RuleLimit]:
    """The limits of an entry as rows."""
    for position, limit in enumerate(limits, 1):
        yield RuleLimit(
            entry=entry,
            position=position,
            scope=scope_to_json(limit.scope),
            max_percent=limit.max_percent,
            is_allowed=limit.is_allowed,
            basis=limit.basis[:300],
            text=limit.text,
            is_certain=limit.is_certain,
        )


def provision_rows(entry: RuleEntry, provisions: Iterable[Provision]) -> Iterator[RuleProvision]:
    """The dates of an entry as rows."""
    for position, own in enumerate(provisions, 1):
        yield RuleProvision(
            entry=entry,
            position=position,
            duty=own.duty.value,
            placing_from=own.placing_from,
            available_from=own.available_from,
            regulation=own.regulation,
            text=own.text,
        )


def warning_rows(entry: RuleEntry, warnings: Iterable[LabelWarning]) -> Iterator[RuleWarning]:
    """The label texts of an entry as rows."""
    for position, own in enumerate(warnings, 1):
        yield RuleWarning(
            entry=entry, position=position, scope=scope_to_json(own.scope), text=own.text
        )


def rules_changed(rulebook: Rulebook) -> None:
    """Give the rulebook a new stamp, and tell higher rooms once this is written."""
    rulebook.stamp = secrets.token_hex(8)
    rulebook.save(update_fields=["stamp"])
    jurisdiction = rulebook.jurisdiction
    transaction.on_commit(lambda: changed.all(jurisdiction))


def actor_columns(user: AbstractBaseUser | None, field: str) -> dict[str, Any]:
    """Who did it, by key and by name."""
    name = user.get_username() if user is not None else ""
    return {field: user, f"{field}_name": name}


def _state(draft: Draft) -> str:
    return ReviewState.NEEDS_REVIEW if draft.doubts else ReviewState.MACHINE_CHECKED


def _columns(draft: Draft) -> dict[str, Any]:
    source = draft.source
    return {
        "section": source.section,
        "number": source.number,
        "kind": draft.kind.value,
        "substance": source.substance,
        "names": list(draft.names),
        "cas_numbers": list(draft.cas_numbers),
        "ec_numbers": list(draft.ec_numbers),
        "scope": scope_to_json(draft.scope),
        "product_type_text": source.product_type,
        "concentration_text": source.concentration,
        "other_text": source.other,
        "wording_text": source.wording,
        "regulation": source.regulation[:200],
        "notice_text": draft.notice,
        "unless": draft.unless,
        "is_nano": draft.is_nano,
        "declare_leave_on": draft.declare_leave_on,
        "declare_rinse_off": draft.declare_rinse_off,
        "conditions": draft.conditions,
        "reference": draft.reference,
        "url": draft.url,
        "doubts": list(draft.doubts),
    }


def _create(rows: Iterator[M]) -> None:
    made = list(rows)
    if made:
        type(made[0])._default_manager.bulk_create(made, batch_size=BATCH)
