"""Reads of transfers: what is on the road, where it comes from, and when it should arrive."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.db.models import F, Min, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from inventory.lots.selectors import held_lot_ids, todays
from inventory.stock.models import StockLevel
from inventory.stock.selectors.levels import QUANTITY
from inventory.stock.selectors.serials import serials_on
from inventory.transfers.models import Transfer, TransferItem, TransferLine, TransferStatus
from inventory.transfers.rules import ZERO, Offer
from inventory.warehouses.models import KEPT_APART

ON_THE_ROAD = (TransferStatus.DISPATCHED, TransferStatus.PARTLY_RECEIVED)
OPEN = (TransferStatus.PLANNED, *ON_THE_ROAD)
_ROAD = F("items__sent") - F("items__received") - F("items__written_off")


def transfer_with_everything(transfer_id: UUID) -> Transfer | None:
    """One transfer with its lines and goods, in three queries; None: there is none."""
    return with_everything(Transfer.objects.filter(pk=transfer_id)).first()


def with_everything(transfers: QuerySet[Transfer]) -> QuerySet[Transfer]:
    """Transfers with warehouses, lines and goods."""
    lines = TransferLine.objects.select_related("variant__product", "lot").order_by("position")
    items = TransferItem.objects.select_related(
        "variant__product", "road_level__lot", "road_level__location__warehouse"
    ).order_by("variant__sku", "pk")
    return transfers.select_related("source", "destination", "client").prefetch_related(
        Prefetch("lines", lines), Prefetch("items", items)
    )


def with_progress(transfers: QuerySet[Transfer]) -> QuerySet[Transfer]:
    """Transfers with `sent`, `arrived` and `on_the_road`: sums over units of all products."""
    return transfers.annotate(
        sent=Coalesce(Sum("items__sent"), ZERO, output_field=QUANTITY),
        arrived=Coalesce(Sum("items__received"), ZERO, output_field=QUANTITY),
        on_the_road=Coalesce(Sum(_ROAD), ZERO, output_field=QUANTITY),
    )


def goods_on_the_road() -> QuerySet[TransferItem]:
    """What has left one warehouse and is not in the next yet, what left first in front."""
    return (
        TransferItem.objects.filter(
            transfer__status__in=ON_THE_ROAD, sent__gt=F("received") + F("written_off")
        )
        .select_related(
            "transfer__source", "transfer__destination", "variant__product", "road_level__lot"
        )
        .order_by("transfer__dispatched_at", "pk")
    )


def is_overdue(now: datetime) -> Q:
    """Transfers on the road that should be there by now, by the calendar of where they go."""
    late = Q(pk__in=[])
    for zone, today in todays(now).items():
        late |= Q(destination__time_zone=zone, expected_date__lt=today)
    return Q(status__in=ON_THE_ROAD) & late


def offers_of(*, warehouse_id: int, variant_ids: Collection[int]) -> list[Offer]:
    """What a warehouse could send of these variants; the caller has locked their levels."""
    levels = list(
        StockLevel.objects.filter(
            variant_id__in=variant_ids, location__warehouse_id=warehouse_id, on_hand__gt=0
        )
        .exclude(location__kind__in=KEPT_APART)
        .select_related("lot", "location")
        .order_by("pk")
    )
    held = held_lot_ids({level.lot_id for level in levels})
    pieces = serials_on([level.pk for level in levels])
    return [
        Offer(
            stock_level_id=level.pk,
            variant_id=level.variant_id,
            lot_id=level.lot_id,
            place=level.location.code,
            on_hand=level.on_hand,
            free=level.on_hand - level.reserved,
            expiry_date=level.lot.expiry_date,
            received_at=level.lot.received_at,
            is_on_hold=level.lot_id in held,
            serials=frozenset(pieces.get(level.pk, ())),
        )
        for level in levels
    ]


def arrival_dates(
    variant_ids: Collection[int], *, warehouse_ids: Collection[int], today: date
) -> dict[int, date]:
    """When the next goods of each variant that are on the road should arrive in these warehouses.

    Of transfers that have a day; one that is late has none.
    """
    rows = (
        _coming(variant_ids, warehouse_ids)
        .filter(transfer__expected_date__gte=today)
        .order_by()
        .values_list("variant_id")
        .annotate(first=Min("transfer__expected_date"))
    )
    return dict(rows)


def _coming(variant_ids: Collection[int], warehouse_ids: Collection[int]) -> QuerySet[TransferItem]:
    return TransferItem.objects.filter(
        variant_id__in=variant_ids,
        transfer__destination_id__in=warehouse_ids,
        transfer__status__in=ON_THE_ROAD,
        sent__gt=F("received") + F("written_off"),
    )
