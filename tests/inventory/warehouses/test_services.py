import pytest

from config.kernel.errors import InvalidInput
from inventory.warehouses import selectors
from inventory.warehouses.errors import CodeTaken, UnknownWarehouse
from inventory.warehouses.models import Location, LocationKind, MarketWarehouse, Warehouse
from inventory.warehouses.services import add_location, open_warehouse, serve_market
from tests.factories import catalog
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db


def test_a_warehouse_opens_with_its_dock_and_bins():
    berlin = open_warehouse(
        code="BER", name="Berlin", time_zone="Europe/Berlin", bins=["A-1", "A-2"], has_dock=True
    )

    assert [place.code for place in selectors.usable_locations(berlin.pk)] == [
        "DOCK",
        "A-1",
        "A-2",
    ]
    assert selectors.receiving_location(berlin.pk).code == "DOCK"
    assert selectors.warehouse_by_code("BER") == berlin


def test_a_warehouse_without_bins_has_one_place_for_everything():
    shed = open_warehouse(code="SHED", name="Shed", time_zone="UTC")

    assert selectors.receiving_location(shed.pk).code == "MAIN"
    assert Location.objects.count() == 1


def test_closed_places_and_the_road_take_no_goods():
    shed = open_warehouse(code="SHED", name="Shed", time_zone="UTC", bins=["A", "B"])
    add_location(warehouse_id=shed.pk, code="ROAD", kind=LocationKind.IN_TRANSIT)
    Location.objects.filter(code="A").update(is_active=False)

    assert [place.code for place in selectors.usable_locations(shed.pk)] == ["B"]


def test_refuses_a_warehouse_that_cannot_be():
    make.warehouse("BER")

    with pytest.raises(CodeTaken):
        open_warehouse(code="BER", name="Berlin", time_zone="Europe/Berlin")
    with pytest.raises(InvalidInput, match="Mars/Olympus is no time zone"):
        open_warehouse(code="MARS", name="Mars", time_zone="Mars/Olympus")
    with pytest.raises(InvalidInput):
        open_warehouse(code="", name="Nowhere", time_zone="UTC")

    assert list(Warehouse.objects.values_list("code", flat=True)) == ["BER"]


def test_refuses_a_place_that_cannot_be():
    berlin = make.warehouse("BER")

    with pytest.raises(CodeTaken, match="BER has a location A-1 already"):
        add_location(warehouse_id=berlin.pk, code="A-1")
    with pytest.raises(InvalidInput):
        add_location(warehouse_id=berlin.pk, code=" ")
    with pytest.raises(UnknownWarehouse):
        add_location(warehouse_id=0, code="A-9")

    assert Location.objects.count() == 3


def asked_in_order(market):
    rows = MarketWarehouse.objects.filter(market=market).order_by("position")
    return [row.warehouse for row in rows.select_related("warehouse")]


def test_a_market_is_served_in_an_order_that_can_change():
    germany = catalog.market("DE")
    berlin, angeles = make.warehouse("BER"), make.warehouse("LAX")

    serve_market(market_id=germany.pk, positions={berlin.pk: 1, angeles.pk: 2})
    assert asked_in_order(germany) == [berlin, angeles]
    serve_market(market_id=germany.pk, positions={angeles.pk: 1, berlin.pk: 2})

    assert asked_in_order(germany) == [angeles, berlin]


def test_saying_the_same_order_again_changes_nothing():
    germany, berlin = catalog.market("DE"), make.warehouse("BER")
    (before,) = serve_market(market_id=germany.pk, positions={berlin.pk: 1})

    (after,) = serve_market(market_id=germany.pk, positions={berlin.pk: 1})

    assert after.pk == before.pk
    assert after.history.count() == 1


def test_refuses_two_warehouses_at_one_position():
    germany = catalog.market("DE")
    berlin, angeles = make.warehouse("BER"), make.warehouse("LAX")

    with pytest.raises(InvalidInput):
        serve_market(market_id=germany.pk, positions={berlin.pk: 1, angeles.pk: 1})

    assert not MarketWarehouse.objects.exists()


def test_time_zones_are_each_named_once():
    make.warehouse("BER")
    make.warehouse("HAM")
    make.warehouse("LAX", time_zone="America/Los_Angeles")

    assert selectors.time_zones() == ["America/Los_Angeles", "Europe/Berlin"]
