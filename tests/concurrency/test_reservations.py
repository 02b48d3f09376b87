"""Races of processes for stock; each has a twin without its guard that is seen to fail."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, OperationalError

from inventory.counting.services import reconcile
from inventory.lots.models import HoldReason
from inventory.reservations import services
from inventory.reservations.errors import InsufficientStock
from inventory.reservations.models import Allocation, Reservation
from inventory.reservations.services import claims, ending, holding
from inventory.stock import services as stock
from inventory.stock.models import StockLevel, StockMovement
from tests.concurrency.guards import in_own_order
from tests.concurrency.processes import at_once, barrier, outcomes
from tests.factories import catalog, inventory, reservations
from tests.factories.reservations import NOW, line, reserve

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

LATE = NOW + timedelta(hours=1)


@pytest.fixture
def ball():
    inventory.serves("DE", inventory.warehouse())
    return catalog.sports(sku="SE-BALL-5")


@pytest.fixture
def bat(ball):
    return catalog.sports(sku="SE-BAT-5")


def test_many_buyers_of_the_last_pieces_get_exactly_those(ball, either_way):
    inventory.receive(ball, 5)

    answers = at_once([partial(reserve, line(ball)) for _ in range(30)])

    assert outcomes(answers) == {"held": 5, "InsufficientStock": 25}
    assert StockLevel.objects.get().reserved == 5
    assert reservations.broken_invariants() == []


def test_twin_without_lock_and_condition_sells_the_last_piece_twice(ball, monkeypatch, by_rules):
    inventory.receive(ball, 1)
    both_have_looked = barrier(2)

    def set_aside_unguarded(*, quantities):
        for level in StockLevel.objects.filter(pk__in=quantities):
            both_have_looked.wait()
            level.reserved += quantities[level.pk]
            level.save()

    monkeypatch.setattr(holding, "lock_levels", lambda **kwargs: [])
    monkeypatch.setattr(claims.stock, "set_aside", set_aside_unguarded)
    answers = at_once([partial(reserve, line(ball)) for _ in range(2)])

    assert outcomes(answers) == {"held": 2}
    assert Allocation.objects.count() == 2
    assert reservations.broken_invariants() != []


def test_baskets_in_opposite_order_never_deadlock(ball, bat, either_way):
    inventory.receive(ball, 500)
    inventory.receive(bat, 500)
    one, other = [line(ball), line(bat)], [line(bat), line(ball)]

    answers = at_once([partial(reserve, *(one if n % 2 else other)) for n in range(40)])

    assert outcomes(answers) == {"held": 40}
    assert reservations.broken_invariants() == []


def test_twin_that_locks_in_the_order_of_the_basket_deadlocks(ball, bat, monkeypatch, by_rules):
    inventory.receive(ball, 500)
    inventory.receive(bat, 500)

    in_order = in_own_order(monkeypatch, holding)
    answers = at_once(
        [
            partial(in_order, [ball, bat], partial(reserve, line(ball), line(bat))),
            partial(in_order, [bat, ball], partial(reserve, line(bat), line(ball))),
        ]
    )

    assert outcomes(answers) == {"held": 1, "OperationalError": 1}
    (error,) = [answer for answer in answers if isinstance(answer, OperationalError)]
    assert "deadlock detected" in str(error)


def test_one_reference_at_once_is_one_reservation(ball, either_way):
    inventory.receive(ball, 50)
    client_id = reservations.client().pk

    answers = at_once(
        [partial(reserve, line(ball), reference="cart-1", client_id=client_id) for _ in range(12)]
    )

    assert outcomes(answers) == {"held": 12}
    assert len({answer.pk for answer in answers}) == 1
    assert StockLevel.objects.get().reserved == 1


def test_twin_without_the_lock_on_the_reference_meets_the_constraint(ball, monkeypatch, by_rules):
    inventory.receive(ball, 50)
    client_id = reservations.client().pk
    both_have_looked = barrier(2)
    look = holding._held_under

    def look_and_wait(*args):
        found = look(*args)
        both_have_looked.wait()
        return found

    monkeypatch.setattr(holding, "advisory_lock", lambda key: None)
    monkeypatch.setattr(holding, "_held_under", look_and_wait)
    answers = at_once(
        [partial(reserve, line(ball), reference="cart-1", client_id=client_id) for _ in range(2)]
    )

    assert outcomes(answers) == {"held": 1, "IntegrityError": 1}
    assert any(isinstance(answer, IntegrityError) for answer in answers)
    assert reservations.broken_invariants() == []


def test_one_reservation_committed_many_times_at_once_is_one_sale(ball):
    inventory.receive(ball, 5)
    reserve(line(ball, 2))
    wanted = reserve(line(ball, 2))
    commit = partial(services.commit, reservation_id=wanted.pk, order_reference="o-1", now=NOW)

    answers = at_once([commit] * 12)

    assert outcomes(answers) == {"committed": 12}
    assert StockMovement.objects.filter(kind="sale").count() == 1
    assert reservations.broken_invariants() == []


def test_twin_without_the_lock_on_the_reservation_sells_it_twice(ball, monkeypatch):
    inventory.receive(ball, 5)
    reserve(line(ball, 2))
    wanted = reserve(line(ball, 2))
    both_have_looked = barrier(2)
    ship = stock.ship

    def ship_after_both_have_looked(**kwargs):
        both_have_looked.wait()
        return ship(**kwargs)

    monkeypatch.setattr(ending, "_locked", lambda pk, client_id: Reservation.objects.get(pk=pk))
    monkeypatch.setattr(ending, "lock_levels", lambda **kwargs: [])
    monkeypatch.setattr(ending.stock, "ship", ship_after_both_have_looked)
    commit = partial(services.commit, reservation_id=wanted.pk, order_reference="o-1", now=NOW)
    answers = at_once([commit] * 2)

    assert outcomes(answers) == {"committed": 2}
    assert StockMovement.objects.filter(kind="sale").count() == 2
    assert reservations.broken_invariants() != []


def test_a_day_in_which_everything_happens_at_once_keeps_the_books_right(ball, bat, either_way):
    """Many guards at once: each has its twin where two of these meet alone."""
    for product in (ball, bat):
        inventory.receive(product, 30)
    cream = catalog.cosmetic(sku="COS-CREAM-50")
    lots = [inventory.receive(cream, 20, lot=f"L{n}") for n in range(3)]
    held = [reserve(line(cream, 2), line(ball), seconds=60) for _ in range(12)]
    level = StockLevel.objects.filter(variant__sku="SE-BALL-5").get()
    calls = []
    for n, reservation in enumerate(held):
        calls += [
            partial(reserve, line(bat, 2), line(cream, 3), partial=True, now=LATE),
            partial(
                [services.commit, services.release][n % 2],
                reservation_id=reservation.pk,
                now=NOW,
                **({} if n % 2 else {"order_reference": f"o-{n}"}),
            ),
            partial(
                stock.write_off,
                stock_level_id=level.pk,
                quantity=Decimal(1),
                reason="damaged",
                now=NOW,
            ),
            partial(services.release_expired, now=LATE, batch=2),
        ]
    calls.insert(
        20,
        partial(
            stock.place_hold,
            lot_id=lots[0].lot_id,
            reason=HoldReason.QUALITY,
            note="smells",
            now=NOW,
            user_id=None,
        ),
    )

    answers = at_once(calls)

    unexpected = [
        a for a in answers if isinstance(a, Exception) and not isinstance(a, InsufficientStock)
    ]
    assert {type(a).__name__ for a in unexpected} <= {"ReservationExpired", "ReservationEnded"}
    assert reservations.broken_invariants() == []
    assert reconcile(now=LATE) == []
