import json
from datetime import UTC, datetime, timedelta

import pytest

from catalog.identifiers.services import add_alias, add_barcode
from config.kernel import clock
from config.kernel.outbox import OutboxEvent
from inventory.reservations import services
from inventory.reservations.models import Reservation
from inventory.stock import services as stock
from inventory.stock.models import StockMovement
from tests.factories import catalog, inventory, reservations

URL = "/api/v1/reservations"


@pytest.fixture
def api(db):
    return reservations.caller("reservations:write")


def body(sku="SE-BALL-5", quantity="1", **fields):
    fields.setdefault("reference", "cart-1")
    fields.setdefault("lines", [{"sku": sku, "quantity": quantity, "unit": "each"}])
    return {"market": "DE", **fields}


def post(api, data, url=URL, **headers):
    return api.post(url, data, format="json", headers=headers)


def refused(api, data, status, code, pointers=None, url=URL):
    """The problem document of a refusal that has changed nothing."""
    before = reservations.state()
    response = post(api, data, url)
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    problem = json.loads(response.content)
    assert problem["code"] == code
    if pointers is not None:
        assert [error["pointer"] for error in problem["errors"]] == pointers
    assert reservations.state() == before
    return problem


def test_reserves_and_answers_what_is_kept_from_where(api, cream):
    inventory.receive(cream, 2, lot="A", expires="2099-06-30")
    inventory.receive(cream, 5, lot="B", expires="2099-07-31")

    response = post(api, body("COS-CREAM-50", "3", ttl_seconds=600))

    answer = response.json()
    reservation = Reservation.objects.get()
    assert response.status_code == 201
    assert response["Location"] == f"{URL}/{reservation.pk}"
    assert response["Cache-Control"] == "no-store"
    assert reservation.expires_at - reservation.created_at == timedelta(seconds=600)
    assert answer.pop("expires_at").endswith("Z")
    assert answer == {
        "id": str(reservation.pk),
        "status": "held",
        "reference": "cart-1",
        "order_reference": None,
        "market": "DE",
        "lines": [
            {
                "sku": "COS-CREAM-50",
                "requested": "3",
                "quantity": "3",
                "unit": "each",
                "shortage": "0",
                "allocations": [
                    {
                        "warehouse": "BER",
                        "lot": "A",
                        "expires_on": "2099-06-30",
                        "quantity": "2",
                    },
                    {
                        "warehouse": "BER",
                        "lot": "B",
                        "expires_on": "2099-07-31",
                        "quantity": "1",
                    },
                ],
            }
        ],
    }


def test_partial_answers_what_was_asked_for_beside_what_is_promised(api, ball, cream):
    oil = catalog.cosmetic(sku="COS-OIL-1", stock_unit="g")
    inventory.receive(oil, "300", lot="O", expires="2099-06-30")
    inventory.receive(ball, 2)
    lines = [
        {"sku": "COS-OIL-1", "quantity": "0.5", "unit": "kg"},
        {"sku": "SE-BALL-5", "quantity": "2", "unit": "each"},
        {"sku": "COS-CREAM-50", "quantity": "4", "unit": "each"},
    ]

    response = post(api, body(lines=lines, partial=True))

    told = [
        (line["requested"], line["quantity"], line["unit"], line["shortage"])
        for line in response.json()["lines"]
    ]
    assert response.status_code == 201
    assert told == [
        ("500", "300", "g", "0"),
        ("2", "2", "each", "0"),
        ("4", "0", "each", "0"),
    ]
    assert api.get(response["Location"]).json() == response.json()


def test_a_day_of_delivery_that_has_passed_is_422_and_names_it(api, ball, monkeypatch):
    inventory.receive(ball, 5)
    # Midnight has passed in Berlin; in Los Angeles it is still the 31st.
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 1, 1, 0, 30, tzinfo=UTC))

    problem = refused(api, body(deliver_on="2026-12-30"), 422, "delivery-in-past", ["/deliver_on"])
    today = post(api, body(deliver_on="2026-12-31"))

    assert problem["detail"] == (
        "deliver_on 2026-12-30 has passed: it is 2026-12-31 where the goods lie."
    )
    assert today.status_code == 201


def test_what_is_held_is_answered_again_after_its_day_of_delivery(api, ball, monkeypatch):
    inventory.receive(ball, 5)
    asked = body(deliver_on="2026-12-31", ttl_seconds=86400)
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 31, 20, tzinfo=UTC))
    first = post(api, asked)
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 1, 1, 12, tzinfo=UTC))

    again = post(api, asked)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


def test_an_open_lot_has_no_name_and_no_expiry(api, ball):
    inventory.receive(ball, 5)

    (line,) = post(api, body()).json()["lines"]

    assert line["allocations"] == [
        {"warehouse": "BER", "lot": None, "expires_on": None, "quantity": "1"}
    ]


def test_the_same_again_is_200_with_the_same_reservation(api, ball):
    inventory.receive(ball, 5)
    first = post(api, body())

    again = post(api, body())

    assert (again.status_code, again.json()) == (200, first.json())


def test_the_same_key_again_is_the_first_answer_again(api, ball):
    inventory.receive(ball, 5)
    first = post(api, body(), **{"Idempotency-Key": "k1"})

    again = post(api, body(), **{"Idempotency-Key": "k1"})
    other = post(api, body(quantity="2"), **{"Idempotency-Key": "k1"})

    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert Reservation.objects.count() == 1


def test_a_refusal_is_replayed_too_even_when_stock_has_come_in(api, ball):
    first = post(api, body(), **{"Idempotency-Key": "k1"})
    inventory.receive(ball, 5)

    again = post(api, body(), **{"Idempotency-Key": "k1"})

    assert (first.status_code, again.status_code) == (409, 409)
    assert first.json() == again.json()


def test_an_item_may_be_named_by_gtin_or_alias(api, ball):
    inventory.receive(ball, 5)
    gtin = catalog.gtin()
    add_barcode(variant_id=catalog.variant(ball).pk, gtin=gtin)
    add_alias(variant_id=catalog.variant(ball).pk, scheme="legacy", code="OLD-1")
    lines = [
        {"gtin": gtin, "quantity": "1", "unit": "H87"},
        {"alias": "OLD-1", "alias_scheme": "legacy", "quantity": "1", "unit": "each"},
    ]

    response = post(api, body(lines=lines))

    assert [line["sku"] for line in response.json()["lines"]] == ["SE-BALL-5", "SE-BALL-5"]


def test_too_much_is_409_with_the_shortages(api, ball):
    inventory.receive(ball, 5)

    problem = refused(api, body(quantity="10000000"), 409, "insufficient-stock")

    assert problem["shortages"] == [{"sku": "SE-BALL-5", "requested": "10000000", "available": "5"}]


def test_a_product_that_is_not_on_sale_is_409_with_the_reasons(api):
    inventory.receive(catalog.sports(sku="SE-OFF-1", active=False), 5)

    problem = refused(api, body("SE-OFF-1"), 409, "not-sellable", ["/lines/0"])

    assert [(r["sku"], r["code"]) for r in problem["reasons"]] == [("SE-OFF-1", "not-active")]


def test_the_same_reference_for_other_lines_is_409(api, ball):
    inventory.receive(ball, 5)
    post(api, body())

    refused(api, body(quantity="2"), 409, "reference-in-use")


@pytest.mark.parametrize(
    ("change", "code", "pointers"),
    [
        ({"lines": []}, "invalid-input", ["/lines"]),
        ({"lines": None}, "invalid-input", ["/lines"]),
        ({"lines": "x"}, "invalid-input", ["/lines"]),
        ({"lines": [1]}, "invalid-input", ["/lines/0"]),
        ({"reference": ""}, "invalid-input", ["/reference"]),
        ({"reference": "a\0b"}, "invalid-input", ["/reference"]),
        ({"reference": "x" * 101}, "invalid-input", ["/reference"]),
        ({"market": "XX"}, "unknown-market", ["/market"]),
        ({"channel": "fax"}, "unknown-channel", ["/channel"]),
        ({"ttl_seconds": 0}, "invalid-input", ["/ttl_seconds"]),
        ({"ttl_seconds": 7 * 86400 + 1}, "invalid-input", ["/ttl_seconds"]),
        ({"deliver_on": "soon"}, "invalid-input", ["/deliver_on"]),
        ({"quantity": "0"}, "invalid-input", ["/lines/0/quantity"]),
        ({"quantity": "-1"}, "invalid-input", ["/lines/0/quantity"]),
        ({"quantity": "1e9"}, "invalid-input", ["/lines/0/quantity"]),
        ({"quantity": "9" * 13}, "invalid-input", ["/lines/0/quantity"]),
        ({"quantity": "1.5"}, "fractional-count", ["/lines/0/quantity"]),
        ({"sku": "SE-NONE-1"}, "unknown-product", ["/lines/0/sku"]),
    ],
)
def test_fields_that_are_wrong_are_422_and_named(api, ball, change, code, pointers):
    inventory.receive(ball, 5)

    refused(api, body(**change), 422, code, pointers)


@pytest.mark.parametrize(
    ("line", "code", "pointer"),
    [
        ({"sku": "SE-BALL-5", "quantity": "1", "unit": "kg"}, "unit-mismatch", "/lines/0/unit"),
        ({"quantity": "1", "unit": "each"}, "invalid-input", "/lines/0/sku"),
        (
            {"sku": "SE-BALL-5", "gtin": "1", "quantity": "1", "unit": "each"},
            "invalid-input",
            "/lines/0/sku",
        ),
        ({"alias": "A", "quantity": "1", "unit": "each"}, "invalid-input", "/lines/0/alias_scheme"),
        (
            {"gtin": "4006381333932", "quantity": "1", "unit": "each"},
            "unknown-product",
            "/lines/0/gtin",
        ),
    ],
)
def test_lines_that_are_wrong_are_422_and_named(api, ball, line, code, pointer):
    inventory.receive(ball, 5)

    refused(api, body(lines=[line]), 422, code, [pointer])


def test_more_than_a_thousand_lines_are_422(api, ball):
    lines = [{"sku": "SE-BALL-5", "quantity": "1", "unit": "each"}] * 1001

    refused(api, body(lines=lines), 422, "invalid-input", ["/lines"])


def test_what_is_no_json_is_400(api):
    response = api.generic("POST", URL, b'{"market": ', content_type="application/json")

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_a_release_needs_no_body_but_one_that_is_no_json_is_400(api, ball):
    inventory.receive(ball, 5)
    url = f"{URL}/{post(api, body()).json()['id']}/release"

    broken = api.generic("POST", url, b"{", content_type="application/json")
    empty = api.post(url)

    assert (broken.status_code, empty.status_code) == (400, 200)


@pytest.mark.parametrize(("scopes", "status"), [((), 401), (("stock:read",), 403)])
def test_needs_a_token_with_the_scope(db, scopes, status):
    response = post(reservations.caller(*scopes), body())

    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"


def test_a_reservation_can_be_read_by_its_client_alone(api, ball):
    inventory.receive(ball, 5)
    made = post(api, body()).json()
    stranger = reservations.caller("reservations:write")

    assert api.get(f"{URL}/{made['id']}").json() == made
    assert stranger.get(f"{URL}/{made['id']}").status_code == 404
    assert api.get(f"{URL}/no-id").status_code == 404


def test_an_extension_holds_it_longer(api, ball):
    inventory.receive(ball, 5)
    made = post(api, body(ttl_seconds=60)).json()

    response = post(api, {"ttl_seconds": 3600}, f"{URL}/{made['id']}/extend")

    assert response.status_code == 200
    assert response.json()["expires_at"] > made["expires_at"]


def test_a_release_gives_the_stock_back_and_can_be_repeated(api, ball):
    level = inventory.receive(ball, 5)
    made = post(api, body()).json()

    answers = [post(api, {}, f"{URL}/{made['id']}/release") for _ in range(2)]

    level.refresh_from_db()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["status"] == "released"
    assert answers[0].json()["lines"][0]["allocations"] == []
    assert (level.on_hand, level.reserved) == (5, 0)


def test_a_commit_sells_and_can_be_repeated(api, ball):
    inventory.receive(ball, 5)
    made = post(api, body(quantity="2")).json()

    answers = [
        post(api, {"order_reference": "o-1"}, f"{URL}/{made['id']}/commit") for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["status"] == "committed"
    assert answers[0].json()["order_reference"] == "o-1"
    assert answers[0].json()["lines"][0]["allocations"] == made["lines"][0]["allocations"]
    sale = StockMovement.objects.get(kind="sale")
    assert (sale.quantity, sale.reference) == (-2, "o-1")
    assert sale.actor_name.startswith("api:")


def test_the_request_id_runs_through_to_ledger_and_events(api, ball):
    inventory.receive(ball, 5)
    made = post(api, body(), **{"X-Request-ID": "req-1"})

    done = post(
        api,
        {"order_reference": "o-1"},
        f"{URL}/{made.json()['id']}/commit",
        **{"X-Request-ID": "req-2"},
    )

    assert (made["X-Request-ID"], done["X-Request-ID"]) == ("req-1", "req-2")
    assert Reservation.objects.get().request_id == "req-1"
    assert StockMovement.objects.get(kind="sale").request_id == "req-2"
    assert OutboxEvent.objects.get(type="reservation.committed").request_id == "req-2"


def test_what_is_over_says_so(api, ball):
    inventory.receive(ball, 5)
    made = post(api, body(quantity="5", ttl_seconds=1)).json()
    services.release_expired(now=clock.now() + timedelta(seconds=2))
    post(api, body(quantity="5", reference="cart-2"))
    url = f"{URL}/{made['id']}"

    refused(api, {"order_reference": "o-1"}, 409, "reservation-expired", url=f"{url}/commit")
    refused(api, {"ttl_seconds": 60}, 409, "reservation-expired", url=f"{url}/extend")
    assert api.get(url).json()["status"] == "expired"


def test_a_shortage_shows_and_keeps_it_from_being_committed(api, ball):
    level = inventory.receive(ball, 5)
    made = post(api, body(quantity="4")).json()
    stock.write_off(stock_level_id=level.pk, quantity=2, reason="damaged", now=clock.now())
    url = f"{URL}/{made['id']}"

    (line,) = api.get(url).json()["lines"]
    problem = refused(
        api, {"order_reference": "o-1"}, 409, "insufficient-stock", url=f"{url}/commit"
    )

    assert (line["quantity"], line["shortage"]) == ("4", "1")
    assert [a["quantity"] for a in line["allocations"]] == ["3"]
    assert problem["shortages"] == [{"sku": "SE-BALL-5", "requested": "4", "available": "3"}]


@pytest.mark.parametrize(
    ("action", "data", "pointer"),
    [
        ("commit", {}, "/order_reference"),
        ("commit", {"order_reference": ""}, "/order_reference"),
        ("extend", {}, "/ttl_seconds"),
        ("extend", {"ttl_seconds": -5}, "/ttl_seconds"),
        ("extend", {"ttl_seconds": 10**30}, "/ttl_seconds"),
    ],
)
def test_actions_with_wrong_fields_are_422(api, ball, action, data, pointer):
    inventory.receive(ball, 5)
    made = post(api, body()).json()

    refused(api, data, 422, "invalid-input", [pointer], url=f"{URL}/{made['id']}/{action}")


def test_the_task_ends_what_is_over(api, ball):
    from inventory.reservations.tasks import release_expired

    inventory.receive(ball, 5)
    post(api, body())
    Reservation.objects.update(expires_at=clock.now() - timedelta(seconds=1))

    assert [release_expired(), release_expired()] == [1, 0]
    assert Reservation.objects.get().status == "expired"
