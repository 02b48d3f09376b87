from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from config.kernel import context
from config.kernel.money import Money
from config.kernel.outbox import OutboxEvent
from inventory.lots.errors import (
    BundleHasNoStock,
    ExpiryBeforeProduction,
    ExpiryInPast,
    ExpiryRequired,
    LotDatesDiffer,
    LotRequired,
)
from inventory.lots.models import HoldReason, Lot, LotHold
from inventory.stock import services
from inventory.stock.errors import (
    CostDiffers,
    HappensInFuture,
    InvalidQuantity,
    InvalidText,
    UnknownVariant,
)
from inventory.stock.models import StockLevel, StockMovement
from inventory.warehouses.errors import UnknownLocation, UnknownWarehouse
from inventory.warehouses.models import Location, LocationKind, Warehouse
from tests.factories import catalog
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db
NOW = make.NOW


@pytest.fixture
def cream():
    return catalog.variant(catalog.cosmetic(sku="COS-CREAM-50"))


@pytest.fixture
def ball():
    return catalog.variant(catalog.sports(sku="SE-BALL-5"))


def test_goods_come_in_on_the_dock_with_their_lot_and_a_ledger_line(cream, asked):
    berlin = make.warehouse()

    with context.bind(request_id="req-1", actor_name="api:wms"):
        movement = services.receive(
            warehouse_id=berlin.pk,
            variant_id=cream.pk,
            quantity=Decimal(12),
            lot_code=" L42 ",
            expiry_date=date(2027, 3, 31),
            production_date=date(2026, 9, 1),
            unit_cost=Money("4.20", "EUR"),
            reference="DN-7",
            happened_at=NOW - timedelta(hours=1),
            now=NOW,
        )

    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved, level.variant_id) == (12, 0, cream.pk)
    assert level.location.code == "DOCK"
    lot = level.lot
    assert (lot.code, lot.expiry_date, lot.production_date) == (
        "L42",
        date(2027, 3, 31),
        date(2026, 9, 1),
    )
    assert (lot.unit_cost, lot.currency) == (Decimal("4.2"), "EUR")
    assert lot.received_at == NOW - timedelta(hours=1)
    assert movement == StockMovement.objects.get()
    movement.refresh_from_db()
    assert (movement.quantity, movement.kind, movement.reference) == (12, "receipt", "DN-7")
    assert (movement.happened_at, movement.recorded_at) == (NOW - timedelta(hours=1), NOW)
    assert (movement.actor_name, movement.request_id) == ("api:wms", "req-1")
    assert asked.filled == [[cream.pk]]


def test_a_receipt_is_told_to_the_feed(cream):
    make.receive(cream, 3, lot="L1", expires="2027-03-31", reference="DN-1")

    event = OutboxEvent.objects.get(type="stock.changed")
    assert event.subject == "COS-CREAM-50"
    assert event.payload == {
        "sku": "COS-CREAM-50",
        "warehouse": "BER",
        "kind": "receipt",
        "quantity": "3",
        "reference": "DN-1",
    }


def test_more_of_a_lot_joins_it_and_may_leave_its_dates_out(cream):
    level = make.receive(cream, 3, lot="L1", expires="2027-03-31")

    services.receive(
        location_id=level.location_id,
        variant_id=cream.pk,
        quantity=Decimal(4),
        lot_code="L1",
        happened_at=NOW,
        now=NOW,
    )

    level.refresh_from_db()
    assert level.on_hand == 7
    assert Lot.objects.count() == 1


def test_sports_goods_share_one_open_lot(ball):
    first = make.receive(ball, 3)
    second = make.receive(ball, 4, at=make.location("A-1"))

    assert first.lot == second.lot
    assert (first.lot.code, first.lot.expiry_date) == ("", None)
    assert StockLevel.objects.count() == 2


def test_the_cost_of_a_lot_is_averaged_by_what_is_on_hand(ball):
    level = make.receive(ball, 2, cost=Money("10.00", "EUR"))
    make.receive(ball, 1, at=make.location("A-1"), cost=Money("13.00", "EUR"))

    level.lot.refresh_from_db()
    assert level.lot.unit_cost == Decimal("11.0000")
    assert level.lot.history.count() == 2


def test_a_receipt_without_cost_leaves_the_cost_alone(ball):
    level = make.receive(ball, 2, cost=Money("10.00", "EUR"))
    make.receive(ball, 50)

    level.lot.refresh_from_db()
    assert level.lot.unit_cost == Decimal(10)


def test_refuses_a_cost_in_another_currency_than_the_lots(ball):
    make.receive(ball, 2, cost=Money("10.00", "EUR"))
    before = make.stock_state()

    with pytest.raises(CostDiffers, match=r"9 USD cannot be averaged with the 10 EUR on file"):
        make.receive(ball, 1, cost=Money("9.00", "USD"))

    assert make.stock_state() == before


def test_goods_can_come_in_on_hold(cream):
    level = make.receive(
        cream,
        3,
        lot="L1",
        expires="2027-03-31",
        hold=HoldReason.QUARANTINE,
        hold_note="box torn",
    )

    hold = LotHold.objects.get()
    assert (hold.lot_id, hold.reason, hold.note) == (level.lot_id, "quarantine", "box torn")
    assert hold.placed_at == NOW
    assert OutboxEvent.objects.filter(type="lot.held").count() == 1


@pytest.mark.parametrize(
    ("fields", "error", "detail"),
    [
        ({"lot_code": ""}, LotRequired, "COS-CREAM-50 is tracked by lot"),
        ({"lot_code": "  "}, LotRequired, "COS-CREAM-50 is tracked by lot"),
        ({"expiry_date": None}, ExpiryRequired, "COS-CREAM-50 lot L1: give its expiry date"),
        (
            {"expiry_date": date(2026, 11, 23)},
            ExpiryInPast,
            "COS-CREAM-50 lot L1: the expiry date 2026-11-23 is in the past",
        ),
        (
            {"expiry_date": date(2026, 12, 1), "production_date": date(2026, 12, 2)},
            ExpiryBeforeProduction,
            "the expiry date 2026-12-01 is before the production date 2026-12-02",
        ),
        ({"quantity": Decimal(0)}, InvalidQuantity, "quantity 0 is not greater than zero"),
        ({"quantity": Decimal(-1)}, InvalidQuantity, "quantity -1 is not greater than zero"),
        ({"quantity": Decimal(10**9)}, InvalidQuantity, "quantity 1000000000 is more than"),
        ({"quantity": Decimal("1.5")}, InvalidQuantity, "quantity 1.5 is not whole"),
        ({"happened_at": NOW + timedelta(seconds=1)}, HappensInFuture, "later than now"),
        ({"reference": "x" * 101}, InvalidText, "reference has 101 characters"),
    ],
)
def test_a_refused_receipt_changes_nothing(cream, fields, error, detail):
    facts = {
        "warehouse_id": make.warehouse().pk,
        "variant_id": cream.pk,
        "quantity": Decimal(1),
        "lot_code": "L1",
        "expiry_date": date(2027, 3, 31),
        "happened_at": NOW,
        "now": NOW,
    }
    before = make.stock_state()

    with pytest.raises(error, match=detail):
        services.receive(**facts | fields)

    assert make.stock_state() == before
    assert not OutboxEvent.objects.filter(type="stock.changed").exists()


def test_refuses_another_expiry_for_a_lot_on_file_and_names_both(cream):
    make.receive(cream, 3, lot="L1", expires="2027-03-31")
    before = make.stock_state()

    with pytest.raises(LotDatesDiffer, match=r"expiry date 2027-03-31; 2027-04-30 was given"):
        make.receive(cream, 3, lot="L1", expires="2027-04-30")

    assert make.stock_state() == before


def test_today_is_the_warehouses_own(cream):
    midnight_in_berlin = datetime(2027, 3, 31, 22, 30, tzinfo=UTC)
    angeles = make.warehouse("LAX", time_zone="America/Los_Angeles")

    with pytest.raises(ExpiryInPast):
        make.receive(cream, 1, lot="L1", expires="2027-03-31", now=midnight_in_berlin)
    level = make.receive(
        cream, 1, lot="L1", expires="2027-03-31", now=midnight_in_berlin, at=angeles
    )

    assert level.on_hand == 1


def test_refuses_more_than_a_level_can_count(ball):
    make.receive(ball, 999_999_999)
    before = make.stock_state()

    with pytest.raises(InvalidQuantity, match="more than the 999999999 there"):
        make.receive(ball, 1)

    assert make.stock_state() == before


def test_refuses_unknown_things_and_closed_places(ball):
    berlin = make.warehouse()
    closed = make.location("A-2")
    closed.is_active = False
    closed.save()
    road = Location.objects.create(warehouse=berlin, code="ROAD", kind=LocationKind.IN_TRANSIT)
    bare = Warehouse.objects.create(code="NIL", name="Nil", time_zone="UTC")
    facts = {"variant_id": ball.pk, "quantity": Decimal(1), "happened_at": NOW, "now": NOW}

    with pytest.raises(UnknownVariant):
        services.receive(**facts | {"variant_id": 0}, warehouse_id=berlin.pk)
    for location_id in (0, closed.pk, road.pk):
        with pytest.raises(UnknownLocation):
            services.receive(**facts, location_id=location_id)
    with pytest.raises(UnknownWarehouse):
        services.receive(**facts, warehouse_id=bare.pk)

    assert not StockMovement.objects.exists()


def test_a_later_receipt_fills_what_nobody_said_of_the_lot_before(cream):
    level = make.receive(cream, 3, lot="L1", expires="2027-03-31")
    supplier = catalog.supplier("LUMEN")

    make.receive(
        cream,
        1,
        lot="L1",
        expires="2027-03-31",
        production_date=date(2026, 9, 1),
        supplier_id=supplier.pk,
    )

    level.lot.refresh_from_db()
    assert (level.lot.production_date, level.lot.supplier) == (date(2026, 9, 1), supplier)
    with pytest.raises(LotDatesDiffer, match=r"2026-09-01; 2026-09-02 was given"):
        make.receive(cream, 1, lot="L1", expires="2027-03-31", production_date=date(2026, 9, 2))


def test_nothing_comes_in_under_the_sku_of_a_bundle(ball):
    bundle = catalog.variant(catalog.bundle(sku="BDL-MARATHON-SET"))
    berlin = make.warehouse()
    dock = make.location("DOCK")
    line = {"variant_id": bundle.pk, "quantity": Decimal(1)}
    when = {"happened_at": NOW, "now": NOW}
    lines = [{"variant_id": ball.pk, "quantity": Decimal(1)}, line]
    goods = [services.GoodsIn(location_id=dock.pk, **one) for one in lines]

    with pytest.raises(BundleHasNoStock) as alone:
        services.receive(warehouse_id=berlin.pk, **line, **when)
    with pytest.raises(BundleHasNoStock):
        services.receive_delivery(goods=goods, **when)

    assert alone.value.detail == (
        "BDL-MARATHON-SET is a bundle, which has no stock of its own: receive what it is made of."
    )
    assert alone.value.errors[0].pointer == "/sku"
    assert not StockLevel.objects.exists()
    assert not Lot.objects.exists()
