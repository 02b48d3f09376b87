"""Where lots came from, where they are, and where they went: for one lot's page and for recalls.

Every read takes many lots and asks a bounded number of queries; what may be long is a queryset or
comes in order, newest first, so that a caller takes as much of it as it shows.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet

from inventory.lots.models import Lot
from inventory.purchasing.models import ShipmentNotice
from inventory.reservations.models import Allocation, ReservationStatus
from inventory.stock.models import MovementKind, StockLevel, StockMovement
from inventory.stock.selectors import ledger

OPENINGS_DEPTH_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Some of a lot as it came in: how much, from whom, on which delivery."""

    line: StockMovement
    notice_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """A reservation with which some of a lot left."""

    reservation_id: UUID
    reference: str
    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Some of a lot that left for an order. Nobody reserved it: no buyers."""

    line: StockMovement
    quantity: Decimal
    buyers: tuple[Buyer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kin:
    """The lots that were opened to make these or that these were set apart from, and the other way.

    `opened_into` holds those made by opening them, and what came back of them and was set apart.
    """

    opened_from: tuple[Lot, ...]
    opened_into: tuple[Lot, ...]


def arrivals(lot_ids: Collection[int]) -> QuerySet[StockMovement]:
    """The receipts of these lots, with lot, supplier and place, newest first."""
    return (
        ledger(lot_ids=lot_ids)
        .filter(kind=MovementKind.RECEIPT)
        .select_related(
            "stock_level__lot__supplier",
            "stock_level__location__warehouse",
            "stock_level__variant__product",
        )
    )


def with_notices(lines: Iterable[StockMovement]) -> list[Arrival]:
    """The same with the announced deliveries they came with: one query."""
    lines = list(lines)
    references = {line.reference for line in lines if line.reference}
    notices = ShipmentNotice.objects.filter(reference__in=references).exclude(status="cancelled")
    found = {
        (supplier_id, reference): pk
        for supplier_id, reference, pk in notices.values_list("supplier_id", "reference", "pk")
    }
    return [
        Arrival(
            line=line,
            notice_id=found.get((line.stock_level.lot.supplier_id or 0, line.reference)),
        )
        for line in lines
    ]


def departures(lot_ids: Collection[int]) -> QuerySet[StockMovement]:
    """The ledger's sales of these lots, newest first."""
    return ledger(lot_ids=lot_ids).filter(kind=MovementKind.SALE)


def with_buyers(lines: Iterable[StockMovement]) -> list[Departure]:
    """The same with the reservations of each order that took from that lot there: one query."""
    lines = list(lines)
    sold = (
        Allocation.objects.filter(
            stock_level_id__in={line.stock_level_id for line in lines},
            line__reservation__order_reference__in={line.reference for line in lines},
            line__reservation__status=ReservationStatus.COMMITTED,
        )
        .exclude(line__reservation__order_reference="")
        .values_list(
            "stock_level_id",
            "line__reservation__order_reference",
            "line__reservation_id",
            "line__reservation__reference",
            "line__reservation__client__name",
        )
        .distinct()
        .order_by("line__reservation__ended_at", "line__reservation_id")
    )
    buyers: dict[tuple[int, str], list[Buyer]] = defaultdict(list)
    for level_id, order, reservation_id, reference, client in sold:
        buyer = Buyer(reservation_id=reservation_id, reference=reference, client=client or "")
        buyers[level_id, order].append(buyer)
    return [
        Departure(
            line=line,
            quantity=-line.quantity,
            buyers=tuple(buyers[line.stock_level_id, line.reference]),
        )
        for line in lines
    ]


def other_movements(lot_ids: Collection[int]) -> QuerySet[StockMovement]:
    """What else happened to these lots: moves, transfers, returns, corrections; newest first."""
    return ledger(lot_ids=lot_ids).exclude(kind__in=(MovementKind.RECEIPT, MovementKind.SALE))


def whereabouts(lot_ids: Collection[int]) -> QuerySet[StockLevel]:
    """Where something of these lots lies now, goods on the road included."""
    return (
        StockLevel.objects.select_related("lot", "location__warehouse", "variant__product")
        .filter(lot_id__in=lot_ids, on_hand__gt=0)
        .order_by("location__warehouse__code", "location__code", "pk")
    )


def promises(lot_ids: Collection[int]) -> QuerySet[Allocation]:
    """The held reservations that keep some of these lots, what runs out first in front."""
    return (
        Allocation.objects.select_related(
            "line__reservation__client",
            "stock_level__lot",
            "stock_level__location__warehouse",
            "stock_level__variant__product",
        )
        .filter(stock_level__lot_id__in=lot_ids, is_open=True)
        .order_by("line__reservation__expires_at", "pk")
    )


def kin(lot_ids: Collection[int]) -> Kin:
    """The lots these came from and went into, directly or through others; two queries a step."""
    return Kin(
        opened_from=_follow(lot_ids, up=True),
        opened_into=_follow(lot_ids, up=False),
    )


def _follow(lot_ids: Collection[int], *, up: bool) -> tuple[Lot, ...]:
    found: dict[int, Lot] = {}
    last = set(lot_ids)
    for _ in range(OPENINGS_DEPTH_MAX):
        if up:
            older = Lot.objects.filter(pk__in=last)
            step = Q(pk__in=older.values("opened_from")) | Q(pk__in=older.values("split_from"))
        else:
            step = Q(opened_from__in=last) | Q(split_from__in=last)
        lots = Lot.objects.select_related("variant").filter(step).exclude(pk__in=found)
        new = {lot.pk: lot for lot in lots.order_by("pk")}
        found |= new
        last = set(new)
        if not last:
            break
    return tuple(found.values())
