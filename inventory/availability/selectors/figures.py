"""The figures of the pages that show a SKU and a lot: what lies there and what becomes of it."""

from datetime import datetime
from decimal import Decimal
from typing import TypeVar, cast

from django.db.models import (
    DecimalField,
    Exists,
    Expression,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce

from catalog.products.models import Variant
from inventory.lots.models import Lot, LotHold
from inventory.lots.selectors import (
    open_hold_of,
    product_sell_by,
    with_hold,
    with_sell_by,
)
from inventory.purchasing.models import ShipmentNoticeLine
from inventory.purchasing.selectors import OPEN_STATUSES
from inventory.reservations.models import OWING, Allocation, ReservationLine
from inventory.stock.models import StockLevel
from inventory.stock.selectors import free_sum, fresh_levels, low_stock_limit, sellable

V = TypeVar("V", bound=Variant)
_QUANTITY = DecimalField(max_digits=16, decimal_places=4)


def with_figures(
    variants: QuerySet[V], *, now: datetime, warehouse_id: int | None = None
) -> QuerySet[V]:
    """Variants with `on_hand`, `reserved`, `available`, `blocked` and `low_limit`.

    Of one warehouse, if one is named. `on_hand` is None where nothing ever lay; `blocked` is what
    lies there on hold or past its last day of sale. What lies in stock is in `filled_levels`.
    """
    levels = levels_in(warehouse_id)
    own, fresh = levels.filter(variant_id=OuterRef("pk")), fresh_levels(now)
    figures = variants.annotate(
        on_hand=_total(own, "variant_id", Sum("on_hand")),
        reserved=_total(own, "variant_id", Sum("reserved")),
        available=_or_zero(_total(sellable(own, now=now, fresh=fresh), "variant_id", free_sum())),
        blocked=_or_zero(_total(blocked(own, fresh), "variant_id", Sum("on_hand"))),
        low_limit=low_stock_limit(),
    ).prefetch_related(
        Prefetch(
            "stock_levels",
            levels.filter(on_hand__gt=0).select_related("lot"),
            to_attr="filled_levels",
        )
    )
    return cast("QuerySet[V]", figures)  # the same rows, with more to read on each


def with_lot_figures(lots: QuerySet[Lot], *, warehouse_id: int | None = None) -> QuerySet[Lot]:
    """Lots with `sell_by_date`, `is_on_hold`, `on_hand`, `reserved` and `value`.

    Of one warehouse, if one is named; `value` is None where the cost is not known.
    """
    own = levels_in(warehouse_id).filter(lot_id=OuterRef("pk"))
    return (
        with_hold(with_sell_by(lots))
        .annotate(
            on_hand=_or_zero(_total(own, "lot_id", Sum("on_hand"))),
            reserved=_or_zero(_total(own, "lot_id", Sum("reserved"))),
        )
        .annotate(value=F("on_hand") * F("unit_cost"))
    )


def lots_with_stock(*, warehouse_id: int | None = None) -> Q:
    """Lots of which something lies in stock, in one warehouse if one is named."""
    return Q(Exists(levels_in(warehouse_id).filter(lot_id=OuterRef("pk"), on_hand__gt=0)))


def holds_of(lots: Q) -> QuerySet[LotHold]:
    """The holds of some lots, open ones first, then the newest."""
    return (
        LotHold.objects.select_related("lot", "placed_by", "released_by")
        .filter(lots)
        .order_by(F("released_at").desc(nulls_first=True), "-placed_at", "-pk")
    )


def promises_on(levels: Q) -> QuerySet[Allocation]:
    """Which reservations keep some stock, what runs out first in front."""
    return (
        Allocation.objects.select_related(
            "line__reservation__client", "stock_level__lot", "stock_level__location__warehouse"
        )
        .filter(levels, is_open=True)
        .order_by("line__reservation__expires_at", "pk")
    )


def shortages_of(variant_id: int) -> QuerySet[ReservationLine]:
    """Lines that are owed more of a variant than is there, the oldest first."""
    return (
        ReservationLine.objects.select_related("reservation__client")
        .filter(variant_id=variant_id, shortage__gt=0, reservation__status__in=OWING)
        .order_by("reservation__created_at", "pk")
    )


def incoming_of(variant_id: int) -> QuerySet[ShipmentNoticeLine]:
    """Announced lots of a variant of which something is still to come."""
    return (
        ShipmentNoticeLine.objects.select_related("notice__supplier", "notice__warehouse")
        .filter(
            variant_id=variant_id,
            notice__status__in=OPEN_STATUSES,
            received_quantity__lt=F("quantity"),
        )
        .order_by("notice__created_at", "position")
    )


def levels_in(warehouse_id: int | None) -> QuerySet[StockLevel]:
    """All levels, or those of one warehouse."""
    levels = StockLevel.objects.all()
    return levels if warehouse_id is None else levels.filter(location__warehouse_id=warehouse_id)


def blocked(levels: QuerySet[StockLevel], fresh: Q) -> QuerySet[StockLevel]:
    """Levels with lots on hold, or past their last day of sale."""
    return levels.annotate(sell_by_date=product_sell_by("lot__")).filter(
        Q(open_hold_of("lot_id")) | ~fresh
    )


def _total(levels: QuerySet[StockLevel], by: str, total: Expression) -> Subquery:
    rows = levels.order_by().values(by).annotate(figure=total).values("figure")
    return Subquery(rows, output_field=_QUANTITY)


def _or_zero(total: Subquery) -> Coalesce:
    return Coalesce(total, Value(Decimal(0)), output_field=_QUANTITY)
