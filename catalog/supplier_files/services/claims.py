"""Who works on a run: one worker at a time, told apart by a token and a heartbeat."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q

from catalog.supplier_files.errors import RunReplaced
from catalog.supplier_files.models import ImportRun
from catalog.supplier_files.selectors import BUSY_STATUSES
from config.kernel.errors import NotFound

SMALL_ROWS_MAX = 2_000  # checked and applied within the request
HEARTBEAT_SECONDS_MAX = 60
ATTEMPTS_MAX = 5

Clock = Callable[[], datetime]


def locked_run(run_id: UUID) -> ImportRun:
    """Lock a run until the transaction ends. Raises NotFound."""
    run = (
        ImportRun.objects.select_for_update(of=("self",))
        .select_related("supplier")
        .filter(pk=run_id)
        .first()
    )
    if run is None:
        raise NotFound(f"There is no import {run_id}.")
    return run


def is_small(run: ImportRun) -> bool:
    """Say whether a run is done within a request; where its rows are not counted yet, it is not."""
    return 0 < run.rows_total <= SMALL_ROWS_MAX


def stalled_runs(now: datetime) -> Q:
    """Match runs whose worker has not shown a sign of life for a minute."""
    return Q(status__in=BUSY_STATUSES) & (
        Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - timedelta(seconds=HEARTBEAT_SECONDS_MAX))
    )


def claim(run_id: UUID, now: datetime) -> str | None:
    """Take a run over, if nobody alive works on it; the token of the new worker, or None."""
    token = uuid.uuid4().hex
    taken = (
        ImportRun.objects.filter(pk=run_id, status__in=BUSY_STATUSES)
        .filter(Q(worker="") | stalled_runs(now))
        .update(worker=token, heartbeat_at=now, attempt_count=F("attempt_count") + 1)
    )
    return token if taken else None


def beat(run_id: UUID, token: str, *, now: datetime, rows_done: int) -> None:
    """Show a sign of life within the batch's transaction. Raises RunReplaced."""
    alive = ImportRun.objects.filter(pk=run_id, worker=token).update(
        heartbeat_at=now, rows_done=rows_done
    )
    if not alive:
        raise RunReplaced("Another worker has taken this import over.")


def is_cancel_requested(run_id: UUID) -> bool:
    """Say whether somebody wants the run to stop."""
    return ImportRun.objects.filter(pk=run_id, is_cancel_requested=True).exists()
