"""Races of transfers, shipments and receipts. Twins with the guard taken away are seen to fail."""

from collections import Counter
from contextlib import nullcontext
from decimal import Decimal
from functools import partial

import pytest

from inventory.counting.services import reconcile
from inventory.purchasing import services as purchasing
from inventory.purchasing.services import receipts
from inventory.reservations import services as reservations_services
from inventory.reservations.models import Shipment
from inventory.reservations.services.shipping import recording
from inventory.stock import services as stock
from inventory.stock.models import SerialNumber, StockLevel, StockMovement
from inventory.transfers import services
from inventory.transfers.models import Transfer
from inventory.transfers.services import receiving
from tests.factories import catalog, inventory, reservations, transfers
from tests.factories.inventory import NOW

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def sites(real_row_locks):
    berlin = inventory.warehouse()
    inventory.warehouse("LAX", time_zone="America/Los_Angeles")
    inventory.serves("DE", berlin)
    return berlin


def names(answers):
    return Counter(type(answer).__name__ for answer in answers)


def sold():
    return sum(
        StockMovement.objects.filter(kind="sale").values_list("quantity", flat=True), Decimal(0)
    )


def test_a_transfer_that_is_sent_twice_at_once_leaves_once(race):
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    transfer = transfers.planned(transfers.line(ball, 4))

    answers = race([partial(services.dispatch_transfer, transfer_id=transfer.pk, now=NOW)] * 6)

    assert names(answers) == {"Transfer": 6}
    assert transfers.lying("LAX") == {("", "road"): 4}
    assert reconcile(now=NOW) == []


def test_goods_that_are_received_twice_at_once_arrive_once(race):
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    transfer = transfers.sent(transfers.line(ball, 4))
    receive = partial(
        services.receive_transfer,
        transfer_id=transfer.pk,
        arrivals=[transfers.arrival(ball, "", 4)],
        now=NOW,
    )

    answers = race([receive] * 6)

    assert names(answers) == {"Transfer": 1, "TransferEnded": 5}
    assert transfers.lying("LAX") == {("", "DOCK"): 4}
    assert reconcile(now=NOW) == []


def test_twin_without_the_transfers_lock_is_stopped_by_the_constraints_alone(race, monkeypatch):
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    transfer = transfers.sent(transfers.line(ball, 4))
    monkeypatch.setattr(
        receiving,
        "lock_transfer",
        lambda pk: Transfer.objects.select_related("source", "destination").get(pk=pk),
    )
    receive = partial(
        services.receive_transfer,
        transfer_id=transfer.pk,
        arrivals=[transfers.arrival(ball, "", 4)],
        now=NOW,
    )

    answers = race([receive] * 6)

    # Without it some are refused for what lies on the road, instead of being told it is over.
    assert names(answers)["Transfer"] == 1
    assert names(answers)["NotEnoughStock"] >= 1
    assert transfers.lying("LAX") == {("", "DOCK"): 4}


def test_two_transfers_that_go_opposite_ways_do_not_wait_for_each_other_for_ever(race):
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

    answers = race([partial(services.dispatch_transfer, transfer_id=p.pk, now=NOW) for p in plans])

    assert names(answers) == {"Transfer": 12}
    assert reconcile(now=NOW) == []


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


def test_a_shipment_and_a_commit_at_once_take_the_stock_once(race, sites):
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    reservation = reservations.reserve(reservations.line(ball, 3))
    commit = partial(
        reservations_services.commit,
        reservation_id=reservation.pk,
        order_reference="order-1",
        now=NOW,
    )

    answers = race([ship(sites, ball, reservation), commit] * 3)

    assert names(answers) == {"tuple": 3, "Reservation": 3}
    assert sorted(is_new for _, is_new in answers[::2]) == [False, False, True]
    assert sold() == -3
    assert reconcile(now=NOW) == []


def test_parts_of_an_order_reported_at_once_are_no_more_than_was_ordered(race, sites):
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    reservation = reservations.reserve(reservations.line(ball, 3))

    answers = race([ship(sites, ball, reservation, f"S-{n}", quantity=1) for n in range(6)])

    assert names(answers) == {"tuple": 3, "MoreThanOrdered": 3}
    assert sold() == -3
    assert reconcile(now=NOW) == []


def test_twin_without_the_wait_for_its_reference_reports_one_shipment_twice(
    race, sites, monkeypatch
):
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    reservation = reservations.reserve(reservations.line(ball, 3))
    monkeypatch.setattr(recording, "advisory_lock", lambda key: nullcontext())

    answers = race([ship(sites, ball, reservation)] * 6)

    # The reservation's lock and the constraint still let nothing leave twice; but it is an error.
    assert names(answers)["tuple"] < 6
    assert Shipment.objects.count() == 1
    assert sold() == -3


def test_a_receipt_that_is_reported_many_times_at_once_is_booked_once(race, sites):
    ball = catalog.variant(catalog.sports())
    client = reservations.client("stock:write")
    receive = partial(
        purchasing.receive_goods,
        warehouse_id=sites.pk,
        goods=[purchasing.ReceivedGoods(external_id="x1", variant_id=ball.pk, quantity=Decimal(5))],
        client_id=client.pk,
        now=NOW,
    )

    answers = race([receive] * 6)

    assert sorted(is_new for _, is_new in answers) == [False] * 5 + [True]
    assert StockLevel.objects.get().on_hand == 5
    assert reconcile(now=NOW) == []


def test_twin_without_the_wait_for_its_ids_is_stopped_by_the_constraint(race, sites, monkeypatch):
    ball = catalog.variant(catalog.sports())
    client = reservations.client("stock:write")
    monkeypatch.setattr(receipts, "advisory_lock", lambda key: nullcontext())
    receive = partial(
        purchasing.receive_goods,
        warehouse_id=sites.pk,
        goods=[purchasing.ReceivedGoods(external_id="x1", variant_id=ball.pk, quantity=Decimal(5))],
        client_id=client.pk,
        now=NOW,
    )

    answers = race([receive] * 6)

    assert "IntegrityError" in names(answers)
    assert StockLevel.objects.get().on_hand == 5


def test_one_piece_comes_in_once_whoever_scans_it(race, sites):
    watch = catalog.variant(catalog.sports(is_serial_tracked=True))

    answers = race([partial(inventory.receive, watch, 1, serials=["W1"])] * 6)

    assert names(answers) == {"StockLevel": 1, "SerialInStock": 5}
    assert SerialNumber.objects.count() == 1
    assert StockLevel.objects.get().on_hand == 1
    assert reconcile(now=NOW) == []


def test_many_hands_put_one_dock_away_once(race, sites):
    ball = catalog.variant(catalog.sports())
    level = inventory.receive(ball, 5)
    step = stock.Step(
        stock_level_id=level.pk,
        to_location_id=inventory.location("A-1").pk,
        quantity=Decimal(5),
    )

    answers = race([partial(stock.move_many, steps=[step], reason="Put away", now=NOW)] * 6)

    assert names(answers) == {"list": 1, "NotEnoughStock": 5}
    assert reconcile(now=NOW) == []
