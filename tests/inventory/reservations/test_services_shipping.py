import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from config.kernel.errors import InvalidInput
from config.kernel.outbox import OutboxEvent
from inventory.counting.services import reconcile
from inventory.lots.models import HoldReason
from inventory.reservations import services
from inventory.reservations.errors import (
    AmbiguousOrder,
    DuplicateLine,
    MoreThanOrdered,
    ReservationEnded,
    ReservationExpired,
    ShipmentReferenceTaken,
    UnknownOrder,
)
from inventory.reservations.models import Allocation, Reservation, ReservationChange, Shipment
from inventory.stock import services as stock
from inventory.stock.errors import HappensInFuture, NotEnoughStock, UnknownSerial
from inventory.stock.models import SerialNumber, StockLevel, StockMovement
from inventory.stock.selectors.serials import to_be_named
from tests.factories import catalog, inventory, reservations
from tests.factories.reservations import NOW, line, reserve

pytestmark = pytest.mark.django_db


@pytest.fixture
def lot_a(cream):
    return inventory.receive(cream, 10, lot="A", expires="2027-06-30")


@pytest.fixture
def lot_b(cream):
    return inventory.receive(cream, 10, lot="B", expires="2027-12-31")


@pytest.fixture
def watch(germany):
    return catalog.sports(sku="SE-WATCH-1", is_serial_tracked=True)


def sent(product, lot, quantity, **fields):
    variant = catalog.variant(product)
    return services.SentLine(
        variant_id=variant.pk, lot_code=lot, quantity=Decimal(quantity), **fields
    )


def ship(warehouse, *lines, reservation=None, order="", reference="", **fields):
    shipment, is_new = services.record_shipment(
        warehouse_id=warehouse.pk,
        lines=lines,
        reference=reference or f"ship-{catalog.serial()}",
        reservation_id=reservation.pk if reservation else None,
        order_reference=order,
        now=fields.pop("now", NOW),
        **fields,
    )
    return shipment if is_new else (shipment, "known")


def committed(*lines, order="order-1", **fields):
    reservation = reserve(*lines, **fields)
    return services.commit(reservation_id=reservation.pk, order_reference=order, now=NOW)


def taken(reservation):
    allocations = Allocation.objects.filter(line__reservation=reservation).order_by("pk")
    return sorted(allocations.values_list("stock_level__lot__code", "quantity"))


def on_hand(*levels):
    return [StockLevel.objects.get(pk=level.pk).on_hand for level in levels]


def sales():
    lines = StockMovement.objects.filter(kind="sale").order_by("pk")
    return list(lines.values_list("stock_level__lot__code", "quantity", "reference"))


def state():
    return {
        **reservations.state(),
        "shipments": list(Shipment.objects.order_by("pk").values_list()),
        "pieces": list(SerialNumber.objects.order_by("pk").values_list()),
        "changes": ReservationChange.objects.count(),
    }


# what fits


def test_a_shipment_of_what_was_booked_moves_nothing_again(berlin, cream, lot_a):
    reservation = committed(line(cream, 3))

    shipment = ship(berlin, sent(cream, "A", 3), reservation=reservation)

    assert sales() == [("A", -3, "order-1")]
    assert on_hand(lot_a) == [7]
    assert shipment.order_reference == "order-1"
    (change,) = ReservationChange.objects.filter(kind="shipped")
    assert change.detail == "3 units left BER."
    assert reconcile(now=NOW) == []


def test_a_reservation_that_is_still_held_is_committed(berlin, cream, lot_a):
    reservation = reserve(line(cream, 3), reference="cart-7")

    shipment = ship(berlin, sent(cream, "A", 3), reservation=reservation, order="order-7")

    reservation.refresh_from_db()
    assert (reservation.status, reservation.order_reference) == ("committed", "order-7")
    assert shipment.order_reference == "order-7"
    assert on_hand(lot_a) == [7]


def test_without_an_order_it_is_committed_under_its_own_reference(berlin, cream, lot_a):
    reservation = reserve(line(cream, 3), reference="cart-7")

    ship(berlin, sent(cream, "A", 3), reservation=reservation)

    assert Reservation.objects.get().order_reference == "cart-7"


def test_an_order_is_found_by_its_reference(berlin, cream, lot_a):
    committed(line(cream, 3))

    shipment = ship(berlin, sent(cream, "A", 3), order="order-1")

    assert shipment.order_reference == "order-1"
    assert on_hand(lot_a) == [7]


def test_an_order_of_two_reservations_is_shipped_as_one(berlin, cream, lot_a):
    first, second = committed(line(cream, 2)), committed(line(cream, 3))

    ship(berlin, sent(cream, "A", 5), order="order-1")

    changes = ReservationChange.objects.filter(kind="shipped")
    assert set(changes.values_list("reservation_id", "detail")) == {
        (first.pk, "2 units left BER."),
        (second.pk, "3 units left BER."),
    }


# what is other


def test_another_lot_was_sent_so_the_booked_one_comes_back(berlin, cream, lot_a, lot_b):
    reservation = committed(line(cream, 3))

    ship(berlin, sent(cream, "A", 1), sent(cream, "B", 2), reservation=reservation)

    assert on_hand(lot_a, lot_b) == [9, 8]
    assert taken(reservation) == [("A", 1), ("B", 2)]
    assert sales() == [("A", -3, "order-1"), ("A", 2, "order-1"), ("B", -2, "order-1")]
    (change,) = ReservationChange.objects.filter(kind="corrected")
    assert change.detail == "2 from lot B in BER DOCK instead of lot A in BER DOCK."
    (event,) = OutboxEvent.objects.filter(type="shipment.recorded")
    assert [(ln["lot"], ln["corrected"]) for ln in event.payload["lines"]] == [
        ("A", "0"),
        ("B", "2"),
    ]
    assert reconcile(now=NOW) == []


def test_a_held_reservation_is_committed_and_corrected_at_once(berlin, cream, lot_a, lot_b):
    reservation = reserve(line(cream, 3))

    ship(berlin, sent(cream, "B", 3), reservation=reservation)

    assert on_hand(lot_a, lot_b) == [10, 7]
    assert reservations.broken_invariants() == []


def test_what_was_promised_of_the_lot_that_was_sent_gives_way(berlin, cream, lot_a, lot_b):
    reservation = committed(line(cream, 10))
    other = reserve(line(cream, 9))
    assert reservations.kept(other) == [("B", 9)]

    ship(berlin, sent(cream, "B", 4), sent(cream, "A", 6), reservation=reservation)

    assert sorted(reservations.kept(other)) == [("A", 3), ("B", 6)]
    assert reservations.broken_invariants() == []
    assert reconcile(now=NOW) == []


def test_a_lot_on_hold_that_has_left_has_left(berlin, cream, lot_a, lot_b):
    reservation = committed(line(cream, 3))
    stock.place_hold(
        lot_id=lot_b.lot_id, reason=HoldReason.QUALITY, note="look", now=NOW, user_id=None
    )

    ship(berlin, sent(cream, "B", 3), reservation=reservation)

    assert on_hand(lot_a, lot_b) == [10, 7]


def test_another_warehouse_sent_it(berlin, los_angeles, cream, lot_a):
    west = inventory.receive(
        cream, 5, lot="A", expires="2027-06-30", at=inventory.location("A-1", "LAX")
    )
    reservation = committed(line(cream, 3))

    ship(los_angeles, sent(cream, "A", 3), reservation=reservation)

    assert on_hand(lot_a, west) == [10, 2]


# parts, repeats


def test_an_order_leaves_in_parts(berlin, cream, lot_a, lot_b):
    reservation = committed(line(cream, 5))

    ship(berlin, sent(cream, "A", 2), reservation=reservation)
    ship(berlin, sent(cream, "B", 3), reservation=reservation)

    assert on_hand(lot_a, lot_b) == [8, 7]
    assert taken(reservation) == [("A", 2), ("B", 3)]
    before = state()
    said = "1 more than order-1 still waits for"
    with pytest.raises(MoreThanOrdered, match=said), transaction.atomic():
        ship(berlin, sent(cream, "B", 1), reservation=reservation)
    assert state() == before


def test_the_same_shipment_again_is_the_one_already_there(berlin, cream, lot_a, lot_b):
    reservation = committed(line(cream, 5))
    lines = [sent(cream, "B", 3, external_id="x1")]
    shipment = ship(berlin, *lines, reservation=reservation, reference="S-1")
    before = state()

    again = ship(berlin, *lines, reservation=reservation, reference="S-1")

    assert again == (shipment, "known")
    assert state() == before
    for other in ([sent(cream, "B", 2)], [sent(cream, "A", 3)]):
        with pytest.raises(ShipmentReferenceTaken):
            ship(berlin, *other, reservation=reservation, reference="S-1")
    with pytest.raises(DuplicateLine), transaction.atomic():
        ship(berlin, sent(cream, "B", 1, external_id="x1"), reservation=reservation)
    assert state() == before


def test_a_commit_after_the_shipment_changes_nothing(berlin, cream, lot_a):
    reservation = reserve(line(cream, 3))
    ship(berlin, sent(cream, "A", 3), reservation=reservation, order="order-1")
    before = state()

    services.commit(reservation_id=reservation.pk, order_reference="order-1", now=NOW)

    assert state() == before


# refusals


def test_refuses_what_cannot_have_left(berlin, cream, ball, lot_a, lot_b):
    reservation = committed(line(cream, 3))
    released = reserve(line(cream, 1))
    services.release(reservation_id=released.pk, now=NOW)
    before = state()

    for lines, error, fields in [
        ([sent(cream, "A", 4)], MoreThanOrdered, {}),
        ([sent(ball, "", 1)], InvalidInput, {}),
        ([sent(cream, "NONE", 1)], InvalidInput, {}),
        ([sent(cream, "A", 0)], InvalidInput, {}),
        ([sent(cream, "A", 3)], HappensInFuture, {"shipped_at": NOW + timedelta(hours=1)}),
        ([sent(cream, "A", 3)], ReservationEnded, {"order": "other"}),
        ([sent(cream, "A", 1)], ReservationEnded, {"reservation": released}),
        ([sent(cream, "A", 1)], UnknownOrder, {"reservation": None, "order": "nope"}),
        ([sent(cream, "A", 1)], UnknownOrder, {"reservation": Reservation(pk=uuid.uuid4())}),
    ]:
        with pytest.raises(error), transaction.atomic():
            ship(berlin, *lines, **{"reservation": reservation, **fields})

    assert state() == before


def test_refuses_more_of_a_lot_than_lies_there(berlin, cream, lot_a):
    inventory.receive(cream, 1, lot="B", expires="2027-12-31")
    reservation = committed(line(cream, 3))
    before = state()

    said = "1 each of this lot are on hand in BER, 1 more are said to have left it"
    with pytest.raises(NotEnoughStock, match=said), transaction.atomic():
        ship(berlin, sent(cream, "B", 2), reservation=reservation)

    assert state() == before


def test_an_order_of_two_clients_has_to_be_told_apart(berlin, cream, lot_a):
    for _ in range(2):
        committed(line(cream, 1), client_id=reservations.client().pk)

    with pytest.raises(AmbiguousOrder):
        ship(berlin, sent(cream, "A", 1), order="order-1")


def test_an_expired_reservation_whose_stock_is_gone_cannot_be_shipped(berlin, cream, lot_a):
    reservation = reserve(line(cream, 10), seconds=60)
    later = NOW + timedelta(hours=1)
    services.release_expired(now=later)
    reserve(line(cream, 5), now=later)

    with pytest.raises(ReservationExpired), transaction.atomic():
        ship(berlin, sent(cream, "A", 10), reservation=reservation, now=later)


# serial numbers


def test_a_shipment_names_the_pieces_that_left(berlin, watch):
    level = inventory.receive(watch, 3, serials=["W1", "W2", "W3"])
    reservation = committed(line(watch, 2))
    assert [ln.unnamed for ln in to_be_named()] == [2]

    ship(berlin, sent(watch, "", 2, serials=["W3", "W1"]), reservation=reservation)

    there = SerialNumber.objects.filter(stock_level=level).values_list("serial", flat=True)
    assert list(there) == ["W2"]
    assert to_be_named().count() == 0
    assert reconcile(now=NOW) == []


def test_a_piece_tells_from_which_bin_it_left(berlin, watch):
    first = inventory.receive(watch, 2, at=inventory.location("A-1"), serials=["W1", "W2"])
    second = inventory.receive(watch, 2, at=inventory.location("A-2"), serials=["W3", "W4"])
    reservation = committed(line(watch, 1))
    assert on_hand(first, second) == [1, 2]

    ship(berlin, sent(watch, "", 1, serials=["W4"]), reservation=reservation)

    assert on_hand(first, second) == [2, 1]
    assert to_be_named().count() == 0
    assert reconcile(now=NOW) == []


def test_pieces_that_a_shipment_leaves_unnamed_are_named_later(berlin, watch):
    inventory.receive(watch, 3, serials=["W1", "W2", "W3"])
    reservation = committed(line(watch, 2))

    ship(berlin, sent(watch, "", 2, serials=["W1"]), reservation=reservation)

    (waiting,) = to_be_named()
    assert waiting.unnamed == 1


def test_refuses_a_piece_that_does_not_lie_in_the_warehouse(berlin, watch):
    inventory.receive(watch, 3, serials=["W1", "W2", "W3"])
    reservation = committed(line(watch, 2))
    before = state()

    with pytest.raises(UnknownSerial, match="W9 does not lie in BER"), transaction.atomic():
        ship(berlin, sent(watch, "", 2, serials=["W1", "W9"]), reservation=reservation)

    assert state() == before
