import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from config.kernel.alerts import Alert
from config.kernel.errors import InvalidInput
from config.kernel.outbox import OutboxEvent
from inventory.counting.services import reconcile
from inventory.lots.errors import LotRequired
from inventory.lots.models import HoldReason
from inventory.reservations.selectors import free_stock
from inventory.stock import services as stock
from inventory.stock.errors import (
    InvalidQuantity,
    NotEnoughStock,
    OnTheRoad,
    ReasonRequired,
    SerialsRequired,
    UnknownSerial,
    WrongDestination,
)
from inventory.stock.models import StockLevel, StockMovement
from inventory.stock.selectors.serials import serials_on
from inventory.transfers import services
from inventory.transfers.errors import (
    InvalidTransfer,
    MoreThanSent,
    NotInTransfer,
    TransferEnded,
    TransferNotSent,
    TransferReferenceTaken,
    TransferUnderWay,
    UnknownTransfer,
)
from inventory.transfers.models import Transfer, TransferItem
from inventory.transfers.selectors import arrival_dates
from tests.factories import catalog, inventory, reservations
from tests.factories import transfers as make

pytestmark = pytest.mark.django_db
NOW = make.NOW
TODAY = date(2026, 11, 24)


def item(transfer):
    return TransferItem.objects.get(transfer=transfer)


def receive(transfer, *arrivals, **fields):
    return services.receive_transfer(
        transfer_id=transfer.pk, arrivals=arrivals or None, now=fields.pop("now", NOW), **fields
    )


# planning


def test_a_planned_transfer_moves_nothing(cream):
    inventory.receive(cream, 10, lot="L1", expires="2028-01-01")
    before = inventory.stock_state()

    transfer = make.planned(make.line(cream, 4, lot_code="L1"), expected_date=date(2026, 11, 28))

    assert transfer.status == "planned"
    assert transfer.reference.startswith("TR-")
    assert inventory.stock_state() == before


def test_names_every_line_that_is_wrong(cream):
    bundle = catalog.bundle().variants.first()
    before = make.state()

    with pytest.raises(InvalidTransfer) as refusal:
        make.planned(
            make.line(cream, "1.5"),
            make.line(cream, 1, lot_code="NONE"),
            make.line(cream, 1, serials=["A"]),
            make.line(bundle, 1) if bundle else make.line(cream, 0),
        )

    assert [(e.pointer, e.code) for e in refusal.value.errors][:3] == [
        ("/lines/0/quantity", "invalid-quantity"),
        ("/lines/1/lot", "unknown-lot"),
        ("/lines/2/serials", "invalid-serial"),
    ]
    assert len(refusal.value.errors) == 4
    assert make.state() == before


def test_refuses_a_transfer_that_cannot_be(cream):
    make.planned(make.line(cream, 1), reference="T-1")
    before = make.state()

    for fields, error in [
        ({"destination": "BER"}, InvalidInput),
        ({"expected_date": date(2026, 11, 23)}, InvalidInput),
        ({"reference": "x" * 101}, InvalidInput),
        ({"reference": "T-1"}, TransferReferenceTaken),
    ]:
        with pytest.raises(error):
            make.planned(make.line(cream, 1), **fields)

    assert make.state() == before


def test_a_cancelled_transfer_frees_its_reference_and_is_cancelled_twice(cream):
    transfer = make.planned(make.line(cream, 1), reference="T-1")

    services.cancel_transfer(transfer_id=transfer.pk, now=NOW)
    services.cancel_transfer(transfer_id=transfer.pk, now=NOW)

    assert make.planned(make.line(cream, 1), reference="T-1").status == "planned"
    events = OutboxEvent.objects.filter(type="transfer.cancelled")
    assert events.count() == 1
    with pytest.raises(TransferEnded):
        services.dispatch_transfer(transfer_id=transfer.pk, now=NOW)


# dispatch


def test_goods_on_the_road_are_on_hand_and_available_nowhere(cream):
    inventory.receive(cream, 10, lot="L1", expires="2028-01-01")

    transfer = make.sent(make.line(cream, 4))

    assert make.lying("BER") == {("L1", "DOCK"): 6}
    assert make.lying("LAX") == {("L1", "road"): 4}
    assert sum(row.free for row in free_stock(variant_ids=[cream.pk])) == 6
    lines = StockMovement.objects.filter(kind="transfer")
    assert {line.reference for line in lines} == {transfer.reference}
    assert len({line.step_id for line in lines}) == 1
    assert sum(line.quantity for line in lines) == 0
    assert reconcile(now=NOW) == []


def test_what_expires_first_is_sent_first_and_lots_on_hold_stay(cream):
    held = inventory.receive(cream, 5, lot="HELD", expires="2027-01-01")
    inventory.receive(cream, 3, lot="SOON", expires="2027-06-01")
    inventory.receive(cream, 5, lot="LATE", expires="2028-06-01")
    stock.place_hold(
        lot_id=held.lot_id, reason=HoldReason.QUALITY, note="look", now=NOW, user_id=None
    )

    make.sent(make.line(cream, 5))

    assert make.lying("LAX") == {("SOON", "road"): 3, ("LATE", "road"): 2}


def test_a_lot_on_hold_travels_when_it_is_named_and_stays_on_hold(cream):
    held = inventory.receive(cream, 5, lot="HELD", expires="2027-01-01")
    stock.place_hold(
        lot_id=held.lot_id, reason=HoldReason.QUALITY, note="look", now=NOW, user_id=None
    )

    receive(make.sent(make.line(cream, 5, lot_code="HELD")))

    assert make.lying("LAX") == {("HELD", "DOCK"): 5}
    assert free_stock(variant_ids=[cream.pk]) == []


def test_a_lot_in_many_bins_is_taken_from_all_of_them(cream):
    for place, quantity in [("A-1", 2), ("A-2", 3)]:
        inventory.receive(
            cream, quantity, lot="L1", expires="2028-01-01", at=inventory.location(place)
        )

    transfer = make.sent(make.line(cream, 4, lot_code="L1"), make.line(cream, 1))

    assert item(transfer).sent == 5
    assert make.lying("LAX") == {("L1", "road"): 5}
    assert reconcile(now=NOW) == []


def test_promised_stock_stays_unless_the_operator_says_otherwise(cream):
    inventory.receive(cream, 10, lot="L1", expires="2028-01-01")
    reservation = reservations.reserve(reservations.line(cream, 8))
    before = make.state()

    said = "BER can send 2 each of COS-CREAM-50, 5 are to go"
    with pytest.raises(NotEnoughStock, match=said), transaction.atomic():
        make.sent(make.line(cream, 5))
    assert make.state() == before

    make.sent(make.line(cream, 5), may_take_promised=True)

    assert reservations.kept(reservation) == [("L1", 5)]
    assert reservation.lines.get().shortage == 3
    assert reservations.broken_invariants() == []


def test_free_stock_goes_before_what_is_promised(cream):
    inventory.receive(cream, 5, lot="SOON", expires="2027-06-01")
    reservation = reservations.reserve(reservations.line(cream, 5))
    inventory.receive(cream, 5, lot="LATE", expires="2028-06-01")

    make.sent(make.line(cream, 5), may_take_promised=True)

    assert make.lying("LAX") == {("LATE", "road"): 5}
    assert reservations.kept(reservation) == [("SOON", 5)]


def test_sending_twice_sends_once(cream):
    inventory.receive(cream, 10, lot="L1", expires="2028-01-01")
    transfer = make.sent(make.line(cream, 4))
    before = make.state()

    services.dispatch_transfer(transfer_id=transfer.pk, now=NOW)

    assert make.state() == before
    with pytest.raises(TransferUnderWay):
        services.cancel_transfer(transfer_id=transfer.pk, now=NOW)
    with pytest.raises(UnknownTransfer):
        services.dispatch_transfer(transfer_id=uuid.uuid4(), now=NOW)


def test_goods_on_the_road_change_with_their_transfer_alone(cream):
    inventory.receive(cream, 10, lot="L1", expires="2028-01-01")
    make.sent(make.line(cream, 4))
    road = StockLevel.objects.get(location__kind="in_transit")
    before = make.state()
    one = {"stock_level_id": road.pk, "quantity": Decimal(1), "reason": "why", "now": NOW}

    for change, fields in [
        (stock.write_off, one),
        (stock.return_to_supplier, {**one, "reference": ""}),
        (stock.move, {**one, "to_location_id": inventory.location("L-1", "LAX").pk}),
    ]:
        with pytest.raises(OnTheRoad, match="lot L1 in LAX TRANSIT is on the road"):
            change(**fields)
    with pytest.raises(OnTheRoad):
        stock.adjust(stock_level_id=road.pk, quantity_delta=Decimal(1), reason="why", now=NOW)
    assert make.state() == before

    stock.write_off_lots(lot_ids=[road.lot_id], reason="burnt", now=NOW)

    assert make.lying("LAX") == {("L1", "road"): 4}
    assert make.lying("BER") == {}


# receiving


def test_everything_that_was_sent_arrives_on_the_dock_and_may_be_sold(cream):
    inventory.receive(cream, 10, lot="L1", expires="2028-01-01")
    transfer = make.sent(make.line(cream, 4))

    transfer = receive(transfer, now=NOW + timedelta(days=2))

    assert transfer.status == "received"
    assert transfer.ended_at == NOW + timedelta(days=2)
    assert make.lying("LAX") == {("L1", "DOCK"): 4}
    assert sum(row.free for row in free_stock(variant_ids=[cream.pk])) == 10
    (event,) = OutboxEvent.objects.filter(type="transfer.received")
    assert event.payload["is_complete"] is True
    assert reconcile(now=NOW + timedelta(days=2)) == []


def test_what_arrives_fills_what_is_short(cream):
    inventory.receive(cream, 4, lot="L1", expires="2028-01-01")
    reservation = reservations.reserve(reservations.line(cream, 4))
    transfer = make.sent(make.line(cream, 4), may_take_promised=True)
    assert reservation.lines.get().shortage == 4

    receive(transfer)

    assert reservation.lines.get().shortage == 0
    assert reservations.broken_invariants() == []


def test_a_part_arrives_in_its_bins_and_the_rest_stays_on_the_road(cream):
    inventory.receive(cream, 10, lot="L1", expires="2028-01-01")
    transfer = make.sent(make.line(cream, 6))

    transfer = receive(
        transfer,
        make.arrival(cream, "L1", 2, location_id=inventory.location("L-1", "LAX").pk),
        make.arrival(cream, "L1", 1, location_id=inventory.location("L-2", "LAX").pk),
    )

    assert transfer.status == "partly_received"
    assert make.lying("LAX") == {("L1", "road"): 3, ("L1", "L-1"): 2, ("L1", "L-2"): 1}
    assert item(transfer).on_the_road == 3


def test_what_is_missing_stays_on_the_road_until_it_is_written_off(cream):
    inventory.receive(cream, 10, lot="L1", expires="2028-01-01")
    transfer = make.sent(make.line(cream, 6))

    transfer = receive(transfer, make.arrival(cream, "L1", 4), is_all=True)

    assert (transfer.status, transfer.short_at) == ("partly_received", NOW)
    alert = Alert.objects.get(kind="transfer")
    assert "COS-CREAM-50 lot L1: 2 of 6 missing" in alert.detail
    with pytest.raises(ReasonRequired):
        services.write_off_missing(
            item_id=item(transfer).pk, quantity=Decimal(2), reason=" ", now=NOW
        )

    transfer = services.write_off_missing(
        item_id=item(transfer).pk, quantity=Decimal(2), reason="stolen", now=NOW
    )

    alert.refresh_from_db()
    assert transfer.status == "received"
    assert alert.resolved_at == NOW
    assert make.lying("LAX") == {("L1", "DOCK"): 4}
    line = StockMovement.objects.get(kind="write_off")
    assert (line.reason, line.reference) == ("stolen", transfer.reference)


def test_more_than_was_sent_is_refused_or_found(cream):
    inventory.receive(cream, 10, lot="L1", expires="2028-01-01")
    transfer = make.sent(make.line(cream, 4))
    before = make.state()

    with pytest.raises(MoreThanSent, match="5 each are said to have arrived, 4 were on the road"):
        receive(transfer, make.arrival(cream, "L1", 3), make.arrival(cream, "L1", 2))
    assert make.state() == before

    transfer = receive(transfer, make.arrival(cream, "L1", 5), may_find_more=True)

    assert transfer.status == "received"
    assert (item(transfer).received, item(transfer).surplus) == (4, 1)
    assert make.lying("LAX") == {("L1", "DOCK"): 5}
    found = StockMovement.objects.get(kind="adjustment")
    assert (found.quantity, found.reason) == (1, "found: more than BER sent")
    assert reconcile(now=NOW) == []


def test_refuses_what_cannot_have_arrived(cream, los_angeles):
    inventory.receive(cream, 10, lot="L1", expires="2028-01-01")
    transfer = make.sent(make.line(cream, 4))
    other = catalog.variant(catalog.cosmetic())
    before = make.state()

    for arrival, error in [
        (make.arrival(cream, "", 1), LotRequired),
        (make.arrival(cream, "L2", 1), NotInTransfer),
        (make.arrival(other, "L1", 1), NotInTransfer),
        (make.arrival(cream, "L1", "0.5"), InvalidQuantity),
        (make.arrival(cream, "L1", 0), InvalidQuantity),
        (make.arrival(cream, "L1", 1, location_id=inventory.location("A-1").pk), WrongDestination),
        (make.arrival(cream, "L1", 1, location_id=987654), WrongDestination),
    ]:
        with pytest.raises(error):
            receive(transfer, arrival)
    assert make.state() == before


def test_nothing_arrives_before_it_left_or_after_all_is_there(cream):
    inventory.receive(cream, 10, lot="L1", expires="2028-01-01")
    planned = make.planned(make.line(cream, 1))
    done = make.sent(make.line(cream, 1))
    receive(done)

    with pytest.raises(TransferNotSent):
        receive(planned)
    with pytest.raises(TransferEnded):
        receive(done)
    with pytest.raises(TransferEnded):
        services.write_off_missing(
            item_id=item(done).pk, quantity=Decimal(1), reason="why", now=NOW
        )


# serial numbers


def test_pieces_travel_by_their_numbers(watch):
    inventory.receive(watch, 3, serials=["W1", "W2", "W3"])

    transfer = make.sent(make.line(watch, 2, serials=["W3", "W1"]))
    road = item(transfer).road_level_id
    assert serials_on([road]) == {road: ["W1", "W3"]}
    with pytest.raises(SerialsRequired):
        receive(transfer, make.arrival(watch, "", 1))
    receive(transfer, make.arrival(watch, "", 1, serials=["W3"]))
    receive(transfer)

    dock = StockLevel.objects.get(location=inventory.location("DOCK", "LAX"))
    assert serials_on([dock.pk]) == {dock.pk: ["W1", "W3"]}


def test_pieces_that_nobody_names_or_that_are_not_there_do_not_leave(watch):
    inventory.receive(watch, 3, serials=["W1", "W2", "W3"])

    with pytest.raises(SerialsRequired), transaction.atomic():
        make.sent(make.line(watch, 2))
    with pytest.raises(NotEnoughStock), transaction.atomic():
        make.sent(make.line(watch, 2, serials=["W1", "W9"]))
    transfer = make.sent(make.line(watch, 1, serials=["W1"]))
    with pytest.raises(UnknownSerial):
        receive(transfer, make.arrival(watch, "", 1, serials=["W2"]))


# what is expected


def test_goods_on_the_road_say_when_they_are_expected(cream, los_angeles):
    inventory.receive(cream, 10, lot="L1", expires="2028-01-01")
    make.sent(make.line(cream, 1), expected_date=date(2026, 11, 30))
    transfer = make.sent(make.line(cream, 1), expected_date=date(2026, 11, 28))
    make.planned(make.line(cream, 1), expected_date=date(2026, 11, 25))
    asked = {"warehouse_ids": [los_angeles.pk], "today": TODAY}

    assert arrival_dates([cream.pk], **asked) == {cream.pk: date(2026, 11, 28)}
    services.set_expected_date(transfer_id=transfer.pk, expected_date=None, now=NOW)
    assert arrival_dates([cream.pk], **asked) == {cream.pk: date(2026, 11, 30)}


def test_alerts_once_to_goods_that_should_have_arrived(cream):
    inventory.receive(cream, 10, lot="L1", expires="2028-01-01")
    transfer = make.sent(make.line(cream, 1), expected_date=date(2026, 11, 25))
    in_time = NOW + timedelta(days=1)
    late = NOW + timedelta(days=2)

    assert services.alert_overdue(now=in_time) == 0
    assert services.alert_overdue(now=late) == 1
    assert services.alert_overdue(now=late) == 0
    receive(transfer, now=late)

    assert Alert.objects.get(kind="transfer").resolved_at == late


def test_the_database_keeps_no_transfer_to_where_it_came_from(berlin):
    with pytest.raises(IntegrityError), transaction.atomic():
        Transfer.objects.create(reference="T", source=berlin, destination=berlin, created_at=NOW)
