"""Reads of returns: what was sold and may come back, what waits, how a return stands."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from catalog.products.models import Variant
from catalog.products.selectors import VariantRef
from inventory.counting.rules import Breach, Invariant
from inventory.counting.selectors.naming import level_breaches, rows_of, shown
from inventory.lots.models import HoldReason, Lot, LotHold
from inventory.lots.rules import days_left
from inventory.reservations.models import (
    Allocation,
    ChangeKind,
    Reservation,
    ReservationChange,
    ReservationLine,
    ReservationStatus,
)
from inventory.returns.models import (
    ReturnAuthorization,
    ReturnChange,
    ReturnItem,
    ReturnLine,
    ReturnOutcome,
    ReturnPart,
    ReturnStatus,
)
from inventory.returns.rules import (
    EXPECT_WITHIN,
    INSPECT_WITHIN,
    ZERO,
    Found,
    Obstacle,
    SoldLine,
    obstacles,
)
from inventory.stock.selectors.levels import QUANTITY

OFFERED_MAX = 200
OPEN = (ReturnStatus.AUTHORISED, ReturnStatus.RECEIVED, ReturnStatus.INSPECTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """What was sold under an order: who sold it, where, and each line of goods."""

    order_reference: str
    client_id: int | None
    market_id: int
    lines: list[SoldLine]

    def of(self, variant_id: int) -> list[SoldLine]:
        """The lines of one variant."""
        return [line for line in self.lines if line.variant_id == variant_id]


def orders_called(order_reference: str) -> QuerySet[Reservation]:
    """The committed reservations of an order, whoever's it is."""
    return Reservation.objects.filter(
        order_reference=order_reference, status=ReservationStatus.COMMITTED
    ).order_by("pk")


def sold_lines(
    reservation_ids: Collection[UUID], *, besides: Collection[UUID] = ()
) -> list[SoldLine]:
    """What left for these reservations, line by line, less what came back; in three queries.

    Components of bundles are lines of their own. `besides` are returns that do not count.
    """
    lines = ReservationLine.objects.filter(
        reservation_id__in=reservation_ids, is_bundle=False
    ).order_by("pk")
    variants = dict(lines.values_list("pk", "variant_id"))
    sold: dict[int, Decimal] = defaultdict(Decimal)
    lots: dict[int, set[int]] = defaultdict(set)
    taken = Allocation.objects.filter(line_id__in=variants, is_open=False).order_by("pk")
    for line_id, lot_id, quantity in taken.values_list(
        "line_id", "stock_level__lot_id", "quantity"
    ):
        sold[line_id] += quantity
        lots[line_id].add(lot_id)
    returned = _returned(variants, besides)
    return [
        SoldLine(
            line_id=line_id,
            variant_id=variant_id,
            sold=sold[line_id],
            returned=returned.get(line_id, ZERO),
            lots=frozenset(lots[line_id]),
        )
        for line_id, variant_id in variants.items()
        if sold[line_id]
    ]


def _returned(line_ids: Iterable[int], besides: Collection[UUID]) -> dict[int, Decimal]:
    found: dict[int, Decimal] = defaultdict(Decimal)
    parts = (
        ReturnPart.objects.filter(sold_line_id__in=list(line_ids))
        .exclude(line__authorization__status=ReturnStatus.CANCELLED)
        .exclude(line__authorization_id__in=besides)
        .order_by("pk")
    )
    for line_id, quantity in parts.values_list("sold_line_id", "quantity"):
        found[line_id] += quantity
    return found


def return_with_everything(return_id: UUID) -> ReturnAuthorization | None:
    """One return with lines, goods and outcomes, in five queries; None: there is none."""
    return with_everything(ReturnAuthorization.objects.filter(pk=return_id)).first()


def with_everything(returns: QuerySet[ReturnAuthorization]) -> QuerySet[ReturnAuthorization]:
    """Returns with lines, goods and outcomes."""
    lines = ReturnLine.objects.select_related(
        "variant__product", "lot", "exchange_variant__product", "exchange_reservation__client"
    ).order_by("position")
    items = ReturnItem.objects.select_related(
        "stock_level__lot", "stock_level__location__warehouse"
    ).order_by("pk")
    outcomes = ReturnOutcome.objects.select_related(
        "lot", "stock_level__lot", "stock_level__variant", "stock_level__location__warehouse"
    ).order_by("pk")
    return returns.select_related("market", "warehouse", "client").prefetch_related(
        Prefetch("lines", lines),
        Prefetch("lines__items", items),
        Prefetch("lines__outcomes", outcomes),
    )


def with_progress(returns: QuerySet[ReturnAuthorization]) -> QuerySet[ReturnAuthorization]:
    """Returns with `announced` and `arrived`: sums over units of all products."""
    return returns.annotate(
        announced=Coalesce(Sum("lines__quantity"), ZERO, output_field=QUANTITY),
        arrived=Coalesce(Sum("lines__received"), ZERO, output_field=QUANTITY),
    )


def changes_of(return_id: UUID) -> QuerySet[ReturnChange]:
    """What happened to a return, the newest first."""
    return ReturnChange.objects.filter(authorization_id=return_id).order_by("-pk")


def waiting_items(return_id: UUID) -> list[ReturnItem]:
    """What came in of a return and nobody has decided about, in the order of its lines."""
    return list(
        ReturnItem.objects.filter(line__authorization_id=return_id, received__gt=F("decided"))
        .select_related(
            "line__variant__product", "stock_level__lot", "stock_level__location__warehouse"
        )
        .order_by("line__position", "pk")
    )


def held_for(lot_ids: Collection[int]) -> dict[int, set[str]]:
    """For which reasons these lots are on hold."""
    found: dict[int, set[str]] = defaultdict(set)
    holds = LotHold.objects.filter(lot_id__in=lot_ids, released_at__isnull=True)
    for lot_id, reason in holds.values_list("lot_id", "reason"):
        found[lot_id].add(reason)
    return found


def obstacles_of(
    lot: Lot,
    variant: VariantRef,
    *,
    holds: Collection[str],
    is_sealed: bool | None,
    is_lot_known: bool,
    today: date,
) -> list[Obstacle]:
    """Why goods of this lot, found like this, may not go back on sale; none: they may."""
    return obstacles(
        Found(
            is_cosmetic=variant.is_lot_tracked,
            is_sealed=is_sealed,
            is_lot_known=is_lot_known,
            is_recalled=HoldReason.RECALL in holds,
            is_on_hold=bool(holds),
            was_opened=lot.opened_on_date is not None,
            days_left=days_left(lot.expiry_date, variant.remaining_days_min, on=today),
        )
    )


def refurbished_before(variants: Collection[Variant]) -> dict[int, list[tuple[str, str]]]:
    """As which SKUs to sell each of these refurbished, with their names; in two queries.

    What it became before, then its siblings.
    """
    ids = {variant.pk for variant in variants}
    names = ("variant_id", "variant__sku", "variant__product__name")
    became = (
        Lot.objects.filter(is_refurbished=True, split_from__variant_id__in=ids)
        .exclude(variant_id=F("split_from__variant_id"))
        .order_by("variant__sku")
        .values_list("split_from__variant_id", *names)
        .distinct()[:OFFERED_MAX]
    )
    siblings = Variant.objects.filter(product_id__in={variant.product_id for variant in variants})
    rows = siblings.order_by("sku").values_list("product_id", "pk", "sku", "product__name")
    by_product: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    for product_id, pk, sku, name in rows[:OFFERED_MAX]:
        by_product[product_id].append((pk, sku, name))
    found: dict[int, dict[int, tuple[str, str]]] = defaultdict(dict)
    for came_as, pk, sku, name in became:
        found[came_as][pk] = (sku, name)
    for variant in variants:
        for pk, sku, name in by_product[variant.product_id]:
            if pk != variant.pk:
                found[variant.pk].setdefault(pk, (sku, name))
    return {pk: list(offers.values()) for pk, offers in found.items()}


def breaches_of_returns(*, limit: int) -> list[Breach]:
    """What lies where returns lie, against what their returns say waits to be inspected.

    Nothing of a return waits anywhere else.
    """
    rows = rows_of(
        """
        SELECT id, lies, waits
        FROM (
            SELECT level.id,
                   CASE WHEN location.kind = 'returns'
                        THEN CAST(ROUND(level.on_hand * 10000) AS BIGINT) ELSE 0 END AS lies,
                   COALESCE(goods.total, 0) AS waits
            FROM inventory_stocklevel level
            JOIN inventory_location location ON location.id = level.location_id
            LEFT JOIN (
                SELECT stock_level_id,
                       SUM(CAST(ROUND((received - decided) * 10000) AS BIGINT)) AS total
                FROM inventory_returnitem GROUP BY stock_level_id
            ) goods ON goods.stock_level_id = level.id
            WHERE location.kind = 'returns' OR goods.total <> 0
        ) level
        WHERE lies <> waits
        ORDER BY id LIMIT %s
        """,
        limit,
    )
    return level_breaches(
        Invariant.RETURNS,
        {pk: {"on hand": shown(lies), "returns": shown(waits)} for pk, lies, waits in rows},
    )


def not_come(now: datetime) -> QuerySet[ReturnAuthorization]:
    """Returns of which nothing has come for long, the oldest first."""
    return ReturnAuthorization.objects.filter(
        status=ReturnStatus.AUTHORISED, created_at__lt=now - EXPECT_WITHIN
    ).order_by("created_at", "pk")


def not_inspected(now: datetime) -> QuerySet[ReturnAuthorization]:
    """Returns whose goods have waited for long to be inspected, the oldest first."""
    return ReturnAuthorization.objects.filter(
        status=ReturnStatus.RECEIVED, received_at__lt=now - INSPECT_WITHIN
    ).order_by("received_at", "pk")


def replacements_short(reservation_ids: Collection[UUID]) -> set[UUID]:
    """Those of these reservations of which some was taken away."""
    short = ReservationLine.objects.filter(reservation_id__in=reservation_ids, shortage__gt=0)
    return set(short.values_list("reservation_id", flat=True))


def replacements_ended(reservation_ids: Collection[UUID]) -> dict[UUID, ReservationChange]:
    """By whom and why each of these reservations was committed or released, if it was."""
    ends = ReservationChange.objects.filter(
        reservation_id__in=reservation_ids, kind__in=(ChangeKind.COMMITTED, ChangeKind.RELEASED)
    )
    return {change.reservation_id: change for change in ends.order_by("pk")}


def exchanges_to_keep(until: datetime) -> QuerySet[ReturnLine]:
    """Lines whose replacement is not decided yet and whose promise has ended, or ends by then."""
    return (
        ReturnLine.objects.filter(
            Q(
                exchange_reservation__status=ReservationStatus.HELD,
                exchange_reservation__expires_at__lt=until,
            )
            | Q(exchange_reservation__status=ReservationStatus.EXPIRED),
            authorization__status__in=OPEN,
            is_exchange_approved__isnull=True,
        )
        .select_related("authorization__market", "exchange_variant__product")
        .order_by("pk")
    )
