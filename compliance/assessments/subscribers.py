"""What others tell: products, papers or rules have changed, so products are judged again."""

from collections.abc import Collection

from compliance.assessments import services
from config.kernel import clock, queue


def facts_changed(product_ids: Collection[int]) -> None:
    """Judge these products: at once where they are few, else in the background."""
    services.judge_at_once_or_later(product_ids=product_ids, now=clock.now())


def rules_changed(jurisdiction: str) -> None:
    """Judge every product by what holds now, in the background."""
    queue.enqueue(services.JUDGE_TASK)
