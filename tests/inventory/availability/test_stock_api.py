"""GET /stock: what lies where, now and then."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from catalog.identifiers.services import add_barcode
from config.kernel import clock
from inventory.lots.models import HoldReason
from inventory.stock import services as stock
from tests.factories import catalog, inventory, reservations

URL = "/api/v1/stock"
NOW = inventory.NOW
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def api(germany):
    return reservations.caller("stock:read")


def results(api, **query):
    response = api.get(URL, query)
    assert response.status_code == 200, response.content
    return response.json()["results"]


def test_says_what_lies_where(api, cream):
    level = inventory.receive(cream, 9, lot="A", expires="2099-06-30")
    stock.set_aside(quantities={level.pk: Decimal(2)})

    assert results(api, sku="COS-CREAM-50") == [
        {
            "sku": "COS-CREAM-50",
            "warehouse": "BER",
            "location": "DOCK",
            "lot": "A",
            "expires_on": "2099-06-30",
            "on_hand": "9",
            "unit": "each",
            "reserved": "2",
            "available": "7",
            "updated_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    ]


def test_what_may_not_be_sold_is_there_and_not_available(api, cream, ball):
    held = inventory.receive(cream, 9, lot="A", expires="2099-06-30")
    inventory.receive(cream, 3, lot="B", expires="2026-11-25")
    inventory.receive(ball, 4, at=inventory.warehouse("SHOW", is_sellable=False))
    stock.place_hold(
        lot_id=held.lot_id, reason=HoldReason.QUALITY, note="smells", now=NOW, user_id=None
    )

    found = results(api)

    assert [(item["on_hand"], item["available"]) for item in found] == [
        ("9", "0"),
        ("3", "0"),
        ("4", "0"),
    ]


def test_says_what_lay_where_and_what_was_believed_then(api, ball):
    level = inventory.receive(ball, 10)
    written = NOW + timedelta(days=3)
    # Goods that came at noon were written down three days later.
    inventory.receive(ball, 5, happened_at=NOW + timedelta(hours=3), now=written)
    stock.write_off(
        stock_level_id=level.pk,
        quantity=Decimal(4),
        reason="wet",
        now=written + timedelta(hours=1),
    )
    at = (NOW + timedelta(hours=4)).isoformat()

    def lay(**query):
        return [item["on_hand"] for item in results(api, sku="SE-BALL-5", **query)]

    assert lay() == ["11"]
    assert lay(at=at) == ["15"]
    assert lay(at=at, known_at=at) == ["10"]
    assert lay(at=at, known_at=written.isoformat()) == ["15"]
    assert lay(at=(NOW - timedelta(days=1)).isoformat()) == []
    (item,) = results(api, at=at)
    assert item.keys().isdisjoint({"reserved", "available", "updated_at"})


@pytest.mark.parametrize("name", ["at", "updated_since"])
@pytest.mark.parametrize(
    "given", ["2026-01-01", "2026-01-01T00:00:00", "20260101T000000Z", "2026-01-01T00:00:00 01:00"]
)
def test_an_instant_without_time_or_offset_is_refused_and_not_guessed(api, ball, name, given):
    response = api.get(URL, {name: given})

    (error,) = response.json()["errors"]
    assert (response.status_code, error["pointer"]) == (400, f"/{name}")
    assert error["code"] == "no-instant"
    assert given in error["detail"]


def test_an_instant_may_be_said_in_any_zone(api, ball):
    inventory.receive(ball, 10)

    (item,) = results(api, at=(NOW + timedelta(hours=1)).astimezone(BERLIN).isoformat())

    assert item["on_hand"] == "10"


@pytest.fixture(autouse=True)
def later(monkeypatch):
    """The day on which is asked, after all that is told here."""
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=30))


def test_leaves_what_moved_since_emptied_places_too(api, ball, cream):
    level = inventory.receive(ball, 10)
    inventory.receive(cream, 3)
    since = NOW + timedelta(hours=1)
    stock.write_off(stock_level_id=level.pk, quantity=Decimal(10), reason="wet", now=since)

    assert [item["on_hand"] for item in results(api, updated_since=since.isoformat())] == ["0"]
    assert results(api, updated_since=(since + timedelta(seconds=1)).isoformat()) == []


def test_chooses_by_item_and_warehouse(api, ball, cream):
    inventory.receive(ball, 10)
    inventory.receive(cream, 3)
    inventory.receive(ball, 2, at=inventory.warehouse("MUC"))
    gtin = catalog.gtin()
    add_barcode(variant_id=catalog.variant(ball).pk, gtin=gtin)

    assert [item["on_hand"] for item in results(api, gtin=gtin)] == ["10", "2"]
    assert [item["on_hand"] for item in results(api, gtin=gtin, warehouse="MUC")] == ["2"]
    assert len(results(api, sku=["SE-BALL-5", "COS-CREAM-50"])) == 3


def test_comes_in_pages_in_the_past_too(api, ball):
    for code in ("A", "B", "C"):
        inventory.receive(catalog.cosmetic(), 1, lot=code)
    seen = []
    url = f"{URL}?page_size=2&at={(NOW + timedelta(hours=1)).strftime('%Y-%m-%dT%H:%M:%SZ')}"
    while url:
        page = api.get(url).json()
        seen += [item["lot"] for item in page["results"]]
        url = page["next"]

    assert seen == ["A", "B", "C"]


def test_what_is_the_same_need_not_be_sent_again(api, ball):
    inventory.receive(ball, 3)
    first = api.get(URL)

    same = api.get(URL, headers={"If-None-Match": first["ETag"]})
    inventory.receive(ball, 1)
    other = api.get(URL, headers={"If-None-Match": first["ETag"]})

    assert first["Cache-Control"] == "private, max-age=2"
    assert (same.status_code, other.status_code) == (304, 200)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"at": "2099-01-01T00:00:00Z"}, "/at"),
        ({"at": "2026-11-24T09:00:00Z", "known_at": "2099-01-01T00:00:00Z"}, "/known_at"),
        ({"known_at": "2026-11-24T09:00:00Z"}, "/known_at"),
        ({"at": "yesterday"}, "/at"),
        ({"at": "2026-11-24T09:00:00Z", "updated_since": "2026-11-24T09:00:00Z"}, "/updated_since"),
        ({"warehouse": "XX"}, "/warehouse"),
        ({"warehouse": "a\0b"}, "/warehouse"),
        ({"alias": "A"}, "/alias_scheme"),
        ({"sku": ["A"] * 201}, "/sku"),
        ({"sku": ["A"] * 101, "gtin": ["4006381333932"] * 100}, "/sku"),
        ({"page_size": "0"}, "/page_size"),
        ({"cursor": "xxx"}, "/cursor"),
    ],
)
def test_a_query_that_makes_no_sense_is_400_and_names_the_field(api, query, pointer):
    response = api.get(URL, query)

    assert response.status_code == 400
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


def test_an_unknown_item_is_422_and_named(api):
    response = api.get(URL, {"sku": "NO-SUCH"})

    assert response.status_code == 422
    assert response.json()["code"] == "unknown-product"
    assert response.json()["errors"][0]["pointer"] == "/sku"


def test_needs_its_scope(germany):
    assert reservations.caller("catalog:read").get(URL).status_code == 403


@pytest.mark.parametrize("query", [{}, {"at": "2026-11-24T09:30:00Z"}])
def test_takes_the_same_few_queries_however_much_there_is(
    api, django_assert_max_num_queries, query
):
    for _ in range(5):
        inventory.receive(catalog.cosmetic(), 1)

    with django_assert_max_num_queries(6):
        assert len(results(api, **query)) == 5


def test_what_moved_since_comes_in_pages_however_much_moved_at_once(api):
    for code in ("A", "B", "C", "D", "E"):
        inventory.receive(catalog.cosmetic(), 1, lot=code)
    seen = []
    url = f"{URL}?page_size=2&updated_since={NOW.strftime('%Y-%m-%dT%H:%M:%SZ')}"
    while url:
        page = api.get(url).json()
        seen += [item["lot"] for item in page["results"]]
        url = page["next"]

    assert seen == ["A", "B", "C", "D", "E"]
