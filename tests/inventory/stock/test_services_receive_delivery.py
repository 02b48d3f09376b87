from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.kernel.money import Money
from config.kernel.outbox import OutboxEvent
from inventory.lots.errors import ExpiryRequired
from inventory.lots.models import Lot
from inventory.stock import services
from inventory.stock.errors import InvalidQuantity, UnknownVariant
from inventory.stock.models import StockLevel, StockMovement
from inventory.stock.services import GoodsIn
from tests.factories import catalog
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db
NOW = make.NOW
EXPIRY = date(2028, 12, 31)


@pytest.fixture
def shelf():
    make.warehouse()
    return make.location("A-1")


@pytest.fixture
def cream():
    return catalog.variant(catalog.cosmetic(sku="COS-CREAM-50"))


@pytest.fixture
def ball():
    return catalog.variant(catalog.sports(sku="SE-BALL-5"))


def deliver(*goods):
    return services.receive_delivery(goods=goods, happened_at=NOW, now=NOW, reference="DN-1")


def some(variant, place, quantity=1, **more):
    return GoodsIn(variant_id=variant.pk, location_id=place.pk, quantity=Decimal(quantity), **more)


def test_takes_in_a_whole_delivery(shelf, cream, ball):
    cost = Money("4.20", "EUR")
    movements = deliver(
        some(cream, shelf, 10, lot_code="L1", expiry_date=EXPIRY, unit_cost=cost),
        some(ball, shelf, 5),
    )

    assert [(m.quantity, m.kind, m.reference) for m in movements] == [
        (Decimal(10), "receipt", "DN-1"),
        (Decimal(5), "receipt", "DN-1"),
    ]
    levels = StockLevel.objects.order_by("pk").values_list("lot__code", "on_hand", "location")
    assert list(levels) == [("L1", Decimal(10), shelf.pk), ("", Decimal(5), shelf.pk)]
    lot = Lot.objects.get(code="L1")
    assert (lot.expiry_date, lot.unit_cost, lot.currency) == (EXPIRY, Decimal("4.20"), "EUR")
    assert lot.history.count() == 1
    assert OutboxEvent.objects.filter(type="stock.changed").count() == 2


def test_what_shares_lot_and_place_becomes_one_movement(shelf, cream):
    cheap, dear = Money("1.00", "EUR"), Money("2.00", "EUR")

    (movement,) = deliver(
        some(cream, shelf, 4, lot_code="L1", expiry_date=EXPIRY, unit_cost=cheap),
        some(cream, shelf, 4, lot_code=" L1 ", expiry_date=EXPIRY, unit_cost=dear),
    )

    assert movement.quantity == 8
    assert Lot.objects.get().unit_cost == Decimal("1.5000")


def test_more_of_a_lot_on_file_is_averaged_into_its_cost(shelf, ball):
    deliver(some(ball, shelf, 2, unit_cost=Money("10.00", "EUR")))
    deliver(some(ball, make.location("A-2"), 1, unit_cost=Money("13.00", "EUR")))

    assert Lot.objects.get().unit_cost == Decimal("11.0000")
    assert [level.on_hand for level in StockLevel.objects.order_by("pk")] == [2, 1]


def test_one_wrong_line_and_nothing_comes_in(shelf, cream, ball):
    before = make.stock_state()

    with pytest.raises(ExpiryRequired, match="COS-CREAM-50 lot L1"):
        deliver(some(ball, shelf, 5), some(cream, shelf, 5, lot_code="L1"))
    with pytest.raises(InvalidQuantity, match="SE-BALL-5"):
        deliver(some(ball, shelf, 5), some(ball, shelf, "0.5"))
    with pytest.raises(UnknownVariant):
        deliver(
            some(ball, shelf, 5),
            GoodsIn(variant_id=0, location_id=shelf.pk, quantity=Decimal(1)),
        )

    assert make.stock_state() == before


def test_a_long_delivery_takes_no_more_queries_than_a_short_one(shelf):
    variants = [catalog.variant(catalog.sports()) for _ in range(12)]
    deliver(some(variants[0], shelf))

    with CaptureQueriesContext(connection) as short:
        deliver(some(variants[1], shelf))
    with CaptureQueriesContext(connection) as long:
        deliver(*(some(variant, shelf) for variant in variants[2:]))

    updates = len(variants[2:]) - 1  # one conditional UPDATE for each level
    assert len(long) == len(short) + updates
    assert StockMovement.objects.count() == 12
