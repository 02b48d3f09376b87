"""The count page where goods carry serial numbers: each scan is told about, no book is opened."""

import re
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.identifiers.services import add_barcode
from inventory.counting import services
from inventory.counting.models import CountLine
from inventory.stock import services as stock
from inventory.stock.models import SerialNumber, StockLevel
from inventory.stock.selectors.serials import serials_on
from tests.factories import catalog, inventory, people, transfers
from tests.factories.inventory import NOW

GTIN = "04012345678901"
OTHER_GTIN = "04012345678918"
JSON = {"accept": "application/json"}
DIFFERENCES = "admin:inventory_countline_changelist"


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr("config.kernel.clock.now", lambda: NOW)


@pytest.fixture
def watch(germany):
    product = catalog.sports(sku="SE-WATCH-1", is_serial_tracked=True)
    add_barcode(variant_id=catalog.variant(product).pk, gtin=GTIN)
    return product


@pytest.fixture
def level(watch):
    return received(watch, "W1", "W2", "W3")


@pytest.fixture
def count(level):
    return started(inventory.location("A-1"))


@pytest.fixture
def counter(client, db):
    client.force_login(people.staff(role="Warehouse"))
    return client


@pytest.fixture
def approver(client, db):
    client.force_login(people.staff(role="Merchandiser"))
    return client


def received(product, *serials, at="A-1", **fields):
    return inventory.receive(
        product, len(serials), at=inventory.location(at), serials=list(serials), **fields
    )


def started(*places):
    planned = services.plan_count(
        warehouse_id=inventory.warehouse().pk,
        scope="Watches",
        location_ids=[place.pk for place in places],
        tolerance_percent=Decimal(0),
        now=NOW,
    )
    return services.start_count(count_id=planned.pk, now=NOW)


def entry(count):
    return reverse("admin:count_entry", args=[count.pk])


def words(response):
    assert response.status_code == 200
    return " ".join(unescape(response.content.decode()).split())


def post(client, count, line, pieces="", without="", **fields):
    data = {f"serials-{line.pk}": pieces, f"line-{line.pk}": without}
    return client.post(entry(count), data, **fields)


def told(client, count, scan, line=None):
    line = line or count.lines.get()
    return client.get(entry(count), {"line": line.pk, "piece": scan}, headers=JSON).json()


def noticed(client, count, scan):
    answer = told(client, count, scan)
    assert (answer["problem"], answer["is_elsewhere"]) == ("", False)
    return answer["notice"]


def differing(count, pieces):
    """The line after it was counted twice the same."""
    line = count.lines.get()
    for _ in range(2):
        services.enter(
            count_id=count.pk,
            quantities={line.pk: Decimal(len(pieces))},
            serials={line.pk: pieces},
            now=NOW,
        )
        services.finish_round(count_id=count.pk, now=NOW)
    return count.lines.get()


def test_asks_for_pieces_without_saying_which_there_are(counter, count):
    text = words(counter.get(entry(count)))

    assert "Serial numbers, one a line" in text
    assert "without a number" in text
    # As words of their own: a token of the form may happen to hold these letters.
    assert not {"W1", "W2", "W3"} & set(re.findall(r"\w+", text))


def test_pieces_are_saved_for_the_script_and_each_counts_once(counter, count):
    line = count.lines.get()

    answer = post(counter, count, line, "W1\nW3\n\nW3\n", headers=JSON).json()

    assert answer == {
        "problem": "",
        "is_same_person": False,
        "done": 1,
        "left": 0,
        "saved": {str(line.pk): ""},
        "pieces": {str(line.pk): ["W1", "W3"]},
        "notices": {str(line.pk): ["W3 was scanned twice; it counts once."]},
    }
    line.refresh_from_db()
    assert (line.quantity, line.serials) == (2, ["W1", "W3"])


def test_pieces_without_a_readable_number_are_added(counter, count):
    line = count.lines.get()

    answer = post(counter, count, line, "W1", "2", headers=JSON).json()

    line.refresh_from_db()
    assert answer["saved"] == {str(line.pk): "2"}
    assert (line.quantity, line.serials) == (3, ["W1"])


def test_an_empty_line_is_not_a_zero_and_a_zero_is_one(counter, count):
    line = count.lines.get()
    post(counter, count, line)
    line.refresh_from_db()
    assert line.quantity is None

    post(counter, count, line, "", "0")

    line.refresh_from_db()
    assert (line.quantity, line.serials) == (0, [])


def test_a_figure_alone_names_no_pieces(counter, count):
    line = count.lines.get()

    post(counter, count, line, "", "3")

    line.refresh_from_db()
    assert (line.quantity, line.serials) == (3, None)


def test_the_same_pieces_again_are_no_new_entry_and_other_ones_are(counter, count):
    line = count.lines.get()
    for pieces in ("W1\nW2", "W1\nW2", "W1\nW3"):
        post(counter, count, line, pieces)

    assert [entry.serials for entry in line.entries.order_by("pk")] == [["W1", "W2"], ["W1", "W3"]]


def test_what_is_saved_stands_there_again_with_what_was_told(counter, count):
    line = count.lines.get()

    response = post(counter, count, line, "W1\nW9\nW1")

    assert response.url == entry(count)
    text = words(counter.get(entry(count)))
    assert "W1 W9</textarea>" in text
    assert "W9 is new to the books. It counts, and comes into them when the difference is" in text
    assert "W1 was scanned twice; it counts once." in text
    assert "1</span> of 1 counted" in text


def test_what_was_scanned_stays_when_something_is_wrong(counter, count):
    text = words(post(counter, count, count.lines.get(), "W1\nW2", "many"))

    assert "many is no quantity." in text
    assert "W1 W2</textarea>" in text
    assert count.lines.get().quantity is None


def test_a_piece_that_is_expected_there_is_told_nothing_about(counter, count):
    assert told(counter, count, "W2") == {
        "serial": "W2",
        "is_elsewhere": False,
        "notice": "",
        "problem": "",
    }


def test_a_label_with_its_product_is_read_as_its_number(counter, count):
    assert told(counter, count, f"(01){GTIN}(21)W2")["serial"] == "W2"


def test_a_new_piece_is_told(counter, count):
    assert noticed(counter, count, "W9") == (
        "W9 is new to the books. It counts, and comes into them when the difference is booked."
    )


def test_a_piece_that_has_left_is_told_with_why(counter, count, level):
    stock.write_off(
        stock_level_id=level.pk, quantity=Decimal(1), serials=["W2"], reason="broken", now=NOW
    )

    assert noticed(counter, count, "W2") == (
        "W2 left us on 24 Nov 2026 (write-off). It counts, and is back when the difference is "
        "booked."
    )


def test_a_piece_of_another_place_is_told(counter, count, watch):
    received(watch, "W7", at="A-2")

    assert noticed(counter, count, "W7") == (
        "The books have W7 in BER A-2. It counts here, and is taken from there when the "
        "difference is booked."
    )


def test_a_piece_of_another_lot_is_told(counter, count, watch):
    received(watch, "W7", lot="L7")

    assert noticed(counter, count, "W7") == (
        "The books have W7 in lot L7, BER A-1. It counts here, and goes from there into the open "
        "lot when the difference is booked."
    )


def test_a_piece_on_the_road_is_told(counter, watch):
    received(watch, "W1", "W2")
    count = started(inventory.location("A-1"))
    inventory.warehouse("LAX", time_zone="America/Los_Angeles")
    transfers.sent(transfers.line(catalog.variant(watch), 1, serials=["W2"]), now=NOW)

    assert noticed(counter, count, "W2").startswith("W2 is on the road. It counts, but its number")


def test_a_piece_of_another_product_is_told_or_not_counted(counter, count):
    other = catalog.sports(sku="SE-TENT-1", is_serial_tracked=True)
    add_barcode(variant_id=catalog.variant(other).pk, gtin=OTHER_GTIN)
    received(other, "T1", at="A-2")

    assert noticed(counter, count, "T1") == (
        "T1 is SE-TENT-1 in the books. If this is one, take it out of this line; if not, it comes "
        "into the books as a new SE-WATCH-1 when the difference is booked."
    )
    answer = told(counter, count, f"(01){OTHER_GTIN}(21)T1")
    assert (answer["serial"], answer["problem"]) == (
        "",
        "T1 is SE-TENT-1, not SE-WATCH-1: it is not counted here.",
    )


@pytest.mark.parametrize("scan", ["a-1", GTIN])
def test_a_place_or_goods_lead_on_from_the_line(counter, count, scan):
    answer = told(counter, count, scan)

    assert (answer["is_elsewhere"], answer["serial"]) == (True, "")


def test_a_piece_scanned_in_another_line_is_refused(counter, watch, level):
    received(watch, "W7", at="A-2")
    count = started(inventory.location("A-1"), inventory.location("A-2"))
    first, second = count.lines.order_by("position")
    post(counter, count, first, "W1")

    answer = told(counter, count, "W1", second)
    saved = post(counter, count, second, "W1\nW7", headers=JSON).json()

    assert answer["problem"] == "W1 was scanned in A-1 too: take it out here, or there."
    assert "W1 was scanned in A-1 too: a piece lies in one place." in saved["problem"]
    second.refresh_from_db()
    assert second.quantity is None


def test_a_line_that_is_not_to_be_counted_tells_nothing(counter, count):
    answer = counter.get(entry(count), {"line": "999", "piece": "W1"}, headers=JSON).json()

    assert answer == {"problem": "This line is not to be counted now."}


def test_a_piece_scanned_into_the_box_leads_to_its_line_with_its_number(counter, count):
    line = count.lines.get()
    for code in ("W2", f"(01){GTIN}(21)W2"):
        answer = counter.get(entry(count), {"code": code}, headers=JSON).json()
        assert answer == {"lines": [line.pk], "serial": "W2", "problem": ""}


def test_pieces_on_no_list_are_noted(counter, count, watch):
    other = catalog.sports(sku="SE-TENT-1", is_serial_tracked=True)
    add_barcode(variant_id=catalog.variant(other).pk, gtin=OTHER_GTIN)
    text = words(counter.get(entry(count), {"code": f"(01){OTHER_GTIN}(21)T1"}))
    assert "This is on no line of the count." in text
    assert "T1</textarea>" in text
    url = reverse("admin:count_found", args=[count.pk])
    found = {"variant": catalog.variant(other).pk, "location": "A-2"}

    wrong = words(counter.post(url, {**found, "serials": "", "quantity": ""}))
    assert "Scan the pieces, or say how many there are." in wrong
    counter.post(url, {**found, "serials": "T1\nT2\nT1", "quantity": "1"})

    line = CountLine.objects.get(is_found=True)
    assert (line.quantity, line.serials) == (3, ["T1", "T2"])


def test_the_differences_name_the_pieces_and_booking_moves_them(approver, count, watch, level):
    received(watch, "W7", at="A-2")
    line = differing(count, ["W1", "W7", "W9"])

    text = words(approver.get(reverse(DIFFERENCES), {"status__exact": "difference"}))
    assert "missing: W2, W3" in text
    assert "found, in the books in BER A-2: W7" in text
    assert "new: W9" in text
    chosen = {"action": "approve", "_selected_action": [line.pk]}
    confirm = words(approver.post(reverse(DIFFERENCES), chosen))
    assert "Pieces that are missing are no longer there" in confirm
    assert "missing: W2, W3; found, in the books in BER A-2: W7; new: W9" in confirm
    approver.post(reverse(DIFFERENCES), {**chosen, "_confirm": "1", "code": "lost", "reason": ""})

    assert serials_on([level.pk])[level.pk] == ["W1", "W7", "W9"]
    assert StockLevel.objects.get(location__code="A-2").on_hand == 0
    gone = SerialNumber.objects.get(serial="W2")
    approver.force_login(people.staff(role="Auditor"))
    page = words(approver.get(reverse("admin:inventory_serialnumber_change", args=[gone.pk])))
    assert "Gone" in page
    assert count.reference in page
    line.refresh_from_db()
    assert line.status == "applied"
    assert services.reconcile(now=NOW) == []


def test_who_would_lose_by_a_missing_piece_is_shown_first(approver, count, level):
    from tests.factories import reservations

    held = reservations.reserve(reservations.line("SE-WATCH-1", 3), seconds=86400)
    line = differing(count, ["W1", "W2"])

    shown = approver.post(
        reverse(DIFFERENCES),
        {
            "action": "approve",
            "_selected_action": [line.pk],
            "_confirm": "1",
            "code": "lost",
            "reason": "",
        },
    )

    assert "1 reservation would lose what this stock keeps for it" in words(shown)
    assert held.lines.get().shortage == 0
    assert serials_on([level.pk])[level.pk] == ["W1", "W2", "W3"]


def test_many_lines_and_pieces_are_read_in_few_queries(counter, watch, level):
    for number in range(12):
        product = catalog.sports(sku=f"SE-MANY-{number}", is_serial_tracked=True)
        received(product, *[f"M{number}-{piece}" for piece in range(5)])
    count = started(inventory.location("A-1"))
    pieces = {line.pk: [f"N{line.pk}-{piece}" for piece in range(5)] for line in count.lines.all()}
    services.enter(
        count_id=count.pk,
        quantities=dict.fromkeys(pieces, Decimal(5)),
        serials=pieces,
        now=NOW,
    )
    counter.get(entry(count))

    with CaptureQueriesContext(connection) as queries:
        text = words(counter.get(entry(count)))

    assert "13</span> of 13 counted" in text
    assert len(queries) <= 18
