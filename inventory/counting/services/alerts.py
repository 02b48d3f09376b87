"""Whoever decides about differences is told that some wait."""

from datetime import datetime

from config.kernel.alerts import AlertSeverity, raise_alert, resolve_by_key_prefix
from config.kernel.outbox import publish
from config.kernel.words import counted
from inventory.counting.events import CountToApprove
from inventory.counting.models import CycleCount

LIST_URL = "/admin/inventory/countline/"


def alert_to_approve(count: CycleCount, *, lines: int, differences: int, now: datetime) -> None:
    """Put the count on the work list of those who may decide, once for each of its rounds."""
    publish(
        CountToApprove(
            occurred_at=now,
            reference=count.reference,
            warehouse=count.warehouse.code,
            lines=lines,
            differences=differences,
        )
    )
    raise_alert(
        kind="count-to-approve",
        key=f"{_prefix(count)}{now.isoformat()}",
        severity=AlertSeverity.WARNING,
        title=f"{count} in {count.warehouse.code}: {counted(differences, 'difference')} to "
        "decide about",
        detail=f"{count.scope}. {counted(lines, 'line')} counted.",
        url=f"{LIST_URL}?count__id__exact={count.pk}&status__exact=difference",
        subject=count.reference,
        permission="inventory.approve_count",
        payload={"count": str(count.pk), "differences": differences},
        now=now,
    )


def resolve_alert_of(count: CycleCount, resolution: str, now: datetime) -> None:
    """Nobody has to decide any more."""
    resolve_by_key_prefix(prefix=_prefix(count), resolution=resolution, now=now)


def _prefix(count: CycleCount) -> str:
    return f"count-to-approve:{count.pk}:"
