"""Sixteen clients, each a process of its own, want what little there is of one product."""

from collections import Counter
from functools import partial

import pytest
from django.db import IntegrityError
from django.db.models import Sum

from inventory.counting.services import reconcile
from inventory.reservations.errors import InsufficientStock
from inventory.reservations.models import Allocation
from inventory.reservations.services import claims, holding
from inventory.stock.models import StockLevel
from tests.concurrency.guards import one_statement
from tests.concurrency.processes import at_once, barrier
from tests.factories import catalog, inventory, reservations
from tests.factories.reservations import NOW, line, reserve

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

CLIENTS = 16
REQUESTS = 1000
FEWER = 320
UNITS = 100

once_or_twice = pytest.mark.parametrize("lines", [1, 2], ids=["one line", "two lines of the same"])


@pytest.fixture
def ball():
    inventory.serves("DE", inventory.warehouse())
    return catalog.sports(sku="SE-BALL-5")


def buy(item, lines, numbers):
    """What becomes of these baskets, each with so many lines of one piece."""
    told = Counter()
    for number in numbers:
        try:
            reserve(*[line(item) for _ in range(lines)], reference=f"cart-{number}")
            told["held"] += 1
        except (InsufficientStock, IntegrityError) as error:
            told[type(error).__name__] += 1
    return told


def crowd_buys(item, lines, requests):
    """What becomes of so many baskets, dealt out to all clients."""
    shares = [range(number, requests, CLIENTS) for number in range(CLIENTS)]
    told = at_once([partial(buy, item, lines, share) for share in shares], processes=CLIENTS)
    return sum(told, Counter())


def kept():
    return Allocation.objects.filter(is_open=True).aggregate(kept=Sum("quantity"))["kept"]


@once_or_twice
def test_a_crowd_gets_exactly_what_there_is(ball, lines, either_way):
    inventory.receive(ball, UNITS)

    requests = REQUESTS if lines == 1 else FEWER
    told = crowd_buys(ball, lines, requests)

    baskets = UNITS // lines
    assert told == {"held": baskets, "InsufficientStock": requests - baskets}
    assert (StockLevel.objects.get().reserved, kept()) == (UNITS, UNITS)
    assert reservations.broken_invariants() == []
    assert reconcile(now=NOW) == []


@once_or_twice
def test_twin_without_lock_and_condition_sells_more_than_there_is(
    ball, lines, by_rules, monkeypatch
):
    inventory.receive(ball, 5 * lines)
    all_have_looked = barrier(CLIENTS)

    def set_aside_unguarded(*, quantities):
        for level in StockLevel.objects.filter(pk__in=quantities):
            all_have_looked.wait()
            level.reserved += quantities[level.pk]
            level.save()

    monkeypatch.setattr(holding, "lock_levels", lambda **kwargs: [])
    monkeypatch.setattr(claims.stock, "set_aside", set_aside_unguarded)
    told = crowd_buys(ball, lines, CLIENTS)

    assert told == {"held": CLIENTS}
    assert kept() == CLIENTS * lines > StockLevel.objects.get().on_hand
    assert reconcile(now=NOW) != []


ENOUGH = {
    1: ("l.on_hand - l.reserved >= takes[1]", "true"),
    2: ("l.on_hand - l.reserved >= need.quantity", "true"),
}


@once_or_twice
def test_twin_whose_statement_does_not_look_again_sells_more_than_there_is(
    ball, lines, unchecked, monkeypatch
):
    inventory.receive(ball, 5 * lines)

    with one_statement(monkeypatch, ENOUGH[lines], parties=CLIENTS):
        told = crowd_buys(ball, lines, CLIENTS)

    assert told == {"held": CLIENTS}
    level = StockLevel.objects.get()
    assert kept() == level.reserved == CLIENTS * lines > level.on_hand
    assert reconcile(now=NOW) != []


@once_or_twice
def test_twin_with_the_constraint_alone_gets_errors_instead_of_answers(ball, lines, monkeypatch):
    inventory.receive(ball, 5 * lines)

    with one_statement(monkeypatch, ENOUGH[lines], parties=CLIENTS):
        told = crowd_buys(ball, lines, CLIENTS)

    assert told == {"held": 5, "IntegrityError": CLIENTS - 5}
    assert reconcile(now=NOW) == []


def test_twin_that_takes_one_of_two_lines_sells_more_than_there_is(ball, monkeypatch):
    inventory.receive(ball, 20)

    for_both = ("sum(u.quantity) AS quantity", "max(u.quantity) AS quantity")
    with one_statement(monkeypatch, for_both, parties=CLIENTS):
        told = crowd_buys(ball, 2, 2 * CLIENTS)

    assert told["held"] > 10
    assert kept() == 2 * told["held"] > StockLevel.objects.get().reserved
    assert reconcile(now=NOW) != []
