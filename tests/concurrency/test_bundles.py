"""Bundles against everything else that needs their components, each in a process of its own."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import OperationalError

from inventory.counting.services import reconcile
from inventory.reservations import services
from inventory.reservations.errors import InsufficientStock
from inventory.reservations.models import Allocation, Reservation
from inventory.reservations.services import claims, holding
from inventory.stock import services as stock
from inventory.stock.models import StockLevel
from tests.concurrency.guards import in_own_order
from tests.concurrency.processes import at_once, barrier, outcomes
from tests.factories import bundles, catalog, inventory, reservations
from tests.factories.reservations import NOW, line, reserve

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cream():
    inventory.serves("DE", inventory.warehouse())
    return catalog.cosmetic(sku="COS-CREAM-50")


@pytest.fixture
def cap(cream):
    return catalog.sports(sku="SE-CAP-RED")


@pytest.fixture
def marathon(cream, cap):
    return bundles.of((cream, 2), (cap, 1), sku="BDL-MARATHON-SET")


@pytest.fixture
def beach(cream, cap):
    """The same two the other way round."""
    return bundles.of((cap, 1), (cream, 1), sku="BDL-BEACH-SET")


def test_bundles_and_single_pieces_share_the_last_of_a_component(cream, cap, marathon):
    for lot in ("A", "B"):
        inventory.receive(cream, 5, lot=lot, expires="2028-12-31")
    inventory.receive(cap, 100)
    calls = [
        partial(reserve, line(marathon if n % 2 else cream), reference=f"{n % 2}-{n}")
        for n in range(26)
    ]

    answers = at_once(calls)

    assert set(outcomes(answers)) == {"held", "InsufficientStock"}
    held = [answer.reference for answer in answers if isinstance(answer, Reservation)]
    sets = sum(reference.startswith("1-") for reference in held)
    assert 2 * sets + (len(held) - sets) == 10
    reserved = dict(StockLevel.objects.values_list("lot__code", "reserved"))
    assert reserved == {"A": 5, "B": 5, "": sets}
    assert reservations.broken_invariants() == []


def test_bundles_of_the_same_in_opposite_order_never_deadlock(cream, cap, marathon, beach):
    inventory.receive(cream, 200, lot="A")
    inventory.receive(cap, 200)

    answers = at_once([partial(reserve, line(marathon if n % 2 else beach)) for n in range(40)])

    assert outcomes(answers) == {"held": 40}
    assert reservations.broken_invariants() == []


def test_twin_without_lock_and_condition_sells_a_component_twice(
    cream, cap, marathon, by_rules, monkeypatch
):
    inventory.receive(cream, 2, lot="A")
    inventory.receive(cap, 9)
    both_have_looked = barrier(2)

    def set_aside_unguarded(*, quantities):
        levels = list(StockLevel.objects.filter(pk__in=quantities))
        both_have_looked.wait()
        for level in levels:
            level.reserved += quantities[level.pk]
            level.save()

    monkeypatch.setattr(holding, "lock_levels", lambda **kwargs: [])
    monkeypatch.setattr(claims.stock, "set_aside", set_aside_unguarded)
    answers = at_once([partial(reserve, line(marathon)), partial(reserve, line(cream))])

    assert outcomes(answers) == {"held": 2}
    promised = Allocation.objects.filter(stock_level__lot__code="A")
    assert sum(promised.values_list("quantity", flat=True)) == 3
    assert reservations.broken_invariants() != []
    assert reconcile(now=NOW) != []


def test_twin_that_locks_in_the_order_of_the_bundle_deadlocks(
    cream, cap, marathon, beach, monkeypatch
):
    inventory.receive(cream, 200, lot="A")
    inventory.receive(cap, 200)

    in_order = in_own_order(monkeypatch, holding)
    answers = at_once(
        [
            partial(in_order, [cream, cap], partial(reserve, line(marathon))),
            partial(in_order, [cap, cream], partial(reserve, line(beach))),
        ]
    )

    assert outcomes(answers) == {"held": 1, "OperationalError": 1}
    (error,) = [answer for answer in answers if isinstance(answer, OperationalError)]
    assert "deadlock detected" in str(error)


def test_losses_cuts_sales_and_new_bundles_at_once_keep_the_books_right(cream, cap, marathon):
    """Many guards at once: each has its twin where two of these meet alone."""
    lots = [inventory.receive(cream, 20, lot=f"L{n}", expires="2028-12-31") for n in range(2)]
    inventory.receive(cap, 30)
    held = [reserve(line(marathon, 2)) for _ in range(8)]
    short = partial(
        stock.write_off,
        stock_level_id=lots[0].pk,
        quantity=Decimal(15),
        reason="broken",
        now=NOW,
    )

    def give_up(reservation):
        ids = list(reservation.lines.filter(shortage__gt=0).values_list("pk", flat=True))
        return services.give_up_shortages(line_ids=ids, reason="none will come", now=NOW)

    calls = []
    for n, reservation in enumerate(held):
        sale = partial(
            services.commit, reservation_id=reservation.pk, order_reference=f"o-{n}", now=NOW
        )
        calls += [
            [sale, partial(services.release, reservation_id=reservation.pk, now=NOW)][n % 2],
            partial(give_up, reservation),
            partial(reserve, line(marathon), line(cream, 2), partial=True),
        ]
    calls.insert(3, short)

    answers = at_once(calls)

    unexpected = [
        a for a in answers if isinstance(a, Exception) and not isinstance(a, InsufficientStock)
    ]
    assert unexpected == []
    assert reconcile(now=NOW) == []
    assert reservations.broken_invariants() == []
