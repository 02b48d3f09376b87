"""What stands behind products: asked by compliance, for the order and the worth of decisions."""

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal

from django.conf import settings
from django.db.models import (
    Case,
    Count,
    DecimalField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Subquery,
    Sum,
    When,
)

from compliance.assessments.exposure import ExposedLot, Exposure
from config.kernel.money import Money
from inventory.lots.models import Lot
from inventory.reservations.models import ReservationLine, ReservationStatus
from inventory.stock.models import StockLevel

_QUANTITY = DecimalField(max_digits=16, decimal_places=4)
_VALUE = DecimalField(max_digits=30, decimal_places=8)
_NOTHING = Exposure(
    lots=0, on_hand=Decimal(0), value=None, lots_without_cost=0, open_reservations=0
)


def exposure(product_ids: Collection[int]) -> dict[int, Exposure]:
    """What we hold and have promised of each product, in two queries; those without are missing.

    The value is at cost. No rates of exchange are kept: a cost in another than the shop's currency
    counts as not known.
    """
    found: dict[int, Exposure] = {}
    has_cost = Q(lot__currency=settings.BASE_CURRENCY)
    rows = (
        StockLevel.objects.filter(on_hand__gt=0, variant__product__in=product_ids)
        .order_by()
        .values_list("variant__product_id")
        .annotate(
            lots=Count("lot", distinct=True),
            total=Sum("on_hand"),
            value=Sum(F("on_hand") * F("lot__unit_cost"), filter=has_cost, output_field=_VALUE),
            without=Count("lot", distinct=True, filter=~has_cost),
        )
    )
    for product_id, lots, on_hand, value, without in rows:
        found[product_id] = Exposure(
            lots=lots,
            on_hand=on_hand,
            value=_money(value),
            lots_without_cost=without,
            open_reservations=0,
        )
    for product_id, count in (
        ReservationLine.objects.filter(
            variant__product__in=product_ids,
            reservation__status=ReservationStatus.HELD,
            quantity__gt=0,
        )
        .order_by()
        .values_list("variant__product_id")
        .annotate(count=Count("reservation", distinct=True))
    ):
        there = found.get(product_id, _NOTHING)
        found[product_id] = replace(there, open_reservations=count)
    return found


def exposed_lots(product_ids: Collection[int], most: int) -> list[ExposedLot]:
    """The lots of these products of which something lies in stock, the most valuable first."""
    own = StockLevel.objects.filter(lot=OuterRef("pk"), on_hand__gt=0).order_by().values("lot")
    lots = (
        Lot.objects.filter(variant__product__in=product_ids)
        .annotate(
            on_hand=Subquery(
                own.annotate(total=Sum("on_hand")).values("total"), output_field=_QUANTITY
            )
        )
        .filter(on_hand__isnull=False)
        .annotate(
            value=Case(
                When(
                    currency=settings.BASE_CURRENCY,
                    then=ExpressionWrapper(F("on_hand") * F("unit_cost"), output_field=_VALUE),
                ),
                default=None,
                output_field=_VALUE,
            )
        )
        .order_by(F("value").desc(nulls_last=True), "pk")
        .values_list(
            "pk",
            "variant__sku",
            "code",
            "expiry_date",
            "on_hand",
            "variant__product__stock_unit",
            "value",
        )[:most]
    )
    return [
        ExposedLot(
            lot_id=pk,
            sku=sku,
            lot=code,
            expiry_date=expiry_date,
            on_hand=on_hand,
            unit=unit,
            value=_money(value),
        )
        for pk, sku, code, expiry_date, on_hand, unit, value in lots
    ]


def _money(value: Decimal | None) -> Money | None:
    return None if value is None else Money(value, settings.BASE_CURRENCY)
