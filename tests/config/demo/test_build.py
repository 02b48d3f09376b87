"""The demo keeps its promises. Loaded once for this file, taken back after it."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.db import transaction
from django.db.models import Count, Max, Min, Q, Sum
from django.test import override_settings

from catalog.markets.selectors import market_by_code
from catalog.models import Barcode, Brand, ImportRun, Market, Partner, Price, Product, SkuAlias
from catalog.products.selectors import variants_by_sku
from config.demo.build import load
from config.demo.content import PRODUCTS, supplier_list
from config.demo.content.arrivals import ARRIVALS
from config.demo.content.bundles import BUNDLES
from config.demo.content.mishaps import MISHAPS
from config.demo.content.stock_plan import SCARCE, all_lots
from config.demo.loading.moves import WATCH
from config.kernel.alerts import Alert
from config.roles import ROLES
from inventory.availability.selectors import availability_of_items
from inventory.counting.services import reconcile
from inventory.models import (
    Lot,
    LotHold,
    Reservation,
    ReservationLine,
    ReturnAuthorization,
    SerialNumber,
    ShipmentNotice,
    StockLevel,
    StockMovement,
    Transfer,
    TransferItem,
    Warehouse,
)
from inventory.reservations.rules import why_not_sellable
from inventory.reservations.selectors import ItemCode
from inventory.stock.selectors import low_stock, sellable
from inventory.stock.selectors.serials import to_be_named
from tests.factories.inventory import NOW

VARIANTS = [(product, variant) for product in PRODUCTS for variant in product.variants]


@pytest.fixture(scope="module", autouse=True)
def db(django_db_setup, django_db_blocker, tmp_path_factory):
    """Stands in for pytest-django's transaction for each test: one for all, with the demo in it."""
    media = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("demo"))
    with django_db_blocker.unblock(), media, transaction.atomic():
        assert load(now=NOW)
        yield
        transaction.set_rollback(True)


def free_in_germany() -> dict[str, Decimal]:
    germany = Market.objects.get(code="DE")
    levels = sellable(
        StockLevel.objects.filter(
            location__warehouse__markets__market=germany,
            variant__product__stock_unit="each",
        ),
        now=NOW,
    )
    rows = levels.values("variant__sku").annotate(free=Sum("on_hand") - Sum("reserved"))
    return dict(rows.values_list("variant__sku", "free").order_by("variant__sku"))


def held_by_plan() -> dict[tuple[str, str, str], Decimal]:
    return {(lot.sku, lot.lot, lot.warehouse): lot.quantity for lot in all_lots()}


def test_it_knows_two_markets_two_warehouses_and_both_suppliers():
    markets = Market.objects.order_by("code").values_list("code", "currency", "time_zone")
    places = Count("locations", filter=~Q(locations__kind__in=("in_transit", "returns")))
    warehouses = Warehouse.objects.annotate(places=places).order_by("code")

    assert list(markets) == [
        ("DE", "EUR", "Europe/Berlin"),
        ("US-CA", "USD", "America/Los_Angeles"),
    ]
    assert [(w.code, w.time_zone, w.places) for w in warehouses] == [
        ("BER", "Europe/Berlin", 25),
        ("LAX", "America/Los_Angeles", 1),
    ]
    assert {"LUMEN", "RIDGE"} <= set(
        Partner.objects.filter(is_supplier=True).values_list("code", flat=True)
    )
    assert Brand.objects.filter(owner__isnull=False).count() == 11


def test_at_least_sixty_products_of_each_kind_are_on_sale():
    on_sale = Counter(p.kind for p in Product.objects.filter(stage="active"))

    assert on_sale["cosmetic"] >= 60
    assert on_sale["sports"] >= 60


def test_at_least_twenty_products_of_each_kind_have_ten_pieces_to_sell_in_germany():
    free = free_in_germany()
    refs = variants_by_sku(free)
    products = {
        (refs[sku].kind, refs[sku].product_id)
        for sku, quantity in free.items()
        if quantity >= 10 and not why_not_sellable(refs[sku].stage)
    }
    counts = Counter(kind for kind, _ in products)

    assert counts["cosmetic"] >= 20
    assert counts["sports"] >= 20


def test_three_lots_of_the_sun_fluid_expire_one_after_the_other():
    lots = Lot.objects.filter(
        variant__sku="COS-SUNFLUID-50",
        levels__on_hand__gt=0,
        levels__location__warehouse__code="BER",
    )

    assert list(lots.order_by("expiry_date").values_list("code", flat=True)) == [
        "SF2401",
        "SF2407",
        "SF2502",
    ]
    assert lots.values("expiry_date").distinct().count() == 3


def test_the_ball_has_one_open_lot():
    lot = Lot.objects.get(variant__sku="SE-BALL-5")

    assert (lot.code, lot.expiry_date) == ("", None)


def test_in_the_end_every_lot_of_the_plan_lies_there_or_is_on_the_road_and_nothing_else():
    rows = (
        StockLevel.objects.filter(on_hand__gt=0)
        .exclude(location__kind__in=("in_transit", "returns"))
        .exclude(variant__sku=WATCH)
        .values_list("variant__sku", "lot__code", "location__warehouse__code")
        .annotate(total=Sum("on_hand"))
        .order_by("variant__sku")
    )
    lying = Counter({(sku, lot, warehouse): total for sku, lot, warehouse, total in rows})
    for item in TransferItem.objects.select_related("variant", "road_level__lot"):
        lying[item.variant.sku, item.road_level.lot.code, "BER"] += item.on_the_road

    arrived = {(own.sku, own.lot, "BER"): own.pieces for own in ARRIVALS}
    assert dict(lying) == held_by_plan() | arrived


def test_alerts_were_raised_at_every_threshold_and_past_it():
    open_alerts = Alert.objects.filter(kind="lot-expiring", resolved_at__isnull=True)
    thresholds = {alert.payload["threshold"] for alert in open_alerts}

    assert {"90", "60", "30", "7", "past"} <= thresholds
    assert open_alerts.count() >= 10


def test_one_lot_is_on_hold():
    hold = LotHold.objects.get(released_at__isnull=True, lot__levels__on_hand__gt=0)

    assert (hold.lot.code, hold.reason) == ("HC8841", "quality")


def test_every_variant_has_barcodes_a_suppliers_code_and_prices():
    cases = sum(bool(variant.case_gtin) for _, variant in VARIANTS)
    prices = Price.objects.filter(variant__sku__in=[v.sku for _, v in VARIANTS])
    by_list = Counter(prices.values_list("price_list__kind", "price_list__currency"))

    assert Barcode.objects.filter(packaging_level="each").count() >= len(VARIANTS)
    assert Barcode.objects.filter(packaging_level="case").count() == cases
    assert SkuAlias.objects.filter(scheme="supplier").count() >= len(VARIANTS)
    assert by_list == {
        ("list", "EUR"): len(VARIANTS),
        ("list", "USD"): len(VARIANTS),
        ("cost", "EUR"): len(VARIANTS),
    }


def test_one_import_has_rejects():
    (run,) = ImportRun.objects.filter(rejected_count__gt=0)
    counts = {
        "rows": run.rows_total,
        "created": run.created_count,
        "updated": run.updated_count,
        "unchanged": run.unchanged_count,
        "rejected": run.rejected_count,
    }

    assert run.file_name == supplier_list.FILE_NAME
    assert run.status == "applied"
    assert counts == supplier_list.EXPECTED_COUNTS


def test_deliveries_wait_at_goods_in():
    waiting = ShipmentNotice.objects.filter(status="expected")

    assert sorted(waiting.values_list("supplier__code", "warehouse__code")) == [
        ("LUMEN", "BER"),
        ("RIDGE", "BER"),
    ]


def test_one_return_is_awaited_and_one_waits_on_the_bench():
    returns = ReturnAuthorization.objects.order_by("reference")

    assert list(returns.values_list("reference", "status", "is_blind")) == [
        ("RMA-1041", "received", True),
        ("RMA-1042", "authorised", False),
    ]
    assert StockLevel.objects.get(location__kind="returns").on_hand == 1


def test_some_carts_hold_stock_for_a_while():
    carts = Reservation.objects.filter(status="held")

    assert carts.count() == 5
    assert all(cart.expires_at > NOW + timedelta(days=2) for cart in carts)
    assert StockLevel.objects.filter(reserved__gt=0).count() >= 4


def test_a_year_of_sales_was_taken_from_reservations():
    sales = StockMovement.objects.filter(kind="sale")
    span = sales.aggregate(first=Min("happened_at"), last=Max("happened_at"))
    orders = Counter(
        Reservation.objects.filter(status="committed").values_list("market__code", flat=True)
    )

    assert sales.count() > 5000
    assert span["first"] < NOW - timedelta(days=350)
    assert NOW - timedelta(days=5) < span["last"] < NOW
    assert orders["DE"] > 140
    assert orders["US-CA"] > 80
    assert sales.values("stock_level__variant").distinct().count() > len(VARIANTS) * 0.9


def test_the_ledger_looks_lived_in_and_runs_in_the_order_of_time():
    # Transfers went on the road while the shop went on selling.
    lines = StockMovement.objects.exclude(kind="transfer")
    kinds = dict(lines.values_list("kind").annotate(Count("pk")).order_by("kind"))
    instants = list(lines.order_by("pk").values_list("happened_at", flat=True))

    assert set(kinds) == {
        "receipt",
        "sale",
        "move",
        "adjustment",
        "write_off",
        "supplier_return",
        "return",
    }
    others = sum(kinds.values()) - kinds["receipt"] - kinds["sale"] - kinds["return"]
    assert others == len(MISHAPS) + 2  # two moves
    assert instants == sorted(instants)
    assert instants[-1] < NOW


def test_some_goods_run_low_and_some_are_sold_out():
    low = {row.sku for row in low_stock(now=NOW, limit=100)}
    sold_out = {sku for sku, left in SCARCE.items() if not left}

    assert len(low & set(SCARCE)) >= 6
    assert sum(free_in_germany().get(sku, Decimal(0)) for sku in sold_out) == 0


def test_all_invariants_hold():
    assert reconcile(now=NOW) == []


def test_there_is_a_user_of_each_role_and_one_who_may_do_everything():
    users = get_user_model().objects.filter(email__endswith="@example.org")
    roles = dict(users.values_list("username", "groups__name"))

    assert set(roles) == {"demo", "merchandiser", "warehouse", "compliance", "buyer", "auditor"}
    assert roles.pop("demo") is None
    assert set(roles.values()) == set(ROLES)
    assert list(users.filter(is_superuser=True).values_list("username", flat=True)) == ["demo"]
    assert all(authenticate(None, username=name, password="demo") for name in ("demo", *roles))


def test_it_is_told_who_did_what():
    nobody = StockMovement.objects.filter(Q(actor__isnull=True) | Q(actor_name=""))

    assert nobody.count() == 0
    assert StockMovement.objects.filter(actor__username="warehouse").exists()


def test_a_second_load_changes_nothing():
    before = (Product.objects.count(), StockMovement.objects.count(), Alert.objects.count())

    assert load(now=NOW) is False

    assert (
        Product.objects.count(),
        StockMovement.objects.count(),
        Alert.objects.count(),
    ) == before


def test_sets_are_on_sale_and_one_is_in_a_cart():
    market = market_by_code("DE")
    items = [ItemCode(sku=bundle.sku) for bundle in BUNDLES]

    found, unknown = availability_of_items(items=items, market=market, now=NOW)

    assert unknown == []
    assert all(item.available > 0 for item in found)
    bundles = ReservationLine.objects.filter(is_bundle=True, reservation__status="held")
    assert sorted(bundles.values_list("variant__sku", "quantity")) == [
        ("BDL-CALM-EVENING-SET", 2),
        ("BDL-MARATHON-SET", 1),
    ]


def test_goods_are_on_the_road_and_one_piece_waits_to_be_named():
    sent = Transfer.objects.order_by("reference")
    watch = StockLevel.objects.get(variant__sku=WATCH)

    assert list(sent.values_list("status", flat=True)) == ["dispatched", "dispatched"]
    assert SerialNumber.objects.filter(stock_level=watch).count() == 12
    assert watch.on_hand == 11
    assert [line.reference for line in to_be_named()] == ["DE-19001"]
