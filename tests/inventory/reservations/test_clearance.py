"""What is off sale in a market is not promised there, and whoever holds some of it is told."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from catalog.products.services import change_stage
from compliance.models import Clearance
from config.kernel.alerts import Alert
from config.kernel.outbox import OutboxEvent
from inventory.reservations import services
from inventory.reservations.errors import NotSellable, ReservationExpired
from inventory.reservations.models import ReservationChange
from inventory.reservations.services import SentLine
from inventory.stock import services as stock
from tests.factories import bundles, catalog, inventory, reservations
from tests.factories.bundles import option, slot
from tests.factories.clearances import put_on_sale, take_off_sale
from tests.factories.reservations import NOW, kept, line, reserve

pytestmark = pytest.mark.django_db

SOON = NOW + timedelta(seconds=30)
LATE = NOW + timedelta(hours=1)
NEVER_JUDGED = "The product has not been judged for this market yet."
IN_REVIEW = "Compliance has not cleared the product for this market yet."
STAYS = (
    "Nothing is released by itself: the stock stays reserved until the shopper's hold ends, but it "
    "cannot be committed unless the product is cleared again."
)


def refused(call, *args, error=NotSellable, **kwargs):
    """The refusal, which has changed nothing."""
    before, events = reservations.state(), OutboxEvent.objects.count()
    with pytest.raises(error) as caught:
        call(*args, **kwargs)
    assert reservations.state() == before
    assert OutboxEvent.objects.count() == events
    return caught.value


def commit(reservation, now=SOON, **kwargs):
    return services.commit(
        reservation_id=reservation.pk, order_reference="order-1", now=now, **kwargs
    )


def off_sale(product, market, at=SOON, **fields):
    """Taken off sale as compliance does it, in one transaction with whoever is told."""
    take_off_sale(product, market, at=at, **fields)
    services.follow_sale([product.pk], market.pk, at)


def on_sale(product, market, at=SOON):
    put_on_sale(product, market)
    services.follow_sale([product.pk], market.pk, at)


def told(reservation):
    changes = ReservationChange.objects.filter(reservation=reservation).order_by("pk")
    return list(changes.values_list("kind", "detail"))


@pytest.fixture
def cap(germany):
    return catalog.sports(sku="SE-CAP-RED")


@pytest.fixture
def kit(ball, cap):
    """A ball and a cap, or a cream in the place of the cap."""
    inventory.receive(ball, 5)
    inventory.receive(cap, 5)
    return bundles.of((ball, 1), (cap, 1), sku="BDL-KIT-1")


def test_a_product_without_a_row_is_not_promised(ball):
    inventory.receive(ball, 5)
    Clearance.objects.all().delete()

    error = refused(reserve, line(ball))

    assert error.extra["reasons"] == [
        {"sku": "SE-BALL-5", "code": "not-cleared", "detail": NEVER_JUDGED}
    ]
    assert [(one.pointer, one.code) for one in error.errors] == [("/lines/0", "not-cleared")]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("needs_review", "not-cleared"),
        ("asked", "not-cleared"),
        ("approved", "not-cleared"),
        ("rejected", "rejected"),
    ],
)
def test_says_why_it_is_off_sale(ball, germany, status, code):
    inventory.receive(ball, 5)
    take_off_sale(ball, germany, at=NOW, status=status)

    error = refused(reserve, line(ball))

    assert [reason["code"] for reason in error.extra["reasons"]] == [code]


def test_a_product_is_on_sale_until_the_instant_it_is_not(ball, germany):
    inventory.receive(ball, 5)
    take_off_sale(ball, germany, at=SOON)

    reservation = reserve(line(ball), now=SOON - timedelta(microseconds=1))

    assert reservation.status == "held"
    refused(reserve, line(ball), now=SOON)


def test_what_was_judged_off_sale_is_so_for_a_clock_that_is_behind(ball, germany):
    inventory.receive(ball, 5)
    Clearance.objects.filter(product=ball.pk, market=germany).update(
        status="needs_review", off_sale_at=SOON, judged_at=SOON
    )

    error = refused(reserve, line(ball), now=NOW)

    assert error.extra["reasons"][0]["detail"] == IN_REVIEW


def test_off_sale_in_one_market_is_on_sale_in_another(ball, germany, berlin):
    america = catalog.market("US-CA")
    inventory.serves("US-CA", berlin)
    inventory.receive(ball, 5)
    take_off_sale(ball, germany, at=NOW)

    reservation = reserve(line(ball), market="US-CA")

    assert reservation.market_id == america.pk
    refused(reserve, line(ball))


def test_a_bundle_is_off_sale_where_a_component_is(kit, cap, germany):
    take_off_sale(cap, germany, at=NOW)

    error = refused(reserve, line(kit))

    assert error.extra["reasons"] == [
        {
            "sku": "BDL-KIT-1",
            "component": "SE-CAP-RED",
            "code": "not-cleared",
            "detail": f"SE-CAP-RED: {IN_REVIEW}",
        }
    ]


def test_a_bundle_needs_no_clearance_of_its_own(kit):
    Clearance.objects.filter(product=kit.pk).delete()

    reservation = reserve(line(kit, 2))

    assert reservation.lines.count() == 3


def test_a_choice_that_is_off_sale_is_refused_and_another_is_not(ball, cap, germany):
    inventory.receive(ball, 5)
    inventory.receive(cap, 5)
    choice = bundles.bundle(slot("Gift", option(ball), option(cap)), sku="BDL-GIFT-1")
    take_off_sale(cap, germany, at=NOW)

    refused(reserve, line(choice, gift="SE-CAP-RED"))
    reservation = reserve(line(choice, gift="SE-BALL-5"))

    assert reservation.status == "held"


def test_what_went_off_sale_since_is_not_committed(ball, germany):
    inventory.receive(ball, 5)
    held = reserve(line(ball, 2))
    off_sale(ball, germany)

    error = refused(commit, held)

    assert (error.code, error.status) == ("not-sellable", 409)
    assert error.detail == "Some products may not be sold in DE any more."
    assert error.extra["reasons"] == [
        {"sku": "SE-BALL-5", "code": "not-cleared", "detail": IN_REVIEW}
    ]


def test_the_refusal_names_the_bundle_and_its_component(kit, cap, germany):
    held = reserve(line(kit))
    off_sale(cap, germany)

    error = refused(commit, held)

    assert error.extra["reasons"] == [
        {
            "sku": "BDL-KIT-1",
            "component": "SE-CAP-RED",
            "code": "not-cleared",
            "detail": IN_REVIEW,
        }
    ]


def test_what_is_cleared_again_is_committed(ball, germany):
    inventory.receive(ball, 5)
    held = reserve(line(ball, 2))
    off_sale(ball, germany)
    on_sale(ball, germany)

    assert commit(held).status == "committed"


def test_what_is_off_sale_is_not_taken_again_after_its_time(ball, germany):
    inventory.receive(ball, 5)
    held = reserve(line(ball, 2), seconds=60)
    services.release_expired(now=LATE)
    off_sale(ball, germany)

    refused(commit, held, now=LATE)


def test_what_is_sold_no_more_at_all_has_expired_as_before(ball):
    inventory.receive(ball, 5)
    held = reserve(line(ball, 2), seconds=60)
    services.release_expired(now=LATE)
    change_stage(product_id=ball.pk, stage="discontinued", reason="test")

    refused(commit, held, now=LATE, error=ReservationExpired)


def test_what_has_left_is_recorded_all_the_same(ball, germany, berlin):
    inventory.receive(ball, 5)
    held = reserve(line(ball, 2))
    off_sale(ball, germany)

    sent = SentLine(variant_id=catalog.variant(ball).pk, lot_code="", quantity=Decimal(2))
    services.record_shipment(
        warehouse_id=berlin.pk, lines=[sent], reference="ship-1", reservation_id=held.pk, now=SOON
    )

    held.refresh_from_db()
    assert held.status == "committed"


def test_stock_that_comes_in_does_not_fill_what_is_off_sale(ball, germany):
    level = inventory.receive(ball, 2)
    held = reserve(line(ball, 2), seconds=7200)
    stock.write_off(stock_level_id=level.pk, quantity=2, reason="damaged", now=NOW)
    off_sale(ball, germany, at=NOW)

    inventory.receive(ball, 2)

    assert held.lines.get().shortage == 2
    assert reservations.broken_invariants() == []


def test_it_is_filled_once_it_is_on_sale_again(ball, germany):
    level = inventory.receive(ball, 2)
    held = reserve(line(ball, 2), seconds=7200)
    stock.write_off(stock_level_id=level.pk, quantity=2, reason="damaged", now=NOW)
    off_sale(ball, germany, at=NOW)
    inventory.receive(ball, 2)
    assert held.lines.get().shortage == 2

    on_sale(ball, germany)

    assert held.lines.get().shortage == 0
    assert kept(held) == [("", 2)]


def test_whoever_holds_it_is_told_and_keeps_it(ball, germany):
    inventory.receive(ball, 5)
    held = reserve(line(ball, 2), reference="cart-1")

    off_sale(ball, germany)

    assert kept(held) == [("", 2)]
    detail = f"SE-BALL-5 may not be sold in DE any more. {STAYS}"
    assert told(held) == [("off_sale", detail)]
    event = OutboxEvent.objects.get(type="reservation.not_cleared")
    assert UUID(event.payload["reservation_id"]) == held.pk
    assert event.payload["reference"] == "cart-1"
    assert event.payload["market"] == "DE"
    assert event.payload["lines"] == [{"sku": "SE-BALL-5", "quantity": "2"}]


def test_components_are_told_with_their_bundle(kit, cap, germany):
    held = reserve(line(kit, 2))

    off_sale(cap, germany)

    event = OutboxEvent.objects.get(type="reservation.not_cleared")
    assert event.payload["lines"] == [{"sku": "SE-CAP-RED", "quantity": "2", "bundle": "BDL-KIT-1"}]
    assert [kind for kind, _ in told(held)] == ["off_sale"]


def test_one_alert_for_a_product_and_market_however_many_hold_it(ball, germany):
    inventory.receive(ball, 9)
    for _ in range(3):
        reserve(line(ball, 2))

    off_sale(ball, germany)

    alert = Alert.objects.get(kind="reserved-off-sale")
    assert alert.title == f"Off sale in DE while reserved: {ball.name}"
    until = f"{NOW + timedelta(minutes=15):%Y-%m-%d %H:%M} UTC at the latest."
    assert alert.detail == f"3 reservations hold 6 each of it, until {until} {STAYS}"
    assert alert.permission == "compliance.decide_clearance"
    assert alert.subject == "SE-BALL-5"


def test_nobody_is_told_twice_nor_who_holds_it_elsewhere(ball, germany, berlin):
    catalog.market("US-CA")
    inventory.serves("US-CA", berlin)
    inventory.receive(ball, 5)
    held, elsewhere = reserve(line(ball)), reserve(line(ball), market="US-CA")
    over = reserve(line(ball), seconds=10)

    off_sale(ball, germany)
    services.follow_sale([ball.pk], germany.pk, SOON)

    assert [kind for kind, _ in told(held)] == ["off_sale"]
    assert told(elsewhere) == told(over) == []
    assert OutboxEvent.objects.filter(type="reservation.not_cleared").count() == 1


def test_whoever_was_told_hears_that_it_is_on_sale_again(ball, germany):
    inventory.receive(ball, 5)
    held = reserve(line(ball, 2))
    off_sale(ball, germany)

    on_sale(ball, germany)

    assert told(held)[-1] == ("on_sale", "SE-BALL-5 may be sold in DE again.")
    assert Alert.objects.get(kind="reserved-off-sale").resolution == "It may be sold again."


def test_who_is_told_costs_as_many_queries_for_thirty_as_for_one(
    germany, django_assert_max_num_queries
):
    products = [catalog.sports() for _ in range(30)]
    for product in products:
        inventory.receive(product, 5)
        reserve(line(product))
        take_off_sale(product, germany, at=SOON)

    with django_assert_max_num_queries(12):
        services.follow_sale([product.pk for product in products], germany.pk, SOON)

    assert ReservationChange.objects.filter(kind="off_sale").count() == 30
