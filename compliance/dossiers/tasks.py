"""What runs by itself about dossiers."""

from celery import shared_task

from compliance.dossiers import services
from config.kernel import clock


@shared_task(name="compliance.dossiers.alert_lapsing")
def alert_lapsing() -> int:
    """Alert to documents that run out or have; answer how many alerts are new."""
    return services.alert_lapsing(now=clock.now())
