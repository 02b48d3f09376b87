from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from config.kernel.outbox import OutboxEvent
from inventory.lots.models import HoldReason
from inventory.reservations import services
from inventory.reservations.models import ReservationChange
from inventory.stock import services as stock
from inventory.stock.claims import rehearse
from inventory.stock.errors import NotEnoughStock
from inventory.stock.models import StockMovement
from tests.factories import inventory, reservations
from tests.factories.reservations import NOW, kept, line, reserve

SOON = NOW + timedelta(seconds=30)


def history(reservation):
    return [
        (change.kind, change.detail, change.reason)
        for change in ReservationChange.objects.filter(reservation=reservation).order_by("pk")
    ]


def write_off(level, quantity):
    return stock.write_off(
        stock_level_id=level.pk, quantity=Decimal(quantity), reason="broken", now=SOON
    )


def test_who_loses_stock_can_read_from_where_why_and_what_took_its_place(cream):
    level = inventory.receive(cream, 5, lot="A", expires="2027-06-30")
    inventory.receive(cream, 1, lot="B", expires="2028-06-30")
    reservation = reserve(line(cream, 4))

    write_off(level, 4)

    assert history(reservation) == [
        (
            "lost",
            "Lost 3 from lot A in BER DOCK; instead 1 from lot B in BER DOCK; short of 2.",
            "Write-off: broken",
        )
    ]
    change = ReservationChange.objects.get()
    assert (change.lost, change.found) == (3, 1)


def test_a_hold_says_its_reason_in_the_history(cream):
    level = inventory.receive(cream, 2, lot="A")
    reservation = reserve(line(cream, 2))

    stock.place_hold(
        lot_id=level.lot_id, reason=HoldReason.RECALL, note="RC-1", now=SOON, user_id=None
    )

    assert history(reservation) == [
        ("lost", "Lost 2 from lot A in BER DOCK; short of 2.", "On hold, recall: RC-1")
    ]


def test_what_comes_back_stands_in_the_history_too(ball):
    level = inventory.receive(ball, 3)
    reservation = reserve(line(ball, 3))
    write_off(level, 2)

    inventory.receive(ball, 5)

    assert [kind for kind, *_ in history(reservation)] == ["lost", "filled"]
    assert history(reservation)[1][1] == "2 from open lot in BER DOCK"


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (
            lambda r: services.extend(reservation_id=r.pk, ttl=timedelta(hours=1), now=SOON),
            ("extended", f"Kept until {SOON + timedelta(hours=1):%Y-%m-%d %H:%M:%S} UTC.", ""),
        ),
        (
            lambda r: services.release(reservation_id=r.pk, now=SOON, reason="asked to"),
            ("released", "", "asked to"),
        ),
        (
            lambda r: services.commit(reservation_id=r.pk, order_reference="O-1", now=SOON),
            ("committed", "The stock left for O-1.", ""),
        ),
        (
            lambda r: services.release_expired(now=NOW + timedelta(days=1)),
            ("expired", "", ""),
        ),
    ],
)
def test_each_change_of_a_reservation_is_kept(ball, end, expected):
    inventory.receive(ball, 3)
    reservation = reserve(line(ball, 1))
    assert history(reservation) == []

    end(reservation)

    assert history(reservation) == [expected]


def test_history_is_never_changed(ball):
    inventory.receive(ball, 3)
    services.release(reservation_id=reserve(line(ball, 1)).pk, now=SOON)

    with pytest.raises(DatabaseError), transaction.atomic():
        ReservationChange.objects.update(reason="never")

    assert ReservationChange.objects.get().reason == ""


def test_a_rehearsal_says_who_would_lose_and_changes_nothing(cream):
    level = inventory.receive(cream, 4, lot="A", expires="2027-06-30")
    inventory.receive(cream, 1, lot="B", expires="2028-06-30")
    old = reserve(line(cream, 2), now=NOW, reference="old")
    new = reserve(line(cream, 2), now=NOW + timedelta(seconds=1), reference="new")
    events, movements = OutboxEvent.objects.count(), StockMovement.objects.count()

    losses = rehearse(lambda: write_off(level, 3))

    assert [(x.reference, x.lost, x.found, x.short) for x in losses] == [
        ("old", 1, 1, 0),
        ("new", 2, 0, 2),
    ]
    assert [x.sku for x in losses] == ["COS-CREAM-50"] * 2
    assert (kept(old), kept(new)) == ([("A", 2)], [("A", 2)])
    assert (OutboxEvent.objects.count(), StockMovement.objects.count()) == (events, movements)
    assert ReservationChange.objects.count() == 0
    assert reservations.broken_invariants() == []


def test_a_rehearsal_of_what_cannot_be_done_raises_what_doing_it_would(ball):
    level = inventory.receive(ball, 2)

    with pytest.raises(NotEnoughStock):
        rehearse(lambda: write_off(level, 3))

    level.refresh_from_db()
    assert level.on_hand == 2
