"""The shop that reservations are measured in: so many SKUs, each with a few lots and plenty."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bench._clearances import clear_everything
from bench._insert import insert, set_sequences

LOTS_A_SKU = 5
PLENTY = 100_000_000
MARKET = "DE"
CHANNEL = "web"


@dataclass(frozen=True, slots=True)
class Site:
    """Where everything lies, and who asks for it."""

    location_id: int
    market_id: int
    client_id: int


def sku_of(number: int) -> str:
    """The SKU of the variant with this key."""
    return f"COS-B-{number}"


def open_site() -> Site:
    """A market, a channel, a warehouse with one bin, and an API client."""
    from catalog.models import Channel, Market
    from config.kernel.clients import ApiClient
    from inventory.warehouses.services import open_warehouse, serve_market

    market = Market.objects.create(
        code=MARKET, name="Germany", country="DE", currency="EUR", languages=["de"],
        time_zone="Europe/Berlin", remaining_days_min=30,
    )  # fmt: skip
    Channel.objects.create(code=CHANNEL, name="Web")
    warehouse = open_warehouse(
        code="BER", name="Berlin", time_zone="Europe/Berlin", bins=("A-1",), has_dock=False
    )
    serve_market(market_id=market.pk, positions={warehouse.pk: 1})
    client = ApiClient.objects.create(name="bench", rate_limit_per_minute=0)
    place = warehouse.locations.exclude(kind="in_transit").get()
    return Site(place.pk, market.pk, client.pk)


def add_goods(site: Site, *, first: int, last: int, now: datetime, lots: int = LOTS_A_SKU) -> None:
    """Cosmetics with the keys from first to last, each with so many lots. PostgreSQL only."""
    from django.contrib.contenttypes.models import ContentType

    from catalog.models import CosmeticProduct, Product, Variant
    from inventory.models import Lot, StockLevel

    kind = ContentType.objects.get_for_model(CosmeticProduct).pk
    numbers = f"generate_series({first}, {last}) n"
    product = {
        "id": "n",
        "name": "'Cream ' || n",
        "stage": "'active'",
        "polymorphic_ctype_id": str(kind),
        "created_at": "%(now)s",
        "updated_at": "%(now)s",
    }
    insert(Product, numbers, product, now=now)
    insert(CosmeticProduct, numbers, {"product_ptr_id": "n"})
    insert(Variant, numbers, {"id": "n", "product_id": "n", "sku": "'COS-B-' || n"})
    start = (Lot.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    each = f"{numbers}, generate_series(0, {lots - 1}) k ORDER BY n, k"
    key = f"{start} + (n - {first}) * {lots} + k"
    lot = {
        "id": key,
        "variant_id": "n",
        "code": "'L' || k",
        "expiry_date": "(%(now)s + (100 + 30 * k) * INTERVAL '1 day')::date",
        "received_at": "%(now)s",
    }
    insert(Lot, each, lot, now=now)
    level = {
        "id": key,
        "lot_id": key,
        "location_id": str(site.location_id),
        "variant_id": "n",
        "on_hand": str(PLENTY),
    }
    insert(StockLevel, each, level)
    clear_everything(now)
    set_sequences()


def add_promises(site: Site, *, first: int, last: int, count: int, now: datetime) -> None:
    """So many open promises of one piece on each variant from first to last. PostgreSQL only."""
    from django.db.models import F, Min

    from inventory.models import Allocation, Reservation, ReservationLine, StockLevel

    start = ReservationLine.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    each = f"generate_series({first}, {last}) v, generate_series(1, {count}) n"
    key = f"{start} + (v - {first}) * {count} + n"
    reservation = {
        "id": "md5(v || '-' || n)::uuid",
        "reference": "'open-' || v || '-' || n",
        "market_id": str(site.market_id),
        "client_id": str(site.client_id),
        "created_at": "%(now)s",
        "expires_at": "%(now)s + INTERVAL '1 day'",
    }
    insert(Reservation, each, reservation, now=now)
    line = {
        "id": key,
        "reservation_id": reservation["id"],
        "position": "1",
        "variant_id": "v",
        "requested_quantity": "1",
        "requested_unit": "'each'",
        "quantity": "1",
    }
    insert(ReservationLine, each, line)
    levels = "SELECT variant_id, min(id) AS first FROM inventory_stocklevel GROUP BY 1"
    kept = {"line_id": key, "stock_level_id": "l.first", "quantity": "1"}
    insert(Allocation, f"({levels}) l, {each} WHERE v = l.variant_id", kept, leave_out=("id",))
    of_them = StockLevel.objects.filter(variant_id__gte=first, variant_id__lte=last)
    firsts = of_them.values("variant_id").annotate(first=Min("pk")).values("first")
    StockLevel.objects.filter(pk__in=firsts).update(reserved=F("reserved") + count)
    set_sequences()


def add_few_goods(site: Site, *, count: int, now: datetime) -> None:
    """The same in small, row by row, on any database."""
    from catalog.models import CosmeticProduct, Variant
    from inventory.models import Lot, StockLevel

    for number in range(1, count + 1):
        product = CosmeticProduct.objects.create(name=f"Cream {number}", stage="active")
        variant = Variant.objects.create(pk=number, product=product, sku=sku_of(number))
        for k in range(LOTS_A_SKU):
            lot = Lot.objects.create(
                variant=variant,
                code=f"L{k}",
                expiry_date=(now + timedelta(days=100 + 30 * k)).date(),
                received_at=now,
            )
            StockLevel.objects.create(
                lot=lot, location_id=site.location_id, variant=variant, on_hand=PLENTY
            )
    clear_everything(now)
