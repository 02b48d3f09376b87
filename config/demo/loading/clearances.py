"""Leave to sell what the demo sells, in each of its markets."""

from collections.abc import Iterable
from datetime import datetime

from django.apps import apps

from catalog.products.selectors import VariantRef


def clear(variants: Iterable[VariantRef], *, now: datetime) -> None:
    """Let the products of these variants be sold everywhere, by policy."""
    clearances = apps.get_model("compliance", "Clearance").objects
    markets = apps.get_model("catalog", "Market").objects.order_by("pk")
    product_ids = sorted({variant.product_id for variant in variants})
    clearances.bulk_create(
        clearances.model(
            product_id=product_id,
            market=market,
            status="approved",
            severity="nothing",
            judged_at=now,
            product_updated_at=now,
            rules_stamp="demo",
            decided_at=now,
            decided_how="policy",
        )
        for market in markets
        for product_id in product_ids
    )
