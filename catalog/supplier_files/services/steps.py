"""The steps of an import: check, apply, cancel, undo; large files by a worker."""

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction

from catalog.supplier_files.errors import RunNotReady, RunReplaced, UndoRefused
from catalog.supplier_files.models import FileKind, ImportRow, ImportRun, RowOutcome, RunStatus
from catalog.supplier_files.selectors import BUSY_STATUSES, outcome_counts
from catalog.supplier_files.services import undoing
from catalog.supplier_files.services.claims import (
    ATTEMPTS_MAX,
    Clock,
    claim,
    is_small,
    locked_run,
    stalled_runs,
)
from catalog.supplier_files.services.delivery_notes import DeliveryNoteStep
from catalog.supplier_files.services.product_lists import ProductListStep
from config.kernel.errors import DomainError, InvalidInput
from config.kernel.queue import enqueue

logger = logging.getLogger(__name__)

_TASK_OF = {
    RunStatus.CHECKING: "catalog.supplier_files.check",
    RunStatus.APPLYING: "catalog.supplier_files.apply",
    RunStatus.UNDOING: "catalog.supplier_files.undo",
}
_RESUMED_AT_ONCE = 20


def check(*, run_id: UUID, now: datetime) -> ImportRun:
    """Work out what each row would do, changing nothing; again after rows were mended.

    A small file is checked at once, a large one by a worker: look at the status. A file that
    cannot be read ends as failed, with the reason in `detail`. Raises RunNotReady.
    """
    with transaction.atomic():
        run = locked_run(run_id)
        if run.status not in (RunStatus.UPLOADED, RunStatus.CHECKED, RunStatus.FAILED):
            raise _not_ready(run, "checked")
        _begin(run, RunStatus.CHECKING)
    return _carry_on(run, now)


def apply(*, run_id: UUID, user_id: int | None, now: datetime) -> ImportRun:
    """Do what the rows say; rejected rows are left out, each as a whole.

    A run that was checked is applied as it was shown, as far as nothing has changed since; one that
    was only uploaded is checked on the way. Small files at once, large ones by a worker.
    Raises RunNotReady.
    """
    with transaction.atomic():
        run = locked_run(run_id)
        if run.status not in (RunStatus.UPLOADED, RunStatus.CHECKED):
            raise _not_ready(run, "applied")
        run.applied_by_id = user_id
        _begin(run, RunStatus.APPLYING)
    return _carry_on(run, now)


def start_here(
    *, run_id: UUID, is_apply: bool, user_id: int | None = None, clock: Clock
) -> ImportRun:
    """Check or apply a run in this process, however large it is: for the command line.

    Raises RunNotReady.
    """
    with transaction.atomic():
        run = locked_run(run_id)
        if run.status not in (RunStatus.UPLOADED, RunStatus.CHECKED):
            raise _not_ready(run, "applied" if is_apply else "checked")
        run.applied_by_id = user_id
        _begin(run, RunStatus.APPLYING if is_apply else RunStatus.CHECKING)
    return continue_run(run_id=run_id, clock=clock) or run


def cancel(*, run_id: UUID, user_id: int | None, now: datetime) -> ImportRun:
    """Give a run up. One being applied stops after its batch and takes back what it has done.

    Raises RunNotReady once it is applied: that is undone, not cancelled.
    """
    with transaction.atomic():
        run = locked_run(run_id)
        if run.status in (RunStatus.UPLOADED, RunStatus.CHECKED, RunStatus.FAILED):
            run.status, run.detail = RunStatus.CANCELLED, "Cancelled before it was applied."
        elif run.status in (RunStatus.CHECKING, RunStatus.APPLYING):
            run.is_cancel_requested = True
            enqueue(_TASK_OF[RunStatus(run.status)], run_id=str(run.pk))
        elif run.status != RunStatus.CANCELLED:
            raise _not_ready(run, "cancelled")
        run.save()
    return run


def undo(*, run_id: UUID, reason: str, user_id: int | None, now: datetime) -> ImportRun:
    """Take a whole import back: former values return, what it made is deleted.

    Raises RunNotReady, InvalidInput (no reason), UndoRefused naming what has built on it: stock,
    later edits, other imports, prices. Then nothing is changed.
    """
    if not reason.strip():
        raise InvalidInput("Say why the import is undone.")
    with transaction.atomic():
        run = locked_run(run_id)
        if run.status != RunStatus.APPLIED:
            raise _not_ready(run, "undone")
        if run.kind == FileKind.DELIVERY_NOTE:  # one delivery: done at once or refused
            _take_all_back(run, reason=reason.strip(), user_id=user_id, now=now)
            return run
        undoing.check_undo(run)
        run.options = {**run.options, "undo_reason": reason.strip()[:150], "undone_by": user_id}
        _begin(run, RunStatus.UNDOING)
    return _carry_on(run, now)


def continue_run(*, run_id: UUID, clock: Clock) -> ImportRun | None:
    """Carry out the step a run stands in, from where it was left; None if somebody else does.

    For workers. Safe to be killed at any moment and to be called again.
    """
    token = claim(run_id, clock())
    if token is None:
        return None
    run = ImportRun.objects.select_related("supplier").get(pk=run_id)
    try:
        _step(run, token, clock)
    except RunReplaced:
        logger.warning("import %s was taken over by another worker", run_id)
        return None
    except DomainError as error:
        _fail(run, str(error), clock())
    except Exception:
        _fail(run, "Stopped by an unexpected error; it is in the log.", clock())
        raise
    return ImportRun.objects.select_related("supplier").get(pk=run_id)


def resume_stalled(*, now: datetime) -> int:
    """Start runs again whose worker has died; how many."""
    stalled = ImportRun.objects.filter(stalled_runs(now)).order_by("created_at", "id")
    count = 0
    for pk, status in stalled.values_list("pk", "status")[:_RESUMED_AT_ONCE]:
        enqueue(_TASK_OF[RunStatus(status)], run_id=str(pk))
        count += 1
    return count


def _not_ready(run: ImportRun, done: str) -> RunNotReady:
    return RunNotReady(
        f"{run.file_name} cannot be {done} now: it is {run.get_status_display().lower()}."
    )


def _begin(run: ImportRun, status: RunStatus) -> None:
    run.status, run.detail, run.worker = status, "", ""
    run.rows_done = run.attempt_count = 0
    run.heartbeat_at, run.is_cancel_requested = None, False
    run.save()


def _carry_on(run: ImportRun, now: datetime) -> ImportRun:
    if is_small(run):
        return continue_run(run_id=run.pk, clock=lambda: now) or run
    # The heartbeat says since when it waits, so that a lost message is sent again.
    ImportRun.objects.filter(pk=run.pk).update(heartbeat_at=now)
    run.heartbeat_at = now
    enqueue(_TASK_OF[RunStatus(run.status)], run_id=str(run.pk))
    return run


def _step(run: ImportRun, token: str, clock: Clock) -> None:
    if run.attempt_count > ATTEMPTS_MAX:
        raise RunNotReady(f"Given up after {ATTEMPTS_MAX} attempts.")
    if run.status == RunStatus.UNDOING:
        _undo_now(run, clock())
        return
    is_apply = run.status == RunStatus.APPLYING
    if run.kind == FileKind.PRODUCT_LIST:
        step = ProductListStep(run=run, token=token, clock=clock, is_apply=is_apply)
        step.carry_out()
        was_cancelled = step.was_cancelled
    else:
        was_cancelled = run.is_cancel_requested
        if not was_cancelled:
            DeliveryNoteStep(run=run, token=token, clock=clock, is_apply=is_apply).carry_out()
    if was_cancelled:
        _stop(run, clock())
    else:
        _finish(run, token, is_apply=is_apply, now=clock())


def _finish(run: ImportRun, token: str, *, is_apply: bool, now: datetime) -> None:
    counts = outcome_counts(run)
    done = {
        "status": RunStatus.APPLIED if is_apply else RunStatus.CHECKED,
        "rows_total": sum(counts.values()),
        "rows_done": sum(counts.values()),
        "created_count": counts[RowOutcome.CREATED],
        "updated_count": counts[RowOutcome.UPDATED],
        "unchanged_count": counts[RowOutcome.UNCHANGED],
        "rejected_count": counts[RowOutcome.REJECTED],
        "heartbeat_at": now,
        "worker": "",
    }
    if is_apply:
        done["applied_at"] = now
    if not ImportRun.objects.filter(pk=run.pk, worker=token).update(**done):
        raise RunReplaced("Another worker has taken this import over.")


def _stop(run: ImportRun, now: datetime) -> None:
    """End a cancelled run: what it has applied is taken back, or the run says why it cannot be."""
    taken_back = _take_back(run, "cancelled", now)
    if taken_back is None:
        return
    run.status = RunStatus.CANCELLED
    run.detail = (
        f"Cancelled; the {taken_back} rows applied before were taken back."
        if taken_back
        else "Cancelled before it was applied."
    )
    _end(run)


def _fail(run: ImportRun, detail: str, now: datetime) -> None:
    """End a run that cannot go on; nothing of it stays behind."""
    if run.status == RunStatus.UNDOING:
        run.status, run.detail = RunStatus.APPLIED, f"Not undone: {detail}"
        _end(run)
        return
    if _take_back(run, "failed", now, because=detail) is None:
        return
    run.status, run.detail = RunStatus.FAILED, detail
    _end(run)


def _take_back(run: ImportRun, why: str, now: datetime, because: str = "") -> int | None:
    """Undo what a stopped application has done; the number of rows, or None where it must stay."""
    applied = ImportRow.objects.filter(run=run, is_applied=True).count()
    if not applied:
        return 0
    try:
        with transaction.atomic():
            undoing.undo_run(run, reason=why, user_id=run.applied_by_id, now=now)
    except UndoRefused as refusal:
        run.status = RunStatus.FAILED
        run.detail = (
            f"{because or 'Cancelled'}; {applied} rows are applied and stay, because they cannot "
            f"be taken back: {refusal.detail}"
        )
        _end(run)
        return None
    return applied


def _end(run: ImportRun) -> None:
    run.worker, run.is_cancel_requested = "", False
    run.save(update_fields=["status", "detail", "worker", "is_cancel_requested"])


def _undo_now(run: ImportRun, now: datetime) -> None:
    with transaction.atomic():
        locked = locked_run(run.pk)
        if locked.status not in BUSY_STATUSES:
            return
        reason = str(locked.options.pop("undo_reason", ""))
        user_id = locked.options.pop("undone_by", None)
        _take_all_back(locked, reason=reason, user_id=user_id, now=now)


def _take_all_back(run: ImportRun, *, reason: str, user_id: int | None, now: datetime) -> None:
    undoing.undo_run(run, reason=reason, user_id=user_id, now=now)
    run.status, run.undone_at = RunStatus.UNDONE, now
    run.detail, run.worker = f"Undone: {reason}", ""
    run.save()
