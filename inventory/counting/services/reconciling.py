"""Proving that stock, ledger and promises say the same."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from config.kernel.alerts import AlertDraft, AlertSeverity, raise_alerts
from inventory.counting.rules.breaches import Breach, Invariant
from inventory.counting.selectors import breaches

BREACHES_SHOWN_MAX = 1000
BREACHES_IN_ALERT_MAX = 20


def reconcile(*, now: datetime) -> list[Breach]:
    """Prove the invariants of stock; answer every row that breaks one, up to 1,000 of each.

    Changes nothing and repairs nothing: a person has to find out what happened.
    """
    return [
        breach
        for broken in breaches.breaches(now=now, limit=BREACHES_SHOWN_MAX)
        for breach in broken
    ]


def reconcile_and_alert(*, now: datetime) -> list[Breach]:
    """Prove the invariants, and raise one alert a day for each that is broken."""
    found = reconcile(now=now)
    raise_alerts(
        [
            _alert(invariant, list(broken), now)
            for invariant, broken in groupby(found, key=lambda breach: breach.invariant)
        ],
        now=now,
    )
    return found


def _alert(invariant: Invariant, broken: Sequence[Breach], now: datetime) -> AlertDraft:
    more = len(broken) - BREACHES_IN_ALERT_MAX
    lines = [str(breach) for breach in broken[:BREACHES_IN_ALERT_MAX]]
    if more > 0:
        lines.append(f"… and {more} more; manage.py reconcile names them all.")
    return AlertDraft(
        kind="stock-invariant",
        key=f"reconcile:{invariant}:{now.date().isoformat()}",
        severity=AlertSeverity.CRITICAL,
        title=f"Stock does not reconcile: {invariant.replace('-', ' ')} ({len(broken)} rows)",
        detail="\n".join(lines),
        permission="inventory.view_stockmovement",
        payload={"invariant": str(invariant), "rows": len(broken)},
    )
