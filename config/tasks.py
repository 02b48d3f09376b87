"""What the composition root does now and then."""

from celery import shared_task

from config.kernel import clock
from config.stock_sums import stock_sums


@shared_task(name="config.sum_up_stock")
def sum_up_stock() -> None:
    """Make what Today tells of all stock anew, so that no reader waits for it."""
    stock_sums.refresh(now=clock.now())
