"""What runs by itself about transfers."""

from celery import shared_task

from config.kernel import clock
from inventory.transfers import services


@shared_task(name="inventory.transfers.alert_overdue")
def alert_overdue() -> int:
    """Alert to transfers that should have arrived; answer how many alerts are new."""
    return services.alert_overdue(now=clock.now())
