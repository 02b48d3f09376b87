"""Putting away many places at once, and serial numbers, in the admin."""

from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction

from inventory.stock import services
from inventory.stock.models import SerialNumber, StockLevel, StockMovement
from tests.factories import catalog
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db
URL = "/admin/inventory/stocklevel/put-away/"
NOW = make.NOW


@pytest.fixture
def boss(client):
    client.force_login(get_user_model().objects.create_superuser("boss"))
    return client


@pytest.fixture
def berlin(db):
    return make.warehouse()


@pytest.fixture
def cream():
    return catalog.variant(catalog.cosmetic(sku="COS-CREAM-50"))


@pytest.fixture
def watch():
    return catalog.variant(catalog.sports(sku="SE-WATCH-1", is_serial_tracked=True))


def row(level, quantity, to, **fields):
    prefix = f"level-{level.pk}"
    return {
        f"{prefix}-quantity": quantity,
        f"{prefix}-to": to,
        **{f"{prefix}-{name}": value for name, value in fields.items()},
    }


def put_away(client, berlin, *rows):
    levels = [key.split("-")[1] for one in rows for key in one if key.endswith("-to")]
    data = {"warehouse": berlin.pk, "level": levels}
    for one in rows:
        data |= one
    return client.post(URL, data, follow=True)


def on_hand(level, code=""):
    levels = StockLevel.objects.filter(lot=level.lot_id, location__code=code or "DOCK")
    return levels.get().on_hand if levels else None


def test_suggests_the_bin_where_the_lot_lies_else_the_product(boss, berlin, cream):
    make.receive(cream, 1, lot="L1", expires="2028-01-01", at=make.location("A-2"))
    make.receive(cream, 9, lot="L2", expires="2028-01-01", at=make.location("A-1"))
    same = make.receive(cream, 5, lot="L1", expires="2028-01-01")
    new = make.receive(cream, 5, lot="L3", expires="2028-01-01")
    alone = make.receive(catalog.sports(), 5)

    rows = boss.get(URL, {"warehouse": berlin.pk}).context["rows"]

    suggested = {r["pk"]: r["form"].fields["to"].initial for r in rows}
    assert suggested == {same.pk: "A-2", new.pk: "A-1", alone.pk: ""}


def test_puts_many_places_away_in_one_go(boss, berlin, cream):
    first = make.receive(cream, 5, lot="L1", expires="2028-01-01")
    second = make.receive(cream, 5, lot="L2", expires="2028-01-01")
    third = make.receive(catalog.sports(), 5)

    response = put_away(
        boss, berlin, row(first, "5", "A-1"), row(second, "2", "a-2"), row(third, "5", "")
    )

    assert "2 places put away." in response.content.decode()
    assert (on_hand(first, "A-1"), on_hand(second, "A-2"), on_hand(second)) == (5, 2, 3)
    assert on_hand(third) == 5
    assert StockMovement.objects.filter(kind="move").count() == 4


def test_puts_nothing_away_where_one_row_is_wrong(boss, berlin, cream):
    first = make.receive(cream, 5, lot="L1", expires="2028-01-01")
    second = make.receive(cream, 5, lot="L2", expires="2028-01-01")
    before = make.stock_state()

    wrong_bin = put_away(boss, berlin, row(first, "5", "A-1"), row(second, "2", "NOPE"))
    too_much = put_away(boss, berlin, row(first, "5", "A-1"), row(second, "9", "A-2"))
    nothing = put_away(boss, berlin, row(first, "5", ""))

    assert "There is no open place NOPE." in wrong_bin.content.decode()
    assert "5 each on hand, 9 asked" in too_much.content.decode()
    assert "Say for one row at least" in nothing.content.decode()
    assert make.stock_state() == before


def test_a_scan_finds_the_row(boss, berlin, cream):
    make.receive(cream, 5, lot="L1", expires="2028-01-01")
    make.receive(catalog.sports(), 5)

    found = boss.get(URL, {"warehouse": berlin.pk, "code": "L1"})
    missed = boss.get(URL, {"warehouse": berlin.pk, "code": "COS-NOPE-1"})

    assert len(found.context["rows"]) == 1
    assert "Nothing on the dock is called COS-NOPE-1." in missed.content.decode()


def test_pieces_are_put_away_by_their_numbers(boss, berlin, watch):
    level = make.receive(watch, 3, serials=["W1", "W2", "W3"])

    put_away(boss, berlin, row(level, "1", "A-1", serials="W2"))

    assert SerialNumber.objects.get(serial="W2").stock_level.location.code == "A-1"


def test_an_empty_dock_says_so(boss, berlin):
    text = boss.get(URL, {"warehouse": berlin.pk}).content.decode()

    assert "Nothing waits on a dock in BER." in text


def test_a_full_dock_takes_a_bounded_number_of_queries(
    boss, berlin, cream, django_assert_max_num_queries
):
    for number in range(60):
        make.receive(cream, 1, lot=f"L{number}", expires="2028-01-01")

    with django_assert_max_num_queries(18):
        boss.get(URL, {"warehouse": berlin.pk})


def test_a_piece_has_a_page_with_its_history(boss, berlin, watch):
    level = make.receive(watch, 1, serials=["W1"], reference="DN-7")
    services.write_off(stock_level_id=level.pk, quantity=Decimal(1), reason="broken", now=NOW)
    piece = SerialNumber.objects.get()

    listed = boss.get("/admin/inventory/serialnumber/?q=W1").content.decode()
    text = boss.get(f"/admin/inventory/serialnumber/{piece.pk}/change/").content.decode()

    assert "W1" in listed
    assert "Gone" in text
    assert "broken" in text
    assert "DN-7" in text


def test_pieces_that_were_sold_unnamed_wait_on_a_list_and_are_named_there(boss, berlin, watch):
    level = make.receive(watch, 2, serials=["W1", "W2"])
    with transaction.atomic():
        services.set_aside(quantities={level.pk: Decimal(1)})
        (line,) = services.ship(
            quantities={level.pk: Decimal(1)}, reference="order-1", happened_at=NOW, now=NOW
        )
    assert "order-1" in boss.get("/admin/inventory/unnamedmovement/").content.decode()
    place = boss.get(f"/admin/inventory/stocklevel/{level.pk}/change/").content.decode()
    assert "2 known, 1 to be named" in place
    url = f"/admin/inventory/unnamedmovement/{line.pk}/name-pieces/"
    assert "Known there: W1, W2." in boss.get(url).content.decode()

    wrong = boss.post(url, {"_confirm": "yes", "serials": "W9"})
    right = boss.post(url, {"_confirm": "yes", "serials": "W2"}, follow=True)

    assert "W9 does not lie there" in wrong.content.decode()
    assert "All of them are named." in right.content.decode()
    assert SerialNumber.objects.get(serial="W2").stock_level is None


def test_goods_in_takes_a_number_for_each_piece(boss, berlin, watch):
    url = "/admin/inventory/shipmentnotice/goods-in/"
    shown = boss.get(url, {"warehouse": berlin.pk, "code": "SE-WATCH-1"})
    assert "serials" in shown.context["form"].fields
    data = {
        "variant": watch.pk,
        "warehouse": berlin.pk,
        "quantity": "2",
        "unit": "each",
        "location": "DOCK",
    }

    refused = boss.post(url, {**data, "serials": "W1"})
    assert "1 serial numbers are given" in refused.content.decode()
    boss.post(url, {**data, "serials": "W1\nW2"})

    assert sorted(SerialNumber.objects.values_list("serial", flat=True)) == ["W1", "W2"]


def test_a_write_off_of_one_piece_asks_which(boss, berlin, watch):
    level = make.receive(watch, 2, serials=["W1", "W2"])
    url = f"/admin/inventory/stocklevel/{level.pk}/write-off/"
    assert "There: W1, W2." in boss.get(url).content.decode()

    refused = boss.post(url, {"_confirm": "yes", "quantity": "1", "reason": "x", "serials": ""})
    boss.post(url, {"_confirm": "yes", "quantity": "1", "reason": "broken", "serials": "W1"})

    assert "say which" in refused.content.decode()
    assert SerialNumber.objects.get(serial="W1").stock_level is None
