import re
from datetime import date, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from config.kernel import clock
from inventory.reservations.models import ReservationLine
from inventory.stock.models import SerialNumber, StockLevel, StockMovement
from inventory.transfers.models import Transfer, TransferItem
from tests.factories import catalog, inventory, reservations
from tests.factories import transfers as make

pytestmark = pytest.mark.django_db
PLAN = "/admin/inventory/transfer/plan/"


@pytest.fixture
def boss(client):
    client.force_login(get_user_model().objects.create_superuser("boss"))
    return client


@pytest.fixture
def stocked(cream):
    return inventory.receive(cream, 10, lot="L1", expires="2099-01-31")


def page(transfer, action=""):
    return f"/admin/inventory/transfer/{transfer.pk}/{action or 'change'}/"


def plan(client, warehouses, goods, **fields):
    source, destination = warehouses
    data = {"source": source.pk, "destination": destination.pk, "goods": goods, **fields}
    return client.post(PLAN, data, follow=True)


@pytest.fixture
def road(berlin, los_angeles):
    return berlin, los_angeles


def test_scans_one_below_the_other_become_a_planned_transfer(boss, road, cream, stocked, watch):
    inventory.receive(watch, 2, serials=["W1", "W2"])

    response = plan(boss, road, "COS-CREAM-50 3\nL1\r\nCOS-CREAM-50 x 2\nW2\n", reference="T-1")

    transfer = Transfer.objects.get()
    lines = transfer.lines.order_by("position")
    assert list(lines.values_list("variant__sku", "lot__code", "quantity", "serials")) == [
        ("COS-CREAM-50", None, 5, []),
        ("COS-CREAM-50", "L1", 1, []),
        ("SE-WATCH-1", None, 1, ["W2"]),
    ]
    assert response.redirect_chain[-1][0] == page(transfer)
    assert "Transfer T-1 is planned" in response.content.decode()


def test_says_which_line_names_nothing_and_plans_nothing(boss, road, cream, stocked):
    response = plan(boss, road, "COS-CREAM-50\nNOPE-1 2\n")

    assert "Line 2" in response.content.decode()
    assert "NOPE-1" in response.content.decode()
    assert not Transfer.objects.exists()


def test_refuses_a_transfer_into_the_same_warehouse(boss, berlin, cream, stocked):
    response = plan(boss, (berlin, berlin), "COS-CREAM-50")

    assert "move them inside it" in response.content.decode()


def test_sends_off_and_shows_what_is_on_the_road(boss, road, cream, stocked):
    transfer = make.planned(make.line(cream, 4), reference="T-1")

    response = boss.post(page(transfer, "dispatch-goods"), {"_confirm": "yes"}, follow=True)

    assert "The goods of T-1 are on the road." in response.content.decode()
    assert make.lying("LAX") == {("L1", "road"): 4}
    listed = boss.get("/admin/inventory/transferitem/").content.decode()
    assert "T-1" in listed
    assert "BER → LAX" in listed
    assert "since today" in listed


def test_shows_who_would_lose_before_promised_stock_is_sent(boss, road, cream, stocked):
    reservations.reserve(
        reservations.line(cream, 8), reference="cart-9", now=clock.now(), seconds=3600
    )
    transfer = make.planned(make.line(cream, 5))
    url = page(transfer, "dispatch-goods")

    first = boss.post(url, {"_confirm": "yes", "may_take_promised": "on"})

    assert "cart-9" in first.content.decode()
    assert Transfer.objects.get().status == "planned"
    seal = first.context["consequences"].seal
    boss.post(url, {"_confirm": "yes", "may_take_promised": "on", "_seen": seal})
    assert Transfer.objects.get().status == "dispatched"
    assert ReservationLine.objects.get().shortage == 3


def test_receives_what_was_counted(boss, road, cream, stocked):
    transfer = make.sent(make.line(cream, 4))
    item = TransferItem.objects.get()
    url = page(transfer, "receive")
    shown = boss.get(url).content.decode()
    assert "L1" in shown
    # How much is on the road stands in the box, and its unit beside it.
    assert re.search(r'quantity" value="4"[^>]*>\s*<span class="text-subtle">each</span>', shown)

    wrong = boss.post(url, {f"item-{item.pk}-quantity": "1", f"item-{item.pk}-location": "NO"})
    nothing = boss.post(url, {f"item-{item.pk}-quantity": ""})
    boss.post(url, {f"item-{item.pk}-quantity": "3", f"item-{item.pk}-location": "l-1"})

    assert "There is no open place NO." in wrong.content.decode()
    assert "Say how much has arrived" in nothing.content.decode()
    assert make.lying("LAX") == {("L1", "road"): 1, ("L1", "L-1"): 3}


def test_more_than_was_sent_is_told_and_found_when_asked(boss, road, cream, stocked):
    transfer = make.sent(make.line(cream, 4))
    item = TransferItem.objects.get()
    data = {f"item-{item.pk}-quantity": "5", f"item-{item.pk}-location": ""}

    told = boss.post(page(transfer, "receive"), data)
    assert "4 were on the road" in told.content.decode()
    boss.post(page(transfer, "receive"), {**data, "may_find_more": "on"})

    assert make.lying("LAX") == {("L1", "DOCK"): 5}


def test_receives_pieces_by_their_numbers(boss, road, watch):
    inventory.receive(watch, 2, serials=["W1", "W2"])
    transfer = make.sent(make.line(watch, 2))
    item = TransferItem.objects.get()
    prefix = f"item-{item.pk}"

    boss.post(
        page(transfer, "receive"),
        {f"{prefix}-quantity": "1", f"{prefix}-location": "", f"{prefix}-serials": "W2\n"},
    )

    piece = SerialNumber.objects.get(serial="W2")
    assert piece.stock_level.location.code == "DOCK"


def test_writes_off_what_is_missing(boss, road, cream, stocked):
    transfer = make.sent(make.line(cream, 4))
    button = "Write off what is missing"
    assert button not in boss.get(page(transfer)).content.decode()
    Transfer.objects.update(expected_date=date(2026, 11, 1))
    assert button in boss.get(page(transfer)).content.decode()

    boss.post(
        page(transfer, "write-off-rest"), {"_confirm": "yes", "reason": "lost", "serials": ""}
    )

    assert Transfer.objects.get().status == "received"
    assert StockMovement.objects.get(kind="write_off").reason == "lost"


def test_cancels_and_dates(boss, road, cream, stocked):
    transfer = make.planned(make.line(cream, 4))
    day = clock.now().date() + timedelta(days=9)

    boss.post(page(transfer, "set-date"), {"_confirm": "yes", "expected_date": str(day)})
    assert Transfer.objects.get().expected_date == day
    boss.post(page(transfer, "cancel"), {"_confirm": "yes", "reason": "not needed"})

    assert Transfer.objects.get().status == "cancelled"


def test_shows_what_is_overdue(boss, road, cream, stocked):
    make.sent(make.line(cream, 1), reference="LATE", expected_date=date(2026, 11, 24))
    make.sent(make.line(cream, 1), reference="FINE")
    Transfer.objects.filter(reference="LATE").update(expected_date=date(2026, 11, 1))

    listed = boss.get("/admin/inventory/transferitem/?arrival=late").content.decode()

    assert "LATE" in listed
    assert "late</span>" in listed.replace("\n", "")
    assert "FINE" not in listed


def test_pages_ask_for_their_own_rights(client, road, cream, stocked):
    transfer = make.sent(make.line(cream, 1))
    user = get_user_model().objects.create_user("looker", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_transfer"))
    client.force_login(user)

    assert client.get(PLAN).status_code == 403
    assert client.get(page(transfer, "receive")).status_code == 403
    assert client.post(page(transfer, "write-off-rest"), {"_confirm": "yes"}).status_code == 403
    assert client.get(page(transfer)).status_code == 200
    assert StockLevel.objects.filter(location__kind="in_transit").count() == 1


def test_lists_take_a_bounded_number_of_queries(boss, road, cream, django_assert_max_num_queries):
    for number in range(30):
        variant = catalog.variant(catalog.cosmetic())
        inventory.receive(variant, 2, lot=f"L{number}", expires="2099-01-31")
        make.sent(make.line(variant, 1))

    for url in ("/admin/inventory/transfer/", "/admin/inventory/transferitem/"):
        with django_assert_max_num_queries(12):
            assert boss.get(url).status_code == 200
