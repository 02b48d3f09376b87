from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.identifiers.services import add_barcode
from config.kernel.money import Money
from inventory.counting import services
from inventory.counting.models import CountLine, CycleCount
from inventory.reservations.models import ReservationLine
from inventory.stock import services as stock
from inventory.stock.models import StockLevel
from tests.factories import catalog, inventory, people, reservations
from tests.factories.inventory import NOW

GTIN = "04012345678901"
JSON = {"accept": "application/json"}


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr("config.kernel.clock.now", lambda: NOW)


@pytest.fixture
def goods(ball, cream):
    """Ten balls in A-1, two lots of cream in A-2."""
    add_barcode(variant_id=catalog.variant(cream).pk, gtin=GTIN)
    inventory.receive(ball, 10, at=inventory.location("A-1"))
    for lot, quantity in (("L1", 5), ("L2", 7)):
        inventory.receive(
            cream,
            quantity,
            lot=lot,
            expires="2028-06-30",
            at=inventory.location("A-2"),
            cost=Money(4, "EUR"),
        )


@pytest.fixture
def count(goods):
    planned = services.plan_count(
        warehouse_id=inventory.warehouse().pk,
        scope="Everything",
        tolerance_percent=Decimal(0),
        now=NOW,
    )
    return services.start_count(count_id=planned.pk, now=NOW)


@pytest.fixture
def counter(client, db):
    client.force_login(people.staff(role="Warehouse"))
    return client


@pytest.fixture
def approver(client, db):
    client.force_login(people.staff(role="Merchandiser"))
    return client


def entry(count):
    return reverse("admin:count_entry", args=[count.pk])


def finish(count):
    return reverse("admin:count_finish", args=[count.pk])


def lines(count):
    return list(count.lines.order_by("position"))


def field(line):
    return f"line-{line.pk}"


def words(response):
    assert response.status_code == 200
    return " ".join(unescape(response.content.decode()).split())


def counted_twice(count, *quantities):
    figures = {line.pk: Decimal(q) for line, q in zip(lines(count), quantities, strict=True) if q}
    services.enter(count_id=count.pk, quantities=figures, now=NOW)
    services.finish_round(count_id=count.pk, now=NOW, leave_uncounted=True)
    again = {line.pk: line.quantity for line in lines(count) if line.status == "recount"}
    services.enter(count_id=count.pk, quantities=again, now=NOW)
    services.finish_round(count_id=count.pk, now=NOW)


DIFFERENCES = "admin:inventory_countline_changelist"


def decide(client, action, count_lines, **data):
    return client.post(
        reverse(DIFFERENCES),
        {
            "action": action,
            "_selected_action": [line.pk for line in count_lines],
            **data,
        },
    )


def test_plans_a_count_of_places_with_a_star(counter, goods):
    page = reverse("admin:count_plan")
    assert "Plan a count" in words(counter.get(page))

    response = counter.post(
        page,
        {
            "warehouse": inventory.warehouse().pk,
            "way": "places",
            "places": "a-*",
            "tolerance_units": "0",
            "tolerance_percent": "1",
        },
    )

    count = CycleCount.objects.get()
    assert response.url == reverse("admin:inventory_cyclecount_change", args=[count.pk])
    assert (count.status, count.scope) == ("draft", "Places: a-*")
    assert [line.location.code for line in lines(count)] == ["A-1", "A-2", "A-2"]


@pytest.mark.parametrize(
    ("typed", "counted"),
    [
        ("SE-BALL-5", [("SE-BALL-5", "")]),
        (GTIN, [("COS-CREAM-50", "L1"), ("COS-CREAM-50", "L2")]),
        ("L2", [("COS-CREAM-50", "L2")]),
        (f"(01){GTIN}(10)L1\nSE-BALL-5", [("SE-BALL-5", ""), ("COS-CREAM-50", "L1")]),
    ],
)
def test_plans_a_count_of_what_was_scanned(counter, goods, typed, counted):
    counter.post(
        reverse("admin:count_plan"),
        {
            "warehouse": inventory.warehouse().pk,
            "way": "items",
            "items": typed,
            "tolerance_units": "0",
            "tolerance_percent": "1",
        },
    )

    assert [(x.variant.sku, x.lot_code) for x in lines(CycleCount.objects.get())] == counted


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"way": "places", "places": "Z-9"}, "BER has no open place Z-9."),
        ({"way": "places", "places": " "}, "Say what is to be counted."),
        ({"way": "items", "items": "SE-NOPE-1"}, "Nothing of ours is called SE-NOPE-1."),
        ({"way": "items", "items": f"(01){GTIN}(10)L9"}, "COS-CREAM-50 has no lot L9."),
        ({"way": "places", "places": "DOCK"}, "nothing lies there"),
        ({"way": "all", "tolerance_percent": "101"}, "less than or equal to 100"),
    ],
)
def test_what_cannot_be_planned_is_told_and_stays_typed(counter, goods, fields, problem):
    data = {
        "warehouse": inventory.warehouse().pk,
        "tolerance_units": "0",
        "tolerance_percent": "1",
        **fields,
    }

    text = words(counter.post(reverse("admin:count_plan"), data))

    assert problem in text
    assert not CycleCount.objects.exists()


def test_who_counts_does_not_read_what_the_books_say(counter, count):
    text = words(counter.get(entry(count)))
    page = words(counter.get(reverse("admin:inventory_cyclecount_change", args=[count.pk])))

    assert "0</span> of 3 counted" in text
    assert "Lot L1" in text
    assert "30 Jun 2028" in text
    assert 'value="10"' not in text
    assert "Difference" not in page
    assert counter.get(reverse(DIFFERENCES)).status_code == 403


def test_figures_are_saved_one_by_one_for_the_script(counter, count):
    ball, first, _ = lines(count)

    response = counter.post(entry(count), {field(ball): "9"}, headers=JSON)

    assert response.json() == {
        "problem": "",
        "is_same_person": False,
        "done": 1,
        "left": 2,
        "saved": {str(ball.pk): "9"},
        "pieces": {},
        "notices": {},
    }
    answer = counter.post(entry(count), {field(first): "2,5"}, headers=JSON).json()
    assert "is not whole" in answer["problem"]
    ball.refresh_from_db()
    first.refresh_from_db()
    assert (ball.quantity, first.quantity) == (9, None)


def test_without_a_script_all_fields_are_saved_and_empty_ones_are_not_zeros(counter, count):
    ball, first, second = lines(count)

    response = counter.post(entry(count), {field(ball): "0", field(first): "", field(second): "7"})

    assert response.url == entry(count)
    assert [line.quantity for line in lines(count)] == [0, None, 7]
    text = words(counter.get(entry(count)))
    assert "2</span> of 3 counted" in text


def test_what_was_typed_stays_when_something_is_wrong(counter, count):
    ball, first, _ = lines(count)

    text = words(counter.post(entry(count), {field(ball): "ten", field(first): "4"}))

    assert "ten is no quantity." in text
    assert f'name="{field(ball)}" value="ten"' in text
    assert f'name="{field(first)}" value="4"' in text
    assert [line.quantity for line in lines(count)] == [None, None, None]


def test_the_same_figure_again_is_no_new_entry(counter, count):
    ball = lines(count)[0]
    counter.post(entry(count), {field(ball): "9"}, headers=JSON)

    counter.post(entry(count), {field(ball): "9.0"}, headers=JSON)

    assert ball.entries.count() == 1


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("SE-BALL-5", [0]),
        ("L2", [2]),
        (GTIN, [1, 2]),
        (f"(01){GTIN}(17)280630(10)L1", [1]),
        ("a-2", [1, 2]),
    ],
)
def test_a_scan_leads_to_its_lines(counter, count, code, found):
    expected = [lines(count)[index].pk for index in found]

    answer = counter.get(entry(count), {"code": code}, headers=JSON).json()

    assert answer == {"lines": expected, "serial": "", "problem": ""}
    text = words(counter.get(entry(count), {"code": code}))
    assert 'value="" data-saved="" inputmode="decimal" enterkeyhint="next" autocomplete="off" ' in (
        text
    )
    assert text.count("is-wanted") == len(found)


def test_what_is_left_to_count_comes_before_what_is_counted(counter, count):
    _, first, second = lines(count)
    services.enter(count_id=count.pk, quantities={first.pk: Decimal(5)}, now=NOW)

    answer = counter.get(entry(count), {"code": "A-2"}, headers=JSON).json()

    assert answer["lines"] == [second.pk, first.pk]


def test_a_code_that_means_nothing_is_told(counter, count):
    unknown = counter.get(entry(count), {"code": "SE-NOPE-1"}, headers=JSON).json()
    broken = counter.get(entry(count), {"code": "4012345678902"}, headers=JSON).json()

    assert unknown["lines"] == []
    assert unknown["problem"] == "SE-NOPE-1: Nothing of ours is called SE-NOPE-1."
    assert broken["problem"]


def test_goods_on_no_line_are_noted_with_their_lot(counter, count, cream):
    code = f"(01){GTIN}(17)290131(10)L9"
    assert counter.get(entry(count), {"code": code}, headers=JSON).json() == {
        "lines": [],
        "serial": "",
        "problem": "",
    }
    text = words(counter.get(entry(count), {"code": code}))
    assert "This is on no line of the count." in text
    assert 'value="L9"' in text
    assert 'value="2029-01-31"' in text
    found = {"variant": catalog.variant(cream).pk, "lot_code": "L9", "expiry_date": "2029-01-31"}
    url = reverse("admin:count_found", args=[count.pk])

    wrong = words(counter.post(url, {**found, "location": "Z-9", "quantity": "3"}))
    assert "There is no open place Z-9 here." in wrong
    assert 'value="L9"' in wrong
    response = counter.post(url, {**found, "location": "a-1", "quantity": "3"})

    assert response.url == entry(count)
    line = CountLine.objects.get(lot_code="L9")
    assert (line.location.code, line.quantity, line.is_found) == ("A-1", 3, True)
    assert "Noted: 3 each of COS-CREAM-50, lot L9, in A-1." in words(counter.get(entry(count)))


def test_finishing_with_empty_fields_asks_first(counter, count):
    ball = lines(count)[0]
    services.enter(count_id=count.pk, quantities={ball.pk: Decimal(10)}, now=NOW)

    text = words(counter.post(finish(count)))

    assert "2 lines of COUNT-261124-1 have no figure, and an empty field is not a zero." in text
    response = counter.post(finish(count), {"leave_uncounted": "1"})
    assert response.url == reverse("admin:inventory_cyclecount_change", args=[count.pk])
    count.refresh_from_db()
    assert count.status == "closed"


def test_the_second_count_shows_only_what_differs_and_no_figure(counter, count):
    ball, first, second = lines(count)
    services.enter(
        count_id=count.pk,
        quantities={ball.pk: Decimal(9), first.pk: Decimal(5), second.pk: Decimal(7)},
        now=NOW,
    )

    response = counter.post(finish(count), follow=True)

    text = words(response)
    assert "1 line differs from the books: somebody else counts it again." in text
    assert "0</span> of 1 counted" in text
    assert "SE-BALL-5" in text
    assert "COS-CREAM-50" not in text
    assert 'value="9"' not in text


def test_who_counted_first_may_count_again_by_saying_that_nobody_else_is_there(client, count):
    ada, _ = people.staff(role="Warehouse"), people.staff(role="Warehouse")
    client.force_login(ada)
    ball = lines(count)[0]
    client.post(entry(count), {field(ball): "9"}, headers=JSON)
    client.post(finish(count), {"leave_uncounted": "1"})

    refused = client.post(entry(count), {field(ball): "9"}, headers=JSON).json()
    accepted = client.post(entry(count), {field(ball): "9", "may_repeat": "1"}, headers=JSON).json()

    assert refused["is_same_person"]
    assert "let somebody else count it again" in refused["problem"]
    assert accepted["problem"] == ""


def test_a_count_that_is_not_being_counted_has_no_entry_page(counter, count, client):
    services.cancel_count(count_id=count.pk, reason="x", now=NOW)

    assert counter.get(entry(count)).status_code == 404
    client.force_login(people.staff(role="Auditor"))
    assert client.get(entry(count)).status_code == 403


def test_the_differences_show_what_they_cost_and_are_booked_with_a_reason(approver, count):
    counted_twice(count, "", "3", "7")
    (line,) = CountLine.objects.filter(status="difference")

    text = words(approver.get(reverse(DIFFERENCES), {"status__exact": "difference"}))
    confirm = words(decide(approver, "approve", [line]))

    assert "\N{MINUS SIGN}2 each" in text
    assert "-8.00 EUR" in text
    assert "before: 3" in text
    assert "Book the differences: 1 counted line" in confirm
    assert "Value, -8.00 EUR together" in confirm
    decide(approver, "approve", [line], _confirm="1", code="damaged", reason="leaked")
    line.refresh_from_db()
    assert (line.status, line.reason, line.note) == ("applied", "damaged", "leaked")
    assert StockLevel.objects.get(lot__code="L1").on_hand == 3


def test_who_would_lose_is_shown_before_a_difference_is_booked(approver, count, ball):
    held = reservations.reserve(reservations.line(ball, 10), seconds=86400)
    counted_twice(count, "4", "", "")
    (line,) = CountLine.objects.filter(status="difference")

    shown = decide(approver, "approve", [line], _confirm="1", code="lost", reason="")

    assert "1 reservation would lose what this stock keeps for it" in words(shown)
    assert StockLevel.objects.get(variant__sku="SE-BALL-5").on_hand == 10
    seal = shown.content.decode().partition('name="_seen" value="')[2].partition('"')[0]
    decide(approver, "approve", [line], _confirm="1", code="lost", reason="", _seen=seal)
    assert StockLevel.objects.get(variant__sku="SE-BALL-5").on_hand == 4
    assert ReservationLine.objects.get(reservation=held).shortage == 6


def test_a_difference_that_may_be_in_the_books_already_says_so(approver, count):
    counted_twice(count, "", "3", "7")
    level = StockLevel.objects.get(lot__code="L1")
    stock.adjust(
        stock_level_id=level.pk,
        quantity_delta=Decimal(-2),
        reason="seen",
        now=NOW.replace(hour=10),
    )
    (line,) = CountLine.objects.filter(status="difference")

    assert "corrected since" in words(approver.get(reverse(DIFFERENCES)))
    refused = words(decide(approver, "approve", [line], _confirm="1", code="lost", reason=""))
    assert "the books were corrected after it was counted" in refused


@pytest.mark.parametrize(("action", "status"), [("recount", "recount"), ("reject", "rejected")])
def test_a_difference_is_counted_again_or_not_believed(approver, count, action, status):
    counted_twice(count, "", "3", "7")
    (line,) = CountLine.objects.filter(status="difference")

    decide(approver, action, [line], _confirm="1", reason="wrong shelf")

    line.refresh_from_db()
    assert line.status == status
    assert StockLevel.objects.get(lot__code="L1").on_hand == 5


def test_who_counts_may_not_decide(counter, count):
    counted_twice(count, "", "3", "7")

    response = decide(counter, "approve", CountLine.objects.all(), _confirm="1", code="lost")

    assert response.status_code == 403
    assert StockLevel.objects.get(lot__code="L1").on_hand == 5


def test_a_draft_is_started_and_a_count_is_cancelled_from_its_page(counter, goods):
    count = services.plan_count(warehouse_id=inventory.warehouse().pk, scope="All", now=NOW)
    page = reverse("admin:inventory_cyclecount_change", args=[count.pk])
    assert "Start" in words(counter.get(page))

    counter.post(reverse("admin:inventory_cyclecount_start", args=[count.pk]), {"_confirm": "1"})
    assert reverse("admin:count_entry", args=[count.pk]) in words(counter.get(page))
    counter.post(
        reverse("admin:inventory_cyclecount_cancel", args=[count.pk]),
        {"_confirm": "1", "reason": "rain"},
    )

    count.refresh_from_db()
    assert (count.status, count.cancel_reason) == ("cancelled", "rain")


def test_a_long_list_is_read_in_few_queries(counter, germany):
    for number in range(30):
        inventory.receive(catalog.sports(sku=f"SE-MANY-{number}"), 10)
    planned = services.plan_count(warehouse_id=inventory.warehouse().pk, scope="All", now=NOW)
    services.start_count(count_id=planned.pk, now=NOW)
    counter.get(entry(planned))

    with CaptureQueriesContext(connection) as queries:
        text = words(counter.get(entry(planned)))

    assert "0</span> of 30 counted" in text
    assert len(queries) <= 14
