"""Two systems report at once. Each test has a twin with the guard taken away."""

import multiprocessing
import threading
from collections import Counter
from contextlib import nullcontext
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, connections

from inventory.counting.services import reconcile
from inventory.integration.models import StockUpdateLine
from inventory.integration.rules import UpdateMode
from inventory.integration.services import UpdateLine, stock_updates, update_stock
from inventory.reservations.selectors import ItemCode
from inventory.stock.models import StockLevel, StockMovement
from inventory.stock.reasons import StockReason
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


def test_a_line_sent_many_times_at_once_is_applied_once(race):
    inventory.warehouse()
    catalog.sports(sku="SE-BALL-5")

    answers = race([partial(update, line("u1", 5))] * 12)

    assert result_counts(answers) == {"applied": 1, "duplicate": 11}
    assert StockLevel.objects.get().on_hand == 5
    assert reconcile(now=NOW) == []


def in_process(results, lines):
    connections["default"]._connection_pools.clear()  # their threads have stayed behind
    connections["default"].connection = None
    try:
        results.put([str(result.result) for result in update(*lines)])
    finally:
        connections["default"].close()


def test_processes_that_send_the_same_lines_apply_each_once():
    inventory.warehouse()
    catalog.sports(sku="SE-BALL-5")
    fork = multiprocessing.get_context("fork")
    results = fork.Queue()
    lines = [line(f"u{number}", 1) for number in range(40)]
    connections.close_all()
    workers = [
        fork.Process(target=in_process, args=(results, lines if n % 2 else lines[::-1]))
        for n in range(4)
    ]

    for worker in workers:
        worker.start()
    told = [result for _ in workers for result in results.get(timeout=60)]
    for worker in workers:
        worker.join(60)

    assert Counter(told) == {"applied": 40, "duplicate": 120}
    assert StockLevel.objects.get().on_hand == 40
    assert StockUpdateLine.objects.filter(result="applied").count() == 40


def test_twin_without_the_lock_of_its_source_is_stopped_by_the_constraint_alone(race, monkeypatch):
    inventory.warehouse()
    catalog.sports(sku="SE-BALL-5")
    both_have_looked = threading.Barrier(2, timeout=10)
    look = stock_updates.applied_ids

    def look_together(*args):
        found = look(*args)
        both_have_looked.wait()
        return found

    monkeypatch.setattr(stock_updates, "advisory_lock", lambda key: nullcontext())
    monkeypatch.setattr(stock_updates, "applied_ids", look_together)
    answers = race([partial(update, line("u1", 5))] * 2)

    (error,) = [answer for answer in answers if isinstance(answer, IntegrityError)]
    assert "stock_update_applied_once" in str(error)
    assert StockLevel.objects.get().on_hand == 5
    assert StockUpdateLine.objects.filter(result="applied").count() == 1


def test_two_sources_that_name_the_same_products_in_other_orders_never_deadlock(race):
    inventory.warehouse()
    skus = [f"SE-MANY-{number}" for number in range(8)]
    for sku in skus:
        inventory.receive(catalog.sports(sku=sku), 100)

    def report(number):
        ordered = skus if number % 2 else skus[::-1]
        lines = [line(f"{number}-{sku}", -1, sku) for sku in ordered]
        return update(*lines, source=f"wms-{number}")

    answers = race([partial(report, number) for number in range(12)])

    assert result_counts(answers) == {"applied": 96}
    assert set(StockLevel.objects.values_list("on_hand", flat=True)) == {88}
    assert reconcile(now=NOW) == []


def test_counts_and_reservations_at_once_leave_the_books_right(race):
    inventory.serves("DE", inventory.warehouse())
    ball = catalog.sports(sku="SE-BALL-5")
    inventory.receive(ball, 50)

    def count(number):
        return update(line(f"u{number}", 20, mode=UpdateMode.SET), source=f"wms-{number}")

    def reserve(number):
        return reservations.reserve(reservations.line(ball, 3), reference=f"cart-{number}")

    answers = race([partial(count if n % 3 == 0 else reserve, n) for n in range(18)])

    names = Counter(type(answer).__name__ for answer in answers)
    assert names["list"] == 6
    assert names["Reservation"] >= 6
    assert set(names) <= {"list", "Reservation", "InsufficientStock"}
    level = StockLevel.objects.get()
    assert level.on_hand == 20
    assert level.reserved <= 20
    assert reconcile(now=NOW) == []
    assert StockMovement.objects.filter(kind="count").count() == 1
