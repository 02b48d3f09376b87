"""Two systems report at once, each in a process; each race has a twin without its guard."""

from collections import Counter
from contextlib import nullcontext
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, OperationalError

from inventory.counting.services import reconcile
from inventory.integration.models import StockUpdateLine
from inventory.integration.rules import UpdateMode
from inventory.integration.services import UpdateLine, stock_updates, update_stock
from inventory.reservations.selectors import ItemCode
from inventory.stock.models import StockLevel, StockMovement
from inventory.stock.reasons import StockReason
from inventory.stock.services import corrections
from tests.concurrency.guards import in_own_order, without_row_locks
from tests.concurrency.processes import at_once, barrier, in_between, names
from tests.factories import catalog, inventory, reservations
from tests.factories.inventory import NOW

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def update(*lines, source="wms"):
    return update_stock(source=source, lines=lines, atomic=False, client=None, now=NOW)


def line(external_id, quantity, sku="SE-BALL-5", mode=UpdateMode.DELTA, reason=StockReason.COUNT):
    return UpdateLine(
        external_id=external_id,
        warehouse="BER",
        item=ItemCode(sku=sku),
        mode=mode,
        quantity=Decimal(quantity),
        unit="each",
        reason=reason,
    )


def result_counts(answers):
    return Counter(str(result.result) for answer in answers for result in answer)


def test_a_line_sent_many_times_at_once_is_applied_once():
    inventory.warehouse()
    catalog.sports(sku="SE-BALL-5")

    answers = at_once([partial(update, line("u1", 5))] * 12)

    assert result_counts(answers) == {"applied": 1, "duplicate": 11}
    assert StockLevel.objects.get().on_hand == 5
    assert reconcile(now=NOW) == []


def test_processes_that_send_the_same_lines_apply_each_once():
    inventory.warehouse()
    catalog.sports(sku="SE-BALL-5")
    lines = [line(f"u{number}", 1) for number in range(40)]

    answers = at_once([partial(update, *(lines if n % 2 else lines[::-1])) for n in range(4)])

    assert result_counts(answers) == {"applied": 40, "duplicate": 120}
    assert StockLevel.objects.get().on_hand == 40
    assert StockUpdateLine.objects.filter(result="applied").count() == 40


def test_twin_without_the_lock_of_its_source_is_stopped_by_the_constraint_alone(monkeypatch):
    inventory.warehouse()
    catalog.sports(sku="SE-BALL-5")
    both_have_looked = barrier(2)
    look = stock_updates.applied_ids

    def look_together(*args):
        found = look(*args)
        both_have_looked.wait()
        return found

    monkeypatch.setattr(stock_updates, "advisory_lock", lambda key: nullcontext())
    monkeypatch.setattr(stock_updates, "applied_ids", look_together)
    answers = at_once([partial(update, line("u1", 5))] * 2)

    (error,) = [answer for answer in answers if isinstance(answer, IntegrityError)]
    assert "stock_update_applied_once" in str(error)
    assert StockLevel.objects.get().on_hand == 5
    assert StockUpdateLine.objects.filter(result="applied").count() == 1


def test_two_sources_that_name_the_same_products_in_other_orders_never_deadlock():
    inventory.warehouse()
    skus = [f"SE-MANY-{number}" for number in range(8)]
    for sku in skus:
        inventory.receive(catalog.sports(sku=sku), 100)

    def report(number):
        ordered = skus if number % 2 else skus[::-1]
        lines = [line(f"{number}-{sku}", -1, sku) for sku in ordered]
        return update(*lines, source=f"wms-{number}")

    answers = at_once([partial(report, number) for number in range(12)])

    assert result_counts(answers) == {"applied": 96}
    assert set(StockLevel.objects.values_list("on_hand", flat=True)) == {88}
    assert reconcile(now=NOW) == []


def test_twin_that_locks_in_the_order_of_the_lines_deadlocks(monkeypatch):
    inventory.warehouse()
    ball, bat = (catalog.sports(sku=f"SE-MANY-{number}") for number in range(2))
    for product in (ball, bat):
        inventory.receive(product, 100)

    in_order = in_own_order(monkeypatch, stock_updates)
    both = [line("u0", -1, "SE-MANY-0"), line("u1", -1, "SE-MANY-1")]
    answers = at_once(
        [
            partial(in_order, [ball, bat], partial(update, *both, source="wms-1")),
            partial(in_order, [bat, ball], partial(update, *both[::-1], source="wms-2")),
        ]
    )

    assert names(answers) == {"list": 1, "OperationalError": 1}
    (error,) = [answer for answer in answers if isinstance(answer, OperationalError)]
    assert "deadlock detected" in str(error)


def test_counts_and_reservations_at_once_leave_the_books_right():
    """Its twin without the levels' lock is below; with a count of our own, in `test_counts`."""
    inventory.serves("DE", inventory.warehouse())
    ball = catalog.sports(sku="SE-BALL-5")
    inventory.receive(ball, 50)

    def count(number):
        return update(line(f"u{number}", 20, mode=UpdateMode.SET), source=f"wms-{number}")

    def reserve(number):
        return reservations.reserve(reservations.line(ball, 3), reference=f"cart-{number}")

    answers = at_once([partial(count if n % 3 == 0 else reserve, n) for n in range(18)])

    told = names(answers)
    assert told["list"] == 6
    assert told["Reservation"] >= 6
    assert set(told) <= {"list", "Reservation", "InsufficientStock"}
    level = StockLevel.objects.get()
    assert level.on_hand == 20
    assert level.reserved <= 20
    assert reconcile(now=NOW) == []
    assert StockMovement.objects.filter(kind="count").count() == 1


def test_twin_without_the_levels_lock_takes_promised_stock_and_tells_nobody(monkeypatch):
    inventory.serves("DE", inventory.warehouse())
    ball = catalog.sports(sku="SE-BALL-5")
    inventory.receive(ball, 50)
    count = partial(update, line("u1", 20, mode=UpdateMode.SET))
    everything = partial(reservations.reserve, reservations.line(ball, 50))

    without_row_locks(monkeypatch, StockLevel)
    answers = in_between(count, everything, before=(corrections, "lower_all_on_hand"))

    assert names(answers) == {"list": 1, "Reservation": 1}
    assert answers[1].lines.get().shortage == 0
    assert StockLevel.objects.get().reserved == 20
    assert reconcile(now=NOW) != []
