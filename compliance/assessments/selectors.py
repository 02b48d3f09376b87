"""Reads of clearances: who may be sold where, and why not."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from catalog.products.gates import WhyNot
from compliance.assessments.models import Clearance, Status

PRODUCTS_AT_ONCE_MAX = 500

_WHY_NOT: Mapping[str, WhyNot] = {
    Status.NEEDS_REVIEW: WhyNot(
        "not-cleared", "Compliance has not cleared the product for this market yet."
    ),
    Status.ASKED: WhyNot(
        "not-cleared", "Compliance waits for the supplier's answer before it clears the product."
    ),
    Status.REJECTED: WhyNot("rejected", "Compliance has rejected the product for this market."),
    Status.WAIVED: WhyNot("waiver-ended", "The waiver under which the product was sold has ended."),
    Status.APPROVED: WhyNot("not-cleared", "The product's clearance for this market has ended."),
}
NEVER_JUDGED = WhyNot("not-cleared", "The product has not been judged for this market yet.")


def is_on_sale(at: datetime) -> Q:
    """The clearances that hold at an instant."""
    return Q(off_sale_at__isnull=True) | Q(off_sale_at__gt=at)


def why_not_cleared(
    product_ids: Collection[int], market_id: int, at: datetime
) -> dict[int, Sequence[WhyNot]]:
    """Why these products may not be sold in a market at an instant; those that may are missing."""
    found: dict[int, Sequence[WhyNot]] = {}
    ids = sorted(set(product_ids))
    for start in range(0, len(ids), PRODUCTS_AT_ONCE_MAX):
        chunk = ids[start : start + PRODUCTS_AT_ONCE_MAX]
        known = {
            product_id: (status, off_sale_at)
            for product_id, status, off_sale_at in Clearance.objects.filter(
                product__in=chunk, market=market_id
            ).values_list("product_id", "status", "off_sale_at")
        }
        for product_id in chunk:
            if product_id not in known:
                found[product_id] = (NEVER_JUDGED,)
                continue
            status, off_sale_at = known[product_id]
            if off_sale_at is not None and off_sale_at <= at:
                found[product_id] = (_WHY_NOT[status],)
    return found
