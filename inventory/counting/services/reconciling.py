"""Proving that stock, ledger and promises say the same."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from django.db import transaction

from config.kernel.alerts import (
    AlertDraft,
    AlertSeverity,
    open_alert_keys,
    raise_alerts,
    resolve_by_key_prefix,
)
from inventory.counting.rules.breaches import Breach
from inventory.counting.selectors import breaches

BREACHES_SHOWN_MAX = 1000
# Where more rows break, one cause broke them all: nobody reads a thousand alerts.
ALERTS_OF_AN_INVARIANT_MAX = 50
PREFIX = "reconcile:"


def reconcile(*, now: datetime) -> list[Breach]:
    """Prove the invariants of stock; answer every row that breaks one, up to 1,000 of each.

    Changes nothing and repairs nothing: a person has to find out what happened.
    """
    return [
        breach
        for broken in breaches.breaches(now=now, limit=BREACHES_SHOWN_MAX)
        for breach in broken
    ]


@transaction.atomic
def reconcile_and_alert(*, now: datetime) -> list[Breach]:
    """Prove the invariants; one alert for each row that breaks one, until it does no more."""
    found = reconcile(now=now)
    wanted: list[Breach] = []
    for _, broken in groupby(found, key=lambda breach: breach.invariant):
        wanted += list(broken)[:ALERTS_OF_AN_INVARIANT_MAX]
    open_keys = open_alert_keys(prefix=PREFIX)
    known = {key.rpartition(":")[0] for key in open_keys}
    raise_alerts(
        [_alert(breach, found, now) for breach in wanted if _prefix(breach)[:-1] not in known],
        now=now,
    )
    broken_now = {_prefix(breach)[:-1] for breach in found}
    for gone in sorted(known - broken_now):
        resolve_by_key_prefix(prefix=f"{gone}:", resolution="The row is right again.", now=now)
    return found


def _alert(breach: Breach, found: Sequence[Breach], now: datetime) -> AlertDraft:
    alike = sum(other.invariant is breach.invariant for other in found)
    more = (
        f"\n{alike} rows break this invariant; manage.py reconcile names them all."
        if alike > 1
        else ""
    )
    return AlertDraft(
        kind="stock-invariant",
        # A row that breaks again, after it was right, is a new alert.
        key=f"{_prefix(breach)}{now:%Y%m%dT%H%M%S}",
        severity=AlertSeverity.CRITICAL,
        title=f"Stock does not reconcile: {breach.table} {breach.row}",
        detail=f"{breach.invariant.replace('-', ' ').capitalize()}: {breach.sentence}.\n"
        f"Last movement: {breach.last_movement}.{more}",
        url=breach.path,
        subject=breach.row[:120],
        permission="inventory.view_stockmovement",
        payload={"invariant": str(breach.invariant), "table": breach.table, "row": breach.key},
    )


def _prefix(breach: Breach) -> str:
    return f"{PREFIX}{breach.invariant}:{breach.key}:"
