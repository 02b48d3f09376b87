import random
from datetime import timedelta

import pytest
from django.urls import reverse

from config.kernel.money import Money
from inventory.expiry.admin import ExpiringLotAdmin
from inventory.lots.models import Lot, LotHold
from inventory.stock.models import StockMovement
from tests.factories import catalog, people
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db

BOARD = "admin:inventory_expiringlot_changelist"
WORTH = "admin:inventory_expiringlot_worth"
ACTIONS = {
    "hold": "inventory.place_lothold",
    "release": "inventory.release_lothold",
    "write_off": "inventory.write_off_stock",
    "return_to_supplier": "inventory.return_to_supplier",
}


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """The clock of the admin stands at the factories' now."""
    monkeypatch.setattr("config.kernel.clock.now", lambda: make.NOW)


@pytest.fixture
def level():
    return make.receive(catalog.cosmetic(sku="COS-CREAM-50"), 5, lot="L1", expires="2026-12-20")


def act(client, name: str, lot_id: int, **fields: str):
    data = {"action": name, "_selected_action": [lot_id], "_confirm": "yes"}
    return client.post(reverse(BOARD), data | {"reason": "Because", "hold": "quality"} | fields)


def name_of(level) -> str:
    return str(level.variant.product.name)


def sign_in(client, *permissions: str):
    user = people.staff("inventory.view_lot", *permissions)
    client.force_login(user)
    return user


def test_a_lot_of_the_board_is_held_and_released(client, level):
    user = sign_in(client, ACTIONS["hold"], ACTIONS["release"])

    act(client, "hold", level.lot_id, reason="Looks odd")
    held = LotHold.objects.get()
    act(client, "release", level.lot_id, reason="Looks fine")

    assert (held.placed_by, held.note, held.released_at) == (user, "Looks odd", None)
    assert LotHold.objects.get().release_note == "Looks fine"


@pytest.mark.parametrize(
    ("name", "kind"), [("write_off", "write_off"), ("return_to_supplier", "supplier_return")]
)
def test_a_lot_of_the_board_leaves_the_books(client, level, name, kind):
    sign_in(client, ACTIONS[name])

    response = act(client, name, level.lot_id)

    assert response.status_code == 302
    line = StockMovement.objects.order_by("pk").last()
    assert (line.kind, line.quantity, line.reason) == (kind, -5, "Because")


@pytest.mark.parametrize("name", ACTIONS)
def test_who_may_only_look_does_nothing_on_the_board(client, level, name):
    before = make.stock_state()
    others = [permission for action, permission in ACTIONS.items() if action != name]
    sign_in(client, *others)

    act(client, name, level.lot_id)

    assert make.stock_state() == before
    assert not LotHold.objects.exists()


def test_the_board_asks_before_it_acts(client, level):
    before = make.stock_state()
    sign_in(client, ACTIONS["write_off"])

    page = client.post(reverse(BOARD), {"action": "write_off", "_selected_action": [level.lot_id]})

    assert "This is final" in page.content.decode()
    assert page.context_data["preview"]["rows"][0][1] == f"{name_of(level)} · COS-CREAM-50"
    assert make.stock_state() == before


def test_the_board_says_how_long_each_lot_has_and_what_all_are_worth(client, level):
    eur, usd = Money("4.20", "EUR"), Money("3", "USD")
    make.receive(catalog.cosmetic(), 10, expires="2027-09-01", lot="L2", cost=eur)
    make.receive(catalog.cosmetic(), 2, expires="2027-09-01", lot="L3", cost=usd)
    sign_in(client)

    page = client.get(reverse(BOARD)).content.decode()
    worth = client.get(reverse(WORTH)).context_data["summary"]

    assert "26 days left" in page
    assert "281 days left" in page
    assert f'hx-get="{reverse(WORTH)}?"' in page
    assert worth == {"lots": 3, "without_cost": 1, "values": ["42.00 EUR", "6.00 USD"]}


def test_what_the_board_is_worth_follows_its_filters_with_and_without_javascript(client, level):
    make.receive(catalog.cosmetic(), 10, expires="2027-09-01", lot="L2", cost=Money("2", "EUR"))
    sign_in(client)
    query = {"days": "30"}

    page = client.get(reverse(BOARD), query).content.decode()
    part = client.get(reverse(WORTH), query, headers={"HX-Request": "true"}).content.decode()
    whole = client.get(reverse(WORTH), query).content.decode()

    assert f'href="{reverse(WORTH)}?days=30"' in page
    assert "1 lot<" in part
    assert "<html" not in part
    assert "1 lot<" in whole
    assert f'href="{reverse(BOARD)}?days=30"' in whole


def test_who_may_not_see_lots_does_not_learn_what_they_are_worth(client, level):
    client.force_login(people.staff("inventory.view_stocklevel"))

    assert client.get(reverse(WORTH)).status_code == 403


def test_a_page_of_the_board_is_found_by_the_last_day_of_sale(client, monkeypatch):
    """However many days of life the products ask for, and whatever expires first."""
    monkeypatch.setattr(ExpiringLotAdmin, "list_per_page", 4)
    shuffled = random.Random(4)
    for number in range(23):
        product = catalog.cosmetic(remaining_days_min=shuffled.choice([0, 0, 10, 60, 300]))
        expires = make.NOW.date() + timedelta(days=shuffled.randint(310, 500))
        make.receive(product, 1, lot=f"L{number}", expires=expires)
    sign_in(client)
    shown = []

    for number in range(1, 7):
        page = client.get(reverse(BOARD), {"p": number})
        shown += page.context["cl"].result_list

    def last_day(lot):
        days = lot.variant.product.get_real_instance().remaining_days_min
        return lot.expiry_date - timedelta(days=days), lot.pk

    expected = sorted(Lot.objects.select_related("variant__product"), key=last_day)
    assert [lot.pk for lot in shown] == [lot.pk for lot in expected]


def test_a_filtered_board_has_the_most_urgent_on_its_first_page(client, monkeypatch):
    monkeypatch.setattr(ExpiringLotAdmin, "list_per_page", 1)
    here, there = make.warehouse(code="HERE"), make.warehouse(code="THERE")
    make.receive(catalog.cosmetic(), 1, at=here, lot="L1", expires="2027-01-01")
    late = make.receive(catalog.cosmetic(), 1, at=there, lot="L2", expires="2027-06-01")
    asks_for_more = catalog.cosmetic(remaining_days_min=90)
    first = make.receive(asks_for_more, 1, at=there, lot="L3", expires="2027-07-01")
    sign_in(client)

    shown = [
        client.get(reverse(BOARD), {"warehouse": there.pk, "p": number}).context["cl"].result_list
        for number in (1, 2)
    ]

    assert [[lot.pk for lot in page] for page in shown] == [[first.lot_id], [late.lot_id]]


def test_the_board_of_one_warehouse_is_worth_what_lies_there(client):
    here, there = make.warehouse(code="HERE"), make.warehouse(code="THERE")
    variant = catalog.variant(catalog.cosmetic())
    for place, quantity in ((here, 10), (there, 1)):
        make.receive(
            variant, quantity, at=place, lot="L1", expires="2027-09-01", cost=Money("2", "EUR")
        )
    sign_in(client)

    page = client.get(reverse(WORTH), {"warehouse": there.pk})

    assert page.context_data["summary"] == {"lots": 1, "without_cost": 0, "values": ["2.00 EUR"]}


def test_the_board_is_exported_with_figures_to_reckon_with(client):
    product = catalog.cosmetic(sku="COS-BALM-15", stock_unit="kg")
    make.receive(product, "2.5", lot="L9", expires="2026-12-20", cost=Money("4.20", "EUR"))
    sign_in(client)

    file = client.get(reverse("admin:inventory_expiringlot_export", args=["csv"]))

    _, row = b"".join(file.streaming_content).decode().splitlines()
    assert row == f"L9,COS-BALM-15,{product.name},26 days left,2026-12-20,2.5,0,kg,10.50,EUR,"
