import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.identifiers.services import add_alias, add_barcode
from config.kernel.outbox import OutboxEvent
from inventory.counting.services import reconcile
from inventory.integration.models import InboundMessage, StockUpdateLine
from inventory.lots.models import Lot
from inventory.reservations.models import ReservationLine
from inventory.stock.models import StockLevel, StockMovement
from tests.factories import catalog, inventory, reservations
from tests.factories.inventory import NOW

URL = "/api/v1/stock-updates"


@pytest.fixture
def api(db):
    return reservations.caller("stock:write")


def line(external_id="u1", quantity="5", **fields):
    if "gtin" not in fields and "alias" not in fields:
        fields.setdefault("sku", "SE-BALL-5")
    defaults = {
        "warehouse": "BER",
        "mode": "set",
        "quantity": quantity,
        "unit": "each",
        "reason": "count",
        "external_id": external_id,
    }
    return {**defaults, **fields}


def post(api, *lines, source="wms-ber", atomic=False, **headers):
    body = {"source": source, "atomic": atomic, "lines": list(lines)}
    return api.post(URL, body, format="json", headers=headers)


def results(response):
    assert response.status_code == 200, response.content
    return [
        (found["external_id"], found["result"], found.get("error", {}).get("code", ""))
        for found in response.json()["results"]
    ]


def rejected(api, code, **fields):
    """The error of a line that is rejected and has changed nothing."""
    before = inventory.stock_state()
    response = post(api, line(**fields))
    assert results(response) == [(fields.get("external_id", "u1"), "rejected", code)]
    assert inventory.stock_state() == before
    return response.json()["results"][0]["error"]


def on_hand():
    levels = StockLevel.objects.exclude(on_hand=0).order_by("location__code", "lot__code")
    return list(levels.values_list("location__code", "lot__code", "on_hand"))


def ledger():
    lines = StockMovement.objects.exclude(kind="receipt").order_by("pk")
    return list(lines.values_list("kind", "quantity", "reason", "reference"))


def test_sets_the_open_lot_to_what_was_counted(api, ball):
    inventory.receive(ball, 10, at=inventory.location("A-1"))

    response = post(api, line(quantity="7", lot=None))

    assert results(response) == [("u1", "applied", "")]
    assert response["Cache-Control"] == "no-store"
    assert on_hand() == [("A-1", "", 7)]
    assert ledger() == [("count", -3, "", "wms-ber u1")]
    event = OutboxEvent.objects.get(type="stock.changed", payload__kind="count")
    assert event.subject == "SE-BALL-5"
    assert event.payload["quantity"] == "-3"


def test_changes_by_a_delta_either_way(api, ball):
    inventory.receive(ball, 10, at=inventory.location("A-1"))

    answer = results(
        post(
            api,
            line("u1", "-4", mode="delta", reason="damaged"),
            line("u2", "1", mode="delta", reason="found"),
        )
    )

    assert answer == [("u1", "applied", ""), ("u2", "applied", "")]
    assert on_hand() == [("A-1", "", 7)]
    assert ledger() == [
        ("write_off", -4, "damaged", "wms-ber u1"),
        ("adjustment", 1, "found", "wms-ber u2"),
    ]


@pytest.mark.parametrize(
    ("reason", "change", "kind"),
    [
        ("count", "-1", "count"),
        ("count", "1", "count"),
        ("damaged", "-1", "write_off"),
        ("lost", "-1", "write_off"),
        ("expired", "-1", "write_off"),
        ("sample", "-1", "write_off"),
        ("damaged", "1", "adjustment"),
        ("found", "1", "adjustment"),
        ("correction", "-1", "adjustment"),
        ("other", "-1", "adjustment"),
    ],
)
def test_the_reason_says_what_kind_of_movement_it_is(api, ball, reason, change, kind):
    inventory.receive(ball, 10)

    post(api, line(quantity=change, mode="delta", reason=reason))

    ((written, _, why, _),) = ledger()
    assert written == kind
    assert why == ("" if reason == "count" else reason)


def test_a_set_to_what_lies_there_is_applied_without_a_movement(api, ball):
    inventory.receive(ball, 10)

    assert results(post(api, line(quantity="10"))) == [("u1", "applied", "")]

    assert ledger() == []
    assert StockUpdateLine.objects.get().change == 0


def test_a_line_is_applied_once_for_ever(api, ball):
    inventory.receive(ball, 10)
    post(api, line(quantity="-1", mode="delta"))

    assert results(post(api, line(quantity="-1", mode="delta"))) == [("u1", "duplicate", "")]
    assert results(
        post(api, line(quantity="-1", mode="delta"), line("u2", "-1", mode="delta"))
    ) == [("u1", "duplicate", ""), ("u2", "applied", "")]

    assert StockLevel.objects.get().on_hand == 8


def test_an_id_twice_in_one_update_is_applied_once(api, ball):
    inventory.receive(ball, 10)

    answer = results(post(api, *[line(quantity="-1", mode="delta")] * 2))

    assert answer == [("u1", "applied", ""), ("u1", "duplicate", "")]
    assert StockLevel.objects.get().on_hand == 9


def test_every_source_has_ids_of_its_own(api, ball):
    inventory.receive(ball, 10)
    post(api, line(quantity="-1", mode="delta"))

    answer = results(post(api, line(quantity="-1", mode="delta"), source="wms-2"))

    assert answer == [("u1", "applied", "")]


def test_a_rejected_line_may_be_sent_again(api, ball):
    inventory.receive(ball, 10)
    rejected(api, "stale", quantity="5", expected_quantity="9")

    assert results(post(api, line(quantity="5", expected_quantity="10"))) == [("u1", "applied", "")]
    assert results(post(api, line(quantity="5", expected_quantity="10"))) == [
        ("u1", "duplicate", "")
    ]


def test_compare_and_set_names_both_figures(api, ball):
    inventory.receive(ball, 10)

    error = rejected(api, "stale", quantity="5", expected_quantity="55")

    assert error["detail"] == "SE-BALL-5 open lot in BER: 10 each on hand, 55 expected."
    assert error["pointer"] == "/lines/0"


def test_one_bad_line_undoes_no_other(api, ball, cream):
    inventory.receive(ball, 10)

    answer = results(
        post(
            api,
            line("u1", "8"),
            line("u2", "3", sku="COS-CREAM-50"),
            line("u3", "-9", mode="delta"),
            line("u4", "-8", mode="delta"),
        )
    )

    assert answer == [
        ("u1", "applied", ""),
        ("u2", "rejected", "lot-required"),
        ("u3", "rejected", "insufficient-stock"),
        ("u4", "applied", ""),
    ]
    assert StockLevel.objects.get().on_hand == 0


def test_an_atomic_update_is_applied_whole_or_refused_with_every_error(api, ball, cream):
    inventory.receive(ball, 10)
    before = inventory.stock_state()

    response = post(
        api,
        line("u1", "8"),
        line("u2", "3", sku="COS-CREAM-50"),
        line("u3", "1", sku="SE-NOPE-1"),
        atomic=True,
    )

    problem = json.loads(response.content)
    assert response.status_code == 422
    assert problem["code"] == "lot-required"
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [
        ("/lines/1/lot", "lot-required"),
        ("/lines/2/sku", "unknown-product"),
    ]
    assert inventory.stock_state() == before
    assert not InboundMessage.objects.exists()
    assert results(post(api, line("u1", "8"), line("u4", "9"), atomic=True)) == [
        ("u1", "applied", ""),
        ("u4", "applied", ""),
    ]
    assert StockLevel.objects.get().on_hand == 9


def test_an_unknown_lot_is_made_where_its_expiry_is_given(api, cream):
    error = rejected(api, "unknown-lot", sku="COS-CREAM-50", lot="L1")
    assert error["detail"] == ("COS-CREAM-50 has no lot L1 on file: give expires_on to make it.")

    answer = results(post(api, line(sku="COS-CREAM-50", lot="L1", expires_on="2099-06-30")))

    assert answer == [("u1", "applied", "")]
    lot = Lot.objects.get()
    assert (lot.code, lot.expiry_date) == ("L1", date(2099, 6, 30))
    assert on_hand() == [("DOCK", "L1", 5)]


def test_a_lot_that_has_expired_is_found_all_the_same(api, cream):
    answer = results(post(api, line(sku="COS-CREAM-50", lot="OLD", expires_on="2020-01-31")))

    assert answer == [("u1", "applied", "")]
    assert on_hand() == [("DOCK", "OLD", 5)]


def test_a_lot_on_file_keeps_its_expiry(api, cream):
    inventory.receive(cream, 4, lot="L1", expires="2099-06-30")

    error = rejected(api, "lot-dates-differ", sku="COS-CREAM-50", lot="L1", expires_on="2099-07-31")

    assert "2099-06-30" in error["detail"]
    assert "2099-07-31" in error["detail"]


def test_two_lines_that_name_a_new_lot_with_two_dates_make_it_once(api, cream):
    lines = [
        line("u1", sku="COS-CREAM-50", lot="L1", expires_on="2099-06-30"),
        line("u2", "9", sku="COS-CREAM-50", lot="L1", expires_on="2099-07-31"),
        line("u3", "2", sku="COS-CREAM-50", lot="L1", expires_on="2099-07-31", warehouse="VIE"),
    ]

    assert results(post(api, *lines)) == [
        ("u1", "applied", ""),
        ("u2", "rejected", "lot-dates-differ"),
        ("u3", "rejected", "lot-dates-differ"),
    ]
    assert on_hand() == [("DOCK", "L1", 5)]


def test_a_known_lot_may_turn_up_in_another_warehouse(api, cream):
    inventory.receive(cream, 4, lot="L1", expires="2020-01-31", now=NOW - timedelta(days=3000))

    results(post(api, line(sku="COS-CREAM-50", lot="L1", warehouse="VIE")))

    assert on_hand() == [("DOCK", "L1", 4), ("MAIN", "L1", 5)]


def test_an_item_goes_by_gtin_and_alias_too(api, ball):
    variant = catalog.variant(ball)
    code = catalog.gtin()
    add_barcode(variant_id=variant.pk, gtin=code)
    add_alias(variant_id=variant.pk, scheme="warehouse", code="B-5")

    answer = results(
        post(
            api,
            line("u1", "3", mode="delta", gtin=code),
            line("u2", "4", mode="delta", alias="B-5", alias_scheme="warehouse"),
        )
    )

    assert answer == [("u1", "applied", ""), ("u2", "applied", "")]
    assert on_hand() == [("DOCK", "", 7)]


@pytest.mark.parametrize(
    ("code", "fields", "pointer"),
    [
        ("unknown-warehouse", {"warehouse": "NOPE"}, "/lines/0/warehouse"),
        ("unknown-location", {"location": "Z-9"}, "/lines/0/location"),
        ("unknown-product", {"sku": "SE-NOPE-1"}, "/lines/0/sku"),
        ("invalid-code", {"gtin": "4012345678902"}, "/lines/0/gtin"),
        ("unit-mismatch", {"unit": "ml"}, "/lines/0/unit"),
        ("unit-mismatch", {"unit": "furlong"}, "/lines/0/unit"),
        ("fractional-count", {"quantity": "1.5"}, "/lines/0/unit"),
        ("invalid-quantity", {"quantity": "-1"}, "/lines/0/quantity"),
        ("invalid-quantity", {"quantity": "1000000000"}, "/lines/0/quantity"),
        ("insufficient-stock", {"quantity": "-11", "mode": "delta"}, "/lines/0"),
        ("lot-required", {"expires_on": "2099-01-31"}, "/lines/0/lot"),
    ],
)
def test_a_line_that_cannot_be_is_rejected_with_its_field(api, ball, code, fields, pointer):
    inventory.receive(ball, 10)

    assert rejected(api, code, **fields)["pointer"] == pointer


def test_a_quantity_in_another_unit_is_converted_exactly(api, germany):
    rope = catalog.sports(sku="SE-ROPE-1", stock_unit="m")
    inventory.receive(rope, 20)

    results(post(api, line(sku="SE-ROPE-1", quantity="1250", unit="cm", expected_quantity="2000")))

    assert StockLevel.objects.get().on_hand == Decimal("12.5")


def test_a_named_place_is_set_alone(api, ball):
    inventory.receive(ball, 10, at=inventory.location("A-1"))
    inventory.receive(ball, 4, at=inventory.location("A-2"))

    results(post(api, line(quantity="1", location="A-2", expected_quantity="4")))

    assert on_hand() == [("A-1", "", 10), ("A-2", "", 1)]


def test_without_a_place_the_whole_warehouse_is_meant(api, ball):
    inventory.receive(ball, 10, at=inventory.location("A-1"))
    inventory.receive(ball, 4, at=inventory.location("A-2"))

    results(post(api, line("u1", "20", expected_quantity="14")))
    assert on_hand() == [("A-1", "", 16), ("A-2", "", 4)]
    results(post(api, line("u2", "3")))

    assert on_hand() == [("A-2", "", 3)]


def test_what_is_promised_gives_way_when_it_is_not_there(api, ball):
    inventory.receive(ball, 10)
    older = reservations.reserve(reservations.line(ball, 6), reference="older")
    newer = reservations.reserve(
        reservations.line(ball, 4), reference="newer", now=NOW + timedelta(minutes=1)
    )
    for held in (older, newer):
        held.expires_at = NOW + timedelta(days=9999)
        held.save()

    assert results(post(api, line(quantity="7"))) == [("u1", "applied", "")]

    assert ReservationLine.objects.get(reservation=older).shortage == 0
    assert ReservationLine.objects.get(reservation=newer).shortage == 3
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (7, 7)
    assert "Count (wms-ber u1)" in newer.changes.get(kind="lost").reason
    assert not older.changes.exists()
    assert reconcile(now=NOW) == []


def test_what_turns_up_fills_what_is_short(api, ball):
    inventory.receive(ball, 10)
    held = reservations.reserve(reservations.line(ball, 10))
    held.expires_at = NOW + timedelta(days=9999)
    held.save()
    post(api, line("u1", "6"))

    post(api, line("u2", "9"))

    assert ReservationLine.objects.get().shortage == 1
    assert reconcile(now=NOW) == []


def test_fields_that_are_wrong_are_refused_before_anything_is_applied(api, ball):
    inventory.receive(ball, 10)
    before = inventory.stock_state()

    response = post(api, line(), line("u2", mode="add", reason="bored", quantity="x"))

    problem = json.loads(response.content)
    assert response.status_code == 422
    assert sorted(e["pointer"] for e in problem["errors"]) == [
        "/lines/1/mode",
        "/lines/1/quantity",
        "/lines/1/reason",
    ]
    assert inventory.stock_state() == before


def test_a_batch_has_a_bound(api, ball):
    assert post(api).status_code == 422
    assert post(api, *[line(f"u{i}") for i in range(1001)]).status_code == 422
    assert not StockMovement.objects.exists()


def test_an_idempotency_key_replays_the_answer(api, ball):
    inventory.receive(ball, 10)
    first = post(api, line(quantity="-1", mode="delta"), **{"Idempotency-Key": "k1"})

    again = post(api, line(quantity="-1", mode="delta"), **{"Idempotency-Key": "k1"})

    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"
    assert StockLevel.objects.get().on_hand == 9


def test_who_may_not_write_stock_is_refused(db, ball):
    assert post(reservations.caller(), line()).status_code == 401
    assert post(reservations.caller("stock:read"), line()).status_code == 403


def test_everything_that_was_sent_is_kept(api, ball):
    inventory.receive(ball, 10)

    post(api, line("u1", "7", lot=None, expected_quantity="10"), line("u2", sku="SE-NOPE-1"))
    post(api, line("u1", "7"), **{"X-Request-ID": "req-2"})

    first, second = InboundMessage.objects.order_by("pk")
    assert (first.source, first.applied_count, first.rejected_count) == ("wms-ber", 1, 1)
    assert (second.duplicate_count, second.request_id) == (1, "req-2")
    assert first.client_name.startswith("caller-")
    applied, refused = first.lines.order_by("position")
    assert (applied.position, applied.on_hand_before, applied.change) == (1, 10, -3)
    assert applied.variant.sku == "SE-BALL-5"
    assert (refused.error_code, refused.item) == ("unknown-product", "SE-NOPE-1")
    assert refused.error_detail == 'Nothing of ours is called "SE-NOPE-1".'


def test_a_thousand_lines_take_few_queries(api, germany):
    for number in range(12):
        inventory.receive(catalog.sports(sku=f"SE-MANY-{number}"), 10)

    def queries(count):
        lines = [
            line(f"q{count}-{i}", "-1", mode="delta", sku=f"SE-MANY-{i}") for i in range(count)
        ]
        with CaptureQueriesContext(connection) as caught:
            assert {result for _, result, _ in results(post(api, *lines))} == {"applied"}
        return len(caught)

    queries(1)
    few, many = queries(2), queries(12)

    assert many - few == 10  # one UPDATE of each level
