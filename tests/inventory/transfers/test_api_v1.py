import json
import uuid

import pytest

from inventory.transfers.models import Transfer
from tests.factories import inventory, reservations
from tests.factories import transfers as make

URL = "/api/v1/transfers"


@pytest.fixture
def api(db):
    return reservations.caller("stock:write")


@pytest.fixture
def stocked(cream):
    return inventory.receive(cream, 10, lot="L1", expires="2099-01-31")


def body(quantity="4", **fields):
    fields.setdefault("lines", [{"sku": "COS-CREAM-50", "quantity": quantity, "unit": "each"}])
    return {"source": "BER", "destination": "LAX", **fields}


def post(api, data, url=URL, **headers):
    return api.post(url, data, format="json", headers=headers)


def refused(api, data, status, code, pointers=None, url=URL):
    before = make.state()
    response = post(api, data, url)
    problem = json.loads(response.content)
    assert (response.status_code, problem["code"]) == (status, code), response.content
    if pointers is not None:
        assert [error["pointer"] for error in problem["errors"]] == pointers
    assert make.state() == before


def test_sends_goods_and_answers_what_is_on_the_road(api, stocked):
    response = post(api, body(reference="WT-1", expected_on="2098-01-01"))

    answer = response.json()
    transfer = Transfer.objects.get()
    assert response.status_code == 201
    assert response["Location"] == f"{URL}/{transfer.pk}"
    assert response["Cache-Control"] == "no-store"
    assert answer.pop("created_at").endswith("Z")
    assert answer.pop("dispatched_at").endswith("Z")
    assert answer == {
        "id": str(transfer.pk),
        "reference": "WT-1",
        "status": "dispatched",
        "source": "BER",
        "destination": "LAX",
        "expected_on": "2098-01-01",
        "ended_at": None,
        "lines": [
            {"sku": "COS-CREAM-50", "lot": None, "quantity": "4", "unit": "each", "serials": []}
        ],
        "items": [
            {
                "sku": "COS-CREAM-50",
                "lot": "L1",
                "expires_on": "2099-01-31",
                "unit": "each",
                "sent": "4",
                "received": "0",
                "written_off": "0",
                "surplus": "0",
                "in_transit": "4",
            }
        ],
    }
    assert api.get(f"{URL}/{transfer.pk}").json()["items"] == answer["items"]


def test_the_same_goods_under_the_same_reference_are_sent_once(api, stocked):
    first = post(api, body(reference="WT-1"))

    again = post(api, body(reference="WT-1"))

    assert (again.status_code, again.json()) == (200, first.json())
    assert make.lying("LAX") == {("L1", "road"): 4}
    refused(api, body("5", reference="WT-1"), 409, "reference-in-use", ["/reference"])
    other = reservations.caller("stock:write")
    refused(other, body(reference="WT-1"), 409, "reference-in-use", ["/reference"])


def test_the_same_idempotency_key_sends_once(api, stocked):
    first = post(api, body(), **{"Idempotency-Key": "k1"})

    again = post(api, body(), **{"Idempotency-Key": "k1"})

    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert Transfer.objects.count() == 1


def test_a_planned_transfer_is_dispatched_received_and_over(api, stocked):
    transfer_id = post(api, body(dispatch=False)).json()["id"]
    assert make.lying("LAX") == {}

    assert post(api, {}, f"{URL}/{transfer_id}/dispatch").json()["status"] == "dispatched"
    lines = [
        {"sku": "COS-CREAM-50", "lot": "L1", "quantity": "1", "unit": "each", "location": "L-1"}
    ]
    part = post(api, {"lines": lines}, f"{URL}/{transfer_id}/receive").json()
    done = post(api, {}, f"{URL}/{transfer_id}/receive").json()

    assert (part["status"], part["items"][0]["in_transit"]) == ("partly_received", "3")
    assert (done["status"], done["items"][0]["received"]) == ("received", "4")
    assert make.lying("LAX") == {("L1", "L-1"): 1, ("L1", "DOCK"): 3}


def test_more_than_was_sent_is_refused_unless_it_is_accepted(api, stocked):
    url = f"{URL}/{post(api, body()).json()['id']}/receive"
    lines = [{"sku": "COS-CREAM-50", "lot": "L1", "quantity": "5", "unit": "each"}]

    refused(api, {"lines": lines}, 409, "more-than-sent", ["/lines/0/quantity"], url)
    answer = post(api, {"lines": lines, "accept_surplus": True}, url).json()

    assert answer["items"][0]["surplus"] == "1"


def test_a_planned_transfer_can_be_cancelled(api, stocked):
    transfer_id = post(api, body(dispatch=False)).json()["id"]

    answer = api.post(f"{URL}/{transfer_id}/cancel")

    assert answer.json()["status"] == "cancelled"
    refused(api, {}, 409, "transfer-ended", url=f"{URL}/{transfer_id}/dispatch")


def test_a_transfer_that_has_left_cannot_be_cancelled(api, stocked):
    transfer_id = post(api, body()).json()["id"]

    refused(api, {}, 409, "transfer-under-way", url=f"{URL}/{transfer_id}/cancel")


def test_refusals_name_field_and_value(api, stocked):
    cream = {"sku": "COS-CREAM-50", "quantity": "1", "unit": "each"}

    refused(api, body("11"), 409, "insufficient-stock", ["/lines/0/quantity"])
    refused(api, body(source="XXX"), 422, "unknown-warehouse", ["/source"])
    refused(api, body(destination="XXX"), 422, "unknown-warehouse", ["/destination"])
    refused(api, body(destination="BER"), 422, "invalid-input", ["/destination"])
    refused(api, body(expected_on="2020-01-01"), 422, "invalid-input", ["/expected_on"])
    refused(api, body(dispatched_at="2099-01-01T00:00:00Z"), 422, "happens-in-future")
    for line, code, pointer in [
        ({**cream, "sku": "NOPE"}, "unknown-product", "/lines/0/sku"),
        ({**cream, "unit": "kg"}, "unit-mismatch", "/lines/0/unit"),
        ({**cream, "quantity": "1.5"}, "invalid-input", "/lines/0/quantity"),
        ({**cream, "quantity": "999999999999"}, "invalid-input", "/lines/0/quantity"),
        ({**cream, "lot": "NOPE"}, "invalid-transfer", "/lines/0/lot"),
        ({**cream, "serials": ["A"]}, "invalid-transfer", "/lines/0/serials"),
    ]:
        refused(api, body(lines=[line]), 422, code, [pointer])


def test_refuses_what_did_not_travel(api, stocked, watch):
    url = f"{URL}/{post(api, body()).json()['id']}/receive"
    line = {"sku": "COS-CREAM-50", "lot": "L1", "quantity": "1", "unit": "each"}

    for wrong, code, pointer in [
        ({**line, "lot": "L2"}, "not-in-transfer", "/lines/0/lot"),
        ({**line, "sku": "SE-WATCH-1"}, "not-in-transfer", "/lines/0/lot"),
        ({**line, "location": "NOPE"}, "unknown-location", "/lines/0/location"),
    ]:
        refused(api, {"lines": [wrong]}, 422, code, [pointer], url)
    refused(api, {}, 404, "unknown-transfer", url=f"{URL}/{uuid.uuid4()}/receive")


def test_asks_for_its_scope(cream):
    assert post(reservations.caller("stock:read"), body()).status_code == 403
    assert post(reservations.caller(), body()).status_code == 401


def test_takes_what_was_promised_only_when_it_is_told_to(api, stocked):
    reservation = reservations.reserve(
        reservations.line("COS-CREAM-50", 8), now=make.NOW, seconds=10**6
    )

    refused(api, body("4"), 409, "insufficient-stock", ["/lines/0/quantity"])
    assert post(api, body("4", take_promised=True)).status_code == 201

    assert reservation.lines.get().shortage == 2
