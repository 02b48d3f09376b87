"""A crowd in processes of their own wants what little there is of one product."""

import multiprocessing
from collections import Counter
from functools import partial

import pytest
from django.db import IntegrityError
from django.db.models import Sum

from inventory.reservations import hot_path
from inventory.reservations.errors import InsufficientStock
from inventory.reservations.models import Allocation
from inventory.reservations.services import claims, holding
from inventory.stock.models import StockLevel
from tests.factories import catalog, inventory, reservations
from tests.factories.reservations import line, reserve

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


@pytest.fixture
def by_rules(monkeypatch):
    """Reserve as SQLite does, without the one statement that takes the usual case."""
    monkeypatch.setattr(hot_path, "is_there", lambda: False)


@pytest.fixture(params=["at once", "by rules"])
def either_way(request):
    """Once by the one statement, once without it."""
    if request.param == "by rules":
        request.getfixturevalue("by_rules")


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


def shoppers(item, lines, requests):
    return [
        partial(buy, item, lines, range(number, requests, CLIENTS)) for number in range(CLIENTS)
    ]


def kept():
    return Allocation.objects.filter(is_open=True).aggregate(kept=Sum("quantity"))["kept"]


@once_or_twice
def test_a_crowd_gets_exactly_what_there_is(ball, crowd, lines, either_way):
    inventory.receive(ball, UNITS)

    requests = REQUESTS if lines == 1 else FEWER
    told = sum(crowd(shoppers(ball, lines, requests)), Counter())

    baskets = UNITS // lines
    assert told == {"held": baskets, "InsufficientStock": requests - baskets}
    assert (StockLevel.objects.get().reserved, kept()) == (UNITS, UNITS)
    assert reservations.broken_invariants() == []


@once_or_twice
def test_twin_without_lock_and_condition_sells_to_the_crowd_what_is_not_there(
    ball, crowd, lines, by_rules, monkeypatch
):
    inventory.receive(ball, 5 * lines)
    all_have_looked = multiprocessing.get_context("fork").Barrier(CLIENTS, timeout=30)

    def set_aside_unguarded(*, quantities):
        for level in StockLevel.objects.filter(pk__in=quantities):
            all_have_looked.wait()
            level.reserved += quantities[level.pk]
            level.save()

    monkeypatch.setattr(holding, "lock_levels", lambda **kwargs: [])
    monkeypatch.setattr(claims.stock, "set_aside", set_aside_unguarded)
    told = sum(crowd(shoppers(ball, lines, CLIENTS)), Counter())

    assert told == {"held": CLIENTS}
    assert kept() == CLIENTS * lines > StockLevel.objects.get().on_hand
    assert reservations.broken_invariants() != []
