"""Telling in time what becomes unlawful."""

import hashlib
from datetime import datetime

from django.db import transaction
from django.utils.http import urlencode

from compliance.assessments.selectors.calendar import Coming, coming
from compliance.assessments.selectors.review import product_names
from config.kernel.alerts import (
    AlertDraft,
    AlertSeverity,
    open_alerts,
    raise_alerts,
)
from config.kernel.money import format_money
from config.kernel.words import counted

KIND = "law-coming"
PERMISSION = "compliance.decide_clearance"
THRESHOLDS = (180, 90, 30)
NAMED_MAX = 10
_SEVERITIES = {30: AlertSeverity.CRITICAL, 90: AlertSeverity.WARNING, 180: AlertSeverity.INFO}


@transaction.atomic
def alert_coming(*, now: datetime) -> int:
    """Alert 180, 90 and 30 days before something becomes unlawful; how many alerts are new.

    Each day, rule and threshold alerts once. A nearer alert takes the place of the one before it,
    and what no longer hits any product is taken off the work list.
    """
    found = coming(now, within_days=max(THRESHOLDS))
    drafts = {}
    for own in found.coming:
        threshold = min(t for t in THRESHOLDS if own.days_left(now.date()) <= t)
        drafts[alert_key(own, threshold)] = (own, threshold)
    names = product_names({pk for own, _ in drafts.values() for pk in own.product_ids[:NAMED_MAX]})
    raised = raise_alerts(
        [_draft(key, own, threshold, names, now) for key, (own, threshold) in drafts.items()],
        now=now,
    )
    if not found.is_cut:
        _resolve_others(set(drafts), now)
    return len(raised)


def alert_key(own: Coming, threshold: int) -> str:
    """The same for the same day, rule and threshold, for ever."""
    told = f"{own.rule}|{own.severity}|{own.is_placing}"
    digest = hashlib.sha256(told.encode()).hexdigest()[:20]
    return f"compliance.coming:{own.from_date}:{digest}:{threshold}"


def _resolve_others(keys: set[str], now: datetime) -> None:
    for alert in open_alerts().filter(kind=KIND).order_by("pk"):
        if alert.key in keys:
            continue
        alert.resolved_at = now
        alert.resolution = "A later alert took its place, the day has come, or it hits nothing."
        alert.save(update_fields=["resolved_at", "resolution"])


def _draft(
    key: str, own: Coming, threshold: int, names: dict[int, str], now: datetime
) -> AlertDraft:
    count = counted(len(own.product_ids), "product")
    day = f"{own.from_date:%d %b %Y}".lstrip("0")
    return AlertDraft(
        kind=KIND,
        key=key,
        severity=_SEVERITIES[threshold],
        title=f"From {day}, {count} in {', '.join(own.markets)}: {own.rule}",
        detail=" ".join((_what(own), _which(own, names), _behind(own))),
        url=f"/admin/compliance/clearance/calendar/?{urlencode({'open': f'{own.from_date}'})}",
        subject=f"{own.from_date} {own.rule}"[:120],
        permission=PERMISSION,
        payload={
            "from_date": own.from_date.isoformat(),
            "rule": own.rule,
            "threshold": threshold,
            "days_left": own.days_left(now.date()),
            "product_ids": list(own.product_ids[:500]),
        },
    )


def _what(own: Coming) -> str:
    if own.is_placing:
        return "No such goods may be newly placed on the market; what lies on the shelf may."
    if own.is_certificate:
        return f"The certificate runs out: {own.rule}."
    if own.severity == "block":
        return "They may no longer be sold, what lies on the shelf included."
    return "They may only be sold if more is known of them: ask the supplier."


def _which(own: Coming, names: dict[int, str]) -> str:
    shown = [names[pk] for pk in own.product_ids[:NAMED_MAX] if pk in names]
    more = len(own.product_ids) - len(shown)
    return f"{', '.join(shown)}{f' and {more} more' if more > 0 else ''}."


def _behind(own: Coming) -> str:
    if not own.lots:
        return "Nothing of it lies in stock."
    worth = f" worth {format_money(own.value.amount, own.value.currency.code)}" if own.value else ""
    without = f", {own.lots_without_cost} of them without a known cost" * bool(
        own.lots_without_cost
    )
    promised = counted(own.open_reservations, "open reservation")
    return f"Behind it: {counted(own.lots, 'lot')}{worth}{without}; {promised}."
