"""POST /recalls, GET /recalls, GET /recalls/{id}, POST /recalls/{id}/progress."""

from datetime import date

import pytest

from config.kernel import clients, clock
from config.kernel.outbox import OutboxEvent
from inventory.lots.models import LotHold
from inventory.purchasing.services import LineDraft, announce_shipment
from inventory.recalls.api import v1
from inventory.recalls.models import Recall
from inventory.reservations import services as reservations
from inventory.transfers.services import receive_transfer
from tests.factories import catalog, inventory, transfers
from tests.factories import recalls as make
from tests.factories import reservations as promise
from tests.factories.recalls import recall

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return promise.caller("stock:write")


def post(api, body, **headers):
    return api.post("/api/v1/recalls", body, format="json", **headers)


def one_lot(**more):
    return {
        "reference": "RC-1",
        "reason": "Glass in the jar.",
        "lots": [{"sku": "COS-CREAM-50", "lot": "L1"}],
        **more,
    }


def bought(item, quantity, order, client):
    reservation = promise.reserve(
        promise.line(item, quantity), client_id=client.pk, now=clock.now()
    )
    reservations.commit(
        reservation_id=reservation.pk,
        order_reference=order,
        now=clock.now(),
        client_id=client.pk,
    )
    return reservation


def test_one_call_freezes_a_lot_and_tells_whom_it_concerns(api, cream, lot):
    shop = promise.client()
    basket = promise.reserve(promise.line(cream, 3), client_id=shop.pk, now=clock.now())
    order = bought(cream, 2, "ORD-1", shop)

    answer = post(api, one_lot())

    assert answer.status_code == 201
    body = answer.json()
    assert answer["Location"] == f"/api/v1/recalls/{body['id']}"
    assert (body["reference"], body["status"], body["is_complete"]) == ("RC-1", "open", False)
    assert body["chosen"] == {"lots": [{"sku": "COS-CREAM-50", "lot": "L1"}]}
    (only,) = body["lots"]
    assert (only["sku"], only["lot"], only["is_frozen"]) == ("COS-CREAM-50", "L1", True)
    assert (only["received"], only["on_hand"], only["sold"]) == ("12", "10", "2")
    assert only["at_start"] == [{"warehouse": "BER", "on_hand": "10", "reserved": "3"}]
    (loss,) = body["reservations"]
    assert (loss["reservation"], loss["client"]) == (str(basket.pk), shop.name)
    assert (loss["lost"], loss["found"], loss["short"]) == ("3", "0", "3")
    (sale,) = body["orders"]["results"]
    assert (sale["order_reference"], sale["quantity"], sale["warehouse"]) == ("ORD-1", "2", "BER")
    assert sale["reservations"][0]["reservation"] == str(order.pk)
    assert body["clients"] == [
        {"client": shop.name, "partner": None, "orders": 1, "reservations": 1}
    ]
    assert body["warehouses"] == [{"code": "BER", "name": "Ber", "operator": None}]
    assert body["progress"] == [
        {
            "unit": "each",
            "total": "12",
            "accounted_for": "10",
            "on_hand": "10",
            "gone": "0",
            "confirmed": "0",
            "outstanding": "2",
            "percent": 83,
        }
    ]
    assert api.get(answer["Location"]).json() == body
    assert OutboxEvent.objects.filter(type="lot.recalled").count() == 1


def test_tells_where_it_came_from_and_what_is_on_its_way(api, cream, los_angeles):
    alba = catalog.supplier("ALBA", name="Alba Labs")
    jar = catalog.variant(cream)
    announce_shipment(
        supplier_id=alba.pk,
        warehouse_id=inventory.warehouse().pk,
        reference="DN-1",
        lines=[
            LineDraft(variant_id=jar.pk, quantity=30, lot_code="L1", expiry_date=date(2028, 12, 31))
        ],
        now=clock.now(),
        user_id=None,
    )
    inventory.receive(jar, 12, lot="L1", supplier_id=alba.pk, reference="DN-1")
    cargo = transfers.sent(transfers.line(jar, 4, lot_code="L1"))
    receive_transfer(
        transfer_id=cargo.pk, arrivals=[transfers.arrival(jar, "L1", 1)], now=inventory.NOW
    )

    body = post(api, {"reference": "RC-1", "reason": "Glass", "supplier": "ALBA"}).json()

    assert body["suppliers"] == [{"code": "ALBA", "name": "Alba Labs", "lots": 1}]
    (arrival,) = body["received"]
    assert (arrival["quantity"], arrival["delivery"], arrival["announced"]) == ("12", "DN-1", True)
    (coming,) = body["expected"]
    assert (coming["delivery"], coming["lot"], coming["quantity"]) == ("DN-1", "L1", "30")
    (moved,) = body["transfers"]
    assert (moved["source"], moved["destination"]) == ("BER", "LAX")
    assert (moved["sent"], moved["in_transit"]) == ("4", "3")
    lies = {(p["warehouse"], p["in_transit"]): p["on_hand"] for p in body["stock"]}
    assert lies == {("BER", False): "8", ("LAX", True): "3", ("LAX", False): "1"}


def test_names_the_company_behind_a_client(api, cream, lot):
    dealer = catalog.supplier("DEALER")
    shop, _ = clients.create_client(name="dealer", scopes=[], now=clock.now(), partner_id=dealer.pk)
    bought(cream, 1, "ORD-1", shop)

    body = post(api, one_lot()).json()

    assert body["clients"][0]["partner"] == "DEALER"


def test_the_same_request_again_is_the_same_recall(api, lot):
    first = post(api, one_lot())

    again = post(api, one_lot())

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert Recall.objects.count() == 1


def test_a_repeated_key_is_answered_from_the_record(api, lot):
    first = post(api, one_lot(), HTTP_IDEMPOTENCY_KEY="k1")

    again = post(api, one_lot(), HTTP_IDEMPOTENCY_KEY="k1")

    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert again.json() == first.json()


def test_a_reference_of_another_recall_is_refused(api, cream, lot):
    inventory.receive(cream, 1, lot="L2")
    post(api, one_lot())
    before = make.state()

    answer = post(api, one_lot(lots=[{"sku": "COS-CREAM-50", "lot": "L2"}]))

    assert (answer.status_code, answer.json()["code"]) == (409, "reference-in-use")
    assert make.state() == before


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"lots": [{"sku": "COS-NONE-1", "lot": "L1"}]}, "unknown-product", "/lots/0/sku"),
        ({"lots": [{"sku": "COS-CREAM-50", "lot": "L9"}]}, "unknown-lot", "/lots/0/lot"),
        ({"lots": [{"lot": "L1"}]}, "invalid-input", "/lots/0/sku"),
        ({"lots": []}, "invalid-input", "/lots"),
        ({"supplier": "ALBA"}, "invalid-choice", "/lots"),
        ({"lots": None}, "invalid-input", "/lots"),
        ({"reference": ""}, "invalid-input", "/reference"),
        ({"reason": "x" * 301}, "invalid-input", "/reason"),
    ],
)
def test_what_is_wrong_names_its_field_and_changes_nothing(api, lot, change, code, pointer):
    before = make.state()

    answer = post(api, one_lot(**change))

    assert answer.status_code == 422
    assert answer.json()["code"] == code
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert make.state() == before


@pytest.mark.parametrize(
    ("choice", "code", "pointer"),
    [
        ({}, "invalid-choice", "/lots"),
        ({"supplier": "NOBODY"}, "unknown-supplier", "/supplier"),
        ({"produced": {"from": "2026-01-02", "to": "2026-01-01"}}, "invalid-choice", None),
        ({"produced": {"from": "2026-01-02"}}, "invalid-input", "/produced/to"),
        ({"produced": {"from": "2001-01-01", "to": "2001-01-02"}}, "nothing-to-recall", None),
        ({"supplier": "ALBA", "sku": "COS-NONE-1"}, "unknown-product", "/sku"),
        ({"supplier": "ALBA", "sku": "A", "gtin": "4006381333931"}, "invalid-input", "/sku"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(api, lot, choice, code, pointer):
    catalog.supplier("ALBA")

    answer = post(api, {"reference": "RC-1", "reason": "Glass", **choice})

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    if pointer:
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert not LotHold.objects.exists()


def test_chooses_by_days_and_item(api, cream):
    inventory.receive(cream, 1, lot="L1", production_date=date(2026, 10, 1))
    inventory.receive(cream, 1, lot="L2", production_date=date(2026, 10, 2))
    days = {"from": "2026-10-02", "to": "2026-10-31"}

    body = post(
        api, {"reference": "RC-1", "reason": "Glass", "produced": days, "sku": "COS-CREAM-50"}
    ).json()

    assert body["chosen"] == {"sku": "COS-CREAM-50", "produced": days}
    assert [found["lot"] for found in body["lots"]] == ["L2"]


def test_progress_leads_to_a_whole(api, cream, lot):
    bought(cream, 5, "ORD-1", promise.client())
    url = f"/api/v1/recalls/{post(api, one_lot()).json()['id']}"
    item = {"sku": "COS-CREAM-50", "lot": "L1", "unit": "each"}

    came = api.post(
        f"{url}/progress",
        {**item, "kind": "returned", "quantity": "2", "warehouse": "BER", "reference": "RMA-1"},
        format="json",
    )
    rest = api.post(f"{url}/progress", {**item, "kind": "used_up", "quantity": "3"}, format="json")

    assert (came.status_code, rest.status_code) == (200, 200)
    assert (came.json()["returned"], came.json()["outstanding"]) == ("2", "3")
    body = api.get(url).json()
    assert body["is_complete"] is True
    assert [(r["kind"], r["quantity"], r["reference"]) for r in body["records"]] == [
        ("used_up", "3", ""),
        ("returned", "2", "RMA-1"),
    ]


@pytest.mark.parametrize(
    ("change", "status", "code", "pointer"),
    [
        ({"quantity": "6"}, 409, "more-than-outstanding", None),
        ({"quantity": "0"}, 422, "invalid-input", "/quantity"),
        ({"quantity": "1.5"}, 422, "invalid-input", "/quantity"),
        ({"unit": "ml"}, 422, "unit-mismatch", "/unit"),
        ({"lot": "L9"}, 422, "not-in-recall", "/lot"),
        ({"sku": "COS-NONE-1"}, 422, "unknown-product", "/sku"),
        ({"kind": "returned"}, 422, "invalid-warehouse", "/warehouse"),
        ({"kind": "returned", "warehouse": "NOPE"}, 422, "unknown-warehouse", "/warehouse"),
        ({"kind": "lost"}, 422, "invalid-input", "/kind"),
    ],
)
def test_progress_that_cannot_be_is_refused(api, cream, lot, change, status, code, pointer):
    bought(cream, 5, "ORD-1", promise.client())
    url = f"/api/v1/recalls/{post(api, one_lot()).json()['id']}"
    before = make.state()
    body = {
        "sku": "COS-CREAM-50",
        "lot": "L1",
        "unit": "each",
        "kind": "destroyed",
        "quantity": "1",
        **change,
    }

    answer = api.post(f"{url}/progress", body, format="json")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert [e["pointer"] for e in answer.json().get("errors", [])] == ([pointer] if pointer else [])
    assert make.state() == before


def test_lists_recalls_the_newest_first(api, cream, lot):
    other = inventory.receive(cream, 1, lot="L2").lot
    recall(lot)
    recall(other, reference="RC-2", now=clock.now())

    everything = api.get("/api/v1/recalls").json()["results"]

    assert [found["reference"] for found in everything] == ["RC-2", "RC-1"]
    assert api.get("/api/v1/recalls?status=closed").json()["results"] == []
    assert api.get("/api/v1/recalls?status=odd").status_code == 400


def test_orders_come_in_pages_and_long_lists_are_cut(api, cream, lot, monkeypatch):
    monkeypatch.setattr(v1, "SHOWN_MAX", 2)
    shop = promise.client()
    for number in range(3):
        bought(cream, 1, f"ORD-{number}", shop)
        promise.reserve(promise.line(cream, 1), client_id=shop.pk, now=clock.now())
    url = f"/api/v1/recalls/{post(api, one_lot()).json()['id']}"

    first = api.get(f"{url}?page_size=2").json()
    second = api.get(first["orders"]["next"]).json()

    assert [o["order_reference"] for o in first["orders"]["results"]] == ["ORD-2", "ORD-1"]
    assert [o["order_reference"] for o in second["orders"]["results"]] == ["ORD-0"]
    assert len(first["reservations"]) == 2
    assert first["shortened"] == ["reservations"]


def test_a_recall_that_is_none_is_not_found(api, lot):
    nowhere = "/api/v1/recalls/00000000-0000-0000-0000-000000000000"

    assert api.get(nowhere).status_code == 404
    assert (
        api.post(
            f"{nowhere}/progress",
            {"sku": "COS-CREAM-50", "unit": "each", "kind": "used_up", "quantity": "1"},
            format="json",
        ).status_code
        == 404
    )


def test_needs_the_scope(lot):
    assert post(promise.caller("stock:read"), one_lot()).status_code == 403
    assert post(promise.caller(), one_lot()).status_code == 401
    assert not Recall.objects.exists()


def test_some_twenty_queries_however_much_it_touches(api, cream, django_assert_max_num_queries):
    shop = promise.client()
    for number in range(8):
        inventory.receive(cream, 20, lot=f"X{number}", production_date=date(2026, 10, 1))
        bought(cream, 9, f"ORD-{number}", promise.client())
        promise.reserve(promise.line(cream, 2), client_id=shop.pk, now=clock.now())
    days = {"from": "2026-10-01", "to": "2026-10-01"}
    body = post(api, {"reference": "RC-2", "reason": "Glass", "produced": days}).json()
    assert (len(body["lots"]), len(body["reservations"])) == (8, 8)

    with django_assert_max_num_queries(21):
        api.get(f"/api/v1/recalls/{body['id']}")
    with django_assert_max_num_queries(3):
        api.get("/api/v1/recalls")
