"""Recalls against others at the same time, in processes; each has a twin without its guard."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError

from inventory.counting.services import reconcile
from inventory.lots.models import LotHold
from inventory.recalls import services
from inventory.recalls.models import (
    ProgressKind,
    Recall,
    RecallLoss,
    RecallLot,
    RecallProgress,
)
from inventory.recalls.services import starting
from inventory.reservations import services as promises
from inventory.reservations.errors import InsufficientStock
from inventory.reservations.models import Allocation, Reservation
from inventory.reservations.services import holding
from inventory.stock import services as stock
from inventory.stock.errors import CannotOpen
from inventory.stock.models import StockLevel
from inventory.stock.services import holds, openings
from tests.concurrency.guards import without_row_locks
from tests.concurrency.processes import at_once, barrier, in_between, names
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


def buy(item, start):
    for number in range(start, start + EACH):
        with suppress(InsufficientStock):
            reserve(line(item), reference=f"cart-{number}", now=NOW + timedelta(seconds=number))


def test_clients_that_reserve_during_a_recall_keep_nothing_of_it(cream, either_way):
    lot = inventory.receive(cream, 100, lot="L1", expires="2027-06-30").lot
    inventory.receive(cream, 60, lot="L2")
    buyers = [partial(buy, cream, EACH * number) for number in range(PROCESSES)]

    answers = at_once([*buyers[:2], partial(recall, lot), *buyers[2:]])

    # Sixty of eighty find the other lot; those after them are refused, or are short by the recall.
    found = Recall.objects.get()
    assert names(answers) == {"NoneType": PROCESSES, "Recall": 1}
    assert kept_of(lot) == 0
    kept = Allocation.objects.filter(is_open=True).values_list("quantity", flat=True)
    assert sum(kept) == 60
    losses = RecallLoss.objects.filter(recall=found)
    made = Reservation.objects.count()
    assert made - 60 == losses.filter(short=1).count()
    assert reservations.broken_invariants() == []
    assert reconcile(now=NOW) == []


def recall_while_somebody_looks(cream):
    """One has chosen the lot and has not taken it yet; then it is recalled."""
    lot = inventory.receive(cream, 5, lot="L1", expires="2027-06-30").lot
    buying = partial(reserve, line(cream))
    answers = in_between(buying, partial(recall, lot), before=(holding, "_write"))
    assert names(answers) == {"Reservation": 1, "Recall": 1}
    return lot, answers[0]


def test_a_lot_that_is_recalled_while_one_looks_is_taken_back(cream, by_rules):
    lot, reservation = recall_while_somebody_looks(cream)

    assert kept_of(lot) == 0
    assert reservation.lines.get().shortage == 1
    assert RecallLoss.objects.get().reservation == reservation
    assert reservations.broken_invariants() == []


def test_twin_without_the_lock_leaves_it_promised(cream, by_rules, monkeypatch):
    monkeypatch.setattr(starting, "lock_levels", lambda **kwargs: [])
    monkeypatch.setattr(holds, "lock_levels", lambda **kwargs: [])

    lot, _ = recall_while_somebody_looks(cream)

    assert kept_of(lot) == 1
    assert LotHold.objects.filter(lot=lot, released_at=None).exists()
    assert not RecallLoss.objects.exists()


def test_one_recall_begun_many_times_at_once_is_one(cream):
    lot = inventory.receive(cream, 5, lot="L1").lot

    answers = at_once([partial(recall, lot)] * 6)

    assert {answer.pk for answer in answers} == {Recall.objects.get().pk}
    assert RecallLot.objects.count() == 1


def test_twin_without_the_lock_on_the_reference_meets_the_constraint(cream, monkeypatch):
    lot = inventory.receive(cream, 5, lot="L1").lot
    both_have_looked = barrier(2)
    write = Recall.objects.create

    def write_together(**fields):
        both_have_looked.wait()
        return write(**fields)

    monkeypatch.setattr(starting, "advisory_lock", lambda key: None)
    monkeypatch.setattr(Recall.objects, "create", write_together)
    answers = at_once([partial(recall, lot)] * 2)

    (error,) = [answer for answer in answers if isinstance(answer, IntegrityError)]
    assert "reference" in str(error)
    assert Recall.objects.count() == 1


def opening(cream):
    """Somebody makes a tester of one piece of a lot; the lot."""
    tester = catalog.variant(catalog.cosmetic(sku="COS-CREAM-TESTER"))
    level = inventory.receive(cream, 50, lot="L1", expires="2027-06-30")
    open_one = partial(
        stock.open_containers,
        stock_level_id=level.pk,
        quantity=Decimal(1),
        to_variant_id=tester.pk,
        reason="tester",
        now=NOW,
    )
    return open_one, level.lot


def held_skus():
    return set(LotHold.objects.values_list("lot__variant__sku", flat=True))


def test_what_is_opened_during_a_recall_is_recalled_or_stays_shut(cream):
    open_one, lot = opening(cream)

    answers = at_once([open_one, open_one, partial(recall, lot), open_one, open_one])

    opened = [answer for answer in answers if isinstance(answer, list)]
    refused = [answer for answer in answers if isinstance(answer, CannotOpen)]
    assert len(opened) + len(refused) == 4, names(answers)
    assert held_skus() == ({"COS-CREAM-50", "COS-CREAM-TESTER"} if opened else {"COS-CREAM-50"})
    assert reconcile(now=NOW) == []


def test_twin_without_the_levels_lock_does_not_find_what_is_being_opened(cream, monkeypatch):
    open_one, lot = opening(cream)

    without_row_locks(monkeypatch, StockLevel)
    answers = in_between(open_one, partial(recall, lot), before=(openings, "lower_on_hand"))

    assert names(answers) == {"list": 1, "Recall": 1}
    assert held_skus() == {"COS-CREAM-50"}  # and the tester stays on sale


def using_up(cream, quantity):
    """Three were sold, and are recalled; somebody says that so many of them are used up."""
    lot = inventory.receive(cream, 9, lot="L1").lot
    sold = reserve(line(cream, 3))
    promises.commit(reservation_id=sold.pk, order_reference="ORD-1", now=NOW, client_id=None)
    return partial(
        services.record_progress,
        recall_id=recall(lot).pk,
        lot_id=lot.pk,
        kind=ProgressKind.USED_UP,
        quantity=Decimal(quantity),
        now=NOW,
    )


def test_progress_of_many_hands_never_exceeds_what_is_outstanding(cream):
    answers = at_once([using_up(cream, 1)] * 8)

    assert names(answers) == {"RecallProgress": 3, "MoreThanOutstanding": 5}


def test_twin_without_the_locks_confirms_more_than_was_sold(cream, monkeypatch):
    record = using_up(cream, 3)

    without_row_locks(monkeypatch, Recall, StockLevel)
    answers = in_between(record, record, before=(RecallProgress.objects, "create"))

    assert names(answers) == {"RecallProgress": 2}
