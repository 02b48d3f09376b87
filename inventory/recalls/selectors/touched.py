"""Whom a recall concerns: where the lots came from, where they lie, who got or was promised any.

Every read takes all lots of a recall at once. What may be long is a queryset or takes a limit.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from catalog.partners.models import Partner
from config.kernel.clients import ApiClient
from inventory.availability.selectors import trace
from inventory.lots.models import Lot
from inventory.purchasing.models import ShipmentNoticeLine, ShipmentStatus
from inventory.recalls.models import RecallLoss, RecallPlace, RecallProgress
from inventory.reservations.models import Allocation, ReservationStatus
from inventory.stock.models import StockMovement
from inventory.transfers.models import TransferItem
from inventory.warehouses.models import Warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """A client whose orders got some of the lots, or whose reservations lost some.

    `partner` is the company behind it, where that is on file; no client: it left for orders that no
    client had reserved.
    """

    client_id: int | None
    name: str
    partner: Partner | None
    order_count: int
    loss_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A supplier of some of the lots."""

    partner: Partner
    lot_count: int


def expected_lines(lot_ids: Collection[int]) -> QuerySet[ShipmentNoticeLine]:
    """More of these lots that suppliers have announced and not delivered."""
    same = Lot.objects.filter(
        pk__in=lot_ids, variant=OuterRef("variant"), code=OuterRef("lot_code")
    )
    return (
        ShipmentNoticeLine.objects.filter(
            Exists(same),
            notice__status__in=(ShipmentStatus.EXPECTED, ShipmentStatus.PARTLY_RECEIVED),
            received_quantity__lt=F("quantity"),
        )
        .exclude(lot_code="")
        .select_related("notice__supplier", "notice__warehouse", "variant__product")
        .order_by("notice__expected_date", "pk")
    )


def transfers_of(lot_ids: Collection[int]) -> QuerySet[TransferItem]:
    """The transfers with which some of these lots went from one warehouse to another."""
    return (
        TransferItem.objects.filter(road_level__lot_id__in=lot_ids)
        .select_related(
            "transfer__source", "transfer__destination", "road_level__lot", "variant__product"
        )
        .order_by("-transfer__dispatched_at", "-pk")
    )


def losses_of(recall_id: UUID) -> QuerySet[RecallLoss]:
    """What reservations lost when the lots were frozen; those that are short in front."""
    return (
        RecallLoss.objects.filter(recall_id=recall_id)
        .select_related("reservation__client", "variant__product")
        .order_by("-short", "reservation__created_at", "pk")
    )


def places_of(recall_id: UUID) -> QuerySet[RecallPlace]:
    """What lay where when the lots were frozen."""
    return (
        RecallPlace.objects.filter(recall_lot__recall_id=recall_id)
        .select_related("warehouse")
        .order_by("recall_lot_id", "warehouse__code")
    )


def records_of(recall_id: UUID) -> QuerySet[RecallProgress]:
    """What was said to have become of the goods, the newest first."""
    return (
        RecallProgress.objects.filter(recall_lot__recall_id=recall_id)
        .select_related("recall_lot__lot__variant__product", "warehouse", "reverses", "reversed_by")
        .order_by("-pk")
    )


def buyers_of(recall_id: UUID, lot_ids: Collection[int]) -> list[Buyer]:
    """Everybody who got or lost some, who got most first: five queries."""
    sold = dict(
        _sold(lot_ids)
        .order_by()
        .values_list("line__reservation__client_id")
        .annotate(orders=Count("line__reservation__order_reference", distinct=True))
    )
    sold.pop(None, None)
    if nobodys := _nobodys_order_count(lot_ids):
        sold[None] = nobodys
    lost = dict(
        RecallLoss.objects.filter(recall_id=recall_id)
        .order_by()
        .values_list("reservation__client_id")
        .annotate(reservations=Count("reservation_id", distinct=True))
    )
    clients = ApiClient.objects.in_bulk([pk for pk in {*sold, *lost} if pk is not None])
    partners = Partner.objects.in_bulk([c.partner_id for c in clients.values() if c.partner_id])
    buyers = []
    for pk in {*sold, *lost}:
        client = clients.get(pk) if pk else None
        buyers.append(
            Buyer(
                client_id=pk,
                name=client.name if client else "",
                partner=partners.get(client.partner_id) if client and client.partner_id else None,
                order_count=sold.get(pk, 0),
                loss_count=lost.get(pk, 0),
            )
        )
    return sorted(buyers, key=lambda b: (-b.order_count, -b.loss_count, b.name, b.client_id or 0))


def sources_of(lot_ids: Collection[int]) -> list[Source]:
    """The suppliers of these lots: two queries."""
    counts = dict(
        Lot.objects.filter(pk__in=lot_ids, supplier__isnull=False)
        .order_by()
        .values_list("supplier_id")
        .annotate(lots=Count("pk"))
    )
    partners = Partner.objects.filter(pk__in=counts).order_by("code")
    return [Source(partner=partner, lot_count=counts[partner.pk]) for partner in partners]


def warehouses_of(lot_ids: Collection[int]) -> QuerySet[Warehouse]:
    """The warehouses where some lies or has ever lain."""
    lay = Q(locations__levels__lot_id__in=lot_ids)
    ids = Warehouse.objects.filter(lay).order_by().values("pk").distinct()
    return Warehouse.objects.filter(pk__in=ids).select_related("operator").order_by("code")


def orders_of(lot_ids: Collection[int]) -> QuerySet[StockMovement]:
    """The ledger's sales of these lots, newest first."""
    return trace.departures(lot_ids)


def orders_of_client(lot_ids: Collection[int], client_id: int | None) -> QuerySet[StockMovement]:
    """The same for one client's orders; None: those that nobody reserved by the API."""
    bought = Allocation.objects.filter(
        stock_level_id=OuterRef("stock_level_id"),
        line__reservation__order_reference=OuterRef("reference"),
        line__reservation__status=ReservationStatus.COMMITTED,
    )
    lines = orders_of(lot_ids)
    if client_id is not None:
        return lines.filter(Exists(bought.filter(line__reservation__client_id=client_id)))
    return lines.exclude(Exists(bought.filter(line__reservation__client_id__isnull=False)))


def _nobodys_order_count(lot_ids: Collection[int]) -> int:
    """How many orders got some without a client that had reserved it."""
    lines = orders_of_client(lot_ids, None).order_by()
    return lines.values("reference").distinct().count()


def _sold(lot_ids: Collection[int]) -> QuerySet[Allocation]:
    return Allocation.objects.filter(
        stock_level__lot_id__in=lot_ids,
        line__reservation__status=ReservationStatus.COMMITTED,
    )
