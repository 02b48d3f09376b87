"""Races of processes for what lies in stock; each has a twin that fails without its guard."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError
from django.db.models import F

from config.kernel.money import Money
from inventory.counting.services import reconcile
from inventory.lots.models import Lot
from inventory.purchasing import selectors as purchasing
from inventory.purchasing.services import (
    LineDraft,
    announce_shipment,
    notices,
    receive_scan,
    receiving,
)
from inventory.stock import services as stock
from inventory.stock.models import MovementKind, StockLevel, StockMovement
from inventory.stock.services import receipts, removals
from tests.concurrency.processes import at_once, barrier, names
from tests.factories import catalog, inventory
from tests.factories.inventory import NOW

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_two_receipts_of_a_new_lot_make_it_once_and_average_its_cost():
    inventory.warehouse()
    cream = catalog.variant(catalog.cosmetic())

    answers = at_once(
        [
            partial(
                inventory.receive,
                cream,
                1,
                lot="L1",
                expires="2027-03-31",
                cost=Money(cost, "EUR"),
            )
            for cost in (2, 4) * 6
        ]
    )

    assert names(answers) == {"StockLevel": 12}
    assert StockLevel.objects.get().on_hand == 12
    lot = Lot.objects.get()
    assert abs(lot.unit_cost - 3) <= Decimal("0.001")
    assert reconcile(now=NOW) == []


def test_twin_that_reads_the_cost_without_the_lots_lock_loses_one(monkeypatch):
    inventory.warehouse()
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 1, cost=Money(2, "EUR"))
    both_have_looked = barrier(2)
    blend = receipts.blend_cost

    def blend_together(*args, **kwargs):
        both_have_looked.wait()
        return blend(*args, **kwargs)

    unlocked = Lot.objects.all()
    monkeypatch.setattr(receipts, "lock_levels", lambda **kwargs: [])
    monkeypatch.setattr(receipts, "blend_cost", blend_together)
    monkeypatch.setattr(type(unlocked), "select_for_update", lambda self, **kwargs: self)
    with inventory.claims_recorded():
        at_once([partial(inventory.receive, ball, 1, cost=Money(8, "EUR")) for _ in range(2)])

    assert StockLevel.objects.get().on_hand == 3
    assert Lot.objects.get().unit_cost == 5  # and not the (2 + 8 + 8) / 3 it cost


def test_many_hands_never_take_more_than_lies_there():
    level = inventory.receive(catalog.sports(), 5)
    write_off = partial(
        stock.write_off, stock_level_id=level.pk, quantity=Decimal(1), reason="broken", now=NOW
    )

    answers = at_once([write_off] * 20)

    assert names(answers) == {"StockMovement": 5, "NotEnoughStock": 15}
    assert StockLevel.objects.get().on_hand == 0
    assert reconcile(now=NOW) == []


def test_twin_without_lock_and_condition_is_stopped_by_the_constraint_alone(monkeypatch):
    level = inventory.receive(catalog.sports(), 1)
    both_have_looked = barrier(2)

    def look_without_lock(stock_level_id):
        found = StockLevel.objects.select_related("variant").get(pk=stock_level_id)
        assert found.on_hand == 1
        both_have_looked.wait()
        return found, lock_one(stock_level_id)[1]

    def lower_without_condition(level, variant, quantity, *, now):
        StockLevel.objects.filter(pk=level.pk).update(on_hand=F("on_hand") - quantity)

    lock_one = removals.lock_one
    monkeypatch.setattr(removals, "lock_one", look_without_lock)
    monkeypatch.setattr(removals, "lower_on_hand", lower_without_condition)
    answers = at_once(
        [
            partial(
                stock.write_off,
                stock_level_id=level.pk,
                quantity=Decimal(1),
                reason="broken",
                now=NOW,
            )
        ]
        * 2
    )

    assert names(answers) == {"StockMovement": 1, "IntegrityError": 1}
    (error,) = [answer for answer in answers if isinstance(answer, IntegrityError)]
    assert "stock_level_reserved_within_on_hand" in str(error)
    assert StockMovement.objects.filter(kind=MovementKind.WRITE_OFF).count() == 1


def announced(quantity):
    ball = catalog.variant(catalog.sports())
    notice = announce_shipment(
        supplier_id=catalog.supplier("RIDGE").pk,
        warehouse_id=inventory.warehouse().pk,
        reference="DN-1",
        lines=[LineDraft(variant_id=ball.pk, quantity=Decimal(quantity))],
        now=NOW,
        user_id=None,
    )
    return partial(
        receive_scan, notice_id=notice.pk, variant_id=ball.pk, quantity=Decimal(1), now=NOW
    )


def test_scans_of_one_delivery_at_once_are_all_counted_and_end_it_once():
    answers = at_once([announced(12)] * 12)

    assert names(answers) == {"StockMovement": 12}
    assert StockLevel.objects.get().on_hand == 12
    assert not purchasing.open_notices().exists()
    assert reconcile(now=NOW) == []


def test_twin_without_the_deliverys_lock_does_not_see_that_it_is_over(monkeypatch):
    scan = announced(1)
    both_have_looked = barrier(2)

    def look_without_lock(notice_id):
        notice = notices.ShipmentNotice.objects.select_related("warehouse", "supplier").get(
            pk=notice_id
        )
        return notice

    def found_together(*args, **kwargs):
        both_have_looked.wait()
        return findings(*args, **kwargs)

    findings = receiving.findings
    monkeypatch.setattr(receiving, "lock_notice", look_without_lock)
    monkeypatch.setattr(receiving, "findings", found_together)
    answers = at_once([scan] * 2)

    # Two came in of one announced, and nobody is told: each saw that none had come in.
    assert names(answers) == {"StockMovement": 2}
    assert StockLevel.objects.get().on_hand == 2
    assert not Lot.objects.get().holds.exists()


def test_with_the_deliverys_lock_the_second_scan_is_one_too_many():
    answers = at_once([announced(1)] * 2)

    assert names(answers) == {"StockMovement": 2}
    assert Lot.objects.get().holds.get().note == "2 came in, 1 were announced"
