"""The nightly proof."""

from celery import shared_task

from config.kernel import clock
from inventory.counting import services


@shared_task(name="inventory.counting.reconcile")
def reconcile() -> int:
    """Prove the invariants and alert on what is broken; answer how many rows are."""
    return len(services.reconcile_and_alert(now=clock.now()))
