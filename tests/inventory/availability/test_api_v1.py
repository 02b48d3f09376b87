import pytest

from catalog.identifiers.services import add_alias, add_barcode
from tests.factories import catalog, inventory, reservations

URL = "/api/v1/availability"


@pytest.fixture
def api(germany):
    return reservations.caller("stock:read", "catalog:read")


def test_answers_each_item_with_what_could_be_reserved(api, cream):
    inventory.receive(cream, 9, lot="A", expires="2099-06-30")

    response = api.get(URL, {"sku": "COS-CREAM-50", "market": "DE"})

    answer = response.json()
    assert response.status_code == 200
    assert answer.pop("as_of").endswith("Z")
    assert answer == {
        "items": [
            {
                "sku": "COS-CREAM-50",
                "available": "9",
                "unit": "each",
                "status": "in_stock",
                "earliest_expiry": "2099-06-30",
                "restock_on": None,
                "warehouses": [{"code": "BER", "available": "9"}],
            }
        ],
        "unknown": [],
    }


def test_says_from_which_lots_when_asked(api, cream, ball):
    inventory.receive(cream, 9, lot="A", expires="2099-06-30")
    inventory.receive(ball, 3)

    answer = api.get(
        URL, {"sku": ["COS-CREAM-50", "SE-BALL-5"], "market": "DE", "detail": "lots"}
    ).json()

    assert [item["lots"] for item in answer["items"]] == [
        [{"warehouse": "BER", "lot": "A", "expires_on": "2099-06-30", "available": "9"}],
        [{"warehouse": "BER", "lot": None, "expires_on": None, "available": "3"}],
    ]


def test_an_unknown_code_stands_apart(api, ball):
    answer = api.get(URL, {"sku": ["NO-SUCH", "SE-BALL-5"], "market": "DE"}).json()

    assert answer["unknown"] == ["NO-SUCH"]
    assert [item["sku"] for item in answer["items"]] == ["SE-BALL-5"]


def test_a_body_asks_the_same_and_knows_gtins_and_aliases_too(api, ball):
    inventory.receive(ball, 3)
    gtin = catalog.gtin()
    add_barcode(variant_id=catalog.variant(ball).pk, gtin=gtin)
    add_alias(variant_id=catalog.variant(ball).pk, scheme="marketplace", code="MP-1")
    asked = {
        "gtin": [gtin, "4006381333932"],
        "alias": ["MP-1"],
        "alias_scheme": "marketplace",
        "market": "DE",
        "warehouse": "BER",
    }

    by_body = api.post(f"{URL}/query", asked, format="json")
    by_query = api.get(URL, asked)

    for response in (by_body, by_query):
        assert response.status_code == 200
        assert [item["available"] for item in response.json()["items"]] == ["3"]
        assert response.json()["unknown"] == ["4006381333932"]


def test_what_is_the_same_need_not_be_sent_again(api, ball):
    inventory.receive(ball, 3)
    first = api.get(URL, {"sku": "SE-BALL-5", "market": "DE"})

    same = api.get(
        URL, {"sku": "SE-BALL-5", "market": "DE"}, headers={"If-None-Match": first["ETag"]}
    )
    inventory.receive(ball, 1)
    other = api.get(
        URL, {"sku": "SE-BALL-5", "market": "DE"}, headers={"If-None-Match": first["ETag"]}
    )

    assert first["Cache-Control"] == "private, max-age=2"
    assert (same.status_code, same.content) == (304, b"")
    assert (other.status_code, other.json()["items"][0]["available"]) == (200, "4")


@pytest.mark.parametrize(
    "query",
    [
        {"market": "DE"},
        {"sku": "SE-BALL-5"},
        {"sku": "SE-BALL-5", "market": "XX"},
        {"sku": "SE-BALL-5", "market": "DE", "warehouse": "XX"},
        {"sku": "SE-BALL-5", "market": "DE", "detail": "all"},
        {"sku": "SE-BALL-5", "market": "DE", "deliver_on": "2026-02-30"},
        {"sku": "a\0b", "market": "DE"},
        {"alias": "A", "market": "DE"},
    ],
)
def test_a_query_that_makes_no_sense_is_400_and_says_why(api, ball, query):
    response = api.get(URL, query)

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["errors"]


def test_a_day_of_delivery_that_has_passed_is_refused(api, ball):
    asked = {"sku": "SE-BALL-5", "market": "DE", "deliver_on": "2020-02-29"}

    read = api.get(URL, asked)
    query = api.post(f"{URL}/query", {**asked, "sku": ["SE-BALL-5"]}, format="json")

    assert (read.status_code, query.status_code) == (400, 422)
    for response in (read, query):
        (error,) = response.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/deliver_on", "delivery-in-past")
        assert "2020-02-29" in error["detail"]


def test_a_body_that_makes_no_sense_is_422(api, ball):
    response = api.post(f"{URL}/query", {"sku": ["SE-BALL-5"], "market": "XX"}, format="json")

    assert response.status_code == 422
    assert response.json()["errors"][0]["code"] == "unknown-market"


def test_more_than_200_items_are_422(api, ball):
    response = api.get(URL, {"sku": [f"SE-X-{n}" for n in range(201)], "market": "DE"})

    assert (response.status_code, response.json()["code"]) == (422, "too-many-items")


@pytest.mark.parametrize(
    ("scopes", "status"), [((), 401), (("catalog:read",), 403), (("stock:read",), 200)]
)
def test_needs_a_token_with_the_scope(ball, scopes, status):
    response = reservations.caller(*scopes).get(URL, {"sku": "X", "market": "DE"})

    assert response.status_code == status


def test_a_scan_is_resolved(api):
    response = api.get("/api/v1/resolve", {"code": "(01)04006381333931(17)270300(10)L42"})

    answer = response.json()
    assert response.status_code == 200
    assert [warning["code"] for warning in answer.pop("warnings")] == ["unknown-product"]
    assert answer == {
        "gtin": "04006381333931",
        "sku": None,
        "lot": "L42",
        "expires_on": "2027-03-31",
        "serial": None,
        "quantity": None,
    }


def test_a_scan_with_the_group_separator_is_resolved(api):
    response = api.get("/api/v1/resolve", {"code": "\x1d010400638133393110L42\x1d21S1"})

    assert (response.json()["lot"], response.json()["serial"]) == ("L42", "S1")


@pytest.mark.parametrize(
    ("code", "status", "word"),
    [
        ("(01)04006381333932(10)L42", 422, "invalid-code"),
        ("", 400, "invalid-query"),
        ("x" * 8001, 400, "invalid-query"),
    ],
)
def test_a_code_that_is_none_is_refused(api, code, status, word):
    response = api.get("/api/v1/resolve", {"code": code})

    assert (response.status_code, response.json()["code"]) == (status, word)


def test_codes_need_the_scope_of_the_catalogue(germany):
    response = reservations.caller("stock:read").get("/api/v1/resolve", {"code": "SE-BALL-5"})

    assert response.status_code == 403
