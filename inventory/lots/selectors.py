"""Reads of lots: by name, by what holds them, and until when they may be sold."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import (
    DateField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Coalesce
from django.db.models.sql.compiler import SQLCompiler

from config.kernel import clock
from inventory.lots.models import Lot, LotHold
from inventory.warehouses.selectors import time_zones


class SellByDate(Func):
    """The last day of sale in SQL: an expiry date less a number of days; null stays null."""

    output_field = DateField()
    arity = 2

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: Any, **extra: Any
    ) -> Any:
        """Dates less whole days are dates: PostgreSQL."""
        return super().as_sql(compiler, connection, template="(%(expressions)s)", arg_joiner=" - ")

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **extra: Any) -> Any:
        """Dates are texts: SQLite."""
        return super().as_sql(
            compiler,
            connection,
            template="date(%(expressions)s || ' days')",
            arg_joiner=", '-' || ",
        )


def product_sell_by(prefix: str = "") -> SellByDate:
    """The last day of sale by the product's own minimum, of a lot that lies at `prefix`."""
    return SellByDate(
        F(f"{prefix}expiry_date"),
        Coalesce(F(f"{prefix}variant__product__cosmeticproduct__remaining_days_min"), Value(0)),
    )


def with_sell_by(lots: QuerySet[Lot]) -> QuerySet[Lot]:
    """Lots with `sell_by_date`, the last day of sale by the product's own minimum."""
    return lots.annotate(sell_by_date=product_sell_by())


def not_past(sell_by: str, time_zone: str, *, now: datetime) -> Q:
    """What may still be sold today: `sell_by` and `time_zone` name the columns that say so.

    Every warehouse has its own today; a lot without expiry has none to miss.
    """
    fresh = Q(**{f"{sell_by}__isnull": True})
    for zone, today in todays(now).items():
        fresh |= Q(**{time_zone: zone, f"{sell_by}__gte": today})
    return fresh


def todays(now: datetime) -> Mapping[str, date]:
    """Today in each time zone in which we have a warehouse."""
    return {zone: clock.today(zone, now) for zone in time_zones()}


def open_hold_of(lot: str = "pk") -> Exists:
    """Whether the lot at this place of the outer query is on hold."""
    return Exists(LotHold.objects.filter(lot_id=OuterRef(lot), released_at__isnull=True))


def with_hold(lots: QuerySet[Lot]) -> QuerySet[Lot]:
    """Lots with `is_on_hold`."""
    return lots.annotate(is_on_hold=open_hold_of())


def open_holds(lot_ids: Collection[int]) -> QuerySet[LotHold]:
    """The open holds of these lots, the oldest first."""
    return (
        LotHold.objects.select_related("lot")
        .filter(lot_id__in=lot_ids, released_at__isnull=True)
        .order_by("placed_at", "pk")
    )


def held_lot_ids(lot_ids: Collection[int]) -> set[int]:
    """Which of these lots are on hold."""
    return set(
        LotHold.objects.filter(lot_id__in=lot_ids, released_at__isnull=True).values_list(
            "lot_id", flat=True
        )
    )


def lots_named(code: str) -> QuerySet[Lot]:
    """The lots whose code is exactly this, of whatever product; the newest first."""
    return (
        Lot.objects.select_related("variant")
        .filter(code=code)
        .exclude(code="")
        .order_by("-received_at", "-pk")
    )


def find_lot(*, variant_id: int, code: str) -> Lot | None:
    """The lot of a variant with this code (blank: the open lot), or None."""
    return Lot.objects.select_related("variant").filter(variant_id=variant_id, code=code).first()


def lots_of(variant_ids: Collection[int]) -> QuerySet[Lot]:
    """The lots of these variants, what expires first in front, what never does last."""
    return (
        Lot.objects.select_related("variant", "supplier")
        .filter(variant_id__in=variant_ids)
        .order_by(F("expiry_date").asc(nulls_last=True), "received_at", "pk")
    )


def has_lots(variant_id: int) -> bool:
    """Whether goods of this variant ever came in: its SKU is printed on papers by then."""
    return Lot.objects.filter(variant_id=variant_id).exists()
