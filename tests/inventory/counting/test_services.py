"""Each invariant is broken on purpose, past the services, and found."""

import uuid
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from config.kernel.alerts import Alert
from config.kernel.context import bind
from inventory.counting import tasks
from inventory.counting.rules import Invariant
from inventory.counting.services import reconcile, reconcile_and_alert, reconciling
from inventory.lots.models import HoldReason, Lot, LotHold
from inventory.reservations.models import ReservationLine
from inventory.stock import services as stock
from inventory.stock.models import StockLevel, StockMovement
from tests.factories import catalog
from tests.factories import inventory as make
from tests.factories import reservations as promise

pytestmark = pytest.mark.django_db
NOW = make.NOW


@pytest.fixture
def level():
    """Ten of lot L1 on Berlin's dock, four of them promised to cart-1."""
    berlin = make.warehouse()
    make.serves("DE", berlin)
    cream = catalog.cosmetic(sku="COS-CREAM-50")
    level = make.receive(cream, 10, lot="L1", expires="2027-03-31")
    promise.reserve(promise.line(cream, 4), reference="cart-1", seconds=900)
    level.refresh_from_db()
    return level


def found(now=NOW):
    return [(breach.invariant, breach.row, breach.values) for breach in reconcile(now=now)]


def named(level):
    return f"{level.pk} (COS-CREAM-50 lot L1 in BER DOCK)"


def test_all_hold_after_a_day_of_work(level):
    bin_ = make.location("A-1")
    stock.put_away(stock_level_id=level.pk, to_location_id=bin_.pk, quantity=Decimal(8), now=NOW)
    stock.adjust(stock_level_id=level.pk, quantity_delta=Decimal(-1), reason="broken", now=NOW)
    stock.place_hold(
        lot_id=level.lot_id, reason=HoldReason.QUALITY, note="smells", now=NOW, user_id=None
    )

    assert reconcile(now=NOW) == []


def test_finds_stock_that_its_ledger_does_not_explain(level):
    StockLevel.objects.filter(pk=level.pk).update(on_hand=9)
    movement = StockMovement.objects.get()

    (breach,) = reconcile(now=NOW)

    assert str(breach) == (
        f"on-hand-is-the-sum-of-movements: stock level {named(level)}: on hand 9, movements 10; "
        f"last movement: {movement.pk} (receipt 10, recorded {NOW.isoformat()}, by nobody named)"
    )


def test_finds_promised_stock_that_no_allocation_explains(level):
    StockLevel.objects.filter(pk=level.pk).update(reserved=5)

    assert found() == [
        (Invariant.RESERVED, named(level), {"reserved": "5", "allocations": "4"}),
    ]


def test_finds_promises_beyond_what_lies_there(level):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(
                "ALTER TABLE inventory_stocklevel "
                "DROP CONSTRAINT stock_level_reserved_within_on_hand"
            )
        else:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        try:
            StockLevel.objects.filter(pk=level.pk).update(reserved=11)

            assert (
                Invariant.WITHIN,
                named(level),
                {"on hand": "10", "reserved": "11"},
            ) in found()
        finally:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA ignore_check_constraints = OFF")


def test_finds_a_line_that_its_allocations_do_not_fill(level):
    line = ReservationLine.objects.get()
    ReservationLine.objects.filter(pk=line.pk).update(quantity=6, shortage=1)

    assert found() == [
        (
            Invariant.LINE,
            f"{line.pk} (cart-1, line {line.position})",
            {"quantity": "6", "open allocations": "4", "shortage": "1"},
        )
    ]


def test_finds_an_ended_reservation_that_still_keeps_stock(level):
    line = ReservationLine.objects.get()
    type(line.reservation).objects.update(status="released", ended_at=NOW)

    assert [invariant for invariant, _, _ in found()] == [Invariant.LINE]


def test_finds_a_step_with_one_line(level):
    movement = StockMovement.objects.create(
        stock_level=level,
        quantity=Decimal(-2),
        on_hand_after=8,
        kind="move",
        step_id=uuid.uuid4(),
        happened_at=NOW,
        recorded_at=NOW,
    )
    StockLevel.objects.filter(pk=level.pk).update(on_hand=8)

    assert found() == [
        (Invariant.STEP, str(movement.step_id), {"lines": "1", "sum": "-2"}),
    ]


def test_finds_a_line_that_does_not_add_to_the_one_before(level):
    movement = StockMovement.objects.create(
        stock_level=level,
        quantity=Decimal(-2),
        on_hand_after=7,
        kind="count",
        happened_at=NOW,
        recorded_at=NOW,
    )
    StockLevel.objects.filter(pk=level.pk).update(on_hand=8)

    assert found() == [
        (Invariant.BALANCE, str(movement.pk), {"before": "10", "quantity": "-2", "after": "7"}),
    ]


def test_finds_a_line_that_says_it_was_written_before_an_earlier_one(level):
    before = NOW - timedelta(days=1)
    StockMovement.objects.create(
        stock_level=level,
        quantity=Decimal(-2),
        on_hand_after=8,
        kind="count",
        happened_at=before,
        recorded_at=before,
    )
    StockLevel.objects.filter(pk=level.pk).update(on_hand=8)

    assert {invariant for invariant, _, _ in found()} == {Invariant.BALANCE}


def test_finds_a_promise_on_a_lot_on_hold(level):
    LotHold.objects.create(lot=level.lot, reason=HoldReason.RECALL, note="x", placed_at=NOW)

    assert found() == [
        (
            Invariant.SELLABLE,
            named(level),
            {
                "promised": "4 to cart-1",
                "on hold": "yes",
                "last day of sale": "2027-03-31",
            },
        )
    ]


def test_finds_a_promise_past_its_last_day_of_sale_once_the_sweep_should_have_run(level):
    Lot.objects.filter(pk=level.lot_id).update(expiry_date=date(2026, 11, 24))
    midnight_in_berlin = NOW.replace(hour=23, minute=0)

    assert found(now=midnight_in_berlin + timedelta(minutes=59)) == []
    assert [
        invariant for invariant, _, _ in found(now=midnight_in_berlin + timedelta(hours=1))
    ] == [Invariant.SELLABLE]


def test_the_markets_own_minimum_of_days_counts_too(level):
    market = catalog.market("DE")
    market.remaining_days_min = 200
    market.save()

    assert [invariant for invariant, _, _ in found()] == [Invariant.SELLABLE]


def test_names_the_last_movement_with_its_reference_and_request(level):
    with bind(request_id="req-7", actor_name="ada"):
        stock.adjust(
            stock_level_id=level.pk,
            quantity_delta=Decimal(2),
            reason="found",
            reference="C-12",
            now=NOW,
        )
    movement = StockMovement.objects.latest("pk")
    StockLevel.objects.filter(pk=level.pk).update(on_hand=9)

    (breach,) = reconcile(now=NOW)

    assert breach.last_movement == (
        f"{movement.pk} (adjustment 2, recorded {NOW.isoformat()}, by ada, reference C-12, "
        "request req-7)"
    )
    assert breach.path == f"/admin/inventory/stocklevel/{level.pk}/change/"


def test_names_the_last_movement_behind_a_line(level):
    line = ReservationLine.objects.get()
    ReservationLine.objects.filter(pk=line.pk).update(quantity=6, shortage=1)
    movement = StockMovement.objects.get()

    (breach,) = reconcile(now=NOW)

    assert breach.last_movement.startswith(f"{movement.pk} (receipt 10")
    assert breach.path == f"/admin/inventory/reservation/{line.reservation_id}/change/"


def test_the_command_names_the_rows_and_fails(level):
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert out.getvalue() == "All invariants hold.\n"
    StockLevel.objects.filter(pk=level.pk).update(on_hand=9)

    with pytest.raises(CommandError, match="1 breach of an invariant") as failure:
        call_command("reconcile", stdout=out)

    assert failure.value.returncode == 1
    told = out.getvalue().splitlines()
    first = next(number for number, line in enumerate(told) if line.endswith("    1"))
    assert told[first].startswith("on-hand-is-the-sum-of-movements ")
    assert told[first + 1] == f"    stock level {named(level)}"
    assert told[first + 2] == "        on hand 9, movements 10"
    assert told[first + 3].startswith("        last movement: ")
    assert sum(line.endswith("  holds") for line in told) == len(Invariant) - 1


def test_the_night_raises_one_alert_for_each_row_until_it_is_right_again(level):
    other = make.receive(catalog.sports(), 5)
    for broken in (level, other):
        StockLevel.objects.filter(pk=broken.pk).update(on_hand=9)

    reconcile_and_alert(now=NOW)
    reconcile_and_alert(now=NOW + timedelta(hours=2))

    first, second = Alert.objects.filter(kind="stock-invariant").order_by("pk")
    assert first.severity == "critical"
    assert first.title == f"Stock does not reconcile: stock level {named(level)}"
    assert first.url == f"/admin/inventory/stocklevel/{level.pk}/change/"
    assert "On hand is the sum of movements: on hand 9, movements 10." in first.detail
    assert "Last movement: " in first.detail
    StockLevel.objects.filter(pk=level.pk).update(on_hand=10)
    reconcile_and_alert(now=NOW + timedelta(hours=3))
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.resolution == "The row is right again."
    assert second.resolved_at is None
    StockLevel.objects.filter(pk=level.pk).update(on_hand=9)
    reconcile_and_alert(now=NOW + timedelta(hours=4))
    assert Alert.objects.filter(kind="stock-invariant", resolved_at=None).count() == 2
    assert tasks.reconcile.name == "inventory.counting.reconcile"
    assert tasks.reconcile() >= 1


def test_a_thousand_rows_broken_by_one_cause_raise_no_thousand_alerts(level, monkeypatch):
    monkeypatch.setattr(reconciling, "ALERTS_OF_AN_INVARIANT_MAX", 1)
    other = make.receive(catalog.sports(), 5)
    for broken in (level, other):
        StockLevel.objects.filter(pk=broken.pk).update(on_hand=9)

    reconcile_and_alert(now=NOW)

    assert "2 rows break this invariant" in Alert.objects.get(kind="stock-invariant").detail


def test_takes_the_same_few_queries_however_much_there_is(level, django_assert_num_queries):
    for _ in range(5):
        make.receive(catalog.cosmetic(), 3)

    with django_assert_num_queries(12):
        reconcile(now=NOW)
