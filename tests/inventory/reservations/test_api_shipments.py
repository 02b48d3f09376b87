import json
import uuid
from decimal import Decimal

import pytest

from config.kernel import clock
from inventory.reservations.models import Reservation, Shipment
from inventory.stock import services as stock
from inventory.stock.models import StockLevel
from tests.factories import inventory, reservations

URL = "/api/v1/shipments"


@pytest.fixture
def api(db):
    return reservations.caller("stock:write")


@pytest.fixture
def shop(db):
    return reservations.caller("reservations:write")


@pytest.fixture(autouse=True)
def stocked(cream):
    inventory.receive(cream, 10, lot="A", expires="2099-06-30")
    inventory.receive(cream, 10, lot="B", expires="2099-12-31")


def reserve(shop, quantity="3", commit=""):
    lines = [{"sku": "COS-CREAM-50", "quantity": quantity, "unit": "each"}]
    data = {"reference": "cart-1", "market": "DE", "lines": lines}
    reservation_id = shop.post("/api/v1/reservations", data, format="json").json()["id"]
    if commit:
        url = f"/api/v1/reservations/{reservation_id}/commit"
        shop.post(url, {"order_reference": commit}, format="json")
    return reservation_id


def line(quantity="3", lot="A", **fields):
    return {"sku": "COS-CREAM-50", "lot": lot, "quantity": quantity, "unit": "each", **fields}


def body(*lines, **fields):
    return {"warehouse": "BER", "reference": "S-1", "lines": list(lines), **fields}


def post(api, data):
    return api.post(URL, data, format="json")


def refused(api, data, status, code, pointers=None):
    before = {**reservations.state(), "shipments": Shipment.objects.count()}
    response = post(api, data)
    problem = json.loads(response.content)
    assert (response.status_code, problem["code"]) == (status, code), response.content
    if pointers is not None:
        assert [error["pointer"] for error in problem["errors"]] == pointers
    assert {**reservations.state(), "shipments": Shipment.objects.count()} == before


def on_hand():
    return dict(StockLevel.objects.values_list("lot__code", "on_hand"))


def test_records_what_was_sent_of_a_held_reservation_and_commits_it(api, shop):
    reservation_id = reserve(shop)

    response = post(
        api,
        body(
            line("1", "A", external_id="l1"),
            line("2", "B"),
            reservation=reservation_id,
            order_reference="order-1",
        ),
    )

    answer = response.json()
    shipment = Shipment.objects.get()
    assert response.status_code == 201, answer
    assert response["Location"] == f"{URL}/{shipment.pk}"
    assert answer.pop("shipped_at").endswith("Z")
    assert answer == {
        "id": str(shipment.pk),
        "reference": "S-1",
        "order_reference": "order-1",
        "reservations": [reservation_id],
        "warehouse": "BER",
        "lines": [
            {
                "sku": "COS-CREAM-50",
                "lot": "A",
                "quantity": "1",
                "unit": "each",
                "corrected": "0",
                "serials": [],
                "external_id": "l1",
            },
            {
                "sku": "COS-CREAM-50",
                "lot": "B",
                "quantity": "2",
                "unit": "each",
                "corrected": "2",
                "serials": [],
                "external_id": None,
            },
        ],
    }
    assert on_hand() == {"A": 9, "B": 8}
    shown = shop.get(f"/api/v1/reservations/{reservation_id}").json()
    assert shown["status"] == "committed"
    assert [(a["lot"], a["quantity"]) for a in shown["lines"][0]["allocations"]] == [
        ("A", "1"),
        ("B", "2"),
    ]
    assert api.get(f"{URL}/{shipment.pk}").json()["lines"] == answer["lines"]


def test_corrects_the_lots_of_a_committed_order_and_takes_nothing_twice(api, shop):
    reserve(shop, commit="order-1")
    data = body(line("3", "B"), order_reference="order-1")

    first = post(api, data)
    again = post(api, data)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert on_hand() == {"A": 10, "B": 7}
    refused(api, body(line("2", "B"), order_reference="order-1"), 409, "reference-in-use")


def test_refusals_name_field_and_value(api, shop):
    reservation_id = reserve(shop)
    named = {"reservation": reservation_id}

    refused(api, body(line()), 422, "invalid-input", ["/reservation"])
    refused(api, body(line("4"), **named), 409, "more-than-ordered", ["/lines/0/quantity"])
    refused(api, body(line(lot="NO"), **named), 422, "invalid-input", ["/lines/0/lot"])
    refused(api, body(line(lot=None), **named), 422, "invalid-input", ["/lines/0/lot"])
    refused(api, {**body(line(), **named), "warehouse": "NO"}, 422, "unknown-warehouse")
    refused(api, body({**line(), "sku": "NO"}, **named), 422, "unknown-product", ["/lines/0/sku"])
    refused(api, body({**line(), "unit": "kg"}, **named), 422, "unit-mismatch", ["/lines/0/unit"])
    refused(api, body(line(serials=["A"]), **named), 422, "unknown-serial", ["/lines/0/serials"])
    refused(api, body(line(), reservation=str(uuid.uuid4())), 422, "unknown-order")
    refused(api, body(line(), order_reference="no"), 422, "unknown-order", ["/order_reference"])
    future = {"shipped_at": "2099-01-01T00:00:00Z", **named}
    refused(api, body(line(), **future), 422, "happens-in-future", ["/shipped_at"])
    assert Reservation.objects.get().status == "held"


def test_an_unknown_shipment_is_not_found(api):
    assert api.get(f"{URL}/{uuid.uuid4()}").status_code == 404


def test_asks_for_its_scope(shop):
    assert post(shop, body(line(), order_reference="o")).status_code == 403


def test_what_a_reservation_is_short_of_is_covered_by_what_was_sent(api, shop):
    reservation_id = reserve(shop, "20")
    level = StockLevel.objects.get(lot__code="B")
    stock.adjust(
        stock_level_id=level.pk, quantity_delta=Decimal(-3), reason="count", now=clock.now()
    )
    commit = shop.post(
        f"/api/v1/reservations/{reservation_id}/commit",
        {"order_reference": "order-1"},
        format="json",
    )
    assert (commit.status_code, json.loads(commit.content)["code"]) == (409, "insufficient-stock")
    sent = body(
        line("10", "A"),
        line("8", "B"),
        reservation=reservation_id,
        order_reference="order-1",
    )

    first, again = post(api, sent), post(api, sent)
    rest = post(api, body(line("2", "B"), reference="S-2", order_reference="order-1"))
    more = body(line("1", "B"), reference="S-3", order_reference="order-1")

    assert [first.status_code, again.status_code, rest.status_code] == [201, 200, 201]
    assert [ln["corrected"] for ln in first.json()["lines"]] == ["0", "0"]
    told = shop.get(f"/api/v1/reservations/{reservation_id}").json()
    assert (told["status"], told["lines"][0]["shortage"]) == ("committed", "0")
    assert on_hand() == {"A": 0, "B": 0}
    refused(api, more, 409, "more-than-ordered", ["/lines/0/quantity"])
