"""Reads of serial numbers: where each piece lies, how it came there, what nobody has named yet."""

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    Count,
    DecimalField,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Abs, Coalesce

from catalog.products.models import SportsProduct
from inventory.stock.models import (
    MovementKind,
    SerialMovement,
    SerialNumber,
    StockLevel,
    StockMovement,
)

IS_TRACKED = "product__sportsproduct__is_serial_tracked"
_COUNT = DecimalField(max_digits=16, decimal_places=4)


def serial_tracked_ids(variant_ids: Collection[int]) -> set[int]:
    """Those of these variants whose pieces carry serial numbers."""
    products = SportsProduct.objects.filter(is_serial_tracked=True, variants__in=variant_ids)
    return set(products.order_by().values_list("variants", flat=True)) & set(variant_ids)


def serials_on(stock_level_ids: Collection[int]) -> dict[int, list[str]]:
    """The serial numbers that lie on each of these levels, in their order."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = SerialNumber.objects.filter(stock_level_id__in=stock_level_ids).order_by("serial")
    for level_id, serial in rows.values_list("stock_level_id", "serial"):
        found[level_id].append(serial)
    return found


def serials_called(serial: str) -> QuerySet[SerialNumber]:
    """The pieces with this serial number, of whatever product: one for each."""
    return (
        SerialNumber.objects.select_related(
            "variant__product", "lot", "stock_level__location__warehouse"
        )
        .filter(serial=serial)
        .order_by("pk")
    )


def was_once(pieces: Collection[SerialNumber], sku: str) -> SerialNumber | None:
    """The one of these pieces that was of this SKU before, if there is one."""
    earlier = set(
        SerialMovement.objects.filter(
            serial__in=pieces, movement__stock_level__variant__sku=sku
        ).values_list("serial_id", flat=True)
    )
    return next((piece for piece in pieces if piece.pk in earlier), None)


def passages_of(serial_id: int) -> QuerySet[SerialMovement]:
    """Every line of the ledger that is about one piece, the newest first."""
    return (
        SerialMovement.objects.select_related(
            "movement__stock_level__lot",
            "movement__stock_level__location__warehouse",
            "movement__stock_level__variant__product",
        )
        .filter(serial_id=serial_id)
        .order_by("-movement_id")
    )


def with_serial_count(levels: QuerySet[StockLevel]) -> QuerySet[StockLevel]:
    """Levels with `serial_count`: how many of the pieces that lie there are known by number."""
    own = SerialNumber.objects.filter(stock_level=OuterRef("pk")).order_by().values("stock_level")
    return levels.annotate(
        serial_count=Coalesce(Subquery(own.annotate(n=Count("pk")).values("n")), 0)
    )


def with_unnamed(lines: QuerySet[StockMovement]) -> QuerySet[Any]:
    """Lines about pieces with serial numbers, with `unnamed`: how many of them nobody has named.

    What was booked as sold and put back, because other stock was sent, needs no name.
    """
    named = SerialMovement.objects.filter(movement=OuterRef("pk")).order_by().values("movement")
    count = Subquery(named.annotate(n=Count("pk")).values("n"))
    put_back = (
        StockMovement.objects.filter(
            stock_level=OuterRef("stock_level"),
            reference=OuterRef("reference"),
            kind=MovementKind.SALE,
            quantity__gt=0,
        )
        .order_by()
        .values("stock_level")
        .annotate(total=Sum("quantity"))
        .values("total")
    )
    return (
        lines.filter(**{f"stock_level__variant__{IS_TRACKED}": True})
        .exclude(kind=MovementKind.SALE, quantity__gt=0)
        .annotate(
            unnamed=Abs(F("quantity"), output_field=_COUNT)
            - Coalesce(count, Value(0), output_field=_COUNT)
            - Case(
                When(
                    kind=MovementKind.SALE,
                    then=Coalesce(Subquery(put_back), Value(Decimal(0)), output_field=_COUNT),
                ),
                default=Value(Decimal(0)),
                output_field=_COUNT,
            )
        )
    )


def to_be_named(model: type[StockMovement] = StockMovement) -> QuerySet[Any]:
    """The lines of the ledger of which some pieces are not named yet."""
    return with_unnamed(model._default_manager.all()).filter(unnamed__gt=Decimal(0))
