"""What runs by itself about returns."""

from celery import shared_task

from config.kernel import clock
from inventory.returns import services


@shared_task(name="inventory.returns.alert_waiting")
def alert_waiting() -> int:
    """Alert to returns that never came or wait to be inspected; answer how many are new."""
    return services.alert_waiting(now=clock.now())


@shared_task(name="inventory.returns.keep_exchanges")
def keep_exchanges() -> int:
    """Hold replacements while their returns are open; answer how many were held for longer."""
    return services.keep_exchanges(now=clock.now())
