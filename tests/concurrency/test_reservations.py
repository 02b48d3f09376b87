"""Races for stock. Each has a twin with the guard taken away that is seen to fail."""

import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, OperationalError, connection

from config.kernel.routines import Routine
from inventory.lots.models import HoldReason
from inventory.reservations import hot_path, services
from inventory.reservations.errors import InsufficientStock
from inventory.reservations.models import Allocation, Reservation
from inventory.reservations.services import claims, ending, holding
from inventory.stock import services as stock
from inventory.stock.models import StockLevel, StockMovement
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


@pytest.fixture
def by_rules(monkeypatch):
    """Reserve as SQLite does, without the one statement that takes the usual case."""
    monkeypatch.setattr(hot_path, "is_there", lambda: False)


@pytest.fixture(params=["at once", "by rules"])
def either_way(request):
    """Once by the one statement, once without it."""
    if request.param == "by rules":
        request.getfixturevalue("by_rules")


def outcomes(answers):
    """How often what came out: the status of a reservation, or the name of an error."""
    return Counter(
        answer.status if isinstance(answer, Reservation) else type(answer).__name__
        for answer in answers
    )


def test_many_buyers_of_the_last_pieces_get_exactly_those(ball, race, either_way):
    inventory.receive(ball, 5)

    answers = race([partial(reserve, line(ball)) for _ in range(30)])

    assert outcomes(answers) == {"held": 5, "InsufficientStock": 25}
    assert StockLevel.objects.get().reserved == 5
    assert reservations.broken_invariants() == []


def test_twin_without_lock_and_condition_sells_the_last_piece_twice(
    ball, race, monkeypatch, by_rules
):
    inventory.receive(ball, 1)
    both_have_looked = threading.Barrier(2, timeout=10)

    def set_aside_unguarded(*, quantities):
        for level in StockLevel.objects.filter(pk__in=quantities):
            both_have_looked.wait()
            level.reserved += quantities[level.pk]
            level.save()

    monkeypatch.setattr(holding, "lock_levels", lambda **kwargs: [])
    monkeypatch.setattr(claims.stock, "set_aside", set_aside_unguarded)
    answers = race([partial(reserve, line(ball)) for _ in range(2)])

    assert outcomes(answers) == {"held": 2}
    assert Allocation.objects.count() == 2
    assert reservations.broken_invariants() != []


@contextmanager
def one_statement_that_dawdles(monkeypatch, *, without=()):
    """The one statement, asleep between looking and taking, and with guards taken away."""
    text = hot_path.ROUTINE.text.replace("-- Lock, look again, take.", "PERFORM pg_sleep(0.5);")
    assert text != hot_path.ROUTINE.text
    if without:
        assert without[0] in text
        text = text.replace(*without)
    routine = Routine("inventory_reserve_probe", text)
    statement = hot_path._STATEMENT.replace(hot_path.ROUTINE.name, routine.name)
    with connection.cursor() as cursor:
        cursor.execute(routine.statement)
    monkeypatch.setattr(hot_path, "_STATEMENT", statement)
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP FUNCTION {routine.name}")


ENOUGH = ("l.on_hand - l.reserved >= takes[1]", "true")
NOT_ON_HOLD = ("h.lot_id = lot ", "false ")


def test_two_that_saw_the_last_piece_do_not_both_get_it(ball, race, monkeypatch):
    inventory.receive(ball, 1)

    with one_statement_that_dawdles(monkeypatch):
        answers = race([partial(reserve, line(ball)) for _ in range(2)])

    assert outcomes(answers) == {"held": 1, "InsufficientStock": 1}
    assert reservations.broken_invariants() == []


def test_twin_that_does_not_look_again_is_stopped_by_the_constraint_alone(ball, race, monkeypatch):
    inventory.receive(ball, 1)

    with one_statement_that_dawdles(monkeypatch, without=ENOUGH):
        answers = race([partial(reserve, line(ball)) for _ in range(2)])

    assert outcomes(answers) == {"held": 1, "IntegrityError": 1}
    assert reservations.broken_invariants() == []


def hold_and_sell(level, ball, race):
    def place_hold():
        time.sleep(0.2)  # the other one has looked and dawdles
        return stock.place_hold(
            lot_id=level.lot_id, reason=HoldReason.QUALITY, note="smells", now=NOW, user_id=None
        )

    sold, _ = race([partial(reserve, line(ball)), place_hold])
    return sold


def test_a_lot_that_is_put_on_hold_while_one_looks_is_not_sold(ball, race, monkeypatch):
    level = inventory.receive(ball, 1)

    with one_statement_that_dawdles(monkeypatch):
        sold = hold_and_sell(level, ball, race)

    assert isinstance(sold, InsufficientStock)
    assert Allocation.objects.count() == 0


def test_twin_that_does_not_look_for_holds_again_sells_it(ball, race, monkeypatch):
    level = inventory.receive(ball, 1)

    with one_statement_that_dawdles(monkeypatch, without=NOT_ON_HOLD):
        sold = hold_and_sell(level, ball, race)

    assert sold.status == "held"
    assert Allocation.objects.filter(stock_level=level, is_open=True).exists()


def test_baskets_in_opposite_order_never_deadlock(ball, bat, race, either_way):
    inventory.receive(ball, 500)
    inventory.receive(bat, 500)
    one, other = [line(ball), line(bat)], [line(bat), line(ball)]

    answers = race([partial(reserve, *(one if n % 2 else other)) for n in range(40)])

    assert outcomes(answers) == {"held": 40}
    assert reservations.broken_invariants() == []


def test_twin_that_locks_in_the_order_of_the_basket_deadlocks(
    ball, bat, race, monkeypatch, by_rules
):
    inventory.receive(ball, 500)
    inventory.receive(bat, 500)
    order = threading.local()
    both_hold_one = threading.Barrier(2, timeout=10)

    def lock_as_they_come(*, variant_ids):
        for position, variant_id in enumerate(order.variant_ids):
            list(StockLevel.objects.select_for_update().filter(variant_id=variant_id))
            if not position:
                both_hold_one.wait()

    def buy(*products):
        order.variant_ids = [catalog.variant(product).pk for product in products]
        return reserve(*[line(product) for product in products])

    monkeypatch.setattr(holding, "lock_levels", lock_as_they_come)
    answers = race([partial(buy, ball, bat), partial(buy, bat, ball)])

    assert outcomes(answers) == {"held": 1, "OperationalError": 1}
    (error,) = [answer for answer in answers if isinstance(answer, OperationalError)]
    assert "deadlock detected" in str(error)


def test_one_reference_at_once_is_one_reservation(ball, race, either_way):
    inventory.receive(ball, 50)
    client_id = reservations.client().pk

    answers = race(
        [partial(reserve, line(ball), reference="cart-1", client_id=client_id) for _ in range(12)]
    )

    assert outcomes(answers) == {"held": 12}
    assert len({answer.pk for answer in answers}) == 1
    assert StockLevel.objects.get().reserved == 1


def test_twin_without_the_lock_on_the_reference_meets_the_constraint(
    ball, race, monkeypatch, by_rules
):
    inventory.receive(ball, 50)
    client_id = reservations.client().pk
    both_have_looked = threading.Barrier(2, timeout=10)
    look = holding._held_under

    def look_and_wait(*args):
        found = look(*args)
        both_have_looked.wait()
        return found

    monkeypatch.setattr(holding, "advisory_lock", lambda key: None)
    monkeypatch.setattr(holding, "_held_under", look_and_wait)
    answers = race(
        [partial(reserve, line(ball), reference="cart-1", client_id=client_id) for _ in range(2)]
    )

    assert outcomes(answers) == {"held": 1, "IntegrityError": 1}
    assert any(isinstance(answer, IntegrityError) for answer in answers)
    assert reservations.broken_invariants() == []


def test_one_reservation_committed_many_times_at_once_is_one_sale(ball, race):
    inventory.receive(ball, 5)
    reserve(line(ball, 2))
    wanted = reserve(line(ball, 2))
    commit = partial(services.commit, reservation_id=wanted.pk, order_reference="o-1", now=NOW)

    answers = race([commit] * 12)

    assert outcomes(answers) == {"committed": 12}
    assert StockMovement.objects.filter(kind="sale").count() == 1
    assert reservations.broken_invariants() == []


def test_twin_without_the_lock_on_the_reservation_sells_it_twice(ball, race, monkeypatch):
    inventory.receive(ball, 5)
    reserve(line(ball, 2))
    wanted = reserve(line(ball, 2))
    both_have_looked = threading.Barrier(2, timeout=10)
    ship = stock.ship

    def ship_after_both_have_looked(**kwargs):
        both_have_looked.wait()
        return ship(**kwargs)

    monkeypatch.setattr(ending, "_locked", lambda pk, client_id: Reservation.objects.get(pk=pk))
    monkeypatch.setattr(ending, "lock_levels", lambda **kwargs: [])
    monkeypatch.setattr(ending.stock, "ship", ship_after_both_have_looked)
    commit = partial(services.commit, reservation_id=wanted.pk, order_reference="o-1", now=NOW)
    answers = race([commit] * 2)

    assert outcomes(answers) == {"committed": 2}
    assert StockMovement.objects.filter(kind="sale").count() == 2
    assert reservations.broken_invariants() != []


def test_a_sweep_and_commits_at_once_leave_every_hold_either_sold_or_free(ball, race):
    inventory.receive(ball, 40)
    held = [reserve(line(ball), seconds=60) for _ in range(40)]
    sweeps = [partial(services.release_expired, now=LATE, batch=5) for _ in range(8)]
    commits = [
        partial(services.commit, reservation_id=r.pk, order_reference=f"o-{r.pk}", now=LATE)
        for r in held[:20]
    ]
    mixed = [call for pair in zip(commits, [*sweeps, *commits], strict=False) for call in pair]

    answers = race(mixed + commits)

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    while services.release_expired(now=LATE):
        pass
    statuses = Counter(Reservation.objects.values_list("status", flat=True))
    assert statuses == {"committed": 20, "expired": 20}
    assert StockMovement.objects.filter(kind="sale").count() == 20
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (20, 0)
    assert reservations.broken_invariants() == []


def test_buyers_that_need_overdue_holds_share_them_without_waiting_in_a_ring(
    ball, bat, race, either_way
):
    inventory.receive(ball, 10)
    inventory.receive(bat, 10)
    for _ in range(10):
        reserve(line(ball), line(bat), seconds=60)
    calls = [
        partial(reserve, line(ball if n % 2 else bat), now=LATE, seconds=7 * 86400)
        for n in range(20)
    ]
    sweeps = [partial(services.release_expired, now=LATE, batch=3) for _ in range(4)]

    answers = race([*calls[:10], *sweeps, *calls[10:]])

    assert not [a for a in answers if isinstance(a, Exception)]
    assert Reservation.objects.filter(status="held").count() == 20
    assert reservations.broken_invariants() == []


def test_a_day_in_which_everything_happens_at_once_keeps_the_books_right(
    ball, bat, race, either_way
):
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

    answers = race(calls)

    unexpected = [
        a for a in answers if isinstance(a, Exception) and not isinstance(a, InsufficientStock)
    ]
    assert {type(a).__name__ for a in unexpected} <= {"ReservationExpired", "ReservationEnded"}
    assert reservations.broken_invariants() == []
