"""Recalls in the admin: choosing, freezing, following, letters, files."""

import io
import zipfile
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from catalog.identifiers.services import add_barcode
from config.kernel import clock
from config.kernel.money import Money
from inventory.lots.models import HoldReason, LotHold
from inventory.lots.selectors import open_holds
from inventory.recalls.models import ProgressKind, Recall, RecallProgress
from inventory.reservations import services as reservations
from inventory.stock import services as stock
from inventory.warehouses.models import Warehouse
from tests.factories import catalog, inventory, people
from tests.factories import recalls as make
from tests.factories import reservations as promise
from tests.factories.inventory import NOW
from tests.factories.recalls import recall, record

pytestmark = pytest.mark.django_db

START = "/admin/inventory/recall/start/"


@pytest.fixture
def officer(client):
    client.force_login(people.staff(role="Compliance officer"))
    return client


def page_of(found):
    return reverse("admin:inventory_recall_change", args=[found.pk])


def text(response):
    return " ".join(response.content.decode().split())


def bought(item, quantity, order, client=None):
    reservation = promise.reserve(
        promise.line(item, quantity), client_id=client.pk if client else None
    )
    reservations.commit(
        reservation_id=reservation.pk,
        order_reference=order,
        now=NOW,
        client_id=reservation.client_id,
    )
    return reservation


# Choosing


def test_starts_with_nothing_chosen(officer):
    page = text(officer.get(START))

    assert "No lot is chosen yet" in page
    assert "will be frozen" not in page


def test_scans_add_lots_one_after_another(officer, cream, lot):
    other = inventory.receive(cream, 1, lot="L2").lot

    first = officer.get(START, {"code": "L1"})
    second = officer.get(first.url + "&code=L2")

    assert first.url == f"{START}?lot={lot.pk}"
    assert second.url == f"{START}?lot={lot.pk}&lot={other.pk}"
    assert "Freeze 2 lots" in text(officer.get(second.url))


def test_a_gs1_scan_names_product_and_lot(officer, cream, lot):
    code = "4006381333931"
    add_barcode(variant_id=lot.variant_id, gtin=code)

    answer = officer.get(START, {"code": f"(01)0{code}(10)L1"})

    assert answer.url == f"{START}?lot={lot.pk}"


def test_a_scan_of_a_product_offers_its_lots(officer, cream, lot):
    page = text(officer.get(START, {"code": "COS-CREAM-50"}))

    assert "COS-CREAM-50 has several lots: choose one." in page
    assert f"{START}?lot={lot.pk}" in page


@pytest.mark.parametrize("code", ["nonsense!", "(01)04006381333931(10)L1", "4006381333931"])
def test_a_scan_that_names_nothing_says_so_and_keeps_what_was_chosen(officer, lot, code):
    page = officer.get(START, {"lot": lot.pk, "code": code})

    assert 'role="alert"' in page.content.decode()
    assert "Freeze 1 lot" in text(page)


def test_the_open_lot_of_goods_without_lots_is_named_by_their_sku(officer, ball):
    level = inventory.receive(ball, 3)

    assert officer.get(START, {"code": "SE-BALL-5"}).url == f"{START}?lot={level.lot_id}"


def test_shows_what_would_be_frozen(officer, cream, berlin, los_angeles):
    lot = inventory.receive(cream, 12, lot="L1", expires="2027-06-30", cost=Money("2.50", "EUR"))
    inventory.receive(cream, 5, lot="L1", expires="2027-06-30", at=los_angeles)
    bought(cream, 2, "ORD-1")
    promise.reserve(promise.line(cream, 3))

    page = text(officer.get(START, {"lot": lot.lot_id}))

    assert "BER 10, LAX 5" in page
    assert "3 each" in page
    assert "2 each" in page
    assert "37.50" in page


def test_finds_all_lots_of_a_supplier_and_some_days(officer, cream):
    alba = catalog.supplier("ALBA")
    inventory.receive(cream, 1, lot="L1", supplier_id=alba.pk, production_date=date(2026, 10, 1))
    inventory.receive(cream, 1, lot="L2", supplier_id=alba.pk, production_date=date(2026, 11, 1))
    inventory.receive(cream, 1, lot="UNDATED", supplier_id=alba.pk)

    page = text(
        officer.get(
            START,
            {"supplier": "ALBA", "produced_from": "2026-10-01", "produced_to": "2026-10-31"},
        )
    )

    assert "Freeze 1 lot" in page
    assert "1 lot has no production date on file" in page
    assert ">L2<" not in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"supplier": "NOBODY"}, "There is no supplier"),
        ({"produced_from": "2026-10-01"}, "has a first and a last day"),
        ({"produced_from": "yesterday"}, "Enter a valid date"),
        ({"supplier": "ALBA"}, "No lot of ours fits"),
    ],
)
def test_a_choice_that_makes_no_sense_says_why(officer, lot, query, said):
    catalog.supplier("ALBA")

    page = text(officer.get(START, query))

    assert said in page
    assert "will be frozen" not in page


# Freezing


def send(officer, lot, **more):
    return officer.post(
        START, {"lot": lot.pk, "reference": "RC-1", "reason": "Glass in the jar.", **more}
    )


def test_freezes_at_once_where_nobody_loses(officer, lot):
    answer = send(officer, lot)

    found = Recall.objects.get()
    assert answer.url == page_of(found)
    assert found.started_by_name
    assert LotHold.objects.filter(lot=lot, reason="recall", released_at=None).exists()


def test_shows_first_who_would_lose_what(officer, cream, lot):
    basket = promise.reserve(promise.line(cream, 3), client_id=promise.client().pk, now=clock.now())
    before = make.state()

    asked = send(officer, lot)

    page = text(asked)
    assert "1 reservation would lose what this stock keeps for it" in page
    assert basket.reference in page
    assert make.state() == before
    seal = asked.context["consequences"].seal
    assert send(officer, lot, _seen=seal).status_code == 302
    assert basket.lines.get().shortage == 3


def test_shows_it_again_where_somebody_else_would_lose_by_now(officer, cream, lot):
    promise.reserve(promise.line(cream, 3), now=clock.now())
    seal = send(officer, lot).context["consequences"].seal
    promise.reserve(promise.line(cream, 1), now=clock.now())

    again = send(officer, lot, _seen=seal)

    assert again.status_code == 200
    assert not Recall.objects.exists()


def test_freezes_by_criteria(officer, cream):
    alba = catalog.supplier("ALBA")
    inventory.receive(cream, 1, lot="L1", supplier_id=alba.pk)

    officer.post(START, {"supplier": "ALBA", "reference": "RC-1", "reason": "Glass"})

    assert Recall.objects.get().chosen == {"supplier": "ALBA"}


def test_lots_are_added_to_a_recall_under_way(officer, cream, lot):
    found = recall(lot)
    other = inventory.receive(cream, 3, lot="L2").lot
    basket = promise.reserve(promise.line(cream, 3), now=clock.now())

    assert f"{START}?recall={found.pk}" in text(officer.get(page_of(found)))
    scanned = officer.get(START, {"recall": found.pk, "code": "L2"})
    asked = officer.post(START, {"recall": found.pk, "lot": other.pk})
    seal = asked.context["consequences"].seal
    officer.post(START, {"recall": found.pk, "lot": other.pk, "_seen": seal})
    again = officer.post(START, {"recall": found.pk, "lot": other.pk})

    assert scanned.url == f"{START}?recall={found.pk}&lot={other.pk}"
    assert basket.reference in text(asked)
    assert set(found.lots.values_list("lot__code", flat=True)) == {"L1", "L2"}
    assert "are in recall RC-1 already" in text(again)
    assert Recall.objects.count() == 1


def test_without_a_reason_nothing_is_frozen(officer, lot):
    answer = send(officer, lot, reason=" ")

    assert "This field is required" in text(answer)
    assert not Recall.objects.exists()


def test_a_reference_that_is_taken_is_said_beside_its_field(officer, cream, lot):
    recall(inventory.receive(cream, 1, lot="L2").lot)

    answer = send(officer, lot)

    assert "Recall RC-1 is about other lots" in text(answer)
    assert Recall.objects.count() == 1


def test_only_who_may_recall_gets_there(client, lot):
    client.force_login(people.staff(role="Warehouse"))

    assert client.get(START).status_code == 403
    assert send(client, lot).status_code == 403
    assert not Recall.objects.exists()


# The page


@pytest.fixture
def shop(cream, lot):
    return promise.client()


@pytest.fixture
def touched(cream, lot, shop):
    """A lot of which five were sold and three were promised."""
    bought(cream, 5, "ORD-1", shop)
    promise.reserve(promise.line(cream, 3), reference="cart-77", client_id=shop.pk)
    return recall(lot)


def test_tells_the_whole_story(officer, touched, shop):
    page = text(officer.get(page_of(touched)))

    assert "58 % of 12 each accounted for" in page
    for said in ("ORD-1", "cart-77", shop.name, "Frozen", "BER · DOCK", "got some in 1 order"):
        assert said in page, said


def test_progress_is_recorded_on_the_page(officer, touched, lot):
    url = reverse("admin:recall_progress", args=[touched.pk])
    berlin = Warehouse.objects.get(code="BER")

    answer = officer.post(
        url, {"lot": lot.pk, "kind": "returned", "quantity": "2", "warehouse": berlin.pk}
    )

    assert answer.status_code == 302
    assert RecallProgress.objects.get().quantity == 2
    assert "75 % of 12 each" in text(officer.get(page_of(touched)))


def test_progress_that_cannot_be_is_said_beside_its_field(officer, touched, lot):
    url = reverse("admin:recall_progress", args=[touched.pk])

    answer = officer.post(url, {"lot": lot.pk, "kind": "returned", "quantity": "2"})
    more = officer.post(url, {"lot": lot.pk, "kind": "used_up", "quantity": "6"})
    empty = officer.post(url, {"lot": lot.pk, "kind": "used_up"})

    assert "name the warehouse" in text(answer)
    assert "5 each are outstanding, 6 given" in text(more)
    assert "This field is required" in text(empty)
    assert not RecallProgress.objects.exists()


def test_a_mistake_is_taken_back(officer, touched, lot):
    wrong = record(touched, lot, ProgressKind.DESTROYED, 4)

    officer.post(reverse("admin:recall_take_back", args=[touched.pk]), {"record": wrong.pk})

    assert RecallProgress.objects.get(reverses=wrong).quantity == 4
    page = text(officer.get(page_of(touched)))
    assert "Taken back" in page
    assert "Take back<" not in page


def test_who_may_only_look_records_nothing(client, touched, lot):
    client.force_login(people.staff(role="Buyer"))
    wrong = record(touched, lot, ProgressKind.DESTROYED, 4)

    page = client.get(page_of(touched))

    assert "recall-progress" not in page.content.decode()
    url = reverse("admin:recall_progress", args=[touched.pk])
    assert client.post(url, {"lot": lot.pk, "kind": "used_up", "quantity": 1}).status_code == 403
    back = reverse("admin:recall_take_back", args=[touched.pk])
    assert client.post(back, {"record": wrong.pk}).status_code == 403
    assert RecallProgress.objects.count() == 1


def test_says_loudly_that_a_lot_is_frozen_no_more(officer, touched, lot):
    stock.release_holds(lot_ids=[lot.pk], note="by mistake", now=NOW, user_id=None)

    page = text(officer.get(page_of(touched)))

    assert "1 lot is no longer frozen" in page
    assert "NOT FROZEN" in page


def action(officer, found, name, **data):
    return officer.post(
        reverse(f"admin:inventory_recall_{name}", args=[found.pk]), {"_confirm": "yes", **data}
    )


def test_closes_with_a_reason_while_units_are_outstanding(officer, touched):
    refused = action(officer, touched, "close")
    closed = action(officer, touched, "close", reason="No answer from ORD-1.")

    assert "are outstanding: say why" in text(refused)
    assert closed.status_code == 302
    touched.refresh_from_db()
    assert (touched.status, touched.end_reason) == ("closed", "No answer from ORD-1.")
    page = officer.get(page_of(touched)).content.decode()
    assert "recall-progress" not in page
    assert "/close/" not in page


def test_withdraws_with_a_reason(officer, touched):
    action(officer, touched, "withdraw", reason="Wrong lot.")

    touched.refresh_from_db()
    assert touched.status == "withdrawn"
    assert not LotHold.objects.filter(released_at=None).exists()
    assert "no longer frozen" not in text(officer.get(page_of(touched)))


def test_orders_are_turned_page_by_page(officer, cream, lot, monkeypatch):
    monkeypatch.setattr("inventory.recalls.admin.recalls.ORDERS_SHOWN", 2)
    for number in range(3):
        bought(cream, 1, f"ORD-{number}")
    found = recall(lot)

    first = text(officer.get(page_of(found)))
    second = text(officer.get(page_of(found) + "?orders=2"))

    assert ("ORD-2" in first, "ORD-1" in first, "ORD-0" in first) == (True, True, False)
    assert "?orders=2#orders" in first
    assert ("ORD-2" in second, "ORD-0" in second) == (False, True)
    assert "?orders=0#orders" in second
    assert officer.get(page_of(found) + "?orders=x").status_code == 200


def test_the_page_asks_the_same_queries_however_much_it_touches(officer, cream, lot, shop):
    few = recall(inventory.receive(cream, 1, lot="FEW").lot)
    for number in range(8):
        inventory.receive(cream, 9, lot=f"X{number}", production_date=date(2026, 10, 1))
    for number in range(12):
        bought(cream, 4, f"ORD-{number}", promise.client())
        promise.reserve(promise.line(cream, 2), client_id=shop.pk)
    days = date(2026, 10, 1)
    many = make.recall(reference="RC-2", produced_from=days, produced_to=days)
    counts = []
    for found in (few, many):
        officer.get(page_of(found))
        with CaptureQueriesContext(connection) as queries:
            officer.get(page_of(found))
        counts.append(len(queries))

    assert counts[1] <= counts[0] + 4  # notices, buyers, clients: asked only where there are some
    assert counts[1] <= 36


# Files and letters


def test_all_orders_as_csv_and_xlsx(officer, touched, shop):
    csv = officer.get(reverse("admin:recall_file", args=[touched.pk, "orders", "csv"]))
    xlsx = officer.get(reverse("admin:recall_file", args=[touched.pk, "orders", "xlsx"]))

    rows = b"".join(csv.streaming_content).decode("utf-8-sig").splitlines()
    assert rows[0].startswith("order,client,reservation,sku")
    assert rows[1].startswith(f"ORD-1,{shop.name},cart-")
    assert ",L1,5,each,BER," in rows[1]
    assert 'filename="recall-rc-1-orders.csv"' in csv["Content-Disposition"]
    sheet = load_workbook(io.BytesIO(b"".join(xlsx.streaming_content))).active
    assert [cell.value for cell in sheet[2]][:1] == ["ORD-1"]
    assert (
        officer.get(reverse("admin:recall_file", args=[touched.pk, "orders", "pdf"])).status_code
        == 404
    )


def test_all_reservations_that_lost_as_a_file(officer, touched, shop):
    url = reverse("admin:recall_file", args=[touched.pk, "reservations", "csv"])

    rows = b"".join(officer.get(url).streaming_content).decode("utf-8-sig").splitlines()

    assert len(rows) == 2
    assert rows[1].startswith(f"cart-77,{shop.name},")
    assert rows[1].endswith(",COS-CREAM-50,3,0,3,each,Held")


def test_a_letter_tells_a_client_what_is_theirs_and_nothing_else(officer, cream, lot, shop):
    other = promise.client()
    bought(cream, 2, "ORD-OTHER", other)
    bought(cream, 5, "ORD-1", shop)
    promise.reserve(promise.line(cream, 3), reference="cart-77", client_id=shop.pk)
    found = recall(lot)

    page = text(officer.get(reverse("admin:recall_letter", args=[found.pk, f"client-{shop.pk}"])))
    plain = officer.get(reverse("admin:recall_letter_text", args=[found.pk, f"client-{shop.pk}"]))

    for said in ("Glass in the jar.", "ORD-1", "cart-77", "L1", "5 each"):
        assert said in page, said
        assert said in plain.content.decode(), said
    assert "ORD-OTHER" not in page
    assert other.name not in page
    assert "attachment" in plain["Content-Disposition"]


def test_letters_go_to_suppliers_and_warehouses_too(officer, cream):
    alba = catalog.supplier("ALBA", name="Alba & Söhne", email="qa@alba.example")
    lot = inventory.receive(cream, 12, lot="L1", supplier_id=alba.pk, reference="DN-7").lot
    found = recall(lot)
    berlin = Warehouse.objects.get(code="BER")

    to_supplier = officer.get(
        reverse("admin:recall_letter_text", args=[found.pk, f"supplier-{alba.pk}"])
    ).content.decode()
    to_warehouse = officer.get(
        reverse("admin:recall_letter_text", args=[found.pk, f"warehouse-{berlin.pk}"])
    ).content.decode()

    assert "Alba & Söhne\nqa@alba.example" in to_supplier
    assert "DN-7" in to_supplier
    assert "Place: DOCK" in to_warehouse
    assert "12 each" in to_warehouse


def test_all_letters_in_one_file(officer, touched, shop):
    answer = officer.get(reverse("admin:recall_letters", args=[touched.pk]))

    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert f"recall-rc-1-client-{shop.pk}-{shop.name}.txt" in names
    assert len(names) == 4  # a client and a warehouse, each as text and as a page


def test_nobody_else_gets_a_letter(officer, touched):
    nobody = promise.client()

    url = reverse("admin:recall_letter", args=[touched.pk, f"client-{nobody.pk}"])

    assert officer.get(url).status_code == 404


def test_who_may_not_see_recalls_gets_no_files(client, touched, shop):
    client.force_login(people.staff("inventory.view_lot"))

    for name, args in (
        ("recall_letters", [touched.pk]),
        ("recall_letter", [touched.pk, f"client-{shop.pk}"]),
        ("recall_letter_text", [touched.pk, f"client-{shop.pk}"]),
        ("recall_file", [touched.pk, "orders", "csv"]),
    ):
        assert client.get(reverse(f"admin:{name}", args=args)).status_code == 403, name


def test_lists_recalls_and_finds_them_by_lot(officer, cream, lot):
    recall(lot)
    recall(
        inventory.receive(cream, 1, lot="L2").lot, reference="RC-2", now=NOW + timedelta(hours=1)
    )
    url = reverse("admin:inventory_recall_changelist")

    everything = text(officer.get(url))
    found = text(officer.get(url, {"q": "L2"}))

    assert everything.index("RC-2") < everything.index("RC-1")
    assert ("RC-2" in found, "RC-1" in found) == (True, False)
    assert 'href="start/"' in everything


def test_only_the_recall_lets_go_what_it_has_frozen(client, touched, lot):
    stock.place_hold(lot_id=lot.pk, reason=HoldReason.QUALITY, note="smells", now=NOW, user_id=None)
    client.force_login(people.staff("inventory.view_lot", "inventory.release_lothold"))
    url = reverse("admin:inventory_lot_release", args=[lot.pk])

    first = client.post(url, {"_confirm": "yes", "reason": "fine again"})
    second = client.post(url, {"_confirm": "yes", "reason": "fine again"})

    assert first.status_code == 302
    assert "Recall stays: that is not released here." in second.content.decode()
    assert [hold.reason for hold in open_holds([lot.pk])] == ["recall"]
