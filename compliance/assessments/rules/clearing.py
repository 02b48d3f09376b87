"""What judgements and decisions make of the leave to sell a product in a market."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from compliance.assessments.rules.findings import Found, Severity, weight

NEEDS_REVIEW, ASKED = "needs_review", "asked"
APPROVED, WAIVED, REJECTED = "approved", "waived", "rejected"
MACHINE, POLICY, PERSON = "machine", "policy", "person"
GRACE_DAYS = 14
POLICY_VERSION = "nothing-found-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """The state of a clearance. `settled` are the findings that a decision covers, as they were."""

    status: str
    off_sale_at: datetime | None
    how: str
    settled: Mapping[str, str] = field(default_factory=dict)
    new_keys: tuple[str, ...] = ()
    waived_until: date | None = None
    queued_at: datetime | None = None
    reason: str = ""

    def is_on_sale(self, at: datetime) -> bool:
        """Whether the product may be sold there at an instant."""
        return self.off_sale_at is None or self.off_sale_at > at


def demands(findings: Sequence[Found]) -> dict[str, str]:
    """The findings that a decision must cover, each with its weight."""
    return {
        found.key: found.severity.value
        for found in findings
        if weight(found.severity) >= weight(Severity.WARN)
    }


def judged(
    before: Leave | None,
    findings: Sequence[Found],
    *,
    now: datetime,
    on: date,
    foretold: Collection[str] = (),
    grace_days: int = GRACE_DAYS,
) -> Leave:
    """The leave after the machine has judged.

    Nothing found: approved by policy. The same or milder findings let a decision stand. A new or
    worse block takes the product off sale at once, a warning after the days of grace, unless its
    key was `foretold`: then its own date has come. What a person rejected stays rejected.
    """
    asked = demands(findings)
    if before is not None and before.status == REJECTED:
        return replace(before, new_keys=_uncovered(asked, before.settled))
    if not asked:
        return _by_policy(before)
    ended = before is not None and _waiver_ended(before, on)
    settled = {} if before is None or ended else before.settled
    uncovered = _uncovered(asked, settled)
    if before is not None and not uncovered and not ended:
        stands = replace(before, settled={key: settled[key] for key in asked}, new_keys=())
        if before.status in (APPROVED, WAIVED, ASKED):
            return stands
        if before.waived_until is None:  # what came after the decision has gone again
            return replace(
                stands,
                status=APPROVED,
                off_sale_at=None,
                how=MACHINE,
                queued_at=None,
                reason="Only what was decided before is found.",
            )
    return Leave(
        status=ASKED if _still_asked(before, uncovered) else NEEDS_REVIEW,
        off_sale_at=_off_sale_at(before, uncovered, asked, now, foretold, grace_days, ended=ended),
        how=MACHINE,
        settled=settled,
        new_keys=uncovered,
        waived_until=None if before is None or ended else before.waived_until,
        queued_at=_queued_at(before, now),
        reason="The waiver has ended." if ended else "",
    )


def _by_policy(before: Leave | None) -> Leave:
    if before is not None and before.status == APPROVED:
        return replace(before, settled={}, new_keys=())
    return Leave(
        status=APPROVED,
        off_sale_at=None,
        how=POLICY,
        reason=f"Nothing speaks against it (policy {POLICY_VERSION}).",
    )


def _uncovered(asked: Mapping[str, str], settled: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        key
        for key, severity in asked.items()
        if key not in settled or weight(severity) > weight(settled[key])
    )


def _waiver_ended(before: Leave, on: date) -> bool:
    return before.status == WAIVED and before.waived_until is not None and before.waived_until < on


def _still_asked(before: Leave | None, uncovered: tuple[str, ...]) -> bool:
    return before is not None and before.status == ASKED and set(uncovered) <= set(before.new_keys)


def _queued_at(before: Leave | None, now: datetime) -> datetime:
    if before is not None and before.status in (NEEDS_REVIEW, ASKED) and before.queued_at:
        return before.queued_at
    return now


def _off_sale_at(
    before: Leave | None,
    uncovered: Collection[str],
    asked: Mapping[str, str],
    now: datetime,
    foretold: Collection[str],
    grace_days: int,
    *,
    ended: bool,
) -> datetime:
    if before is None or ended or not before.is_on_sale(now):
        at = before.off_sale_at if before is not None else None
        return at if at is not None and at <= now else now
    if any(asked[key] == Severity.BLOCK or key in foretold for key in uncovered):
        return now
    grace = now + timedelta(days=grace_days)
    return grace if before.off_sale_at is None else min(before.off_sale_at, grace)


def approved(findings: Sequence[Found], *, reason: str) -> Leave:
    """The leave that a person gives: it covers what has been found so far."""
    return Leave(
        status=APPROVED, off_sale_at=None, how=PERSON, settled=demands(findings), reason=reason
    )


def waived(findings: Sequence[Found], *, reason: str, until: date, ends_at: datetime) -> Leave:
    """Leave until a day, against findings that stand; it ends with that day in the market."""
    return Leave(
        status=WAIVED,
        off_sale_at=ends_at,
        how=PERSON,
        settled=demands(findings),
        waived_until=until,
        reason=reason,
    )


def rejected(findings: Sequence[Found], *, reason: str, now: datetime) -> Leave:
    """No leave: off sale at once, until a person decides otherwise."""
    return Leave(
        status=REJECTED, off_sale_at=now, how=PERSON, settled=demands(findings), reason=reason
    )


def asked(before: Leave, *, reason: str, now: datetime) -> Leave:
    """The supplier has been asked: it stays in the queue, and on or off sale as it is."""
    return replace(
        before, status=ASKED, how=PERSON, reason=reason, queued_at=before.queued_at or now
    )
