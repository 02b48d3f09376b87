"""Background work of reservations."""

from celery import shared_task

from config.kernel import clock
from inventory.reservations import services

BATCHES_MAX = 50


@shared_task(name="inventory.reservations.release_expired")
def release_expired() -> int:
    """End holds whose time has run out, in short transactions; how many it were."""
    total = 0
    for _ in range(BATCHES_MAX):
        ended = services.release_expired(now=clock.now())
        total += ended
        if not ended:
            break
    return total
