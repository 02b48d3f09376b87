"""Keeping judgements up to date with products, rules, papers and the calendar."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from compliance.assessments.models import Clearance
from compliance.assessments.selectors.stale import stale_product_ids
from compliance.assessments.services.judging import PRODUCTS_AT_ONCE_MAX, Judged, judge
from compliance.assessments.services.ledger import tell
from config.kernel import queue

AT_ONCE_MAX = 20
JUDGE_TASK = "compliance.assessments.judge"


def judge_at_once_or_later(*, product_ids: Collection[int], now: datetime) -> None:
    """Judge a few products inside the transaction that changed them; many in the background.

    Their judgements are marked as out of date: what is lost on the way is found by the sweep.
    """
    if len(product_ids) <= AT_ONCE_MAX:
        judge(product_ids=product_ids, now=now)
        return
    ids = sorted(set(product_ids))
    for start in range(0, len(ids), PRODUCTS_AT_ONCE_MAX):
        chunk = ids[start : start + PRODUCTS_AT_ONCE_MAX]
        Clearance.objects.filter(product__in=chunk).update(rules_stamp="")
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


@transaction.atomic
def tell_of_ended_grace(*, now: datetime, most: int = 5_000) -> int:
    """Tell those who keep stock of clearances that have run out by themselves; how many."""
    ended = list(
        Clearance.objects.select_for_update(of=("self",))
        .filter(is_told_off=False, off_sale_at__lte=now)
        .order_by("pk")
        .values_list("pk", "product_id", "market_id")[:most]
    )
    by_market: dict[int, list[int]] = defaultdict(list)
    for _, product_id, market_id in ended:
        by_market[market_id].append(product_id)
    keys = [pk for pk, _, _ in ended]
    for start in range(0, len(keys), 500):
        Clearance.objects.filter(pk__in=keys[start : start + 500]).update(is_told_off=True)
    tell(by_market, now)
    return len(ended)
