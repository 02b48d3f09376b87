"""GET /lots and GET /lots/{id}/trace."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from config.kernel import clock
from config.kernel.context import bind
from config.kernel.money import Money
from inventory.lots.models import HoldReason
from inventory.lots.services import set_cost
from inventory.reservations import services as promises
from inventory.stock import services as stock
from tests.factories import catalog, inventory, people, reservations, transfers

URL = "/api/v1/lots"
NOW = inventory.NOW


@pytest.fixture(autouse=True)
def later(monkeypatch):
    """The day on which is asked."""
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=30))


@pytest.fixture
def api(germany):
    return reservations.caller("stock:read")


def results(api, **query):
    response = api.get(URL, query)
    assert response.status_code == 200, response.content
    return response.json()["results"]


def codes(api, **query):
    return [item["lot"] for item in results(api, **query)]


@pytest.fixture
def shelf(cream, ball):
    """A lot in each state."""
    levels = {
        "FINE": inventory.receive(cream, 9, lot="FINE", expires="2099-06-30"),
        "HELD": inventory.receive(cream, 3, lot="HELD", expires="2099-06-30"),
        "PAST": inventory.receive(cream, 3, lot="PAST", expires="2026-12-20"),
        "GONE": inventory.receive(cream, 3, lot="GONE", expires="2026-12-19"),
        "open": inventory.receive(ball, 5),
    }
    stock.place_hold(
        lot_id=levels["HELD"].lot_id,
        reason=HoldReason.QUALITY,
        note="smells",
        now=NOW,
        user_id=None,
    )
    write_off(levels["GONE"], 3)
    return levels


def write_off(level, quantity, now=NOW):
    stock.write_off(stock_level_id=level.pk, quantity=Decimal(quantity), reason="wet", now=now)


def test_says_what_is_known_of_a_lot(api, cream):
    supplier = catalog.supplier(code="LAB", name="Laboratory")
    level = inventory.receive(cream, 9, lot="A", expires="2099-06-30", supplier_id=supplier.pk)
    stock.set_aside(quantities={level.pk: Decimal(2)})

    (found,) = results(api)

    assert found == {
        "id": level.lot_id,
        "sku": "COS-CREAM-50",
        "lot": "A",
        "status": "sellable",
        "holds": [],
        "produced_on": None,
        "expires_on": "2099-06-30",
        "sell_by": found["sell_by"],
        "opened_on": None,
        "on_hand": "9",
        "reserved": "2",
        "unit": "each",
        "supplier": {"code": "LAB", "name": "Laboratory"},
        "received_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "updated_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def test_chooses_by_state(api, shelf):
    said = {item["lot"]: item["status"] for item in results(api)}

    assert said == {
        "FINE": "sellable",
        "HELD": "on_hold",
        "PAST": "past_sell_by",
        "GONE": "used_up",
        None: "sellable",
    }
    for status in set(said.values()):
        assert codes(api, status=status) == [lot for lot in said if said[lot] == status]
    assert results(api, status="on_hold")[0]["holds"] == ["quality"]


def test_chooses_by_item_and_expiry(api, shelf):
    assert codes(api, sku="SE-BALL-5") == [None]
    assert codes(api, expires_before="2026-12-20") == ["GONE"]
    assert codes(api, expires_before="2026-12-21") == ["PAST", "GONE"]


def test_leaves_what_changed_since_whatever_it_was(api, shelf, cream):
    since = NOW + timedelta(days=20)
    at = since.isoformat()
    assert codes(api, updated_since=at) == []

    write_off(shelf["FINE"], 1, now=since)
    stock.release_holds(lot_ids=[shelf["HELD"].lot_id], note="fine", now=since, user_id=None)
    assert codes(api, updated_since=at) == ["FINE", "HELD"]

    lot, later = shelf["PAST"].lot, since + timedelta(hours=1)
    set_cost(lot=lot, amount=Decimal(2), currency="EUR", reason="invoice", now=later)
    assert codes(api, updated_since=at) == ["FINE", "HELD", "PAST"]


def put_away(levels, now):
    stock.put_away(
        stock_level_id=levels["FINE"].pk,
        to_location_id=inventory.location("A-1").pk,
        quantity=Decimal(2),
        now=now,
    )


CHANGES = {
    "more comes in": lambda levels, now: inventory.receive(
        levels["FINE"].variant,
        1,
        lot="FINE",
        expires="2099-06-30",
        now=now,
        production_date=date(2026, 1, 1),
        supplier_id=catalog.supplier().pk,
    ),
    "a new lot comes in": lambda levels, now: inventory.receive(
        levels["FINE"].variant, 1, lot="NEW", expires="2099-06-30", now=now
    ),
    "it is known late that it came": lambda levels, now: inventory.receive(
        levels["open"].variant, 1, now=now, happened_at=now - timedelta(days=9)
    ),
    "put away": put_away,
    "sent to another warehouse": lambda levels, now: transfers.sent(
        transfers.line(levels["FINE"].variant, 1), now=now
    ),
    "sold": lambda levels, now: sell(levels["FINE"].variant, 2, "ORDER-9", now=now),
    "found": lambda levels, now: stock.adjust(
        stock_level_id=levels["GONE"].pk, quantity_delta=Decimal(1), reason="Found", now=now
    ),
    "written off": lambda levels, now: write_off(levels["PAST"], 3, now=now),
    "sent back": lambda levels, now: stock.return_to_supplier(
        stock_level_id=levels["FINE"].pk,
        quantity=Decimal(1),
        reason="Wrong",
        reference="RMA-1",
        now=now,
    ),
    "held": lambda levels, now: stock.place_hold(
        lot_id=levels["FINE"].lot_id, reason=HoldReason.DAMAGED, note="Look", now=now, user_id=None
    ),
    "held for one more reason": lambda levels, now: stock.place_hold(
        lot_id=levels["HELD"].lot_id, reason=HoldReason.DAMAGED, note="Look", now=now, user_id=None
    ),
    "released": lambda levels, now: stock.release_holds(
        lot_ids=[levels["HELD"].lot_id], note="Fine", now=now, user_id=None
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_that_has_changed_is_missed(api, shelf, change):
    """But for what is promised of it, which other pulls tell, and what mere time does."""
    at = NOW + timedelta(minutes=5)
    before = answers(api)

    CHANGES[change](shelf, at)

    changed = {key for key, answer in answers(api).items() if before.get(key) != answer}
    (met,) = results(api, updated_since=at.isoformat())
    assert changed <= {met["id"]}
    assert met["updated_at"] == at.strftime("%Y-%m-%dT%H:%M:%SZ")


def answers(api):
    left_out = ("reserved", "updated_at")
    return {
        item["id"]: {name: item[name] for name in item if name not in left_out}
        for item in results(api)
    }


def test_what_changed_comes_in_pages_the_latest_change_last(api, cream):
    for number in range(5):
        inventory.receive(
            cream, 1, lot=f"L{number}", expires="2099-06-30", now=NOW - timedelta(hours=number)
        )
    since = (NOW - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    seen, url = [], f"{URL}?page_size=2&updated_since={since}"

    while url:
        page = api.get(url).json()
        seen += [(item["lot"], item["updated_at"]) for item in page["results"]]
        url = page["next"]

    assert [lot for lot, _ in seen] == ["L4", "L3", "L2", "L1", "L0"]
    assert [at for _, at in seen] == sorted(at for _, at in seen)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"status": "fresh"}, "/status"),
        ({"expires_before": "2026-02-30"}, "/expires_before"),
        ({"updated_since": "now"}, "/updated_since"),
        ({"alias": "A"}, "/alias_scheme"),
    ],
)
def test_a_query_that_makes_no_sense_is_400_and_names_the_field(api, query, pointer):
    response = api.get(URL, query)

    assert response.status_code == 400
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


def sell(product, quantity, reference, now=NOW + timedelta(minutes=1)):
    reservation = reservations.reserve(
        reservations.line(product, quantity), reference=f"cart-{reference}", seconds=900
    )
    return promises.commit(reservation_id=reservation.pk, order_reference=reference, now=now)


def test_traces_a_lot_from_its_supplier_to_every_order(api, cream):
    supplier = catalog.supplier(code="LAB", name="Laboratory")
    level = inventory.receive(
        cream,
        20,
        lot="A",
        expires="2099-06-30",
        supplier_id=supplier.pk,
        reference="DN-7",
        cost=Money("2.50", "EUR"),
    )
    sold = [sell(cream, 3, "ORDER-1"), sell(cream, 4, "ORDER-2")]
    kept = reservations.reserve(reservations.line(cream, 2), reference="cart-3", seconds=900)
    stock.put_away(
        stock_level_id=level.pk,
        to_location_id=inventory.location("A-1").pk,
        quantity=Decimal(5),
        now=NOW,
    )
    write_off(level, 1)

    response = api.get(f"{URL}/{level.lot_id}/trace")

    assert response.status_code == 200
    told = response.json()
    assert told["lot"]["lot"] == "A"
    assert told["lot"]["supplier"] == {"code": "LAB", "name": "Laboratory"}
    assert told["unit_cost"] == {"amount": "2.50", "currency": "EUR"}
    assert told["received"] == [
        {
            "happened_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "warehouse": "BER",
            "quantity": "20",
            "delivery": "DN-7",
            "announced": False,
        }
    ]
    assert [(place["location"], place["on_hand"]) for place in told["stock"]] == [
        ("A-1", "5"),
        ("DOCK", "7"),
    ]
    assert [(p["reservation"], p["quantity"]) for p in told["reserved"]] == [(str(kept.pk), "2")]
    assert [(m["kind"], m["quantity"]) for m in told["movements"]] == [
        ("write_off", "-1"),
        ("move", "5"),
        ("move", "-5"),
    ]
    assert [
        (o["order_reference"], o["quantity"], [r["reservation"] for r in o["reservations"]])
        for o in told["orders"]["results"]
    ] == [
        ("ORDER-2", "4", [str(sold[1].pk)]),
        ("ORDER-1", "3", [str(sold[0].pk)]),
    ]
    assert told["orders"]["next"] is None
    assert told["shortened"] == []


def test_tells_who_held_a_lot_and_who_let_it_go(api, cream):
    level = inventory.receive(cream, 20, lot="A", expires="2099-06-30")
    with bind(actor_name="api:lab"):
        stock.place_hold(
            lot_id=level.lot_id, reason=HoldReason.QUALITY, note="Look", now=NOW, user_id=None
        )

    held = api.get(f"{URL}/{level.lot_id}/trace").json()["holds"]

    with bind(actor_name="anna"):
        stock.release_holds(lot_ids=[level.lot_id], note="Fine", now=NOW, user_id=None)
    released = api.get(f"{URL}/{level.lot_id}/trace").json()["holds"]
    assert [(hold["placed_by"], hold["released_by"]) for hold in held] == [("api:lab", "")]
    assert [(hold["placed_by"], hold["released_by"]) for hold in released] == [("api:lab", "anna")]


def test_the_orders_of_a_trace_come_in_pages(api, cream):
    level = inventory.receive(cream, 9, lot="A", expires="2099-06-30")
    for number in range(5):
        sell(cream, 1, f"ORDER-{number}")
    seen = []
    url = f"{URL}/{level.lot_id}/trace?page_size=2"
    while url:
        page = api.get(url).json()["orders"]
        seen += [order["order_reference"] for order in page["results"]]
        url = page["next"]

    assert seen == [f"ORDER-{number}" for number in (4, 3, 2, 1, 0)]


def test_an_unknown_lot_has_no_trace(api):
    response = api.get(f"{URL}/4711/trace")

    assert response.status_code == 404
    assert response.json()["code"] == "not-found"
    assert api.get(f"{URL}/99999999999999999999/trace").status_code == 404


def test_the_same_few_queries_however_much_there_is(api, cream, django_assert_max_num_queries):
    level = inventory.receive(cream, 50, lot="A", expires="2099-06-30")
    for number in range(8):
        sell(cream, 1, f"ORDER-{number}")
        reservations.reserve(
            reservations.line(cream, 1), reference=f"cart-open-{number}", seconds=900
        )

    with django_assert_max_num_queries(14):
        api.get(f"{URL}/{level.lot_id}/trace")
    with django_assert_max_num_queries(6):
        api.get(URL)


def test_needs_its_scope(germany):
    caller = reservations.caller("catalog:read")

    assert caller.get(URL).status_code == 403
    assert caller.get(f"{URL}/1/trace").status_code == 403


def test_the_page_of_a_lot_shows_the_same_trace(client, cream, germany):
    supplier = catalog.supplier(code="LAB", name="Laboratory")
    level = inventory.receive(
        cream, 20, lot="A", expires="2099-06-30", supplier_id=supplier.pk, reference="DN-7"
    )
    sell(cream, 3, "ORDER-1")
    client.force_login(people.staff("inventory.view_lot", "inventory.view_stocklevel"))

    page = client.get(reverse("admin:inventory_lot_change", args=[level.lot_id]))

    tables = {table.title: table.rows for table in page.context["tables"]}
    assert {"DN-7", "Laboratory"} <= set(tables["Came in"][0])
    assert [row[1] for row in tables["Went to orders"]] == ["ORDER-1"]
    assert "cart-ORDER-1" in tables["Went to orders"][0][2]
    assert "Opened and set apart" not in tables
