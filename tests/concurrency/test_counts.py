"""Counts against reservations, and two who decide at once. Each with a twin without its guard."""

from decimal import Decimal
from functools import partial

import pytest

from inventory.counting import services
from inventory.counting.models import CountLine, CycleCount
from inventory.counting.services import deciding, planning
from inventory.reservations.models import ReservationLine
from inventory.stock.models import StockLevel, StockMovement
from inventory.stock.reasons import StockReason
from inventory.stock.services import corrections
from tests.concurrency.guards import constraint_lifted
from tests.concurrency.processes import at_once, barrier, in_between, names
from tests.factories import catalog, inventory, reservations
from tests.factories.inventory import NOW

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def difference(on_hand, counted):
    """A line that was counted twice and waits for a decision; the ball it is about."""
    inventory.serves("DE", inventory.warehouse())
    ball = catalog.sports(sku="SE-BALL-5")
    inventory.receive(ball, on_hand)
    count = services.plan_count(
        warehouse_id=inventory.warehouse().pk,
        scope="All",
        tolerance_percent=Decimal(0),
        now=NOW,
    )
    services.start_count(count_id=count.pk, now=NOW)
    line = CountLine.objects.get()
    for _ in range(2):
        services.enter(count_id=count.pk, quantities={line.pk: Decimal(counted)}, now=NOW)
        services.finish_round(count_id=count.pk, now=NOW)
    return line, ball


def approve(line):
    return services.approve(line_ids=[line.pk], reason=StockReason.LOST, note="", now=NOW)


def reserve(ball, number):
    return reservations.reserve(
        reservations.line(ball, 2), reference=f"cart-{number}", seconds=86400
    )


def test_a_count_and_reservations_at_once_promise_no_more_than_there_is():
    line, ball = difference(20, 7)

    answers = at_once(
        [partial(approve, line), *(partial(reserve, ball, number) for number in range(12))]
    )

    told = names(answers)
    assert set(told) <= {"list", "Reservation", "InsufficientStock"}
    assert told["list"] == 1
    assert told["Reservation"] >= 3
    level = StockLevel.objects.get()
    assert level.on_hand == 7
    assert level.reserved <= 7
    promised = sum(x.quantity - x.shortage for x in ReservationLine.objects.all())
    assert promised == level.reserved
    assert services.reconcile(now=NOW) == []


def approve_while_all_is_reserved(line, ball):
    """Somebody wants all there was, when the count has looked and is about to correct the books."""
    everything = partial(reservations.reserve, reservations.line(ball, 20), seconds=86400)
    return in_between(partial(approve, line), everything, before=(corrections, "lower_all_on_hand"))


def test_who_reserves_while_a_count_is_booked_waits_for_it(either_way):
    line, ball = difference(20, 7)

    answers = approve_while_all_is_reserved(line, ball)

    assert names(answers) == {"list": 1, "InsufficientStock": 1}
    assert services.reconcile(now=NOW) == []


def test_twin_that_decides_without_the_levels_lock_leaves_promises_that_nothing_keeps(
    either_way, monkeypatch
):
    line, ball = difference(20, 7)

    monkeypatch.setattr(deciding, "lock_levels", lambda **kwargs: [])
    answers = approve_while_all_is_reserved(line, ball)

    assert names(answers) == {"list": 1, "Reservation": 1}
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (7, 7)
    assert ReservationLine.objects.get().shortage == 0  # of 20: nobody was told
    assert services.reconcile(now=NOW) != []


def test_two_who_decide_at_once_book_a_difference_once():
    line, _ = difference(10, 7)

    answers = at_once([partial(approve, line)] * 6)

    assert names(answers) == {"list": 1, "WrongStage": 5}
    assert StockLevel.objects.get().on_hand == 7
    assert StockMovement.objects.filter(kind="count").count() == 1


def test_twin_without_the_counts_lock_books_it_twice(monkeypatch):
    line, _ = difference(10, 7)
    both_have_looked = barrier(2)
    look = deciding._to_decide

    def look_together(line_ids):
        lines = look(line_ids)
        both_have_looked.wait()
        return lines

    monkeypatch.setattr(
        deciding,
        "lock_count",
        lambda pk: CycleCount.objects.select_related("warehouse").get(pk=pk),
    )
    monkeypatch.setattr(deciding, "_to_decide", look_together)
    # The second sees the first one's correction and would stop for that, too.
    monkeypatch.setattr(deciding, "movements_since", lambda lines: {})
    at_once([partial(approve, line)] * 2)

    assert StockLevel.objects.get().on_hand == 4


def test_two_who_plan_at_once_put_nothing_on_two_lists():
    inventory.receive(catalog.sports(), 5)
    plan = partial(services.plan_count, warehouse_id=inventory.warehouse().pk, scope="All", now=NOW)

    answers = at_once([plan] * 6)

    told = names(answers)
    assert told["CycleCount"] == 1
    assert set(told) <= {"CycleCount", "BeingCounted", "NothingToCount"}
    assert CountLine.objects.count() == 1


def test_twin_without_the_constraint_puts_it_on_two_lists():
    inventory.receive(catalog.sports(), 5)
    plan = partial(services.plan_count, warehouse_id=inventory.warehouse().pk, scope="All", now=NOW)

    with constraint_lifted(CountLine, "count_line_open_once"):
        answers = in_between(plan, plan, before=(planning, "_next_reference"))

        assert names(answers) == {"CycleCount": 2}
        assert CountLine.objects.count() == 2
