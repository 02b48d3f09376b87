"""The kernel's background work."""

from celery import shared_task

from config.kernel import clock, idempotency


@shared_task(name="kernel.prune_idempotency")
def prune_idempotency() -> int:
    """Forget idempotency keys that are older than a day."""
    return idempotency.prune(now=clock.now())
