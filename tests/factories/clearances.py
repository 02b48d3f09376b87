"""Leave to sell, for tests that are about something else, and the lack of it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from catalog.models import Market, Product
from compliance.models import Clearance

JUDGED_AT = datetime(2025, 1, 1, tzinfo=UTC)


def clear(*, products: Iterable[Product] = (), markets: Iterable[Market] = ()) -> None:
    """Let these products be sold in these markets; without any, in or of every one there is."""
    products = list(products) or list[Any](Product.objects.non_polymorphic())
    markets = list(markets) or list(Market.objects.all())
    Clearance.objects.bulk_create(
        [
            Clearance(
                product_id=product.pk,
                market=market,
                status="approved",
                severity="nothing",
                judged_at=JUDGED_AT,
                product_updated_at=JUDGED_AT,
                rules_stamp="tests",
                decided_at=JUDGED_AT,
                decided_how="policy",
            )
            for product in products
            for market in markets
        ],
        ignore_conflicts=True,
    )


def take_off_sale(product: Product, market: Market, *, at: datetime, status: str = "") -> None:
    """From this instant a product is not sold in a market any more."""
    Clearance.objects.filter(product=product.pk, market=market).update(
        status=status or "needs_review", off_sale_at=at
    )


def put_on_sale(product: Product, market: Market) -> None:
    """Let a product that was taken off sale be sold again."""
    Clearance.objects.filter(product=product.pk, market=market).update(
        status="approved", off_sale_at=None
    )
