"""A bundle's figure: the whole bundles that could be reserved now."""

from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.markets.selectors import market_by_code
from catalog.products.services import change_stage
from config.kernel import clock
from inventory.availability.rules import AvailabilityStatus, whole_bundles
from inventory.availability.selectors import availability_of_items
from inventory.reservations.errors import InsufficientStock
from inventory.reservations.selectors import ItemCode
from inventory.stock import services as stock
from inventory.stock.models import StockLevel
from promotions.bundles.services import set_composition
from tests.factories import bundles, catalog, inventory, reservations
from tests.factories.bundles import option, slot
from tests.factories.reservations import NOW, line, reserve

pytestmark = pytest.mark.django_db
A, B = 1, 2


@pytest.fixture
def berlin(db):
    return inventory.warehouse()


@pytest.fixture
def los_angeles(db):
    return inventory.warehouse("LAX", time_zone="America/Los_Angeles")


@pytest.fixture(autouse=True)
def germany(berlin, los_angeles):
    inventory.serves("DE", berlin, los_angeles)
    return catalog.market("DE")


@pytest.fixture
def cream():
    return catalog.cosmetic(sku="COS-CREAM-50")


@pytest.fixture
def red():
    return catalog.sports(sku="SE-CAP-RED")


@pytest.fixture
def blue():
    return catalog.sports(sku="SE-CAP-BLUE")


@pytest.fixture
def marathon(cream, red, blue):
    """Two creams and a cap, red unless blue is chosen."""
    return bundles.bundle(
        slot("Cream", option(cream, 2)),
        slot("Cap", option(red, default=True), option(blue)),
        sku="BDL-MARATHON-SET",
    )


def figure(sku="BDL-MARATHON-SET", now=NOW, **fields):
    (item,), unknown = availability_of_items(
        items=[ItemCode(sku=sku)], market=market_by_code("DE"), now=now, **fields
    )
    assert not unknown
    return item


def decimals(numbers):
    return {pk: Decimal(number) for pk, number in numbers.items()}


@pytest.mark.parametrize(
    ("takes", "choices", "available", "number"),
    [
        ([(A, 2), (B, 1)], [], {A: 5, B: 9}, 2),
        ([(A, 1), (A, 2)], [], {A: 8}, 2),
        ([(A, 1), (B, 1)], [], {A: 8}, 0),
        ([(A, "12.5")], [], {A: "30"}, 2),
        ([], [], {A: 8}, 0),
        ([], [[(A, 2), (B, 1)]], {A: 8, B: 3}, 4),
        ([(A, 1)], [[(A, 1), (B, 1)]], {A: 6, B: 2}, 3),
        ([(A, 1)], [[(A, 1), (B, 1)]], {A: 6, B: 5}, 5),
        ([(A, 1)], [[(B, 1)], [(B, 1)]], {A: 6, B: 5}, 2),
        ([(A, 1)], [[]], {A: 6}, 0),
    ],
)
def test_counts_whole_bundles_whatever_slots_share(takes, choices, available, number):
    found = whole_bundles(
        [(pk, Decimal(each)) for pk, each in takes],
        choices=[[(pk, Decimal(each)) for pk, each in options] for options in choices],
        available=decimals(available),
    )

    assert found == number


def test_a_bundle_is_there_as_often_as_its_scarcest_component(
    marathon, cream, red, berlin, los_angeles
):
    inventory.receive(cream, 5, lot="A", expires="2028-01-31")
    inventory.receive(cream, 9, lot="B", expires="2027-06-30", at=los_angeles)
    inventory.receive(red, 20)
    inventory.receive(red, 1, at=los_angeles)

    item = figure()

    assert (item.available, item.status) == (7, AvailabilityStatus.IN_STOCK)
    assert item.earliest_expiry.isoformat() == "2027-06-30"
    assert [(there.code, there.available) for there in item.warehouses] == [("BER", 2), ("LAX", 1)]
    assert item.lots == ()


def test_the_figure_is_what_can_be_reserved_and_not_one_more(marathon, cream, red):
    inventory.receive(cream, 7)
    inventory.receive(red, 9)
    reserve(line(red))

    assert figure().available == 3
    with pytest.raises(InsufficientStock):
        reserve(line(marathon, 4))
    reserve(line(marathon, 3))
    assert figure().available == 0


def test_only_stock_that_may_be_sold_counts(marathon, cream, red):
    level = inventory.receive(cream, 4, lot="A", expires="2027-06-30")
    inventory.receive(red, 9)

    late = figure(deliver_on=level.lot.expiry_date + timedelta(days=1))
    elsewhere = figure(warehouse="LAX")

    assert (late.available, late.status) == (0, AvailabilityStatus.OUT_OF_STOCK)
    assert (late.earliest_expiry, late.warehouses) == (None, [])
    assert elsewhere.available == 0
    assert figure().available == 2


def test_few_bundles_are_low(marathon, cream, red):
    inventory.receive(cream, 10)
    inventory.receive(red, 9)

    assert figure().status == AvailabilityStatus.LOW


def test_a_slot_without_default_counts_what_there_is_most_of(cream, red, blue):
    inventory.receive(red, 1)
    inventory.receive(blue, 4)
    bundles.bundle(slot("Cap", option(red), option(blue)), sku="BDL-CAP-SET")

    assert figure("BDL-CAP-SET").available == 4


@pytest.mark.parametrize("what", ["component", "bundle", "nothing in it"])
def test_what_may_not_be_sold_is_not_there(marathon, cream, red, what):
    inventory.receive(cream, 10)
    inventory.receive(red, 9)
    if what == "component":
        change_stage(product_id=red.pk, stage="discontinued", reason="old")
    elif what == "bundle":
        change_stage(product_id=marathon.pk, stage="discontinued", reason="old")
    else:
        catalog.bundle(sku="BDL-EMPTY-SET")

    item = figure("BDL-EMPTY-SET" if what == "nothing in it" else "BDL-MARATHON-SET")

    assert (item.available, item.status) == (0, AvailabilityStatus.NOT_SELLABLE)


def test_an_option_off_sale_is_not_counted_where_there_are_others(cream, red, blue):
    inventory.receive(red, 9)
    inventory.receive(blue, 4)
    bundles.bundle(slot("Cap", option(red), option(blue)), sku="BDL-CAP-SET")
    change_stage(product_id=red.pk, stage="discontinued", reason="old")

    assert figure("BDL-CAP-SET").available == 4


def test_many_bundles_cost_the_queries_of_one(cream, red, django_assert_max_num_queries):
    skus = [f"BDL-SET-NR{n}" for n in range(12)]
    for sku in skus:
        bundles.of((cream, 1), (red, 2), sku=sku)
    market = market_by_code("DE")

    def ask(some):
        availability_of_items(items=[ItemCode(sku=sku) for sku in some], market=market, now=NOW)

    ask(skus[:1])
    with django_assert_max_num_queries(10) as one:
        ask(skus[:1])
    with django_assert_max_num_queries(len(one)):
        ask(skus)


@pytest.fixture
def api(db):
    return reservations.caller("stock:read", "reservations:write", "catalog:read")


def shown(api, *skus):
    response = api.get("/api/v1/availability", {"sku": skus, "market": "DE"})
    assert response.status_code == 200, response.content
    return {item["sku"]: item for item in response.json()["items"]}


def test_the_api_answers_bundles_beside_what_they_are_made_of(api, marathon, cream, red):
    inventory.receive(cream, 5, lot="A", expires="2099-01-31")
    inventory.receive(red, 9)

    items = shown(api, "BDL-MARATHON-SET", "COS-CREAM-50")

    assert list(items) == ["BDL-MARATHON-SET", "COS-CREAM-50"]
    assert items["BDL-MARATHON-SET"] == {
        "sku": "BDL-MARATHON-SET",
        "available": "2",
        "unit": "each",
        "status": "low",
        "earliest_expiry": "2099-01-31",
        "restock_on": None,
        "warehouses": [{"code": "BER", "available": "2"}],
    }


@pytest.fixture(params=["computed", "kept"])
def either_way(request, settings):
    """Once without Redis, once with figures kept there, which those of bundles are made of."""
    if request.param == "kept":
        request.getfixturevalue("own_redis")
        settings.AVAILABILITY_CACHE_SECONDS = 5


@pytest.mark.django_db(transaction=True)
def test_whoever_reserves_a_component_reads_fewer_bundles_at_once(
    either_way, api, marathon, cream, red
):
    inventory.receive(cream, 5, lot="A", expires="2099-01-31", now=clock.now())
    inventory.receive(red, 9)
    seen = [shown(api, "BDL-MARATHON-SET")["BDL-MARATHON-SET"]["available"]]

    reserve(line(cream, 2), now=clock.now())
    seen.append(shown(api, "BDL-MARATHON-SET")["BDL-MARATHON-SET"]["available"])
    set_composition(bundle_id=marathon.pk, slots=[slot("Cap", option(red))])
    seen.append(shown(api, "BDL-MARATHON-SET")["BDL-MARATHON-SET"]["available"])
    level = StockLevel.objects.get(variant__sku="SE-CAP-RED")
    stock.write_off(stock_level_id=level.pk, quantity=Decimal(8), reason="broken", now=clock.now())
    seen.append(shown(api, "BDL-MARATHON-SET")["BDL-MARATHON-SET"]["available"])

    assert seen == ["2", "1", "9", "1"]


def test_the_shop_window_lists_bundles_with_what_could_be_reserved(api, marathon, cream, red):
    inventory.receive(cream, 5, lot="A", expires="2099-01-31")
    inventory.receive(red, 9)

    response = api.get("/api/v1/products", {"market": "DE", "kind": "bundle"})

    (product,) = response.json()["results"]
    assert product["kind"] == "bundle"
    (variant,) = product["variants"]
    assert variant["sku"] == "BDL-MARATHON-SET"
    assert variant["availability"] == {"available": "2", "unit": "each", "status": "low"}
