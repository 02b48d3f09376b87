"""Transfers, shipments and receipts at once, in processes; twins fail without their guard."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import OperationalError
from django.db.models import F

from inventory.counting.services import reconcile
from inventory.purchasing import services as purchasing
from inventory.purchasing.services import receipts
from inventory.reservations import services as reservations_services
from inventory.reservations.models import Reservation, Shipment, ShipmentPart
from inventory.reservations.services import ending
from inventory.reservations.services.shipping import recording
from inventory.stock import services as stock
from inventory.stock.models import SerialNumber, StockLevel, StockMovement
from inventory.stock.services import moves
from inventory.transfers import services
from inventory.transfers.models import Transfer, TransferItem
from inventory.transfers.services import receiving, sending
from tests.concurrency.guards import constraint_lifted, in_own_order, without_row_locks
from tests.concurrency.processes import at_once, in_between, names
from tests.factories import catalog, inventory, reservations, transfers
from tests.factories.inventory import NOW

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def sites(transactional_db):
    berlin = inventory.warehouse()
    inventory.warehouse("LAX", time_zone="America/Los_Angeles")
    inventory.serves("DE", berlin)
    return berlin


def sold():
    return sum(
        StockMovement.objects.filter(kind="sale").values_list("quantity", flat=True), Decimal(0)
    )


def test_a_transfer_that_is_sent_twice_at_once_leaves_once():
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    transfer = transfers.planned(transfers.line(ball, 4))

    answers = at_once([partial(services.dispatch_transfer, transfer_id=transfer.pk, now=NOW)] * 6)

    assert names(answers) == {"Transfer": 6}
    assert transfers.lying("LAX") == {("", "road"): 4}
    assert reconcile(now=NOW) == []


def test_twin_without_the_transfers_lock_sends_it_twice(monkeypatch):
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    transfer = transfers.planned(transfers.line(ball, 4))
    dispatch = partial(services.dispatch_transfer, transfer_id=transfer.pk, now=NOW)

    without_row_locks(monkeypatch, Transfer)
    with constraint_lifted(TransferItem, "transfer_item_lot_unique"):
        answers = in_between(dispatch, dispatch, before=(sending, "lock_levels"))

        assert names(answers) == {"Transfer": 2}
        assert transfers.lying("LAX") == {("", "road"): 8}  # of four


def test_goods_that_are_received_twice_at_once_arrive_once():
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    transfer = transfers.sent(transfers.line(ball, 4))
    receive = partial(
        services.receive_transfer,
        transfer_id=transfer.pk,
        arrivals=[transfers.arrival(ball, "", 4)],
        now=NOW,
    )

    answers = at_once([receive] * 6)

    assert names(answers) == {"Transfer": 1, "TransferEnded": 5}
    assert transfers.lying("LAX") == {("", "DOCK"): 4}
    assert reconcile(now=NOW) == []


def test_twin_without_the_transfers_lock_is_stopped_by_the_condition_alone(monkeypatch):
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    transfer = transfers.sent(transfers.line(ball, 4))
    receive = partial(
        services.receive_transfer,
        transfer_id=transfer.pk,
        arrivals=[transfers.arrival(ball, "", 4)],
        now=NOW,
    )

    without_row_locks(monkeypatch, Transfer)
    answers = in_between(receive, receive, before=(receiving, "_take_in"))

    # Refused for what lies on the road, instead of being told it is over.
    assert names(answers) == {"Transfer": 1, "NotEnoughStock": 1}
    assert transfers.lying("LAX") == {("", "DOCK"): 4}


def test_two_transfers_that_go_opposite_ways_do_not_wait_for_each_other_for_ever():
    one, two = (catalog.variant(catalog.sports()) for _ in range(2))
    for variant in (one, two):
        inventory.receive(variant, 50)
        inventory.receive(variant, 50, at=inventory.location("A-1", "LAX"))
    plans = []
    for number in range(12):
        lines = [transfers.line(one, 1), transfers.line(two, 1)]
        ends = ("BER", "LAX") if number % 2 else ("LAX", "BER")
        ordered = lines if number % 3 else lines[::-1]
        plans.append(transfers.planned(*ordered, source=ends[0], destination=ends[1]))

    answers = at_once(
        [partial(services.dispatch_transfer, transfer_id=p.pk, now=NOW) for p in plans]
    )

    assert names(answers) == {"Transfer": 12}
    assert reconcile(now=NOW) == []


def test_twin_that_locks_in_the_order_of_the_lines_deadlocks(monkeypatch):
    one, two = (catalog.variant(catalog.sports()) for _ in range(2))
    lines = []
    for variant in (one, two):
        inventory.receive(variant, 50)
        lines.append(transfers.line(variant, 1))
    plans = [transfers.planned(*lines), transfers.planned(*lines[::-1])]
    send = [partial(services.dispatch_transfer, transfer_id=p.pk, now=NOW) for p in plans]

    in_order = in_own_order(monkeypatch, sending)
    answers = at_once(
        [partial(in_order, [one, two], send[0]), partial(in_order, [two, one], send[1])]
    )

    assert names(answers) == {"Transfer": 1, "OperationalError": 1}
    (error,) = [answer for answer in answers if isinstance(answer, OperationalError)]
    assert "deadlock detected" in str(error)


def ship(berlin, ball, reservation, reference="S-1", quantity=3):
    return partial(
        reservations_services.record_shipment,
        warehouse_id=berlin.pk,
        lines=[
            reservations_services.SentLine(
                variant_id=ball.pk, lot_code="", quantity=Decimal(quantity)
            )
        ],
        reference=reference,
        reservation_id=reservation.pk,
        order_reference="order-1",
        now=NOW,
    )


def test_a_shipment_and_a_commit_at_once_take_the_stock_once(sites):
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    reservation = reservations.reserve(reservations.line(ball, 3))
    commit = partial(
        reservations_services.commit,
        reservation_id=reservation.pk,
        order_reference="order-1",
        now=NOW,
    )

    answers = at_once([ship(sites, ball, reservation), commit] * 3)

    assert names(answers) == {"tuple": 3, "Reservation": 3}
    assert sorted(is_new for _, is_new in answers[::2]) == [False, False, True]
    assert sold() == -3
    assert reconcile(now=NOW) == []


def test_twin_without_the_locks_takes_it_twice(sites, monkeypatch):
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    reservation, _ = (reservations.reserve(reservations.line(ball, 3)) for _ in range(2))
    commit = partial(
        reservations_services.commit,
        reservation_id=reservation.pk,
        order_reference="order-1",
        now=NOW,
    )

    without_row_locks(monkeypatch, Reservation, StockLevel)
    answers = in_between(ship(sites, ball, reservation), commit, before=(ending.stock, "ship"))

    assert names(answers) == {"tuple": 1, "Reservation": 1}
    assert sold() == -6  # of the three that were ordered, and what another was promised is gone
    assert reconcile(now=NOW) != []


def test_parts_of_an_order_reported_at_once_are_no_more_than_was_ordered(sites):
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    reservation = reservations.reserve(reservations.line(ball, 3))

    answers = at_once([ship(sites, ball, reservation, f"S-{n}", quantity=1) for n in range(6)])

    assert names(answers) == {"tuple": 3, "MoreThanOrdered": 3}
    assert sold() == -3
    assert reconcile(now=NOW) == []


def test_twin_without_the_locks_confirms_more_than_was_ordered(sites, monkeypatch):
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    reservation = reservations.reserve(reservations.line(ball, 3))
    reservations_services.commit(reservation_id=reservation.pk, order_reference="order-1", now=NOW)
    parts = [ship(sites, ball, reservation, f"S-{n}", quantity=3) for n in range(2)]

    without_row_locks(monkeypatch, Reservation, StockLevel)
    answers = in_between(*parts, before=(recording, "check_excess"))

    assert names(answers) == {"tuple": 2}
    confirmed = ShipmentPart.objects.values_list("quantity", flat=True)
    assert (sum(confirmed), sold()) == (6, -3)


def test_twin_without_the_wait_for_its_reference_is_refused_instead_of_known(sites, monkeypatch):
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    reservation = reservations.reserve(reservations.line(ball, 3))
    shipped = ship(sites, ball, reservation)

    monkeypatch.setattr(recording, "advisory_lock", lambda key: None)
    answers = in_between(shipped, shipped, before=(recording, "check_external_ids"))

    # The reservation's lock still lets nothing leave twice; but it is an error.
    assert names(answers) == {"tuple": 1, "MoreThanOrdered": 1}
    assert Shipment.objects.count() == 1
    assert sold() == -3


def test_a_receipt_that_is_reported_many_times_at_once_is_booked_once(sites):
    ball = catalog.variant(catalog.sports())
    client = reservations.client("stock:write")
    receive = partial(
        purchasing.receive_goods,
        warehouse_id=sites.pk,
        goods=[purchasing.ReceivedGoods(external_id="x1", variant_id=ball.pk, quantity=Decimal(5))],
        client_id=client.pk,
        now=NOW,
    )

    answers = at_once([receive] * 6)

    assert sorted(is_new for _, is_new in answers) == [False] * 5 + [True]
    assert StockLevel.objects.get().on_hand == 5
    assert reconcile(now=NOW) == []


def test_twin_without_the_wait_for_its_ids_is_stopped_by_the_constraint(sites, monkeypatch):
    ball = catalog.variant(catalog.sports())
    client = reservations.client("stock:write")
    receive = partial(
        purchasing.receive_goods,
        warehouse_id=sites.pk,
        goods=[purchasing.ReceivedGoods(external_id="x1", variant_id=ball.pk, quantity=Decimal(5))],
        client_id=client.pk,
        now=NOW,
    )

    monkeypatch.setattr(receipts, "advisory_lock", lambda key: None)
    answers = in_between(receive, receive, before=(receipts, "_looked_at"))

    assert names(answers) == {"tuple": 1, "IntegrityError": 1}
    assert StockLevel.objects.get().on_hand == 5


def test_one_piece_comes_in_once_whoever_scans_it(sites):
    """Without a twin: the new lot, the level and the piece itself each make the second one wait."""
    watch = catalog.variant(catalog.sports(is_serial_tracked=True))

    answers = at_once([partial(inventory.receive, watch, 1, serials=["W1"])] * 6)

    assert names(answers) == {"StockLevel": 1, "SerialInStock": 5}
    assert SerialNumber.objects.count() == 1
    assert StockLevel.objects.get().on_hand == 1
    assert reconcile(now=NOW) == []


def putting_away():
    """All five that lie on the dock go to a bin."""
    level = inventory.receive(catalog.variant(catalog.sports()), 5)
    step = stock.Step(
        stock_level_id=level.pk,
        to_location_id=inventory.location("A-1").pk,
        quantity=Decimal(5),
    )
    return partial(stock.move_many, steps=[step], reason="Put away", now=NOW)


def test_many_hands_put_one_dock_away_once():
    answers = at_once([putting_away()] * 6)

    assert names(answers) == {"list": 1, "NotEnoughStock": 5}
    assert reconcile(now=NOW) == []


def test_twin_without_lock_and_condition_is_stopped_by_the_constraint_alone(monkeypatch):
    put_away = putting_away()

    def lower_without_condition(level, variant, quantity, *, now):
        StockLevel.objects.filter(pk=level.pk).update(on_hand=F("on_hand") - quantity)

    without_row_locks(monkeypatch, StockLevel)
    monkeypatch.setattr(moves, "lower_on_hand", lower_without_condition)
    answers = in_between(put_away, put_away, before=(moves, "lower_on_hand"))

    assert names(answers) == {"list": 1, "IntegrityError": 1}
    assert StockMovement.objects.filter(kind="move").count() == 2
