"""Returns at once, in processes; each race has a twin that fails without its guard."""

from functools import partial

import pytest
from django.db import OperationalError

from inventory.counting.services import reconcile
from inventory.reservations.models import Reservation
from inventory.returns import services
from inventory.returns.models import ReturnAuthorization, ReturnPart
from inventory.returns.selectors import waiting_items
from inventory.returns.services import authorising, exchanges, inspecting, receiving
from inventory.stock.models import StockLevel
from tests.concurrency.guards import without_row_locks
from tests.concurrency.processes import at_once, barrier, in_between, names
from tests.factories import catalog, inventory
from tests.factories import returns as make

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def site(transactional_db):
    berlin = inventory.warehouse()
    inventory.serves("DE", berlin)
    return berlin


def ball_sold(quantity):
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    make.sold(ball, quantity)
    return ball


def counted():
    return sum(ReturnPart.objects.values_list("quantity", flat=True))


def test_one_line_of_an_order_comes_back_once():
    ball = ball_sold(1)

    answers = at_once([partial(make.authorised, make.asked(ball, 1))] * 6)

    assert names(answers) == {"ReturnAuthorization": 1, "MoreThanSold": 5}
    assert counted() == 1


def test_twin_without_the_orders_lock_brings_it_back_twice(monkeypatch):
    ball = ball_sold(1)
    authorise = partial(make.authorised, make.asked(ball, 1))

    without_row_locks(monkeypatch, Reservation)
    answers = in_between(authorise, authorise, before=(authorising, "_spread"))

    assert names(answers) == {"ReturnAuthorization": 2}
    assert counted() == 2  # of one that was sold


def test_goods_that_are_received_twice_at_once_count_once():
    ball = ball_sold(2)
    found = make.authorised(make.asked(ball, 2))

    answers = at_once([partial(make.received, found, make.arrived(2))] * 4)

    assert names(answers) == {"ReturnAuthorization": 1, "MoreThanSold": 3}
    assert make.lying(ball) == {("", "DOCK"): 8, ("", "returns"): 2}
    assert reconcile(now=make.NOW) == []


def test_twin_without_the_locks_takes_in_more_than_was_sold(monkeypatch):
    ball = ball_sold(2)
    found = make.authorised(make.asked(ball, 2))
    receive = partial(make.received, found, make.arrived(2))

    without_row_locks(monkeypatch, ReturnAuthorization, Reservation, StockLevel)
    answers = in_between(receive, receive, before=(receiving, "_take_in"))

    assert names(answers) == {"ReturnAuthorization": 2}
    # Two were sold, and four came back.
    assert make.lying(ball) == {("", "DOCK"): 8, ("", "returns"): 4}


def test_goods_that_are_decided_twice_at_once_leave_once():
    ball = ball_sold(2)
    found = make.received(make.authorised(make.asked(ball, 2)))

    answers = at_once([partial(make.inspected, found, make.verdict("scrap", 2))] * 4)

    assert names(answers) == {"ReturnAuthorization": 1, "NothingReceived": 3}
    assert make.lying(ball) == {("", "DOCK"): 8}


def test_twin_without_the_locks_scraps_what_another_sent_back(monkeypatch):
    ball = ball_sold(2)
    make.sold(ball, 2, order="W-2")
    found = make.received(make.authorised(make.asked(ball, 2)))
    other = make.received(make.authorised(make.asked(ball, 2), order="W-2"))
    scrap = partial(make.inspected, found, make.verdict("scrap", 2))

    without_row_locks(monkeypatch, ReturnAuthorization, StockLevel)
    answers = in_between(scrap, scrap, before=(inspecting, "_check_fit"))

    assert names(answers) == {"ReturnAuthorization": 2}
    # What came back under the other order has been neither decided nor kept.
    assert make.lying(ball) == {("", "DOCK"): 6}
    assert waiting_items(other.pk)


def test_exchanges_the_other_way_round_wait_for_each_other_in_one_order():
    ball, rope = (catalog.variant(catalog.sports()) for _ in range(2))
    for variant in (ball, rope):
        inventory.receive(variant, 40)
        make.sold(variant, 6)
    calls = []
    for number in range(6):
        pair = [
            make.asked(ball, 1, exchange_for=rope.sku),
            make.asked(rope, 1, exchange_for=ball.sku),
        ]
        make.sold(ball, 1, order=f"X-{number}")
        make.sold(rope, 1, order=f"X-{number}")
        lines = pair if number % 2 else pair[::-1]
        calls.append(partial(make.authorised, *lines, order=f"X-{number}"))

    answers = at_once(calls)

    assert names(answers) == {"ReturnAuthorization": 6}
    ids = [answer.pk for answer in answers]
    for found in ReturnAuthorization.objects.filter(pk__in=ids):
        make.received(found)
    decide = [
        partial(
            services.inspect_return,
            return_id=pk,
            verdicts=[make.verdict("restock", 1), make.verdict("restock", 1, position=2)],
            exchanges={1: True, 2: True},
            now=make.NOW,
        )
        for pk in ids
    ]
    assert names(at_once(decide)) == {"ReturnAuthorization": 6}
    assert reconcile(now=make.NOW) == []


def test_twin_that_promises_one_replacement_after_the_other_deadlocks(monkeypatch):
    ball, rope = (catalog.variant(catalog.sports()) for _ in range(2))
    pair = [make.asked(ball, 1, exchange_for=rope.sku), make.asked(rope, 1, exchange_for=ball.sku)]
    for variant in (ball, rope):
        inventory.receive(variant, 40)
        for order in ("X-0", "X-1"):
            make.sold(variant, 1, order=order)
    both_hold_one = barrier(2)
    hold = exchanges.hold_replacement

    def hold_and_wait(*args, **kwargs):
        held = hold(*args, **kwargs)
        if args[1].position == 1:
            both_hold_one.wait()
        return held

    monkeypatch.setattr(exchanges, "lock_levels", lambda **kwargs: [])
    monkeypatch.setattr(exchanges, "hold_replacement", hold_and_wait)
    answers = at_once(
        [
            partial(make.authorised, *pair, order="X-0"),
            partial(make.authorised, *pair[::-1], order="X-1"),
        ]
    )

    assert names(answers) == {"ReturnAuthorization": 1, "OperationalError": 1}
    (error,) = [answer for answer in answers if isinstance(answer, OperationalError)]
    assert "deadlock detected" in str(error)
