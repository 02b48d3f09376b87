"""Reads of stock: what lies where, what it is worth, what runs low, and how it came to be."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    Count,
    DecimalField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, Round

from catalog.products.models import Variant
from catalog.products.selectors import LOW_STOCK_QUANTITY_DEFAULT, category_lineage
from inventory.lots.models import LotHold
from inventory.lots.selectors import not_past, open_hold_of, product_sell_by
from inventory.stock.models import StockLevel, StockMovement
from inventory.stock.selectors.searching import keys_or_query
from inventory.warehouses.models import KEPT_APART

QUANTITY = DecimalField(max_digits=16, decimal_places=4)
VALUE = DecimalField(max_digits=24, decimal_places=4)
# As many keys are sent to the database again; beyond that it is asked anew.
LOW_VARIANTS_MAX = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StockValue:
    """What the stock cost us in one currency."""

    currency: str
    amount: Decimal
    lot_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockWorth:
    """What all stock cost us; lots whose cost nobody knows are counted apart, never as zero."""

    values: tuple[StockValue, ...]
    lots_without_cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LowStock:
    """A variant of which little is left to sell."""

    variant_id: int
    sku: str
    product_name: str
    stock_unit: str
    available: Decimal
    low_stock_quantity: Decimal


def stock_of(variant_ids: Collection[int]) -> QuerySet[StockLevel]:
    """What lies of these variants, by warehouse, what expires first in front: one page of it all.

    With `sell_by_date` and `is_on_hold`; empty levels are left out.
    """
    return with_state(
        StockLevel.objects.filter(variant_id__in=variant_ids, on_hand__gt=0)
    ).order_by(
        "location__warehouse__code",
        F("lot__expiry_date").asc(nulls_last=True),
        "lot__received_at",
        "pk",
    )


def with_state(levels: QuerySet[StockLevel]) -> QuerySet[StockLevel]:
    """Levels with lot, place and variant joined, `sell_by_date` and `is_on_hold`."""
    return levels.select_related("lot", "location__warehouse", "variant__product").annotate(
        sell_by_date=product_sell_by("lot__"), is_on_hold=open_hold_of("lot_id")
    )


def sellable(
    levels: QuerySet[StockLevel], *, now: datetime, fresh: Q | None = None
) -> QuerySet[StockLevel]:
    """The levels from which may be sold today, by the products' own minimum of days left.

    `fresh` is `fresh_levels(now)` where the caller has asked for it already.
    """
    held = LotHold.objects.filter(lot_id=OuterRef("lot_id"), released_at__isnull=True)
    return (
        levels.filter(location__warehouse__is_sellable=True)
        .exclude(location__kind__in=KEPT_APART)
        .annotate(sell_by_date=product_sell_by("lot__"))
        .filter(~Exists(held))
        .filter(fresh or fresh_levels(now))
    )


def fresh_levels(now: datetime) -> Q:
    """What is not past its last day of sale where it lies, of levels with `sell_by_date`."""
    return not_past("sell_by_date", "location__warehouse__time_zone", now=now)


def level_at(*, lot_id: int, location_id: int) -> StockLevel | None:
    """The level of a lot in a location, or None."""
    return (
        StockLevel.objects.select_related("lot", "location__warehouse", "variant")
        .filter(lot_id=lot_id, location_id=location_id)
        .first()
    )


def ledger(
    *,
    variant_ids: Collection[int] | None = None,
    lot_ids: Collection[int] | None = None,
    stock_level_ids: Collection[int] | None = None,
) -> QuerySet[StockMovement]:
    """The movements of some variants, lots or levels (none named: of all), newest first."""
    lines = StockMovement.objects.select_related(
        "stock_level__lot", "stock_level__location__warehouse", "stock_level__variant__product"
    )
    if variant_ids is not None:
        lines = lines.filter(stock_level__variant_id__in=variant_ids)
    if lot_ids is not None:
        lines = lines.filter(stock_level__lot_id__in=lot_ids)
    if stock_level_ids is not None:
        lines = lines.filter(stock_level_id__in=stock_level_ids)
    return lines.order_by("-pk")


def stock_worth(warehouse_id: int | None = None) -> StockWorth:
    """What the stock on hand cost us, by currency: one query."""
    levels = StockLevel.objects.filter(on_hand__gt=0)
    if warehouse_id is not None:
        levels = levels.filter(location__warehouse_id=warehouse_id)
    rows = (
        levels.values("lot__currency")
        .annotate(
            amount=Sum(F("on_hand") * F("lot__unit_cost"), output_field=VALUE),
            lot_count=Count("lot_id", distinct=True),
        )
        .order_by("lot__currency")
    )
    values, without = [], 0
    for row in rows:
        if row["lot__currency"]:
            values.append(
                StockValue(
                    currency=row["lot__currency"],
                    amount=row["amount"],
                    lot_count=row["lot_count"],
                )
            )
        else:
            without = row["lot_count"]
    return StockWorth(values=tuple(values), lots_without_cost=without)


def low_stock(*, now: datetime, limit: int = 50) -> list[LowStock]:
    """The variants that run low, least left first.

    Low: 0 < available <= the variant's own limit, else its category's, else 5.
    """
    low = low_levels(StockLevel.objects.all(), now=now)
    rows = low.order_by("available", "variant__sku")[:limit]
    return [
        LowStock(
            variant_id=row["variant_id"],
            sku=row["variant__sku"],
            product_name=row["variant__product__name"],
            stock_unit=row["variant__product__stock_unit"],
            available=row["available"],
            low_stock_quantity=row["threshold"],
        )
        for row in rows
    ]


def free_sum() -> Round:
    """What is not promised, of the levels that an aggregate runs over."""
    # SQLite adds binary fractions.
    return Round(
        Sum(F("on_hand") - F("reserved"), output_field=QUANTITY),
        precision=4,
        output_field=QUANTITY,
    )


def low_levels(levels: QuerySet[StockLevel], *, now: datetime) -> Any:
    """Variants that run low, of these levels alone, as rows with `available` and `threshold`.

    Who runs low has a place with no more left than the highest threshold, so few are looked at
    closely.
    """
    free = levels.filter(on_hand__gt=F("reserved"))
    # One more than the highest threshold: SQLite adds binary fractions.
    limits = _category_limits()
    own = Variant.objects.exclude(low_stock_quantity=None).order_by("-low_stock_quantity")
    most = max([LOW_STOCK_QUANTITY_DEFAULT, *limits])
    highest = Greatest(
        Value(most + 1, output_field=QUANTITY),
        Coalesce(Subquery(own.values("low_stock_quantity")[:1]) + 1, 0, output_field=QUANTITY),
        output_field=QUANTITY,
    )
    little = free.filter(on_hand__lte=F("reserved") + highest)
    variants = keys_or_query(little.distinct(), "variant_id", most=LOW_VARIANTS_MAX)
    return (
        sellable(free.filter(variant_id__in=variants), now=now)
        .values(
            "variant_id",
            "variant__sku",
            "variant__product__name",
            "variant__product__stock_unit",
            threshold=_limit("variant__", limits),
        )
        .annotate(available=free_sum())
        .filter(available__gt=0, available__lte=F("threshold"))
    )


def _category_limits() -> dict[Decimal, list[int]]:
    """Which categories have or inherit which limit."""
    by_limit: dict[Decimal, list[int]] = {}
    for category_id, chain in category_lineage().items():
        said = [c.low_stock_quantity for c in chain if c.low_stock_quantity is not None]
        if said:
            by_limit.setdefault(said[-1], []).append(category_id)
    return by_limit


def low_stock_limit(prefix: str = "") -> Coalesce:
    """The variant's own limit, else the one its category has or inherits, else 5, in SQL.

    `prefix` leads to the variant.
    """
    return _limit(prefix, _category_limits())


def _limit(prefix: str, by_limit: Mapping[Decimal, Collection[int]]) -> Coalesce:
    cases = [
        When(
            Q(**{f"{prefix}product__category_id__in": ids}),
            then=Value(limit, output_field=QUANTITY),
        )
        for limit, ids in sorted(by_limit.items())
    ]
    return Coalesce(
        F(f"{prefix}low_stock_quantity"),
        Case(*cases, default=Value(LOW_STOCK_QUANTITY_DEFAULT, output_field=QUANTITY)),
        output_field=QUANTITY,
    )
