"""Holds whose time is over: sweeps, commits and buyers want them at once, each in a process."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.db import OperationalError
from django.db.models import QuerySet

from inventory.counting.services import reconcile
from inventory.reservations import services
from inventory.reservations.models import Reservation
from inventory.reservations.services import ending, holding
from inventory.stock.models import StockLevel, StockMovement
from tests.concurrency.guards import without_row_locks
from tests.concurrency.processes import at_once, barrier, in_between, names, outcomes
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


def commit(reservation):
    return partial(
        services.commit,
        reservation_id=reservation.pk,
        order_reference=f"o-{reservation.pk}",
        now=LATE,
    )


def sold():
    return StockMovement.objects.filter(kind="sale").count()


def test_a_sweep_and_commits_at_once_leave_every_hold_either_sold_or_free(ball):
    inventory.receive(ball, 40)
    held = [reserve(line(ball), seconds=60) for _ in range(40)]
    sweeps = [partial(services.release_expired, now=LATE, batch=5) for _ in range(8)]
    commits = [commit(reservation) for reservation in held[:20]]
    mixed = [call for pair in zip(commits, [*sweeps, *commits], strict=False) for call in pair]

    answers = at_once(mixed + commits)

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    while services.release_expired(now=LATE):
        pass
    statuses = Counter(Reservation.objects.values_list("status", flat=True))
    assert statuses == {"committed": 20, "expired": 20}
    assert sold() == 20
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (20, 0)
    assert reservations.broken_invariants() == []
    assert reconcile(now=LATE) == []


def sweep_during_a_commit(ball):
    """The sweep comes when the commit has looked, and has not yet seen to the stock."""
    inventory.receive(ball, 5)
    wanted = reserve(line(ball, 2), seconds=60)
    sweep = partial(services.release_expired, now=LATE)
    answers = in_between(commit(wanted), sweep, before=(ending, "_make_whole"))
    wanted.refresh_from_db()
    return wanted, answers


def commit_during_a_sweep(ball):
    """The commit comes when the sweep has looked, and has not yet given anything back."""
    inventory.receive(ball, 5)
    wanted = reserve(line(ball, 2), seconds=60)
    sweep = partial(services.release_expired, now=LATE)
    answers = in_between(sweep, commit(wanted), before=(ending, "lock_levels"))
    wanted.refresh_from_db()
    return wanted, answers


def test_a_sweep_passes_over_what_is_being_committed(ball):
    wanted, answers = sweep_during_a_commit(ball)

    assert answers == [wanted, 0]
    assert (wanted.status, sold()) == ("committed", 1)
    assert reconcile(now=LATE) == []


def test_twin_without_the_reservations_lock_commits_what_is_free_again(ball, monkeypatch):
    without_row_locks(monkeypatch, Reservation)
    wanted, answers = sweep_during_a_commit(ball)

    assert answers == [wanted, 1]
    assert (wanted.status, sold()) == ("committed", 0)  # and nothing left for the order


def test_a_commit_waits_for_the_sweep_and_takes_the_stock_again(ball):
    wanted, answers = commit_during_a_sweep(ball)

    assert answers == [1, wanted]
    assert (wanted.status, sold()) == ("committed", 1)
    assert reconcile(now=LATE) == []


def test_twin_without_the_reservations_lock_expires_what_is_sold(ball, monkeypatch):
    without_row_locks(monkeypatch, Reservation)
    wanted, answers = commit_during_a_sweep(ball)

    assert answers == [1, wanted]
    assert (wanted.status, sold()) == ("expired", 1)  # and the order's goods are gone


def test_buyers_that_need_overdue_holds_share_them_without_waiting_in_a_ring(ball, bat, either_way):
    inventory.receive(ball, 10)
    inventory.receive(bat, 10)
    for _ in range(10):
        reserve(line(ball), line(bat), seconds=60)
    calls = [
        partial(reserve, line(ball if n % 2 else bat), now=LATE, seconds=7 * 86400)
        for n in range(20)
    ]
    sweeps = [partial(services.release_expired, now=LATE, batch=3) for _ in range(4)]

    answers = at_once([*calls[:10], *sweeps, *calls[10:]])

    assert not [a for a in answers if isinstance(a, Exception)]
    assert Reservation.objects.filter(status="held").count() == 20
    assert reservations.broken_invariants() == []


def buy_again_what_both_had(ball, monkeypatch):
    """Two come again under their references; the time of what they had is over, and all is sold."""
    inventory.receive(ball, 2)
    client_id = reservations.client().pk
    again = [
        partial(reserve, line(ball), reference=f"cart-{n}", client_id=client_id) for n in range(2)
    ]
    for buy in again:
        buy(seconds=60)
    both_hold_one = barrier(2)
    look = holding.is_enough_free

    def look_together(*args, **kwargs):
        both_hold_one.wait()
        return look(*args, **kwargs)

    monkeypatch.setattr(holding, "is_enough_free", look_together)
    return at_once([partial(buy, now=LATE) for buy in again])


def test_two_that_hold_what_the_other_needs_do_not_wait_for_each_other(ball, monkeypatch):
    answers = buy_again_what_both_had(ball, monkeypatch)

    assert outcomes(answers) == {"held": 2}
    assert reservations.broken_invariants() == []


def test_twin_that_waits_for_holds_others_are_ending_deadlocks(ball, monkeypatch):
    lock = QuerySet.select_for_update
    monkeypatch.setattr(
        QuerySet,
        "select_for_update",
        lambda self, **options: lock(self, **options | {"skip_locked": False}),
    )
    answers = buy_again_what_both_had(ball, monkeypatch)

    assert names(answers) == {"Reservation": 1, "OperationalError": 1}
    (error,) = [answer for answer in answers if isinstance(answer, OperationalError)]
    assert "deadlock detected" in str(error)
