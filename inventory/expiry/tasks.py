"""The expiry jobs of the schedule; each is safe to run twice."""

from celery import shared_task

from config.kernel import clock
from inventory.expiry import services


@shared_task(name="inventory.expiry.raise_alerts")
def raise_alerts() -> int:
    """Alert for lots that reached a threshold; how many alerts are new."""
    return services.raise_expiry_alerts(now=clock.now())


@shared_task(name="inventory.expiry.sweep")
def sweep() -> int:
    """Take promises off lots past their last day of sale; how many stock levels were looked at."""
    return services.sweep(now=clock.now())


@shared_task(
    name="inventory.expiry.send_digest",
    autoretry_for=(OSError,),
    retry_backoff=60,
    max_retries=5,
)
def send_digest() -> int:
    """E-mail the daily digest; how many readers it went to."""
    return services.send_digest(now=clock.now())
