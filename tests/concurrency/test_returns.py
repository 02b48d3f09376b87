"""Races of returns. The twin with the guard taken away is seen to fail."""

from collections import Counter
from functools import partial

import pytest

from inventory.counting.services import reconcile
from inventory.reservations.models import Reservation
from inventory.returns import services
from inventory.returns.models import ReturnAuthorization, ReturnPart
from inventory.returns.services import authorising
from tests.factories import catalog, inventory
from tests.factories import returns as make

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def site(real_row_locks):
    berlin = inventory.warehouse()
    inventory.serves("DE", berlin)
    return berlin


def names(answers):
    return Counter(type(answer).__name__ for answer in answers)


def ball_sold(quantity):
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    make.sold(ball, quantity)
    return ball


def counted():
    return sum(ReturnPart.objects.values_list("quantity", flat=True))


def test_one_line_of_an_order_comes_back_once(race):
    ball = ball_sold(1)

    answers = race([partial(make.authorised, make.asked(ball, 1))] * 6)

    assert names(answers) == {"ReturnAuthorization": 1, "MoreThanSold": 5}
    assert counted() == 1


def test_without_the_lock_on_the_order_it_comes_back_more_often(race, monkeypatch):
    ball = ball_sold(1)

    def unlocked(order_reference, client_id):
        return list(Reservation.objects.filter(order_reference=order_reference))

    import time

    read = authorising.sold_lines

    def slowly(*args, **kwargs):
        found = read(*args, **kwargs)
        time.sleep(0.3)
        return found

    monkeypatch.setattr(authorising, "_lock_orders", unlocked)
    monkeypatch.setattr(authorising, "sold_lines", slowly)
    race([partial(make.authorised, make.asked(ball, 1))] * 6)

    assert counted() > 1


def test_goods_that_are_received_twice_at_once_count_once(race):
    ball = ball_sold(2)
    found = make.authorised(make.asked(ball, 2))

    answers = race([partial(make.received, found, make.arrived(2))] * 4)

    assert names(answers) == {"ReturnAuthorization": 1, "MoreThanSold": 3}
    assert make.lying(ball) == {("", "DOCK"): 8, ("", "returns"): 2}
    assert reconcile(now=make.NOW) == []


def test_goods_that_are_decided_twice_at_once_leave_once(race):
    ball = ball_sold(2)
    found = make.received(make.authorised(make.asked(ball, 2)))

    answers = race([partial(make.inspected, found, make.verdict("scrap", 2))] * 4)

    assert names(answers) == {"ReturnAuthorization": 1, "NothingReceived": 3}
    assert make.lying(ball) == {("", "DOCK"): 8}


def test_exchanges_the_other_way_round_wait_for_each_other_in_one_order(race):
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

    answers = race(calls)

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
    assert names(race(decide)) == {"ReturnAuthorization": 6}
    assert reconcile(now=make.NOW) == []
