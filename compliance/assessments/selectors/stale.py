"""Which products are to be judged again."""

from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.markets.models import Market
from catalog.products.models import Product
from compliance.assessments.models import Clearance
from compliance.assessments.selectors.lawbooks import law_stamp
from compliance.jurisdictions.rules import jurisdictions_of


def stale_products(now: datetime) -> QuerySet[Product]:
    """Products without a judgement in some market, or whose facts, rules or day have changed.

    Bundles are judged by their components.
    """
    own = Clearance.objects.filter(product=OuterRef("pk"), market__is_active=True)
    wanting = Q(Exists(own.filter(product_updated_at__lt=OuterRef("updated_at"))))
    wanting |= Q(Exists(own.exclude(rules_stamp=law_stamp())))
    for market in Market.objects.filter(is_active=True).order_by("pk"):
        today = now.astimezone(ZoneInfo(market.time_zone)).date()
        there = own.filter(market=market.pk)
        laws = " ".join(jurisdictions_of(market.country, market.region))
        wanting |= ~Exists(there) | Q(Exists(there.filter(next_date__lte=today)))
        wanting |= Q(Exists(there.exclude(assessment__jurisdictions=laws)))
    products = Product.objects.non_polymorphic().filter(wanting, bundleproduct__isnull=True)
    return cast(QuerySet[Product], products)


def stale_product_ids(now: datetime, *, limit: int) -> list[int]:
    """The keys of some of them, the lowest first."""
    return list(stale_products(now).order_by("pk").values_list("pk", flat=True)[:limit])
