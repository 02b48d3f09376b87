from datetime import date, timedelta
from decimal import Decimal

import pytest

from config.kernel.alerts import Alert
from config.kernel.models import OutboxEvent
from inventory.counting.services import reconcile
from inventory.lots.models import HoldReason, Lot, LotHold
from inventory.recalls.selectors import balances_of
from inventory.reservations import services as reservations_services
from inventory.reservations.errors import InsufficientStock, ReservationExpired
from inventory.reservations.models import Reservation
from inventory.returns import services
from inventory.returns.errors import (
    AmbiguousOrder,
    CannotRestock,
    InvalidReturn,
    MoreThanSold,
    NoExchange,
    NotAllInspected,
    NothingReceived,
    NotInReturn,
    ReturnEnded,
    ReturnReferenceTaken,
    ReturnUnderWay,
    UnknownOrder,
)
from inventory.returns.models import (
    ReturnAuthorization,
    ReturnChange,
    ReturnLine,
    ReturnOutcome,
    ReturnPart,
)
from inventory.stock import services as stock
from inventory.stock.errors import (
    InvalidSerial,
    NotInspected,
    ReasonRequired,
    SerialsRequired,
    UnknownSerial,
)
from inventory.stock.models import SerialNumber, StockLevel, StockMovement
from tests.factories import bundles, catalog, inventory, reservations
from tests.factories import returns as make

pytestmark = pytest.mark.django_db
NOW = make.NOW


@pytest.fixture
def stocked(cream):
    return inventory.receive(cream, 10, lot="L1", expires="2027-12-31")


def codes(error):
    return [one.code for one in error.value.errors]


def pointers(error):
    return [one.pointer for one in error.value.errors]


# authorise


def test_names_the_only_lot_that_was_sold(cream, stocked):
    make.sold(cream, 3)

    found = make.authorised(make.asked(cream, 2, reason="damaged"), reference="R-1")

    line = found.lines.get()
    part = line.parts.get()
    assert (found.status, found.order_reference, found.reference) == ("authorised", "W-1", "R-1")
    assert (line.quantity, line.reason, line.lot.code) == (2, "damaged", "L1")
    assert (part.quantity, part.sold_line.variant_id) == (2, cream.pk)
    assert make.lying(cream) == {("L1", "DOCK"): Decimal(7)}
    assert list(found.changes.values_list("kind", flat=True)) == ["authorised"]
    assert OutboxEvent.objects.filter(type="return.authorised").count() == 1


def test_leaves_the_lot_open_where_several_were_sold(cream, stocked):
    inventory.receive(cream, 5, lot="L0", expires="2027-06-30")
    make.sold(cream, 7)

    found = make.authorised(make.asked(cream, 2), make.asked(cream, 1, lot_code="L1"))

    assert [line.lot and line.lot.code for line in found.lines.order_by("position")] == [None, "L1"]


def test_no_more_comes_back_than_was_sold(cream, stocked):
    make.sold(cream, 3)
    make.authorised(make.asked(cream, 2))
    before = make.state()

    with pytest.raises(MoreThanSold) as error:
        make.authorised(make.asked(cream, 1), make.asked(cream, 1))

    assert pointers(error) == ["/lines/1/quantity"]
    assert "0 each of order W-1 can still come back" in error.value.errors[0].detail
    assert make.state() == before


def test_what_a_cancelled_return_announced_can_come_back_again(cream, stocked):
    make.sold(cream, 1)
    first = make.authorised(make.asked(cream))
    services.cancel_return(return_id=first.pk, now=NOW)

    again = make.authorised(make.asked(cream))

    assert again.status == "authorised"
    assert services.cancel_return(return_id=first.pk, now=NOW).status == "cancelled"


def test_what_a_closed_return_never_brought_can_come_back_again(cream, stocked):
    make.sold(cream, 3)
    found = make.received(make.authorised(make.asked(cream, 3)), make.arrived(1))
    make.inspected(found, make.verdict("scrap"))
    services.close_return(return_id=found.pk, now=NOW)

    make.authorised(make.asked(cream, 2))

    with pytest.raises(MoreThanSold):
        make.authorised(make.asked(cream, 1))


def test_an_order_nobody_sold_is_refused(cream, stocked):
    with pytest.raises(UnknownOrder):
        make.authorised(make.asked(cream), order="W-404")

    assert ReturnAuthorization.objects.count() == 0


def test_an_order_of_two_clients_is_asked_by_the_one_who_sold_it(cream, stocked):
    one, other, third = (reservations.client() for _ in range(3))
    make.sold(cream, 1, client_id=one.pk)
    make.sold(cream, 2, client_id=other.pk)

    with pytest.raises(AmbiguousOrder):
        make.authorised(make.asked(cream, 1), client_id=third.pk)
    with pytest.raises(MoreThanSold):
        make.authorised(make.asked(cream, 2), client_id=one.pk)
    assert make.authorised(make.asked(cream, 2), client_id=other.pk).status == "authorised"


def test_the_same_again_is_the_return_there_is(cream, stocked):
    client = reservations.client()
    make.sold(cream, 5)
    first = make.authorised(make.asked(cream, 1), reference="R-1", client_id=client.pk)

    again, is_new = services.authorise_return(
        order_reference="W-1",
        lines=[make.asked(cream, 1)],
        reference="R-1",
        client_id=client.pk,
        now=NOW,
    )

    assert (again.pk, is_new) == (first.pk, False)
    with pytest.raises(ReturnReferenceTaken):
        make.authorised(make.asked(cream, 2), reference="R-1", client_id=client.pk)
    assert ReturnAuthorization.objects.count() == 1


def test_a_lot_that_was_not_sold_is_refused(cream, stocked):
    make.sold(cream, 1)
    inventory.receive(cream, 5, lot="L9")

    with pytest.raises(InvalidReturn) as error:
        make.authorised(make.asked(cream, lot_code="L9"))
    with pytest.raises(InvalidReturn) as unknown:
        make.authorised(make.asked(cream, lot_code="L404"))

    assert (codes(error), codes(unknown)) == (["lot-not-sold"], ["unknown-lot"])


def test_part_of_a_bundle_comes_back_by_its_component(cream, ball, stocked):
    inventory.receive(ball, 5)
    bundle = catalog.variant(bundles.of((cream, 2), (ball, 1), sku="BDL-SET-1"))
    make.sold(bundle, 2)

    found = make.authorised(make.asked(cream, 3))

    assert found.lines.get().parts.get().sold_line.parent.variant.sku == "BDL-SET-1"
    with pytest.raises(MoreThanSold):
        make.authorised(make.asked(cream, 2))
    with pytest.raises(InvalidReturn) as error:
        make.authorised(make.asked(bundle, 1))
    assert "is a bundle" in error.value.errors[0].detail


def test_a_blind_return_needs_a_reason_and_an_unknown_order(cream, stocked):
    make.sold(cream, 1)

    def blind(**fields):
        return services.authorise_blind_return(
            market="DE", lines=[make.asked(cream)], now=NOW, **fields
        )

    with pytest.raises(ReasonRequired):
        blind(reason=" ")
    with pytest.raises(Exception, match="is on file"):
        blind(reason="gift", order_reference="W-1")
    found = blind(reason="Marketplace order", order_reference="M-77")
    assert (found.is_blind, found.blind_reason) == (True, "Marketplace order")
    assert ReturnPart.objects.count() == 0


# receive


def test_what_came_is_on_hand_and_not_for_sale(cream, stocked):
    make.sold(cream, 10)
    found = make.received(make.authorised(make.asked(cream, 4)), make.arrived(3))

    level = StockLevel.objects.get(location__kind="returns")
    movement = level.movements.get()
    assert (found.status, found.warehouse.code) == ("received", "BER")
    assert (movement.kind, movement.quantity, movement.reference) == (
        "return", 3, found.reference,
    )  # fmt: skip
    assert make.lying(cream) == {("L1", "returns"): Decimal(3)}
    with pytest.raises(InsufficientStock):
        reservations.reserve(reservations.line(cream, 1))
    with pytest.raises(NotInspected):
        stock.write_off(stock_level_id=level.pk, quantity=Decimal(1), reason="gone", now=NOW)
    dock = StockLevel.objects.get(location__code="DOCK").location_id
    with pytest.raises(NotInspected):
        stock.move(
            stock_level_id=level.pk,
            to_location_id=dock,
            quantity=Decimal(1),
            reason="tidy",
            now=NOW,
        )
    assert make.received(found).lines.get().received == 4


def test_more_than_announced_is_taken_as_far_as_it_was_sold(cream, stocked):
    make.sold(cream, 3)
    found = make.authorised(make.asked(cream, 1))
    make.received(found, make.arrived(2))
    before = make.state()

    with pytest.raises(MoreThanSold) as error:
        make.received(found, make.arrived(2))

    assert pointers(error) == ["/lines/0/quantity"]
    assert make.state() == before
    assert ReturnPart.objects.get().quantity == 2
    with pytest.raises(MoreThanSold):
        make.authorised(make.asked(cream, 2))


def test_goods_of_an_unknown_lot_lie_in_one_of_their_own_on_hold(cream, stocked):
    inventory.receive(cream, 5, lot="L0", expires="2027-06-30")
    make.sold(cream, 7)
    found = make.received(make.authorised(make.asked(cream, 2), reference="R-1"))

    lot = Lot.objects.get(code="UNKNOWN-R-1")
    assert (lot.expiry_date, lot.unit_cost) == (date(2027, 6, 30), None)
    assert LotHold.objects.get(lot=lot).reason == HoldReason.QUALITY
    assert not found.lines.get().items.get().is_identified
    with pytest.raises(CannotRestock) as error:
        make.inspected(found, make.verdict("restock", 2, is_sealed=True))
    assert codes(error) == ["lot-unknown", "on-hold"]


def test_a_lot_read_at_inspection_takes_the_goods(cream, stocked):
    inventory.receive(cream, 5, lot="L0", expires="2027-06-30")
    make.sold(cream, 7)
    found = make.received(make.authorised(make.asked(cream, 2), reference="R-1"))

    make.inspected(found, make.verdict("restock", 2, is_sealed=True, lot_code="L1"))

    assert make.lying(cream) == {("L1", "DOCK"): Decimal(10)}
    lots = {lot.code: lot.pk for lot in Lot.objects.all()}
    balances = balances_of(lots.values())
    assert balances[lots["L1"]].returned == 2
    assert balances[lots["UNKNOWN-R-1"]].returned == 0
    assert reconcile(now=NOW) == []


# inspect


def test_a_line_is_split_over_what_becomes_of_it(cream, stocked, berlin):
    make.sold(cream, 10)
    found = make.received(make.authorised(make.asked(cream, 10), reference="R-1"))
    bin_ = inventory.location("A-1")

    make.inspected(
        found,
        make.verdict("restock", 4, is_sealed=True, location_id=bin_.pk),
        make.verdict("quarantine", 2, condition="dented"),
        make.verdict("refurbish", 1, is_sealed=True),
        make.verdict("scrap", 1, condition="broken"),
    )
    found = make.inspected(found, make.verdict("back_to_supplier", 2, reference="SUP-9"))

    assert found.status == "inspected"
    assert make.lying(cream) == {
        ("L1", "A-1"): Decimal(4),
        ("L1/Q", "DOCK"): Decimal(2),
        ("REF-R-1", "DOCK"): Decimal(1),
    }
    source = Lot.objects.get(code="L1")
    for code, is_refurbished in (("L1/Q", False), ("REF-R-1", True)):
        lot = Lot.objects.get(code=code)
        assert (lot.split_from, lot.expiry_date) == (source, source.expiry_date)
        assert lot.is_refurbished == is_refurbished
        assert LotHold.objects.get(lot=lot).reason == HoldReason.QUALITY
    kinds = set(
        StockMovement.objects.filter(quantity__lt=0).values_list("kind", "quantity", "reference")
    )
    assert ("write_off", Decimal(-1), "R-1") in kinds
    assert ("supplier_return", Decimal(-2), "SUP-9") in kinds
    assert reconcile(now=NOW) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ["seal-not-checked"]),
        ({"is_sealed": False}, ["not-sealed"]),
        ({"is_sealed": True, "now": NOW + timedelta(days=400)}, ["shelf-life"]),
    ],
)
def test_a_cosmetic_goes_back_only_sealed_and_with_shelf_life_left(
    cream, stocked, fields, expected
):
    make.sold(cream, 1)
    found = make.received(make.authorised(make.asked(cream)))
    before = make.state()
    now = fields.pop("now", NOW)

    for disposition in ("restock", "refurbish"):
        with pytest.raises(CannotRestock) as error:
            make.inspected(found, make.verdict(disposition, **fields), now=now)
        assert codes(error) == expected
        assert pointers(error) == ["/lines/0/disposition"]

    assert make.state() == before


def test_the_last_day_of_sale_is_a_day_of_sale(cream):
    inventory.receive(cream, 1, lot="L1", expires="2026-12-24")
    make.sold(cream, 1)
    found = make.received(make.authorised(make.asked(cream)))

    make.inspected(found, make.verdict("restock", is_sealed=True))

    assert make.lying(cream) == {("L1", "DOCK"): Decimal(1)}


def test_a_recalled_lot_stays_frozen_and_its_return_counts(cream, stocked):
    make.sold(cream, 2)
    stock.place_hold(
        lot_id=stocked.lot_id, reason=HoldReason.RECALL, note="glass", now=NOW, user_id=None
    )
    found = make.received(make.authorised(make.asked(cream, 2)))

    with pytest.raises(CannotRestock) as error:
        make.inspected(found, make.verdict("restock", 2, is_sealed=True))
    make.inspected(found, make.verdict("quarantine", 1), make.verdict("scrap", 1))

    assert codes(error) == ["recalled"]
    assert make.lying(cream) == {("L1", "DOCK"): Decimal(9)}
    balance = balances_of([stocked.lot_id])[stocked.lot_id]
    assert (balance.returned, balance.written_off, balance.outstanding) == (2, 1, 0)


def test_sports_goods_go_back_to_the_open_lot_unsealed(ball):
    inventory.receive(ball, 3)
    make.sold(ball, 2)
    found = make.received(make.authorised(make.asked(ball, 2)))

    make.inspected(found, make.verdict("restock", 1), make.verdict("quarantine", 1))

    assert make.lying(ball) == {("", "DOCK"): Decimal(2), ("open/Q", "DOCK"): Decimal(1)}


def test_each_piece_comes_back_by_its_number(watch):
    inventory.receive(watch, 3, serials=["W1", "W2", "W3"])
    make.sold(watch, 2)
    sale = StockMovement.objects.get(kind="sale")
    stock.name_serials(movement_id=sale.pk, serials=["W1", "W2"], now=NOW)

    with pytest.raises(UnknownSerial):
        make.authorised(make.asked(watch, serials=["W9"]))
    found = make.received(make.authorised(make.asked(watch, 2, serials=["W1", "W2"])))
    with pytest.raises(SerialsRequired):
        make.inspected(found, make.verdict("restock"), make.verdict("scrap"))
    make.inspected(
        found,
        make.verdict("refurbish", serials=["W2"]),
        make.verdict("scrap", serials=["W1"]),
    )

    first, second = SerialNumber.objects.filter(serial__in=["W1", "W2"]).order_by("serial")
    assert first.stock_level is None
    assert second.lot.is_refurbished
    assert second.stock_level.location.code == "DOCK"


def test_a_piece_sold_to_somebody_else_is_refused(watch):
    inventory.receive(watch, 2, serials=["W1", "W2"])
    for order, serial in (("W-1", "W1"), ("W-2", "W2")):
        make.sold(watch, 1, order=order)
        sale = StockMovement.objects.filter(kind="sale", reference=order).get()
        stock.name_serials(movement_id=sale.pk, serials=[serial], now=NOW)

    with pytest.raises(InvalidSerial, match="sold for W-2"):
        make.authorised(make.asked(watch, serials=["W2"]))


def test_no_more_is_decided_than_came(cream, stocked):
    make.sold(cream, 3)
    found = make.authorised(make.asked(cream, 3))
    with pytest.raises(NothingReceived):
        make.inspected(found, make.verdict("scrap"))
    make.received(found, make.arrived(2))
    before = make.state()

    with pytest.raises(NothingReceived) as error:
        make.inspected(found, make.verdict("scrap", 1), make.verdict("quarantine", 2))
    with pytest.raises(NotInReturn):
        make.inspected(found, make.verdict("scrap", 1, position=2))

    assert pointers(error) == ["/lines/1/quantity"]
    assert make.state() == before


# exchange


def test_an_exchange_keeps_the_replacement_until_it_is_sent(cream, ball, stocked):
    inventory.receive(ball, 3)
    make.sold(cream, 2)
    found = make.authorised(make.asked(cream, 2, exchange_for="SE-BALL-5"), reference="R-1")

    held = found.lines.get().exchange_reservation
    assert (held.status, held.reference) == ("held", f"rma-{found.pk}-1")
    with pytest.raises(InsufficientStock):
        reservations.reserve(reservations.line(ball, 2))

    make.received(found)
    make.inspected(found, make.verdict("quarantine", 2), exchanges={1: True})

    held.refresh_from_db()
    assert (held.status, held.order_reference) == ("committed", "W-1")
    assert make.lying(ball) == {("", "DOCK"): Decimal(1)}
    assert found.lines.get().is_exchange_approved
    with pytest.raises(NoExchange):
        make.inspected(found, exchanges={1: False})
    # What was sent instead can come back under the same order.
    assert make.authorised(make.asked(ball, 2)).status == "authorised"


def test_without_a_replacement_nothing_is_authorised(cream, ball, stocked):
    inventory.receive(ball, 1)
    make.sold(cream, 3)
    before = make.state()

    with pytest.raises(InsufficientStock) as error:
        make.authorised(
            make.asked(cream, 1, exchange_for="SE-BALL-5"),
            make.asked(cream, 1, exchange_for="SE-BALL-5"),
        )

    assert error.value.extra["shortages"] == [
        {"sku": "SE-BALL-5", "requested": Decimal(1), "available": Decimal(0)}
    ]
    assert make.state() == before


@pytest.mark.parametrize("end", ["refused", "cancelled", "closed"])
def test_a_replacement_that_is_not_sent_is_free_again(cream, ball, stocked, end):
    inventory.receive(ball, 1)
    make.sold(cream, 1)
    found = make.authorised(make.asked(cream, exchange_for="SE-BALL-5"))

    if end == "cancelled":
        services.cancel_return(return_id=found.pk, now=NOW)
    else:
        make.received(found)
        make.inspected(
            found, make.verdict("scrap"), exchanges={1: False} if end == "refused" else None
        )
        if end == "closed":
            services.close_return(return_id=found.pk, now=NOW)

    assert found.lines.get().exchange_reservation.status == "released"
    assert found.lines.get().is_exchange_approved is False
    assert reservations.reserve(reservations.line(ball, 1)).status == "held"


def test_a_replacement_is_held_for_as_long_as_the_return_is_open(cream, ball, stocked):
    inventory.receive(ball, 1)
    make.sold(cream, 1)
    found = make.authorised(make.asked(cream, exchange_for="SE-BALL-5"))
    later = NOW + timedelta(days=6)

    assert services.keep_exchanges(now=NOW) == 0
    assert services.keep_exchanges(now=later) == 1
    held = Reservation.objects.get(pk=found.lines.get().exchange_reservation_id)
    assert held.expires_at == later + timedelta(days=7)

    too_late = NOW + timedelta(days=14)
    reservations_services.release_expired(now=too_late)
    assert services.keep_exchanges(now=too_late) == 1
    again = found.lines.get().exchange_reservation
    assert (again.status, again.pk != held.pk) == ("held", True)


def test_a_replacement_that_is_gone_is_told_once(cream, ball, stocked):
    inventory.receive(ball, 1)
    make.sold(cream, 1)
    found = make.authorised(make.asked(cream, exchange_for="SE-BALL-5"))
    late = NOW + timedelta(days=8)
    reservations_services.release_expired(now=late)
    reservations.reserve(reservations.line(ball, 1), now=late)

    assert (services.keep_exchanges(now=late), services.keep_exchanges(now=late)) == (0, 0)

    assert Alert.objects.filter(kind="return").count() == 1
    make.received(found, now=late)
    with pytest.raises(ReservationExpired):
        make.inspected(found, make.verdict("scrap"), exchanges={1: True}, now=late)
    assert ReturnOutcome.objects.count() == 0
    make.inspected(found, make.verdict("scrap"), exchanges={1: False}, now=late)


def test_a_replacement_that_its_client_has_sent_counts_as_sent(cream, ball, stocked):
    inventory.receive(ball, 1)
    make.sold(cream, 1)
    found = make.authorised(make.asked(cream, exchange_for="SE-BALL-5"))
    held = found.lines.get().exchange_reservation
    reservations_services.commit(reservation_id=held.pk, order_reference="W-1-X", now=NOW)
    make.received(found)
    before = make.state()

    with pytest.raises(NoExchange, match="has left for order W-1-X"):
        make.inspected(found, make.verdict("scrap"), exchanges={1: False})
    assert make.state() == before

    make.inspected(found, make.verdict("scrap"))
    services.close_return(return_id=found.pk, now=NOW)
    assert found.lines.get().is_exchange_approved is True
    assert make.lying(ball) == {}


def test_a_replacement_that_somebody_released_can_only_be_refused(cream, ball, stocked):
    inventory.receive(ball, 1)
    make.sold(cream, 1)
    found = make.authorised(make.asked(cream, exchange_for="SE-BALL-5"))
    held = found.lines.get().exchange_reservation
    reservations_services.release(reservation_id=held.pk, now=NOW)
    make.received(found)
    before = make.state()

    with pytest.raises(NoExchange, match="can only be refused"):
        make.inspected(found, make.verdict("scrap"), exchanges={1: True})

    assert make.state() == before
    make.inspected(found, make.verdict("scrap"), exchanges={1: False})
    assert found.lines.get().is_exchange_approved is False


# end


def test_a_return_is_closed_when_all_is_decided(cream, stocked):
    make.sold(cream, 2)
    found = make.authorised(make.asked(cream, 2))
    with pytest.raises(NotAllInspected):
        services.close_return(return_id=found.pk, now=NOW)
    make.received(found)
    with pytest.raises(NotAllInspected):
        services.close_return(return_id=found.pk, now=NOW)
    with pytest.raises(ReturnUnderWay):
        services.cancel_return(return_id=found.pk, now=NOW)
    make.inspected(found, make.verdict("scrap", 2))

    closed = services.close_return(return_id=found.pk, now=NOW)

    assert (closed.status, closed.ended_at) == ("closed", NOW)
    assert services.close_return(return_id=found.pk, now=NOW).status == "closed"
    with pytest.raises(ReturnEnded):
        make.received(found)
    assert list(
        ReturnChange.objects.order_by("pk").values_list("kind", flat=True)
    ) == ["authorised", "received", "inspected", "closed"]  # fmt: skip
    types = OutboxEvent.objects.filter(type__startswith="return.").order_by("pk")
    assert list(types.values_list("type", flat=True)) == [
        "return.authorised", "return.received", "return.inspected", "return.closed",
    ]  # fmt: skip


def test_returns_that_wait_are_told_once_and_settled_when_they_end(cream, stocked):
    make.sold(cream, 2)
    never = make.authorised(make.asked(cream, 1))
    waits = make.received(make.authorised(make.asked(cream, 1)))

    assert services.alert_waiting(now=NOW + timedelta(days=3)) == 0
    assert services.alert_waiting(now=NOW + timedelta(days=31)) == 2
    assert services.alert_waiting(now=NOW + timedelta(days=31)) == 0

    services.cancel_return(return_id=never.pk, now=NOW)
    make.inspected(waits, make.verdict("scrap"))
    services.close_return(return_id=waits.pk, now=NOW)
    assert Alert.objects.filter(resolved_at__isnull=True).count() == 0


def test_lines_keep_what_the_customer_asked_for(cream, stocked):
    make.sold(cream, 2)

    make.authorised(
        make.asked(cream, 2, requested_quantity=Decimal(1), requested_unit="each", note=" leaks ")
    )

    line = ReturnLine.objects.get()
    assert (line.requested_quantity, line.requested_unit, line.note) == (1, "each", "leaks")


def test_a_lot_of_another_product_cannot_be_read_on_the_goods(cream, ball, stocked):
    inventory.receive(catalog.variant(catalog.cosmetic(sku="COS-OIL-1")), 1, lot="X1")
    make.sold(cream, 1)
    found = make.received(make.authorised(make.asked(cream)))

    with pytest.raises(InvalidReturn) as error:
        make.inspected(found, make.verdict("quarantine", lot_code="X1"))

    assert codes(error) == ["unknown-lot"]
