"""What people decide of clearances. The machine's part is in `judging`."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from catalog.products.selectors import last_editors
from compliance.assessments.errors import DecisionRefused
from compliance.assessments.models import REASON_LENGTH_MAX, Clearance
from compliance.assessments.rules import clearing
from compliance.assessments.rules.clearing import PERSON, Leave
from compliance.assessments.rules.findings import Found, Severity
from compliance.assessments.services.ledger import (
    CLEARANCE_FIELDS,
    decision,
    leave_of,
    record,
    tell,
    write_leave,
)
from config.kernel.errors import InvalidInput

APPROVE, REJECT, ASK, WAIVE = "approve", "reject", "ask", "waive"
KINDS = (APPROVE, REJECT, ASK, WAIVE)
WAIVER_DAYS_MAX = 366


@dataclass(frozen=True, slots=True)
class Refused:
    """A clearance that was left as it is, and why."""

    clearance_id: int
    product: str
    why: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision about several clearances did."""

    done: int
    refused: tuple[Refused, ...]


@transaction.atomic
def decide(
    *,
    clearance_ids: Collection[int],
    kind: str,
    reason: str,
    user_id: int,
    now: datetime,
    until: date | None = None,
) -> Decided:
    """Approve, reject, waive until a day, or note that the supplier was asked.

    What may not be decided so is left as it is and told with its reason: the last editor of a
    product does not decide about it, and what the law blocks is not approved, only waived.
    Raises InvalidInput (no reason, an end that is not to come or too far).
    """
    why = _checked_reason(kind, reason)
    rows = list(
        Clearance.objects.select_for_update(of=("self",))
        .select_related("product", "market", "assessment")
        .filter(pk__in=clearance_ids)
        .order_by("pk")
    )
    _check_end(kind, until, now)
    editors = last_editors({row.product_id for row in rows})
    refused: list[Refused] = []
    decisions = []
    changed: list[Clearance] = []
    on_or_off: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        found = findings_of(row)
        problem = _why_not(kind, found, is_editor=editors.get(row.product_id) == user_id)
        if problem:
            refused.append(Refused(row.pk, row.product.name, problem))
            continue
        before = leave_of(row)
        after = _after(kind, before, found, why, row, now, until)
        write_leave(row, after, now)
        row.decided_at, row.decided_by_id = now, user_id
        if until is not None and kind == WAIVE:
            row.next_date = min(filter(None, (row.next_date, until + timedelta(days=1))))
        changed.append(row)
        decisions.append(
            decision(
                product_id=row.product_id,
                market=row.market,
                before=before,
                after=after,
                how=PERSON,
                at=now,
                assessment=row.assessment,
                findings=found,
                user_id=user_id,
            )
        )
        if before.is_on_sale(now) != after.is_on_sale(now):
            on_or_off[row.market_id].append(row.product_id)
    Clearance.objects.bulk_update(changed, CLEARANCE_FIELDS, batch_size=200)
    record(decisions)
    tell(on_or_off, now)
    return Decided(done=len(changed), refused=tuple(refused))


def decide_one(*, clearance_id: int, **said: Any) -> None:
    """The same for one clearance. Raises DecisionRefused with the reason, InvalidInput."""
    outcome = decide(clearance_ids=[clearance_id], **said)
    if outcome.refused:
        raise DecisionRefused(outcome.refused[0].why)


def findings_of(row: Clearance) -> tuple[Found, ...]:
    """What the judgement behind a clearance found."""
    return tuple(found_from(own) for own in (row.assessment.findings if row.assessment else ()))


def found_from(kept: Mapping[str, Any]) -> Found:
    """A finding as it was before it was kept."""
    fields = dict(kept)
    fields["severity"] = Severity(fields["severity"])
    fields["later"] = Severity(fields["later"]) if fields["later"] else None
    fields["from_date"] = date.fromisoformat(fields["from_date"]) if fields["from_date"] else None
    return Found(**fields)


def _checked_reason(kind: str, reason: str) -> str:
    assert kind in KINDS, f"{kind} is not a kind of decision"
    why = reason.strip()
    if not why:
        raise InvalidInput("Say why.")
    if len(why) > REASON_LENGTH_MAX:
        raise InvalidInput(f"The reason has {len(why)} characters, at most {REASON_LENGTH_MAX}.")
    return why


def _check_end(kind: str, until: date | None, now: datetime) -> None:
    if kind != WAIVE:
        return
    if until is None:
        raise InvalidInput("Say until which day it is waived.")
    today = now.date()
    if not today <= until <= today + timedelta(days=WAIVER_DAYS_MAX):
        raise InvalidInput(
            f"{until} is not a day from today to {today + timedelta(days=WAIVER_DAYS_MAX)}."
        )


def _why_not(kind: str, found: Sequence[Found], *, is_editor: bool) -> str:
    if is_editor and kind != ASK:
        return "You have edited the product last: somebody else decides."
    blocks = [own for own in found if own.severity == Severity.BLOCK]
    if kind == APPROVE and blocks:
        return f"{blocks[0].message} This cannot be approved: waive it until a day, or reject it."
    return ""


def _after(
    kind: str,
    before: Leave,
    found: Sequence[Found],
    why: str,
    row: Clearance,
    now: datetime,
    until: date | None,
) -> Leave:
    if kind == APPROVE:
        return clearing.approved(found, reason=why)
    if kind == REJECT:
        return clearing.rejected(found, reason=why, now=now)
    if kind == ASK:
        return clearing.asked(before, reason=why, now=now)
    assert until is not None, "checked before"
    zone = ZoneInfo(row.market.time_zone)
    ends_at = datetime.combine(until + timedelta(days=1), time(), zone)
    return clearing.waived(found, reason=why, until=until, ends_at=ends_at)
