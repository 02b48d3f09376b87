"""Keeping judgements up to date with products, rules, papers and the calendar."""

from collections.abc import Collection
from datetime import datetime

from compliance.assessments.selectors.stale import stale_product_ids
from compliance.assessments.services.judging import PRODUCTS_AT_ONCE_MAX, Judged, judge
from config.kernel import queue

AT_ONCE_MAX = 20
JUDGE_TASK = "compliance.assessments.judge"


def judge_at_once_or_later(*, product_ids: Collection[int], now: datetime) -> None:
    """Judge a few products inside the transaction that changed them; many in the background.

    What is lost on the way there is found by the sweep: it looks at what has changed since.
    """
    if len(product_ids) <= AT_ONCE_MAX:
        judge(product_ids=product_ids, now=now)
    else:
        queue.enqueue(JUDGE_TASK)


def sweep(*, now: datetime, products_max: int = 200_000) -> Judged:
    """Judge every product whose judgement is out of date. Safe to run at any time."""
    products = changed = 0
    last: list[int] = []
    while products < products_max:
        ids = stale_product_ids(now, limit=PRODUCTS_AT_ONCE_MAX)
        if not ids or ids == last:
            break
        run = judge(product_ids=ids, now=now)
        products += run.products
        changed += run.changed
        last = ids
    return Judged(products=products, changed=changed)
