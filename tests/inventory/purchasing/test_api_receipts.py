import json
from datetime import date, timedelta
from decimal import Decimal

import pytest

from config.kernel import clock
from config.kernel.alerts import Alert
from config.kernel.money import Money
from inventory.counting.services import reconcile
from inventory.lots.models import Lot, LotHold
from inventory.purchasing import services
from inventory.purchasing.models import Receipt, ReceiptLine, ShipmentNotice
from inventory.stock.models import SerialNumber, StockLevel, StockMovement
from tests.factories import catalog, inventory, reservations
from tests.factories.inventory import NOW

URL = "/api/v1/receipts"


@pytest.fixture
def api(db):
    return reservations.caller("stock:write")


@pytest.fixture(autouse=True)
def berlin(db):
    return inventory.warehouse()


@pytest.fixture
def cream(db):
    return catalog.variant(catalog.cosmetic(sku="COS-CREAM-50", remaining_days_min=30))


@pytest.fixture
def watch(db):
    return catalog.variant(catalog.sports(sku="SE-WATCH-1", is_serial_tracked=True))


def goods(sku="COS-CREAM-50", quantity="5", **fields):
    fields.setdefault("external_id", f"x{catalog.serial()}")
    if sku.startswith("COS"):
        fields = {"lot": "L1", "expires_on": "2099-01-31", **fields}
    return {"sku": sku, "quantity": quantity, "unit": "each", **fields}


def body(*lines, **fields):
    return {"warehouse": "BER", "lines": list(lines), **fields}


def post(api, data, **headers):
    return api.post(URL, data, format="json", headers=headers)


def announced(berlin, *lines, reference="DN-1", **fields):
    return services.announce_shipment(
        supplier_id=catalog.supplier().pk,
        warehouse_id=berlin.pk,
        reference=reference,
        lines=lines,
        now=NOW,
        user_id=None,
        **fields,
    )


def draft(variant, quantity, **fields):
    fields = {"lot_code": "L1", "expiry_date": date(2099, 1, 31), **fields}
    return services.LineDraft(variant_id=variant.pk, quantity=Decimal(quantity), **fields)


def state():
    return {
        **inventory.stock_state(),
        "receipts": Receipt.objects.count(),
        "lines": ReceiptLine.objects.count(),
        "pieces": SerialNumber.objects.count(),
        "holds": LotHold.objects.count(),
    }


def refused(api, data, status, code, pointers=None):
    before = state()
    response = post(api, data)
    problem = json.loads(response.content)
    assert (response.status_code, problem["code"]) == (status, code), response.content
    if pointers is not None:
        assert [error["pointer"] for error in problem["errors"]] == pointers
    assert state() == before
    return problem


def test_takes_goods_in_and_answers_what_is_booked(api, cream):
    response = post(
        api,
        body(
            goods(
                quantity="5",
                unit_cost={"amount": "2.50", "currency": "EUR"},
                location="A-1",
                external_id="x1",
            )
        ),
    )

    answer = response.json()
    receipt = Receipt.objects.get()
    assert response.status_code == 201, answer
    assert answer.pop("received_at").endswith("Z")
    assert answer == {
        "id": str(receipt.pk),
        "warehouse": "BER",
        "order": None,
        "lines": [
            {
                "external_id": "x1",
                "result": "received",
                "receipt": str(receipt.pk),
                "sku": "COS-CREAM-50",
                "lot": "L1",
                "expires_on": "2099-01-31",
                "quantity": "5",
                "unit": "each",
                "location": "A-1",
                "serials": [],
                "on_hold": False,
                "discrepancies": [],
            }
        ],
    }
    assert StockLevel.objects.get().on_hand == 5
    assert Lot.objects.get().unit_cost == Decimal("2.5")
    assert reconcile(now=NOW) == []


def test_a_line_that_was_booked_before_is_a_duplicate_and_books_nothing(api, cream):
    first = post(api, body(goods(external_id="x1"))).json()

    again = post(api, body(goods(external_id="x1")))
    mixed = post(api, body(goods(external_id="x1"), goods(external_id="x2", quantity="2")))

    assert again.status_code == 200
    assert again.json()["id"] == first["id"]
    assert [ln["result"] for ln in again.json()["lines"]] == ["duplicate"]
    assert mixed.status_code == 201
    assert [ln["result"] for ln in mixed.json()["lines"]] == ["duplicate", "received"]
    assert StockLevel.objects.get().on_hand == 7


def test_a_line_that_stands_twice_is_booked_once(api, cream):
    answer = post(api, body(goods(external_id="x1"), goods(external_id="x1"))).json()

    assert [ln["result"] for ln in answer["lines"]] == ["received", "duplicate"]
    assert StockLevel.objects.get().on_hand == 5


def test_another_client_has_its_own_ids(api, cream):
    post(api, body(goods(external_id="x1")))

    response = post(reservations.caller("stock:write"), body(goods(external_id="x1")))

    assert response.status_code == 201
    assert StockLevel.objects.get().on_hand == 10


def test_goods_with_too_little_life_come_in_on_hold(api, cream):
    soon = (clock.now() + timedelta(days=10)).date().isoformat()

    (line,) = post(api, body(goods(expires_on=soon))).json()["lines"]

    assert line["on_hold"] is True
    assert [d["code"] for d in line["discrepancies"]] == ["short-shelf-life"]
    assert "30 days must be left" in LotHold.objects.get().note


def test_an_announced_delivery_comes_in_under_its_number(api, berlin, cream):
    notice = announced(berlin, draft(cream, 5, unit_cost=Money(3, "EUR")))

    answer = post(api, body(goods(quantity="5", expires_on=None), order="DN-1")).json()

    notice.refresh_from_db()
    assert (answer["order"], notice.status) == ("DN-1", "received")
    assert notice.lines.get().received_quantity == 5
    assert Lot.objects.get().unit_cost == 3
    assert StockMovement.objects.get().reference == "DN-1"
    assert answer["lines"][0]["discrepancies"] == []


def test_what_is_not_as_announced_comes_in_on_hold_and_the_buyer_is_told(api, berlin, cream):
    notice = announced(berlin, draft(cream, 5))

    answer = post(
        api,
        body(
            goods(quantity="4"),
            goods(quantity="2"),
            goods(quantity="1", lot="OTHER"),
            order="DN-1",
        ),
    ).json()

    kinds = [[d["code"] for d in ln["discrepancies"]] for ln in answer["lines"]]
    assert kinds == [[], ["over-delivery"], ["unknown-lot", "over-delivery"]]
    assert Alert.objects.filter(kind="delivery-discrepancy").count() == 2
    assert ShipmentNotice.objects.get(pk=notice.pk).status == "received"
    assert LotHold.objects.filter(released_at=None).count() == 2


def test_serial_numbers_come_with_the_goods(api, watch):
    answer = post(api, body(goods("SE-WATCH-1", "2", serials=["W1", "W2"]))).json()

    assert answer["lines"][0]["serials"] == ["W1", "W2"]
    assert SerialNumber.objects.filter(stock_level__isnull=False).count() == 2
    line = goods("SE-WATCH-1", "1")
    refused(api, body(line), 422, "invalid-receipt", ["/lines/0/serials"])
    refused(api, body({**line, "serials": ["W1"]}), 409, "serial-in-stock")
    refused(api, body({**line, "serials": ["W3", "W3"]}), 422, "invalid-receipt")


def test_refusals_name_every_line_that_is_wrong(api, berlin, cream, watch):
    announced(berlin, draft(cream, 5))

    refused(
        api,
        body(
            goods(lot=""),
            goods(lot="NEW", expires_on=None),
            goods(lot="OLD", expires_on="2020-01-01"),
            goods("SE-WATCH-1", "1"),
            goods(),
        ),
        422,
        "invalid-receipt",
        ["/lines/0/lot", "/lines/1/expires_on", "/lines/2/expires_on", "/lines/3/serials"],
    )
    refused(api, body(goods("NOPE")), 422, "unknown-product", ["/lines/0/sku"])
    refused(api, body(goods(location="NOPE")), 422, "unknown-location", ["/lines/0/location"])
    refused(api, {**body(goods()), "warehouse": "NO"}, 422, "unknown-warehouse", ["/warehouse"])
    refused(api, body(goods(), order="NO"), 422, "unknown-order", ["/order"])
    refused(
        api,
        body(goods(), received_at="2099-01-01T00:00:00Z"),
        422,
        "happens-in-future",
        ["/received_at"],
    )
    one = goods("SE-WATCH-1", "1", serials=["W1"])
    refused(api, body(one, order="DN-1"), 422, "invalid-receipt", ["/lines/0/sku"])


def test_a_number_that_two_suppliers_use_is_refused(api, berlin, cream):
    announced(berlin, draft(cream, 5))
    announced(berlin, draft(cream, 5))

    refused(api, body(goods(), order="DN-1"), 409, "ambiguous-order")


def test_a_cancelled_delivery_takes_no_goods(api, berlin, cream):
    notice = announced(berlin, draft(cream, 5))
    services.cancel_notice(notice_id=notice.pk, now=NOW)

    refused(api, body(goods(), order="DN-1"), 409, "delivery-cancelled")


def test_the_same_key_books_once(api, cream):
    data = body(goods())
    first = post(api, data, **{"Idempotency-Key": "k"})

    again = post(api, data, **{"Idempotency-Key": "k"})

    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert Receipt.objects.count() == 1


def test_a_receipt_of_many_lines_takes_one_update_for_each_place_and_few_queries_more(
    api, cream, django_assert_max_num_queries
):
    lines = [goods(lot=f"L{number}") for number in range(100)]

    with django_assert_max_num_queries(100 + 45):
        response = post(api, body(*lines))

    assert response.status_code == 201


def test_asks_for_its_scope(cream):
    assert post(reservations.caller("stock:read"), body(goods())).status_code == 403
