"""Reads of reservations, and of the stock they can be made from."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import (
    DecimalField,
    Exists,
    F,
    OuterRef,
    Prefetch,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, Greatest

from catalog.identifiers.errors import InvalidGtin
from catalog.identifiers.rules import normalise_gtin
from catalog.markets.models import Channel, Market
from catalog.products.models import Variant
from catalog.products.selectors import AliasCode, VariantRef, resolve_codes
from compliance.assessments.models import Clearance
from compliance.assessments.selectors.clearances import is_on_sale
from inventory.lots.rules import day_in
from inventory.lots.selectors import SellByDate, open_hold_of
from inventory.reservations.models import (
    Allocation,
    ChangeKind,
    Reservation,
    ReservationChange,
    ReservationLine,
    ReservationStatus,
    Shipment,
    ShipmentLine,
    ShipmentPart,
)
from inventory.reservations.rules import (
    ZERO,
    Candidate,
    Source,
    bundles_short,
)
from inventory.stock.models import StockLevel
from inventory.warehouses.models import KEPT_APART, MarketWarehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCode:
    """What a client calls a variant: its SKU, one of its GTINs, or an alias in a scheme."""

    sku: str = ""
    gtin: str = ""
    alias: str = ""
    alias_scheme: str = ""

    def __str__(self) -> str:
        return self.sku or self.gtin or self.alias

    @property
    def field(self) -> str:
        """The field in which the client gave it."""
        return "sku" if self.sku else "gtin" if self.gtin else "alias"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeStock:
    """What of one lot in one place may be promised: released, in a warehouse that sells."""

    stock_level_id: int
    variant_id: int
    warehouse_id: int
    warehouse_code: str
    lot_code: str
    expiry_date: date | None
    received_at: datetime
    free: Decimal

    def as_candidate(self, taken: Decimal = ZERO) -> Candidate:
        """The same for choosing, less what has been taken meanwhile."""
        return Candidate(
            stock_level_id=self.stock_level_id,
            warehouse_id=self.warehouse_id,
            available=self.free - taken,
            expiry_date=self.expiry_date,
            received_at=self.received_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSource:
    """A warehouse that serves a market, in the market's order."""

    warehouse_id: int
    code: str
    time_zone: str


def resolve_items(items: Sequence[ItemCode]) -> list[VariantRef | None]:
    """The variant behind each code, in their order; None where it names none of ours."""
    gtins = {item.gtin: gtin for item in items if item.gtin and (gtin := _gtin14(item.gtin))}
    aliases = {AliasCode(item.alias_scheme, item.alias) for item in items if item.alias}
    found = resolve_codes(
        skus={item.sku for item in items if item.sku},
        gtins=set(gtins.values()),
        aliases=aliases,
    )
    keys = (
        item.sku or gtins.get(item.gtin) or AliasCode(item.alias_scheme, item.alias)
        for item in items
    )
    return [found.get(key) for key in keys]


def _gtin14(text: str) -> str | None:
    try:
        return normalise_gtin(text).value
    except InvalidGtin:
        return None


def lines_not_cleared(reservation: Reservation, *, now: datetime) -> list[ReservationLine]:
    """The lines of goods that compliance keeps off sale now in the reservation's market."""
    cleared = Clearance.objects.filter(
        is_on_sale(now),
        product=OuterRef("variant__product"),
        market=reservation.market_id,
    )
    return list(
        ReservationLine.objects.filter(
            ~Exists(cleared), reservation=reservation, is_bundle=False, quantity__gt=0
        )
        .select_related("parent__variant")
        .order_by("position")
    )


def variants_of_products(product_ids: Collection[int]) -> dict[int, int]:
    """The products of all variants of these products, by the variant."""
    rows = Variant.objects.filter(product__in=product_ids).order_by("pk")
    return dict(rows.values_list("pk", "product_id"))


def held_lines_of(
    product_ids: Collection[int], *, market_id: int, now: datetime
) -> list[ReservationLine]:
    """What reservations of a market hold of these products, the oldest reservation first.

    `last_told` is what each was last told about being on or off sale.
    """
    told = ReservationChange.objects.filter(
        line=OuterRef("pk"), kind__in=[ChangeKind.OFF_SALE, ChangeKind.ON_SALE]
    )
    return list(
        ReservationLine.objects.filter(
            variant__product__in=product_ids,
            reservation__market=market_id,
            reservation__status=ReservationStatus.HELD,
            reservation__expires_at__gt=now,
            quantity__gt=0,
        )
        .annotate(last_told=Subquery(told.order_by("-pk").values("kind")[:1]))
        .select_related("reservation__market", "variant__product", "parent__variant")
        .order_by("reservation__created_at", "reservation_id", "position")
    )


def free_stock(
    *,
    variant_ids: Collection[int],
    warehouse_ids: Collection[int] | None = None,
    overdue_at: datetime | None = None,
) -> list[FreeStock]:
    """What is there of these variants and not promised; whether it is too old is for the rules.

    With `overdue_at`, what holds keep whose time has run out by then counts as free: whoever
    reserves gets it at once, before the sweep has been by.
    """
    levels = StockLevel.objects.filter(
        ~open_hold_of("lot_id"),
        variant_id__in=variant_ids,
        on_hand__gt=0,
        location__warehouse__is_sellable=True,
    ).exclude(location__kind__in=KEPT_APART)
    if warehouse_ids is not None:
        levels = levels.filter(location__warehouse_id__in=warehouse_ids)
    overdue = _overdue_quantity(overdue_at) if overdue_at else Value(ZERO)
    rows = levels.annotate(
        overdue=Coalesce(overdue, Value(ZERO), output_field=_QUANTITY)
    ).values_list(
        "pk",
        "variant_id",
        "location__warehouse_id",
        "location__warehouse__code",
        "lot__code",
        "lot__expiry_date",
        "lot__received_at",
        "on_hand",
        "reserved",
        "overdue",
    )
    stock = [
        FreeStock(
            stock_level_id=row[0],
            variant_id=row[1],
            warehouse_id=row[2],
            warehouse_code=row[3],
            lot_code=row[4],
            expiry_date=row[5],
            received_at=row[6],
            free=row[7] - row[8] + row[9],
        )
        for row in rows.order_by("pk")
    ]
    return [row for row in stock if row.free > 0]


_QUANTITY = DecimalField(max_digits=16, decimal_places=4)


def _overdue_quantity(at: datetime) -> Subquery:
    return Subquery(
        Allocation.objects.filter(
            stock_level=OuterRef("pk"),
            is_open=True,
            line__reservation__status=ReservationStatus.HELD,
            line__reservation__expires_at__lte=at,
        )
        .order_by()
        .values("stock_level")
        .annotate(total=Sum("quantity"))
        .values("total"),
        output_field=_QUANTITY,
    )


def levels_past_sell_by(*, variant_ids: Collection[int], now: datetime) -> set[int]:
    """The levels of these variants with promises that may be past their last day of sale.

    By the day that comes first anywhere; `give_way` looks at every promise by its own. A promise's
    last day depends on its market and channel: only lots near the end are looked at that closely.
    """
    tomorrow = now.date() + timedelta(days=1)
    product_days = Coalesce(
        F("stock_level__variant__product__cosmeticproduct__remaining_days_min"), 0
    )
    near = (
        StockLevel.objects.filter(
            variant_id__in=variant_ids, reserved__gt=0, lot__expiry_date__isnull=False
        )
        .annotate(
            sell_by_date=SellByDate(
                F("lot__expiry_date"),
                Greatest(
                    Coalesce(F("variant__product__cosmeticproduct__remaining_days_min"), 0),
                    _longest(Market),
                    _longest(Channel),
                ),
            )
        )
        .filter(sell_by_date__lt=tomorrow)
    )
    near_ids = list(near.order_by("pk").values_list("pk", flat=True))
    if not near_ids:
        return set()
    reservation = "line__reservation__"
    promises = (
        Allocation.objects.filter(stock_level_id__in=near_ids, is_open=True)
        .annotate(
            sell_by_date=SellByDate(
                F("stock_level__lot__expiry_date"),
                Greatest(
                    product_days,
                    F(f"{reservation}market__remaining_days_min"),
                    Coalesce(F(f"{reservation}channel__remaining_days_min"), 0),
                ),
            )
        )
        .filter(sell_by_date__lt=tomorrow)
    )
    return set(promises.order_by().values_list("stock_level_id", flat=True).distinct())


def _longest(model: type[Market] | type[Channel]) -> Coalesce:
    """The most days that any market, or any channel, asks a lot to have left."""
    days = model._default_manager.order_by("-remaining_days_min").values("remaining_days_min")[:1]
    return Coalesce(Subquery(days), 0)


def market_sources(market_ids: Collection[int]) -> dict[int, list[MarketSource]]:
    """The selling warehouses of each market, in its order."""
    found: dict[int, list[MarketSource]] = {market_id: [] for market_id in market_ids}
    rows = (
        MarketWarehouse.objects.filter(market_id__in=market_ids, warehouse__is_sellable=True)
        .order_by("market_id", "position")
        .values_list("market_id", "warehouse_id", "warehouse__code", "warehouse__time_zone")
    )
    for market_id, warehouse_id, code, time_zone in rows:
        found[market_id].append(
            MarketSource(warehouse_id=warehouse_id, code=code, time_zone=time_zone)
        )
    return found


def sources_on(
    sources: Iterable[MarketSource], *, now: datetime, deliver_on: date | None
) -> list[Source]:
    """The warehouses with the day on which a lot must still be sellable.

    That is today there, or the promised day of delivery if that is later.
    """
    return [
        Source(
            warehouse_id=source.warehouse_id,
            on=max(day_in(source.time_zone, now), deliver_on or date.min),
        )
        for source in sources
    ]


def candidates_by_variant(
    stock: Iterable[FreeStock], taken: Mapping[int, Decimal] | None = None
) -> dict[int, list[Candidate]]:
    """Free stock for choosing, by variant, less what has been taken meanwhile per stock level."""
    by_variant: dict[int, list[Candidate]] = defaultdict(list)
    gone = taken or {}
    for row in stock:
        candidate = row.as_candidate(gone.get(row.stock_level_id, ZERO))
        by_variant[row.variant_id].append(candidate)
    return by_variant


def reservation_of_client(*, reservation_id: UUID, client_id: int | None) -> Reservation | None:
    """One reservation of a client with all it holds, or None: nobody sees those of others."""
    return with_everything(
        Reservation.objects.filter(pk=reservation_id, client_id=client_id)
    ).first()


def with_everything(reservations: QuerySet[Reservation]) -> QuerySet[Reservation]:
    """The reservations with lines, allocations, lots and warehouses, in three queries."""
    lines = ReservationLine.objects.select_related("variant__product").order_by("position")
    allocations = Allocation.objects.select_related(
        "stock_level__lot", "stock_level__location__warehouse"
    ).order_by("pk")
    return reservations.select_related("market", "channel").prefetch_related(
        Prefetch("lines", lines), Prefetch("lines__allocations", allocations)
    )


def changes_of(reservation_id: UUID) -> QuerySet[ReservationChange]:
    """What became of a reservation since it was made, the newest first."""
    return (
        ReservationChange.objects.filter(reservation_id=reservation_id)
        .select_related("line__variant")
        .order_by("-pk")
    )


def line_tree(
    lines: Iterable[ReservationLine],
) -> list[tuple[ReservationLine, list[ReservationLine]]]:
    """The lines as they were asked for, each with the components of its bundle, in their order."""
    lines = sorted(lines, key=lambda line: (line.reservation_id, line.position))
    components: dict[int, list[ReservationLine]] = defaultdict(list)
    for line in lines:
        if line.parent_id is not None:
            components[line.parent_id].append(line)
    return [(line, components[line.pk]) for line in lines if line.parent_id is None]


def shortage_of(line: ReservationLine, components: Sequence[ReservationLine]) -> Decimal:
    """What is short of a line; of a bundle how many cannot be made whole."""
    if not line.is_bundle:
        return line.shortage
    return bundles_short(line.quantity, [(part.quantity, part.shortage) for part in components])


def shown_allocations(line: ReservationLine, *, status: str) -> list[Allocation]:
    """What keeps the line or, once it is committed, what was taken for it.

    A reservation that was released or has expired keeps nothing.
    """
    if status in (ReservationStatus.RELEASED, ReservationStatus.EXPIRED):
        return []
    return list(line.allocations.all())


def shipment_with_lines(shipment_id: UUID) -> Shipment | None:
    """What a warehouse sent, with where each line came from; None: there is no such shipment."""
    parts = ShipmentPart.objects.select_related("reservation_line").order_by("pk")
    lines = ShipmentLine.objects.select_related("variant__product", "lot").order_by("position")
    return (
        Shipment.objects.select_related("warehouse")
        .prefetch_related(Prefetch("lines", lines), Prefetch("lines__parts", parts))
        .filter(pk=shipment_id)
        .first()
    )
