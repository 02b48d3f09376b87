import pytest
from django.urls import reverse

from inventory.warehouses.models import Location, Warehouse
from tests.factories import catalog, people
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db

ALL = [
    f"inventory.{verb}_{model}"
    for verb in ("view", "add", "change", "delete")
    for model in ("warehouse", "location", "marketwarehouse")
]


def form(**fields: object) -> dict[str, object]:
    """The form of a warehouse with one location and one market, but for these fields."""
    data = {
        "code": "MUC",
        "name": "Munich",
        "time_zone": "Europe/Berlin",
        "operator": "",
        "is_sellable": "on",
        "locations-TOTAL_FORMS": 1,
        "locations-INITIAL_FORMS": 0,
        "locations-0-code": "A-1",
        "locations-0-kind": "storage",
        "locations-0-is_active": "on",
        "markets-TOTAL_FORMS": 1,
        "markets-INITIAL_FORMS": 0,
        "markets-0-market": catalog.market("DE").pk,
        "markets-0-position": 1,
    }
    return data | fields


def test_a_warehouse_is_opened_with_its_places_and_markets(client):
    client.force_login(people.staff(*ALL, "catalog.view_market", "catalog.view_partner"))

    response = client.post(reverse("admin:inventory_warehouse_add"), form())

    assert response.status_code == 302
    munich = Warehouse.objects.get(code="MUC")
    assert [place.code for place in munich.locations.all()] == ["A-1"]
    assert [source.market.code for source in munich.markets.all()] == ["DE"]
    assert munich.history.get().name == "Munich"


@pytest.mark.parametrize("time_zone", ["", "Berlin", "Mars/Olympus"])
def test_a_warehouse_lies_in_a_time_zone_of_this_world(client, time_zone):
    client.force_login(people.staff(*ALL))

    response = client.post(reverse("admin:inventory_warehouse_add"), form(time_zone=time_zone))

    assert response.status_code == 200
    assert response.context["adminform"].form.errors["time_zone"]
    assert not Warehouse.objects.exists()


def test_a_warehouse_keeps_its_code_and_its_places(client):
    berlin = make.warehouse()
    client.force_login(people.staff(*ALL))
    url = reverse("admin:inventory_warehouse_change", args=[berlin.pk])

    page = client.get(url).content.decode()

    assert 'name="code"' not in page
    assert "locations-0-DELETE" not in page
    assert Location.objects.count() == 3


def test_who_may_only_look_opens_no_warehouse(client):
    client.force_login(people.staff("inventory.view_warehouse"))

    assert client.get(reverse("admin:inventory_warehouse_changelist")).status_code == 200
    assert client.post(reverse("admin:inventory_warehouse_add"), form()).status_code == 403
    assert not Warehouse.objects.exists()


def test_the_list_counts_places_and_markets(client, django_assert_max_num_queries):
    for number in range(12):
        make.warehouse(f"W{number}")
    make.serves("DE", *Warehouse.objects.order_by("pk")[:2])
    client.force_login(people.staff("inventory.view_warehouse"))
    client.get(reverse("admin:inventory_warehouse_changelist"))

    with django_assert_max_num_queries(12):
        response = client.get(reverse("admin:inventory_warehouse_changelist"))

    first = response.context["cl"].result_list[0]
    assert (first.location_count, first.market_count) == (3, 1)
