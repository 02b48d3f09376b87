"""When each task runs. Times are UTC; a task that depends on a local midnight looks for itself."""

from typing import Any

from celery.schedules import crontab


def _every(task: str, *, seconds: float) -> dict[str, Any]:
    # What still waits at its next turn is dropped: a worker that was down does not catch up.
    return {"task": task, "schedule": seconds, "options": {"expire_seconds": seconds}}


def _at(task: str, *, hour: int, minute: int = 0) -> dict[str, Any]:
    return {"task": task, "schedule": crontab(hour=str(hour), minute=str(minute))}


SCHEDULE: dict[str, dict[str, Any]] = {
    "release expired reservations": _every("inventory.reservations.release_expired", seconds=30),
    "sum up stock for Today": _every("config.sum_up_stock", seconds=60),
    "resume stalled imports": _every("catalog.supplier_files.resume_stalled", seconds=60),
    "judge products that have changed": _every("compliance.assessments.judge", seconds=60),
    "take expired lots off sale": _every("inventory.expiry.sweep", seconds=15 * 60),
    "prune idempotency keys": _every("kernel.prune_idempotency", seconds=60 * 60),
    "reconcile stock with its ledger": _at("inventory.counting.reconcile", hour=2),
    "alert to transfers that are late": _at("inventory.transfers.alert_overdue", hour=5),
    "alert to returns that wait": _at("inventory.returns.alert_waiting", hour=5),
    "keep what replaces returns": _every("inventory.returns.keep_exchanges", seconds=60 * 60),
    "alert to documents that lapse": _at("compliance.dossiers.alert_lapsing", hour=5),
    "alert to what becomes illegal": _at("compliance.assessments.alert_coming", hour=5),
    "raise expiry alerts": _at("inventory.expiry.raise_alerts", hour=5),
    "send the expiry digest": _at("inventory.expiry.send_digest", hour=6),
}
