"""Recalls against whoever reserves, opens or recalls at the same time; each guard has its twin."""

import multiprocessing
import threading
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, connections

from inventory.counting.services import reconcile
from inventory.lots.models import LotHold
from inventory.recalls import services
from inventory.recalls.models import Recall, RecallLoss, RecallLot
from inventory.recalls.services import starting
from inventory.reservations import hot_path
from inventory.reservations import services as promises
from inventory.reservations.errors import InsufficientStock
from inventory.reservations.models import Allocation, Reservation
from inventory.reservations.services import holding
from inventory.stock import services as stock
from inventory.stock.errors import CannotOpen
from inventory.stock.services import holds
from tests.factories import catalog, inventory, reservations
from tests.factories.recalls import NOW, recall
from tests.factories.reservations import line, reserve

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

PROCESSES = 4
EACH = 20


@pytest.fixture
def cream():
    inventory.serves("DE", inventory.warehouse())
    return catalog.cosmetic(sku="COS-CREAM-50")


def kept_of(lot):
    return Allocation.objects.filter(stock_level__lot=lot, is_open=True).count()


def in_process(call):
    """Run this in a process of its own, with a connection of its own."""
    connections["default"]._connection_pools.clear()  # their threads have stayed behind
    call()


def at_once(calls):
    connections.close_all()
    workers = [
        multiprocessing.get_context("fork").Process(target=in_process, args=(call,))
        for call in calls
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    return [worker.exitcode for worker in workers]


def buy(item, start):
    for number in range(start, start + EACH):
        with suppress(InsufficientStock):
            reserve(line(item), reference=f"cart-{number}", now=NOW + timedelta(seconds=number))


@pytest.mark.parametrize("is_at_once", [True, False], ids=["at once", "by rules"])
def test_processes_that_reserve_during_a_recall_keep_nothing_of_it(cream, monkeypatch, is_at_once):
    if not is_at_once:
        monkeypatch.setattr(hot_path, "is_there", lambda: False)
    lot = inventory.receive(cream, 100, lot="L1", expires="2027-06-30").lot
    inventory.receive(cream, 60, lot="L2")
    buyers = [partial(buy, cream, EACH * number) for number in range(PROCESSES)]

    codes = at_once([*buyers[:2], partial(recall, lot), *buyers[2:]])

    # Sixty of eighty find the other lot; those after them are refused, or are short by the recall.
    found = Recall.objects.get()
    assert codes == [0] * 5
    assert kept_of(lot) == 0
    kept = Allocation.objects.filter(is_open=True).values_list("quantity", flat=True)
    assert sum(kept) == 60
    losses = RecallLoss.objects.filter(recall=found)
    made = Reservation.objects.count()
    assert made - 60 == losses.filter(short=1).count()
    assert reservations.broken_invariants() == []
    assert reconcile(now=NOW) == []


def recall_while_somebody_looks(cream, race, monkeypatch):
    """One has chosen the lot and has not taken it yet; then it is recalled."""
    monkeypatch.setattr(hot_path, "is_there", lambda: False)
    lot = inventory.receive(cream, 5, lot="L1", expires="2027-06-30").lot
    has_looked, is_frozen = threading.Event(), threading.Event()
    choose = holding.pick_for

    def choose_and_wait(*args, **kwargs):
        found = choose(*args, **kwargs)
        has_looked.set()
        is_frozen.wait(timeout=1.5)
        return found

    def freeze():
        has_looked.wait(timeout=10)
        found = recall(lot)
        is_frozen.set()
        return found

    monkeypatch.setattr(holding, "pick_for", choose_and_wait)
    answers = race([partial(reserve, line(cream)), freeze])
    assert [type(answer).__name__ for answer in answers] == ["Reservation", "Recall"]
    return lot, answers[0]


def test_a_lot_that_is_recalled_while_one_looks_is_taken_back(cream, race, monkeypatch):
    lot, reservation = recall_while_somebody_looks(cream, race, monkeypatch)

    assert kept_of(lot) == 0
    assert reservation.lines.get().shortage == 1
    assert RecallLoss.objects.get().reservation == reservation
    assert reservations.broken_invariants() == []


def test_twin_without_the_lock_leaves_it_promised(cream, race, monkeypatch):
    monkeypatch.setattr(starting, "lock_levels", lambda **kwargs: [])
    monkeypatch.setattr(holds, "lock_levels", lambda **kwargs: [])

    lot, _ = recall_while_somebody_looks(cream, race, monkeypatch)

    assert kept_of(lot) == 1
    assert LotHold.objects.filter(lot=lot, released_at=None).exists()
    assert not RecallLoss.objects.exists()


def test_one_recall_begun_many_times_at_once_is_one(cream, race):
    lot = inventory.receive(cream, 5, lot="L1").lot

    answers = race([partial(recall, lot)] * 6)

    assert {answer.pk for answer in answers} == {Recall.objects.get().pk}
    assert RecallLot.objects.count() == 1


def test_twin_without_the_lock_on_the_reference_meets_the_constraint(cream, race, monkeypatch):
    lot = inventory.receive(cream, 5, lot="L1").lot
    both_have_looked = threading.Barrier(2, timeout=10)
    write = Recall.objects.create

    def write_together(**fields):
        both_have_looked.wait()
        return write(**fields)

    monkeypatch.setattr(starting, "advisory_lock", lambda key: None)
    monkeypatch.setattr(Recall.objects, "create", write_together)
    answers = race([partial(recall, lot)] * 2)

    (error,) = [answer for answer in answers if isinstance(answer, IntegrityError)]
    assert "reference" in str(error)
    assert Recall.objects.count() == 1


def test_what_is_opened_during_a_recall_is_recalled_or_stays_shut(cream, race):
    tester = catalog.variant(catalog.cosmetic(sku="COS-CREAM-TESTER"))
    level = inventory.receive(cream, 50, lot="L1", expires="2027-06-30")
    opening = partial(
        stock.open_containers,
        stock_level_id=level.pk,
        quantity=Decimal(1),
        to_variant_id=tester.pk,
        reason="tester",
        now=NOW,
    )

    answers = race([opening, opening, partial(recall, level.lot), opening, opening])

    opened = [answer for answer in answers if isinstance(answer, list)]
    refused = [answer for answer in answers if isinstance(answer, CannotOpen)]
    assert len(opened) + len(refused) == 4, Counter(map(type, answers))
    held = set(LotHold.objects.values_list("lot__variant__sku", flat=True))
    assert held == ({"COS-CREAM-50", "COS-CREAM-TESTER"} if opened else {"COS-CREAM-50"})
    assert reconcile(now=NOW) == []


def test_progress_of_many_hands_never_exceeds_what_is_outstanding(cream, race):
    lot = inventory.receive(cream, 9, lot="L1").lot
    sold = reserve(line(cream, 3))
    promises.commit(reservation_id=sold.pk, order_reference="ORD-1", now=NOW, client_id=None)
    found = recall(lot)
    record = partial(
        services.record_progress,
        recall_id=found.pk,
        lot_id=lot.pk,
        kind="used_up",
        quantity=Decimal(1),
        now=NOW,
    )

    answers = race([record] * 8)

    assert Counter(type(answer).__name__ for answer in answers) == {
        "RecallProgress": 3,
        "MoreThanOutstanding": 5,
    }
