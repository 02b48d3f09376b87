from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from config.kernel.alerts import Alert
from config.kernel.outbox import OutboxEvent
from inventory.lots.models import HoldReason
from inventory.reservations import services
from inventory.reservations.models import Allocation
from inventory.stock import services as stock
from inventory.stock.locks import lock_levels
from inventory.stock.models import StockLevel
from inventory.stock.reasons import StockReason
from tests.factories import catalog, inventory, reservations
from tests.factories.reservations import NOW, kept, line, reserve

SOON = NOW + timedelta(seconds=30)


def write_off(level, quantity, now=SOON):
    stock.write_off(stock_level_id=level.pk, quantity=Decimal(quantity), reason="damaged", now=now)


def hold(level, now=SOON):
    return stock.place_hold(
        lot_id=level.lot_id, reason=HoldReason.QUALITY, note="smells", now=now, user_id=None
    )


def give_way(level, now):
    with transaction.atomic():
        lock_levels(variant_ids=[level.variant_id])
        services.give_way(stock_level_ids=[level.pk], now=now)


def shortages(reservation):
    return [x.shortage for x in reservation.lines.order_by("position")]


def test_what_nobody_was_promised_can_go_without_anybody_losing(ball):
    level = inventory.receive(ball, 5)
    reservation = reserve(line(ball, 3))

    write_off(level, 2)

    assert kept(reservation) == [("", 3)]
    assert shortages(reservation) == [0]
    assert reservations.broken_invariants() == []


def test_promised_stock_that_goes_is_found_in_another_lot(cream):
    level = inventory.receive(cream, 5, lot="A", expires="2027-06-30")
    inventory.receive(cream, 5, lot="B", expires="2028-06-30")
    reservation = reserve(line(cream, 4))

    write_off(level, 3)

    assert kept(reservation) == [("A", 2), ("B", 2)]
    assert shortages(reservation) == [0]
    assert not Alert.objects.exists()
    assert not OutboxEvent.objects.filter(type="reservation.shortage").exists()
    assert reservations.broken_invariants() == []


def test_the_newest_promise_loses_first(ball):
    level = inventory.receive(ball, 6)
    old = reserve(line(ball, 3), now=NOW)
    new = reserve(line(ball, 3), now=NOW + timedelta(seconds=1))

    write_off(level, 4)

    assert (kept(old), shortages(old)) == ([("", 2)], [1])
    assert (kept(new), shortages(new)) == ([], [3])
    assert reservations.broken_invariants() == []


def test_older_reservations_choose_first_among_what_is_left(cream):
    first = inventory.receive(cream, 4, lot="A", expires="2027-06-30")
    inventory.receive(cream, 2, lot="B", expires="2028-06-30")
    old = reserve(line(cream, 2), now=NOW)
    new = reserve(line(cream, 2), now=NOW + timedelta(seconds=1))

    hold(first)

    assert (kept(old), shortages(old)) == ([("B", 2)], [0])
    assert (kept(new), shortages(new)) == ([], [2])
    assert reservations.broken_invariants() == []


def test_a_shortage_is_told_and_alerted_once(cream):
    level = inventory.receive(cream, 4, lot="A")
    reservation = reserve(line(cream, 4), reference="cart-9")

    write_off(level, 1)
    write_off(level, 1)

    assert shortages(reservation) == [2]
    events = OutboxEvent.objects.filter(type="reservation.shortage").order_by("pk")
    assert [event.payload["lines"] for event in events] == [
        [{"sku": "COS-CREAM-50", "quantity": "1"}],
        [{"sku": "COS-CREAM-50", "quantity": "2"}],
    ]
    alert = Alert.objects.get()
    assert alert.title == "Reservation cart-9 is short of 1 each of COS-CREAM-50"
    assert alert.permission == "inventory.release_reservation"
    assert alert.url == f"/admin/inventory/reservation/{reservation.pk}/change/"


def test_a_hold_takes_back_all_that_was_promised_of_the_lot(cream):
    first = inventory.receive(cream, 5, lot="A", expires="2027-06-30")
    inventory.receive(cream, 5, lot="B", expires="2028-06-30")
    reservation = reserve(line(cream, 4))

    hold(first)

    first.refresh_from_db()
    assert kept(reservation) == [("B", 4)]
    assert (first.on_hand, first.reserved) == (5, 0)
    assert reservations.broken_invariants() == []


def test_a_released_hold_fills_what_is_short_oldest_first(cream):
    level = inventory.receive(cream, 5, lot="A")
    old = reserve(line(cream, 4), now=NOW)
    new = reserve(line(cream, 1), now=NOW + timedelta(seconds=1))
    placed = hold(level)
    assert (shortages(old), shortages(new)) == ([4], [1])
    write_off(level, 1)

    stock.release_hold(hold_id=placed.pk, note="fine", now=SOON, user_id=None)

    assert (kept(old), shortages(old)) == ([("A", 4)], [0])
    assert (kept(new), shortages(new)) == ([], [1])
    assert reservations.broken_invariants() == []


def test_goods_that_come_in_fill_shortages_and_close_their_alerts(ball):
    level = inventory.receive(ball, 3)
    reservation = reserve(line(ball, 3))
    write_off(level, 2)
    assert Alert.objects.filter(resolved_at=None).count() == 1

    inventory.receive(ball, 1, now=SOON)
    assert shortages(reservation) == [1]
    assert Alert.objects.filter(resolved_at=None).count() == 1
    inventory.receive(ball, 5, now=SOON)

    assert shortages(reservation) == [0]
    assert sum(quantity for _, quantity in kept(reservation)) == 3
    assert not Alert.objects.filter(resolved_at=None).exists()
    assert reservations.broken_invariants() == []


def test_a_release_fills_the_shortages_of_others(ball):
    level = inventory.receive(ball, 6)
    old = reserve(line(ball, 3), now=NOW)
    new = reserve(line(ball, 3), now=NOW + timedelta(seconds=1))
    write_off(level, 2)
    assert shortages(new) == [2]

    services.release(reservation_id=old.pk, now=SOON)

    assert (kept(new), shortages(new)) == ([("", 3)], [0])
    assert reservations.broken_invariants() == []


def test_a_shortage_keeps_the_terms_of_its_reservation(cream):
    short = inventory.receive(cream, 5, lot="A", expires="2027-06-30")
    reservation = reserve(line(cream, 2), deliver_on=date(2027, 1, 10))
    hold(short)

    inventory.receive(cream, 5, lot="TOO-SHORT", expires="2027-01-09", now=SOON)
    assert shortages(reservation) == [2]
    inventory.receive(cream, 5, lot="LONG", expires="2027-01-10", now=SOON)

    assert (kept(reservation), shortages(reservation)) == ([("LONG", 2)], [0])


def test_a_lot_past_its_sell_by_is_void_for_the_markets_that_ask_for_more(cream, berlin):
    catalog.market("US-CA", remaining_days_min=30)
    inventory.serves("US-CA", berlin)
    level = inventory.receive(cream, 6, lot="A", expires="2026-12-31")
    here = reserve(line(cream, 3), seconds=7 * 86400)
    there = reserve(line(cream, 3), market="US-CA", seconds=7 * 86400)

    # 2 December in Berlin, 29 days before: too late for California, early enough for Germany.
    give_way(level, datetime(2026, 12, 1, 23, 30, tzinfo=UTC))

    assert (kept(here), shortages(here)) == ([("A", 3)], [0])
    assert (kept(there), shortages(there)) == ([], [3])


@pytest.mark.parametrize(
    ("instant", "is_void"),
    [
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), False),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), True),
    ],
)
def test_a_promise_of_a_lot_ends_at_the_warehouses_midnight(cream, instant, is_void):
    level = inventory.receive(cream, 5, lot="A", expires="2026-12-31")
    reservation = reserve(line(cream, 2), seconds=7 * 86400, now=instant - timedelta(days=1))

    give_way(level, instant)

    assert shortages(reservation) == ([2] if is_void else [0])
    assert reservations.broken_invariants() == []


def test_an_overdue_promise_loses_first_and_nobody_is_alerted(ball):
    level = inventory.receive(ball, 6)
    overdue = reserve(line(ball, 3), seconds=10, now=NOW)
    running = reserve(line(ball, 3), now=NOW + timedelta(seconds=1))

    write_off(level, 3, now=SOON)

    assert (kept(overdue), shortages(overdue)) == ([], [3])
    assert (kept(running), shortages(running)) == ([("", 3)], [0])
    assert not Alert.objects.exists()
    assert not OutboxEvent.objects.filter(type="reservation.shortage").exists()
    assert reservations.broken_invariants() == []


def test_a_line_that_loses_twice_keeps_one_allocation_for_each_level(cream):
    first = inventory.receive(cream, 5, lot="A", expires="2027-06-30")
    inventory.receive(cream, 9, lot="B", expires="2028-06-30")
    reservation = reserve(line(cream, 5))

    write_off(first, 1)
    write_off(first, 1)

    assert kept(reservation) == [("A", 3), ("B", 2)]
    assert Allocation.objects.filter(is_open=True).count() == 2


def test_promises_move_with_a_move_of_their_goods_to_another_bin(ball):
    level = inventory.receive(ball, 5)
    reservation = reserve(line(ball, 4))

    stock.move(
        stock_level_id=level.pk,
        to_location_id=inventory.location("A-1").pk,
        quantity=Decimal(5),
        reason="tidied up",
        now=SOON,
    )

    assert sum(quantity for _, quantity in kept(reservation)) == 4
    assert shortages(reservation) == [0]
    assert reservations.broken_invariants() == []


def test_giving_way_costs_the_same_queries_for_many_reservations_as_for_one(
    ball, django_assert_max_num_queries
):
    level = inventory.receive(ball, 50)
    for _ in range(50):
        reserve(line(ball))
    StockLevel.objects.filter(pk=level.pk).update(on_hand=10, reserved=10)

    with django_assert_max_num_queries(16):
        services.give_way(stock_level_ids=[level.pk], now=SOON)

    assert StockLevel.objects.get().reserved == 10


def test_what_is_less_for_a_moment_and_there_after_all_stays_promised(ball):
    level = inventory.receive(ball, 5)
    other = inventory.receive(ball, 2, at=inventory.location("A-1"))
    reservation = reserve(line(ball, 7))
    changes = [(level, -3), (level, 3), (other, -1)]

    with transaction.atomic():
        lock_levels(variant_ids=[level.variant_id])
        stock.correct(
            [
                stock.Correction(
                    stock_level_id=row.pk,
                    quantity_delta=Decimal(quantity),
                    reason=StockReason.CORRECTION,
                )
                for row, quantity in changes
            ],
            now=NOW,
        )

    assert reservation.lines.get().shortage == 1
    assert reservations.broken_invariants() == []
