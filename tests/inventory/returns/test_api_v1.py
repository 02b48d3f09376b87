import json
import uuid

import pytest

from catalog.identifiers.services import add_barcode
from inventory.reservations.models import Reservation
from inventory.returns.models import ReturnAuthorization
from tests.factories import catalog, inventory, reservations
from tests.factories import returns as make

pytestmark = pytest.mark.django_db
URL = "/api/v1/returns"


@pytest.fixture
def api(db):
    return reservations.caller("returns:write")


@pytest.fixture
def order(cream):
    inventory.receive(cream, 10, lot="L1", expires="2099-01-31")
    return make.sold(cream, 4)


def goods(quantity="2", **fields):
    return {"sku": "COS-CREAM-50", "quantity": quantity, "unit": "each", **fields}


def post(api, url, data, **headers):
    return api.post(url, data, format="json", headers=headers)


def authorise(api, *lines, **fields):
    data = {"order_reference": "W-1", "lines": lines or [goods()], **fields}
    return post(api, URL, data)


def receive(api, return_id, **fields):
    return post(api, f"{URL}/{return_id}/receive", {"warehouse": "BER", **fields})


def inspect(api, return_id, *lines, **fields):
    return post(api, f"{URL}/{return_id}/inspect", {"lines": lines, **fields})


def refused(response, status, code, pointers=None):
    problem = json.loads(response.content)
    assert (response.status_code, problem["code"]) == (status, code), response.content
    assert response["Content-Type"] == "application/problem+json"
    if pointers is not None:
        assert [error["pointer"] for error in problem["errors"]] == pointers
    return problem


def test_authorises_receives_inspects_and_closes(api, order, cream):
    response = authorise(api, goods(reason="changed_mind"), reference="R-1")

    answer = response.json()
    assert response.status_code == 201
    assert response["Location"] == f"{URL}/{answer['id']}"
    assert response["Cache-Control"] == "no-store"
    assert answer.pop("created_at").endswith("Z")
    assert answer == {
        "id": str(ReturnAuthorization.objects.get().pk),
        "reference": "R-1",
        "order_reference": "W-1",
        "status": "authorised",
        "market": "DE",
        "warehouse": None,
        "received_at": None,
        "inspected_at": None,
        "ended_at": None,
        "lines": [
            {
                "line": 1,
                "sku": "COS-CREAM-50",
                "unit": "each",
                "quantity": "2",
                "received": "0",
                "reason": "changed_mind",
                "note": "",
                "lot": "L1",
                "serials": [],
                "exchange": None,
                "items": [],
                "outcomes": [],
            }
        ],
    }

    came = receive(api, answer["id"]).json()
    assert (came["status"], came["warehouse"]) == ("received", "BER")
    assert came["lines"][0]["items"] == [
        {
            "lot": "L1",
            "is_lot_known": True,
            "expires_on": "2099-01-31",
            "warehouse": "BER",
            "received": "2",
            "waiting": "2",
        }
    ]

    done = inspect(
        api,
        answer["id"],
        goods("1", disposition="restock", sealed=True, location="A-1"),
        {"line": 1, "quantity": "1", "unit": "each", "disposition": "scrap", "condition": "open"},
        close=True,
    ).json()
    assert done["status"] == "closed"
    outcomes = done["lines"][0]["outcomes"]
    assert [outcome.pop("decided_at")[-1] for outcome in outcomes] == ["Z", "Z"]
    assert outcomes == [
        {
            "disposition": "restock",
            "quantity": "1",
            "lot": "L1",
            "into_lot": "L1",
            "into_sku": None,
            "warehouse": "BER",
            "location": "A-1",
            "sealed": True,
            "condition": "",
        },
        {
            "disposition": "scrap",
            "quantity": "1",
            "lot": "L1",
            "into_lot": None,
            "into_sku": None,
            "warehouse": None,
            "location": None,
            "sealed": None,
            "condition": "open",
        },
    ]
    assert api.get(f"{URL}/{answer['id']}").json()["status"] == "closed"
    assert make.lying(cream)["L1", "A-1"] == 1


def test_the_same_again_is_200(api, order):
    first = authorise(api, reference="R-1")
    again = authorise(api, reference="R-1")

    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    refused(authorise(api, goods("3"), reference="R-1"), 409, "reference-in-use", ["/reference"])


def test_a_repeated_key_gets_the_first_answer(api, order):
    data = {"order_reference": "W-1", "lines": [goods("4")]}

    first = post(api, URL, data, **{"Idempotency-Key": "k-1"})
    again = post(api, URL, data, **{"Idempotency-Key": "k-1"})

    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    assert ReturnAuthorization.objects.count() == 1


def test_exchanges_by_the_word_of_the_contract(api, order, ball):
    inventory.receive(ball, 2)
    line = goods(exchange_for={"sku": "SE-BALL-5"})
    answer = authorise(api, line).json()

    exchange = answer["lines"][0]["exchange"]
    assert (exchange["sku"], exchange["quantity"], exchange["status"]) == ("SE-BALL-5", "2", "held")
    receive(api, answer["id"])
    done = inspect(api, answer["id"], goods(disposition="exchange")).json()

    assert done["lines"][0]["exchange"]["status"] == "committed"
    assert done["lines"][0]["exchange"]["decision"] == "approved"
    assert done["lines"][0]["outcomes"][0]["disposition"] == "quarantine"
    held = Reservation.objects.get(pk=exchange["reservation"])
    assert held.order_reference == "W-1"


@pytest.mark.parametrize("name", ["sku", "gtin"])
def test_refurbished_goods_become_an_item_of_their_own(api, order, name):
    outlet = catalog.variant(catalog.cosmetic(sku="COS-CREAM-50-R"))
    gtin = catalog.gtin()
    add_barcode(variant_id=outlet.pk, gtin=gtin)
    key = authorise(api, reference="R-1").json()["id"]
    receive(api, key)
    into = {"sku": {"sku": "COS-CREAM-50-R"}, "gtin": {"gtin": gtin}}[name]

    line = goods("1", disposition="refurbish", sealed=True, refurbish_into=into)
    first = inspect(api, key, line).json()["lines"][0]["outcomes"][0]
    inspect(api, key, {**line, "for_sale": True})

    assert (first["into_sku"], first["into_lot"]) == ("COS-CREAM-50-R", "REF-R-1")
    assert make.lying(outlet) == {("REF-R-1", "DOCK"): 1, ("REF-R-1-2", "DOCK"): 1}
    free = reservations.caller("stock:read").get(
        "/api/v1/availability", {"sku": "COS-CREAM-50-R", "market": "DE"}
    )
    assert free.json()["items"][0]["available"] == "1"


def test_says_what_refurbished_goods_cannot_become(api, order, ball):
    key = authorise(api).json()["id"]
    receive(api, key)
    before = make.state()

    def refurbish(into, **fields):
        line = goods("1", disposition="refurbish", sealed=True, refurbish_into=into)
        return inspect(api, key, {**line, **fields})

    at = "/lines/0/refurbish_into"
    refused(refurbish({"sku": "COS-NO-1"}), 422, "unknown-product", [f"{at}/sku"])
    problem = refused(refurbish({"sku": "SE-BALL-5"}), 422, "invalid-return", [at])
    assert "COS-CREAM-50 cannot become SE-BALL-5" in problem["errors"][0]["detail"]
    refused(refurbish({"sku": "SE-BALL-5"}, disposition="scrap"), 422, "invalid-return", [at])
    line = goods("1", disposition="refurbish", sealed=True, for_sale=True)
    refused(inspect(api, key, line), 422, "invalid-return", ["/lines/0/for_sale"])
    assert make.state() == before


def test_says_what_a_replacement_lacks(api, order, ball):
    inventory.receive(ball, 1)
    before = make.state()

    problem = refused(
        authorise(api, goods(exchange_for={"sku": "SE-BALL-5"})), 409, "insufficient-stock"
    )

    assert problem["shortages"] == [{"sku": "SE-BALL-5", "requested": "2", "available": "1"}]
    assert make.state() == before


def test_says_why_goods_cannot_go_back_on_sale(api, order):
    answer = authorise(api).json()
    receive(api, answer["id"])

    problem = refused(
        inspect(api, answer["id"], goods(disposition="restock", sealed=False)),
        409,
        "cannot-restock",
        ["/lines/0/disposition"],
    )

    assert problem["errors"][0]["code"] == "not-sealed"


@pytest.mark.parametrize(
    ("fields", "status", "code", "pointer"),
    [
        ({"order_reference": "W-404"}, 422, "unknown-order", "/order_reference"),
        ({"lines": [goods("5")]}, 409, "more-than-sold", "/lines/0/quantity"),
        ({"lines": [goods(sku="COS-NO-1")]}, 422, "unknown-product", "/lines/0/sku"),
        ({"lines": [goods(unit="kg")]}, 422, "unit-mismatch", "/lines/0/unit"),
        ({"lines": [goods(lot="L9")]}, 422, "invalid-return", "/lines/0/lot"),
        ({"lines": [goods(serials=["W1"])]}, 422, "invalid-serial", "/lines/0/serials"),
        ({"lines": [goods(reason="bored")]}, 422, "invalid-input", "/lines/0/reason"),
        (
            {"lines": [goods(exchange_for={"sku": "COS-NO-1"})]},
            422,
            "unknown-product",
            "/lines/0/exchange_for",
        ),
    ],
)
def test_names_what_is_wrong_and_changes_nothing(api, order, fields, status, code, pointer):
    before = make.state()

    response = (
        authorise(api, **fields)
        if "lines" not in fields
        else post(api, URL, {"order_reference": "W-1", **fields})
    )

    problem = json.loads(response.content)
    assert (response.status_code, problem["errors"][0]["pointer"]) == (status, pointer), problem
    assert problem["code"] == code
    assert make.state() == before


def test_names_what_is_wrong_on_the_bench(api, order):
    answer = authorise(api).json()
    key = answer["id"]

    refused(receive(api, key, warehouse="LAX"), 422, "unknown-warehouse", ["/warehouse"])
    refused(inspect(api, key, goods(disposition="scrap")), 409, "nothing-received")
    refused(post(api, f"{URL}/{key}/close", {}), 409, "not-inspected")
    receive(api, key, lines=[goods("1")])
    line = {"line": 7, "quantity": "1", "unit": "each"}
    refused(receive(api, key, lines=[line]), 422, "not-in-return", ["/lines/0/line"])
    refused(
        inspect(api, key, goods("1", disposition="restock", sealed=True, location="Z-9")),
        422,
        "unknown-location",
        ["/lines/0/location"],
    )
    refused(
        inspect(api, key, goods("1", disposition="scrap", exchange="approved")),
        422,
        "no-exchange",
    )
    refused(post(api, f"{URL}/{key}/cancel", {}), 409, "return-under-way")
    assert post(api, f"{URL}/{uuid.uuid4()}/close", {}).status_code == 404


def test_an_item_in_several_lines_is_named_by_its_line(api, order):
    answer = authorise(api, goods("1"), goods("1")).json()

    refused(receive(api, answer["id"], lines=[goods("1")]), 422, "not-in-return", ["/lines/0/sku"])
    line = {"line": 2, "quantity": "1", "unit": "each"}
    came = receive(api, answer["id"], lines=[line]).json()
    assert [one["received"] for one in came["lines"]] == ["0", "1"]


def test_cancels(api, order):
    answer = authorise(api).json()

    done = post(api, f"{URL}/{answer['id']}/cancel", {"reason": "kept it"}).json()

    assert done["status"] == "cancelled"
    assert post(api, f"{URL}/{answer['id']}/cancel", {}).status_code == 200


@pytest.mark.parametrize("scopes", [(), ("stock:write",)])
def test_needs_its_scope(order, scopes):
    api = reservations.caller(*scopes)
    key = uuid.uuid4()

    expected = 403 if scopes else 401
    assert authorise(api).status_code == expected
    assert api.get(f"{URL}/{key}").status_code == expected
    for action in ("receive", "inspect", "close", "cancel"):
        assert post(api, f"{URL}/{key}/{action}", {}).status_code == expected


def test_one_return_is_read_with_few_queries(api, order, django_assert_max_num_queries):
    answer = authorise(api, goods("1"), goods("1"), goods("1")).json()
    receive(api, answer["id"])

    with django_assert_max_num_queries(12):
        api.get(f"{URL}/{answer['id']}")
