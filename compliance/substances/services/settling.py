"""What people say of printed names, and which names wait for a person."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from compliance.substances.errors import NameTaken, UnknownSubstance
from compliance.substances.models import (
    NAME_LENGTH_MAX,
    NameAnswer,
    Substance,
    SubstanceName,
    UnknownName,
)
from compliance.substances.rules.names import name_key
from compliance.substances.services.stamping import names_changed
from config.kernel.errors import InvalidInput
from config.kernel.history import change_reason

BATCH_SIZE = 500
NAMES_AT_ONCE_MAX = 500


@transaction.atomic
def settle_name(
    *,
    key: str,
    substance_id: int | None,
    user_id: int | None,
    now: datetime,
    text: str = "",
    reason: str = "",
) -> NameAnswer:
    """Remember for ever what a printed name means; without a substance: that it is no ingredient.

    Said again, the new answer takes the place of the old one. Raises UnknownSubstance, NameTaken
    (an INCI name means its own substance), InvalidInput (a name without letters and digits).
    """
    key = name_key(key)
    if not key:
        raise InvalidInput("The name holds no letter or digit: there is nothing to settle.")
    if substance_id is not None and not Substance.objects.filter(pk=substance_id).exists():
        raise UnknownSubstance(f"There is no substance {substance_id}.")
    taken = SubstanceName.objects.filter(key=key).select_related("substance").first()
    if taken is not None:
        raise NameTaken(f"“{taken.name}” already names {taken.substance.inci_name}.")
    unknown = UnknownName.objects.select_for_update().filter(key=key).first()
    answer = NameAnswer.objects.select_for_update().filter(key=key).first() or NameAnswer(key=key)
    answer.text = text or answer.text or (unknown.text if unknown else key)
    answer.substance_id = substance_id
    answer.answered_by_id = user_id
    answer.answered_at = now
    with change_reason(reason):
        answer.save()
    if unknown is not None:
        unknown.settled_at = now
        unknown.save(update_fields=["settled_at"])
    names_changed()
    return answer


@transaction.atomic
def settle_names(
    *, keys: Collection[str], substance_id: int | None, user_id: int | None, now: datetime
) -> int:
    """Give several names the same answer, all or none; how many. Raises as settle_name does."""
    if len(keys) > NAMES_AT_ONCE_MAX:
        raise InvalidInput(
            f"{len(keys):,} names are too many: at most {NAMES_AT_ONCE_MAX} at once."
        )
    for key in sorted(set(keys)):
        settle_name(key=key, substance_id=substance_id, user_id=user_id, now=now)
    return len(set(keys))


@transaction.atomic
def forget_answer(*, answer_id: int, now: datetime, reason: str = "") -> None:
    """Take an answer back: the name waits for a person again."""
    answer = NameAnswer.objects.filter(pk=answer_id).first()
    if answer is None:
        return
    name, _ = UnknownName.objects.get_or_create(
        key=answer.key,
        defaults={"text": answer.text, "first_seen_at": now, "last_seen_at": now},
    )
    UnknownName.objects.filter(pk=name.pk).update(settled_at=None)
    with change_reason(reason):
        answer.delete()
    names_changed()


@transaction.atomic
def note_unknown(*, names: Iterable[str], now: datetime) -> int:
    """Put printed names that nobody recognised on the work list; how many are new on it."""
    texts: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for name in names:
        key = name_key(name[:NAME_LENGTH_MAX])[:NAME_LENGTH_MAX]
        if key:
            texts.setdefault(key, name[:NAME_LENGTH_MAX])
            seen[key] += 1
    added = 0
    ordered = sorted(seen)
    for start in range(0, len(ordered), BATCH_SIZE):
        added += _note_some(ordered[start : start + BATCH_SIZE], texts, seen, now)
    return added


def _note_some(
    keys: Collection[str], texts: dict[str, str], seen: Counter[str], now: datetime
) -> int:
    known = set(UnknownName.objects.filter(key__in=keys).values_list("key", flat=True))
    by_times: dict[int, list[str]] = {}
    for key in known:
        by_times.setdefault(seen[key], []).append(key)
    for times, those in by_times.items():
        UnknownName.objects.filter(key__in=those).update(
            times_seen=F("times_seen") + times, last_seen_at=now
        )
    new = [key for key in keys if key not in known]
    UnknownName.objects.bulk_create(
        [
            UnknownName(
                key=key,
                text=texts[key],
                times_seen=seen[key],
                first_seen_at=now,
                last_seen_at=now,
            )
            for key in new
        ],
        ignore_conflicts=True,
    )
    return len(new)
