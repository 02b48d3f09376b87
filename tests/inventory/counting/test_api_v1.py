import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.kernel import clock
from config.kernel.alerts import Alert
from inventory.counting import services
from inventory.counting.models import CountLine, CycleCount
from inventory.lots.models import Lot
from inventory.stock import services as stock
from inventory.stock.models import SerialNumber, StockLevel, StockMovement
from inventory.stock.reasons import StockReason
from tests.factories import catalog, inventory, reservations
from tests.factories.inventory import NOW

URL = "/api/v1/counts"


@pytest.fixture
def api(db):
    return reservations.caller("stock:write")


@pytest.fixture(autouse=True)
def fixed_now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


def line(quantity="7", **fields):
    if "gtin" not in fields and "alias" not in fields:
        fields.setdefault("sku", "SE-BALL-5")
    return {"quantity": quantity, "unit": "each", **fields}


def post(api, *lines, reference="CC-1", **fields):
    body = {"warehouse": "BER", "reference": reference, "lines": list(lines), **fields}
    return api.post(URL, body, format="json")


def refused(api, status, code, pointers, *lines, **fields):
    before = (inventory.stock_state(), list(CountLine.objects.values_list()))
    response = post(api, *lines, **fields)
    problem = json.loads(response.content)
    assert (response.status_code, problem["code"]) == (status, code), problem
    assert [error["pointer"] for error in problem["errors"]] == pointers
    assert (inventory.stock_state(), list(CountLine.objects.values_list())) == before


def test_books_what_is_within_tolerance_and_leaves_the_rest_to_be_decided(api, ball, cream):
    inventory.receive(ball, 100, at=inventory.location("A-1"))
    inventory.receive(cream, 10, lot="L1", expires="2027-06-30", at=inventory.location("A-2"))

    response = post(
        api,
        line("99", external_id="x1"),
        line("7", sku="COS-CREAM-50", lot="L1", location="A-2"),
    )

    answer = response.json()
    count = CycleCount.objects.get()
    assert response.status_code == 201
    assert response["Location"] == f"{URL}/{count.pk}"
    assert answer == {
        "id": str(count.pk),
        "reference": "CC-1",
        "warehouse": "BER",
        "status": "to_approve",
        "created_at": "2026-11-24T09:00:00Z",
        "closed_at": None,
        "lines": [
            {
                "external_id": "x1",
                "sku": "SE-BALL-5",
                "location": "A-1",
                "lot": None,
                "expires_on": None,
                "unit": "each",
                "counted": "99",
                "expected": "100",
                "difference": "-1",
                "serials": None,
                "missing_serials": [],
                "unexpected_serials": [],
                "counted_at": "2026-11-24T09:00:00Z",
                "status": "applied",
            },
            {
                "external_id": None,
                "sku": "COS-CREAM-50",
                "location": "A-2",
                "lot": "L1",
                "expires_on": "2027-06-30",
                "unit": "each",
                "counted": "7",
                "expected": "10",
                "difference": "-3",
                "serials": None,
                "missing_serials": [],
                "unexpected_serials": [],
                "counted_at": "2026-11-24T09:00:00Z",
                "status": "difference",
            },
        ],
    }
    movement = StockMovement.objects.get(kind="count")
    assert (movement.quantity, movement.reference) == (-1, "CC-1")
    assert Alert.objects.get(kind="count-to-approve").subject == "CC-1"
    assert api.get(f"{URL}/{count.pk}").json() == answer


def test_a_decision_shows_in_the_answer(api, ball):
    inventory.receive(ball, 10)
    count_id = post(api, line("7")).json()["id"]
    line_id = CountLine.objects.get().pk

    services.approve(line_ids=[line_id], reason=StockReason.LOST, note="", now=NOW)

    answer = api.get(f"{URL}/{count_id}").json()
    assert (answer["status"], answer["lines"][0]["status"]) == ("closed", "applied")
    assert StockLevel.objects.get().on_hand == 7


def test_the_same_again_is_the_count_that_is_there(api, ball):
    inventory.receive(ball, 100)
    first = post(api, line("99"))

    again = post(api, line("99"))

    assert again.status_code == 200
    assert again.json() == first.json()
    assert StockLevel.objects.get().on_hand == 99
    assert json.loads(post(api, line("98")).content)["code"] == "reference-in-use"
    other = reservations.caller("stock:write")
    assert post(other, line("99")).status_code == 201


def test_each_figure_is_compared_with_the_books_of_its_own_moment(api, ball):
    start = NOW - timedelta(hours=3)
    level = inventory.receive(ball, 10, now=start)
    stock.write_off(
        stock_level_id=level.pk, quantity=Decimal(4), reason="x", now=NOW - timedelta(hours=1)
    )

    answer = post(api, line("9", counted_at="2026-11-24T07:00:00Z")).json()

    assert (answer["lines"][0]["expected"], answer["lines"][0]["difference"]) == ("10", "-1")
    services.approve(
        line_ids=[CountLine.objects.get().pk], reason=StockReason.LOST, note="", now=NOW
    )
    assert StockLevel.objects.get().on_hand == 5


def test_an_unknown_lot_is_made_when_its_difference_is_booked(api, cream):
    inventory.warehouse()

    answer = post(api, line("3", sku="COS-CREAM-50", lot="L9", expires_on="2028-01-31")).json()

    assert answer["lines"][0]["status"] == "difference"
    assert answer["lines"][0]["location"] == "DOCK"
    assert not Lot.objects.exists()
    services.approve(
        line_ids=[CountLine.objects.get().pk], reason=StockReason.FOUND, note="", now=NOW
    )
    assert StockLevel.objects.get().on_hand == 3


def test_a_lot_in_several_places_needs_the_one_that_was_counted(api, ball):
    inventory.receive(ball, 10, at=inventory.location("A-1"))
    inventory.receive(ball, 10, at=inventory.location("A-2"))

    refused(api, 422, "location-required", ["/lines/0/location"], line("10"))
    assert post(api, line("10", location="A-1")).json()["status"] == "closed"


@pytest.mark.parametrize(
    ("code", "pointer", "fields"),
    [
        ("unknown-product", "/lines/0/sku", {"sku": "SE-NOPE-1"}),
        ("unknown-location", "/lines/0/location", {"location": "Z-9"}),
        ("unit-mismatch", "/lines/0/unit", {"unit": "ml"}),
        ("unknown-lot", "/lines/0", {"lot": "L1"}),
        ("lot-required", "/lines/0/lot", {"sku": "COS-CREAM-50"}),
        ("happens-in-future", "/lines/0/counted_at", {"counted_at": "2027-01-01T00:00:00Z"}),
        ("invalid-input", "/lines/0/counted_at", {"counted_at": "2026-01-01T00:00:00Z"}),
    ],
)
def test_a_line_that_cannot_be_refuses_the_count(api, ball, cream, code, pointer, fields):
    inventory.receive(ball, 10)

    refused(api, 422, code, [pointer], line("10", **fields))


def test_every_line_that_is_wrong_is_named(api, ball, cream):
    inventory.receive(ball, 10)

    refused(
        api,
        422,
        "unknown-product",
        ["/lines/1/sku", "/lines/2/lot"],
        line("10"),
        line("1", sku="SE-NOPE-1"),
        line("1", sku="COS-CREAM-50"),
    )


def test_what_is_counted_twice_or_by_somebody_else_is_refused(api, ball):
    inventory.receive(ball, 10)
    refused(api, 422, "being-counted", ["/lines/1"], line("10"), line("9"))
    services.plan_count(warehouse_id=inventory.warehouse().pk, scope="All", now=NOW)

    refused(api, 422, "being-counted", ["/lines/0"], line("10"))


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"quantity": "-1"}, "/lines/0/quantity"),
        ({"quantity": ""}, "/lines/0/quantity"),
        ({"quantity": None}, "/lines/0/quantity"),
        ({"unit": ""}, "/lines/0/unit"),
    ],
)
def test_fields_that_are_wrong_are_refused(api, ball, fields, pointer):
    refused(api, 422, "invalid-input", [pointer], {**line("1"), **fields})


def test_an_unknown_warehouse_is_refused(api, ball):
    refused(api, 422, "unknown-warehouse", ["/warehouse"], line("1"), warehouse="NOPE")


def test_who_may_not_write_stock_sees_no_counts(db, ball):
    reader = reservations.caller("stock:read")

    assert post(reader, line("1")).status_code == 403
    assert reader.get(f"{URL}/5f1d9c1e-0000-4000-8000-000000000000").status_code == 403
    writer = reservations.caller("stock:write")
    assert writer.get(f"{URL}/5f1d9c1e-0000-4000-8000-000000000000").status_code == 404


def test_many_lines_take_few_queries(api, germany):
    for number in range(15):
        inventory.receive(catalog.sports(sku=f"SE-MANY-{number}"), 10)

    def queries(*numbers):
        lines = [line("9", sku=f"SE-MANY-{number}") for number in numbers]
        with CaptureQueriesContext(connection) as caught:
            answer = post(api, *lines, reference=f"CC-{len(lines)}", tolerance_units="1")
        assert {found["status"] for found in answer.json()["lines"]} == {"applied"}
        return len(caught)

    queries(13, 14)
    one, many = queries(0), queries(*range(1, 13))

    assert many - one == 11  # one UPDATE of each level


@pytest.fixture
def watch(germany):
    product = catalog.sports(sku="SE-WATCH-1", is_serial_tracked=True)
    inventory.receive(product, 3, serials=["W1", "W2", "W3"], at=inventory.location("A-1"))
    return product


def watches(quantity, *serials, **fields):
    return line(quantity, sku="SE-WATCH-1", serials=list(serials), **fields)


def test_pieces_that_are_named_are_compared_with_those_of_the_books(api, watch):
    answer = post(api, watches("3", "W1", "W3", "W9")).json()

    (told,) = answer["lines"]
    assert (told["status"], told["difference"]) == ("difference", "0")
    assert told["serials"] == ["W1", "W3", "W9"]
    assert (told["missing_serials"], told["unexpected_serials"]) == (["W2"], ["W9"])
    services.approve(
        line_ids=[CountLine.objects.get().pk], reason=StockReason.COUNT, note="", now=NOW
    )
    there = SerialNumber.objects.filter(stock_level__isnull=False).order_by("serial")
    assert [piece.serial for piece in there] == ["W1", "W3", "W9"]
    assert services.reconcile(now=NOW) == []


def test_pieces_are_those_of_the_moment_of_the_count(api, germany):
    start = NOW - timedelta(hours=3)
    product = catalog.sports(sku="SE-WATCH-1", is_serial_tracked=True)
    level = inventory.receive(product, 3, serials=["W1", "W2", "W3"], now=start)
    stock.write_off(
        stock_level_id=level.pk,
        quantity=Decimal(1),
        serials=["W2"],
        reason="x",
        now=NOW - timedelta(hours=1),
    )

    at = "2026-11-24T07:00:00Z"
    answer = post(api, watches("3", "W1", "W2", "W3", counted_at=at)).json()

    assert (answer["status"], answer["lines"][0]["status"]) == ("closed", "matched")


def test_without_serial_numbers_pieces_count_by_quantity(api, watch):
    answer = post(api, line("3", sku="SE-WATCH-1")).json()

    assert (answer["status"], answer["lines"][0]["serials"]) == ("closed", None)


def test_pieces_that_cannot_be_refuse_the_count(api, watch, ball):
    inventory.receive(ball, 3)
    inventory.receive(watch, 1, serials=["W7"], at=inventory.location("A-2"))
    code, serials = "invalid-serial", "/lines/0/serials"
    refused(api, 422, code, [serials], line("1", serials=["B1"]))
    refused(api, 422, code, [serials], watches("2", "W1", "W1", location="A-1"))
    refused(api, 422, code, [serials], watches("1", "W1", "W2", location="A-1"))
    refused(
        api,
        422,
        code,
        ["/lines/1/serials"],
        watches("1", "W1", location="A-1"),
        watches("1", "W1", location="A-2"),
    )
