"""A shipment of what a reservation is short of: physical truth is not refused."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from config.kernel.alerts import Alert
from inventory.counting.services import reconcile
from inventory.lots.models import HoldReason
from inventory.reservations import services
from inventory.reservations.errors import (
    InsufficientStock,
    MoreThanOrdered,
    ReservationExpired,
)
from inventory.reservations.models import Allocation, ReservationChange, ShipmentPart
from inventory.stock import services as stock
from inventory.stock.errors import NotEnoughStock
from inventory.stock.models import StockLevel, StockMovement
from tests.factories import catalog, inventory, reservations
from tests.factories.reservations import NOW, line, reserve

pytestmark = pytest.mark.django_db


@pytest.fixture
def lot_a(cream):
    return inventory.receive(cream, 5, lot="A", expires="2027-06-30")


@pytest.fixture
def short(cream, lot_a):
    """Of five that were promised three have been counted away."""
    reservation = reserve(line(cream, 5), reference="cart-1")
    lose(lot_a, 3)
    return reservation


def lose(level, quantity):
    stock.adjust(
        stock_level_id=level.pk, quantity_delta=Decimal(-quantity), reason="count", now=NOW
    )


def ship(warehouse, product, *goods, reservation=None, order="", reference="", now=NOW):
    variant = catalog.variant(product)
    return services.record_shipment(
        warehouse_id=warehouse.pk,
        lines=[
            services.SentLine(variant_id=variant.pk, lot_code=lot, quantity=Decimal(quantity))
            for lot, quantity in goods
        ],
        reference=reference or f"ship-{catalog.serial()}",
        reservation_id=reservation.pk if reservation else None,
        order_reference=order,
        now=now,
    )


def commit(reservation, order="order-1"):
    services.commit(reservation_id=reservation.pk, order_reference=order, now=NOW)


def owed(reservation):
    reservation.refresh_from_db()
    return reservation.status, [ln.shortage for ln in reservation.lines.order_by("position")]


def on_hand(*levels):
    return [StockLevel.objects.get(pk=level.pk).on_hand for level in levels]


def taken(reservation):
    rows = Allocation.objects.filter(line__reservation=reservation, is_open=False)
    return sorted(rows.values_list("stock_level__lot__code", "quantity"))


def ledger(kind):
    lines = StockMovement.objects.filter(kind=kind).order_by("pk")
    return list(lines.values_list("stock_level__lot__code", "quantity", "reference"))


def told(reservation, kind):
    changes = ReservationChange.objects.filter(reservation=reservation, kind=kind).order_by("pk")
    return list(changes.values_list("detail", "reason"))


def alerts():
    open_alerts = Alert.objects.filter(kind="reservation-shortage", resolved_at=None)
    return list(open_alerts.values_list("title", flat=True))


def all_is_right():
    return (reservations.broken_invariants(), reconcile(now=NOW)) == ([], [])


def test_what_was_counted_away_and_is_sent_all_the_same_was_found(berlin, cream, lot_a, short):
    with pytest.raises(InsufficientStock), transaction.atomic():
        commit(short)

    ship(berlin, cream, ("A", 5), reservation=short, order="order-1", reference="S-1")

    assert owed(short) == ("committed", [0])
    assert on_hand(lot_a) == [0]
    assert ledger("sale") == [("A", -2, "order-1"), ("A", -3, "order-1")]
    assert ledger("adjustment")[1:] == [("A", 3, "order-1")]
    assert taken(short) == [("A", 5)]
    assert told(short, "filled") == [
        (
            "3 sent from lot A in BER DOCK, where the books had none left.",
            "Shipment S-1 from BER",
        )
    ]
    assert alerts() == []
    assert all_is_right()


def test_of_what_is_sent_in_part_the_rest_stays_owed(berlin, cream, lot_a, short):
    ship(berlin, cream, ("A", 4), reservation=short, order="order-1")

    assert owed(short) == ("committed", [1])
    assert on_hand(lot_a) == [0]
    assert alerts() == ["Order order-1 still waits for 1 each of COS-CREAM-50"]
    assert all_is_right()


def test_what_is_sent_of_what_is_kept_leaves_the_whole_shortage_owed(berlin, cream, lot_a, short):
    ship(berlin, cream, ("A", 1), reservation=short, order="order-1")

    assert owed(short) == ("committed", [3])
    assert on_hand(lot_a) == [0]
    assert ledger("sale") == [("A", -2, "order-1")]
    assert all_is_right()


def test_the_rest_is_covered_by_a_shipment_that_follows(berlin, cream, lot_a, short):
    ship(berlin, cream, ("A", 4), reservation=short, order="order-1")

    ship(berlin, cream, ("A", 1), order="order-1")

    assert owed(short) == ("committed", [0])
    assert taken(short) == [("A", 5)]
    assert alerts() == []
    with pytest.raises(MoreThanOrdered, match="1 more than order-1"), transaction.atomic():
        ship(berlin, cream, ("A", 1), order="order-1")
    assert all_is_right()


def test_the_rest_goes_to_the_order_as_soon_as_there_is_stock(berlin, cream, lot_a, short):
    ship(berlin, cream, ("A", 4), reservation=short, order="order-1")

    lot_b = inventory.receive(cream, 4, lot="B", expires="2027-12-31")

    assert owed(short) == ("committed", [0])
    assert on_hand(lot_b) == [3]
    assert ledger("sale")[-1] == ("B", -1, "order-1")
    assert taken(short)[-1] == ("B", 1)
    assert alerts() == []
    assert all_is_right()
    ship(berlin, cream, ("B", 1), order="order-1")
    assert on_hand(lot_b) == [3]


def test_an_older_reservation_is_served_before_an_order_that_waits(berlin, cream, lot_a):
    older = reserve(line(cream, 2), now=NOW - timedelta(minutes=1))
    order = reserve(line(cream, 3))
    lose(lot_a, 5)
    ship(berlin, cream, ("A", 1), reservation=order, order="order-1")

    inventory.receive(cream, 3, lot="B", expires="2027-12-31")

    assert owed(older) == ("held", [0])
    assert owed(order) == ("committed", [1])
    assert all_is_right()


def test_what_an_order_still_waits_for_is_given_up(berlin, cream, lot_a, short):
    ship(berlin, cream, ("A", 4), reservation=short, order="order-1")

    given_up = services.give_up_shortages(
        line_ids=[short.lines.get().pk], reason="customer agreed", now=NOW
    )

    assert given_up == 1
    assert (short.lines.get().quantity, owed(short)) == (4, ("committed", [0]))
    assert alerts() == []
    with pytest.raises(MoreThanOrdered), transaction.atomic():
        ship(berlin, cream, ("A", 1), order="order-1")


def test_goods_on_hold_cover_it(berlin, cream, lot_a):
    lot_b = inventory.receive(cream, 3, lot="B", expires="2027-12-31")
    stock.place_hold(
        lot_id=lot_b.lot_id, reason=HoldReason.QUALITY, note="look", now=NOW, user_id=None
    )
    reservation = reserve(line(cream, 5))
    lose(lot_a, 3)

    ship(berlin, cream, ("B", 3), reservation=reservation, order="order-1", reference="S-1")

    assert owed(reservation) == ("committed", [0])
    assert on_hand(lot_a, lot_b) == [0, 0]
    assert taken(reservation) == [("A", 2), ("B", 3)]
    assert told(reservation, "filled")[0][0] == (
        "3 sent from lot B in BER DOCK, though it was short of it."
    )
    assert ledger("adjustment") == [("A", -3, "")]
    assert told(reservation, "corrected") == []
    assert all_is_right()
    ship(berlin, cream, ("A", 2), order="order-1")
    assert on_hand(lot_a, lot_b) == [0, 0]


def test_goods_that_another_basket_was_promised_are_gone_from_it(berlin, cream, lot_a):
    lot_b = inventory.receive(cream, 5, lot="B", expires="2027-12-31")
    reservation, other = reserve(line(cream, 5)), reserve(line(cream, 5))
    lose(lot_a, 3)
    assert (owed(reservation), owed(other)) == (("held", [3]), ("held", [0]))

    ship(berlin, cream, ("A", 2), ("B", 3), reservation=reservation, order="order-1")

    assert owed(reservation) == ("committed", [0])
    assert owed(other) == ("held", [3])
    assert on_hand(lot_a, lot_b) == [0, 2]
    assert told(other, "lost") == [
        (
            "Lost 3 from lot B in BER DOCK; short of 3.",
            "Sale: Correction of a shipment: sent instead (order-1)",
        )
    ]
    assert all_is_right()


def test_goods_of_another_warehouse_cover_it(berlin, los_angeles, cream, lot_a):
    west = inventory.receive(
        cream, 4, lot="B", expires="2026-12-01", at=inventory.location("A-1", "LAX")
    )
    reservation = reserve(line(cream, 5), deliver_on=(NOW + timedelta(days=20)).date())
    lose(lot_a, 3)
    assert owed(reservation) == ("held", [3])

    ship(los_angeles, cream, ("B", 3), reservation=reservation, order="order-1")

    assert owed(reservation) == ("committed", [0])
    assert on_hand(lot_a, west) == [0, 1]
    assert all_is_right()


def test_the_same_shipment_again_covers_nothing_more(berlin, cream, lot_a, short):
    shipment, _ = ship(berlin, cream, ("A", 4), reservation=short, order="order-1", reference="S-1")
    before = {**reservations.state(), "parts": list(ShipmentPart.objects.order_by("pk").values())}

    again = ship(berlin, cream, ("A", 4), reservation=short, order="order-1", reference="S-1")

    assert again == (shipment, False)
    assert before == {
        **reservations.state(),
        "parts": list(ShipmentPart.objects.order_by("pk").values()),
    }


def test_a_line_that_is_whole_is_not_touched_by_what_another_is_short_of(
    berlin, cream, ball, lot_a
):
    balls = inventory.receive(ball, 5)
    reservation = reserve(line(cream, 5), line(ball, 2))
    lose(lot_a, 3)

    ship(berlin, ball, ("", 2), reservation=reservation, order="order-1")

    assert owed(reservation) == ("committed", [3, 0])
    assert on_hand(lot_a, balls) == [0, 3]
    with pytest.raises(MoreThanOrdered), transaction.atomic():
        ship(berlin, ball, ("", 1), order="order-1")
    ship(berlin, cream, ("A", 5), order="order-1")
    assert owed(reservation) == ("committed", [0, 0])
    assert all_is_right()


def test_refuses_more_than_is_owed_and_a_lot_that_never_lay_there(
    berlin, los_angeles, cream, lot_a, short
):
    lot_b = inventory.receive(
        cream, 4, lot="B", expires="2026-11-30", at=inventory.location("A-1", "LAX")
    )
    lose(lot_b, 4)
    before = reservations.state()

    with pytest.raises(MoreThanOrdered, match="1 more than order-1"), transaction.atomic():
        ship(berlin, cream, ("A", 6), reservation=short, order="order-1")
    said = "0 each of this lot are on hand in BER"
    with pytest.raises(NotEnoughStock, match=said), transaction.atomic():
        ship(berlin, cream, ("B", 3), reservation=short, order="order-1")

    assert reservations.state() == before


def test_what_is_booked_of_another_lot_is_still_not_found(berlin, cream, lot_a):
    lot_b = inventory.receive(cream, 1, lot="B", expires="2027-12-31")
    reservation = reserve(line(cream, 5))
    commit(reservation)

    with pytest.raises(NotEnoughStock, match="1 more are said to have left"), transaction.atomic():
        ship(berlin, cream, ("B", 2), order="order-1")

    assert on_hand(lot_a, lot_b) == [0, 1]


def test_a_short_reservation_whose_time_is_over_is_not_shipped(berlin, cream, lot_a, short):
    later = short.expires_at + timedelta(seconds=1)
    before = reservations.state()

    with pytest.raises(ReservationExpired), transaction.atomic():
        ship(berlin, cream, ("A", 5), reservation=short, order="order-1", now=later)

    assert reservations.state() == before
