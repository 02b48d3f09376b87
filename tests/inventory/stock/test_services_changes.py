from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from config.kernel.outbox import OutboxEvent
from inventory.lots.errors import AlreadyOnHold, NotOnHold, UnknownLot
from inventory.lots.models import HoldReason, LotHold
from inventory.stock import services
from inventory.stock.errors import (
    InvalidQuantity,
    NotEnoughStock,
    NothingOnHand,
    ReasonRequired,
    UnknownStockLevel,
    WrongDestination,
)
from inventory.stock.models import StockLevel, StockMovement
from tests.factories import catalog
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db
NOW = make.NOW


@pytest.fixture
def cream():
    return catalog.variant(catalog.cosmetic(sku="COS-CREAM-50"))


@pytest.fixture
def level(cream, asked):
    """Ten of lot L1 on the dock."""
    level = make.receive(cream, 10, lot="L1", expires="2027-03-31")
    asked.filled.clear()
    return level


def promise(level, quantity):
    with transaction.atomic():
        services.set_aside(quantities={level.pk: Decimal(quantity)})


def figures(level):
    level.refresh_from_db()
    return level.on_hand, level.reserved


# move


def test_a_move_is_two_lines_of_one_step_that_sum_to_zero(level, asked):
    bin_ = make.location("A-1")

    lines = services.move(
        stock_level_id=level.pk, to_location_id=bin_.pk, quantity=Decimal(4), reason="tidy", now=NOW
    )

    target = StockLevel.objects.get(location=bin_)
    assert (figures(level), figures(target)) == ((6, 0), (4, 0))
    assert target.variant_id == level.variant_id
    assert sum(line.quantity for line in lines) == 0
    assert {line.kind for line in lines} == {"move"}
    assert len({line.step_id for line in lines}) == 1
    assert asked.gave_way == []
    assert asked.filled == [[level.variant_id]]


def test_putting_away_is_a_move_with_its_reason(level):
    services.put_away(
        stock_level_id=level.pk,
        to_location_id=make.location("A-1").pk,
        quantity=Decimal(10),
        now=NOW,
    )

    assert figures(level) == (0, 0)
    assert {line.reason for line in StockMovement.objects.filter(kind="move")} == {"Put away"}


def test_moving_promised_stock_lets_the_promise_give_way(level, asked):
    promise(level, 8)

    services.move(
        stock_level_id=level.pk,
        to_location_id=make.location("A-1").pk,
        quantity=Decimal(7),
        reason="tidy",
        now=NOW,
    )

    assert figures(level) == (3, 3)
    assert asked.gave_way == [[level.pk]]


def test_refuses_a_move_to_a_wrong_place(level):
    make.warehouse("LAX", time_zone="America/Los_Angeles")
    closed = make.location("A-2")
    closed.is_active = False
    closed.save()
    before = make.stock_state()

    for location_id, detail in [
        (make.location("A-1", "LAX").pk, "in another warehouse than BER DOCK"),
        (level.location_id, "lie in BER DOCK already"),
        (closed.pk, "BER A-2 takes no goods"),
        (0, "no location 0"),
    ]:
        with pytest.raises(WrongDestination, match=detail):
            services.move(
                stock_level_id=level.pk,
                to_location_id=location_id,
                quantity=Decimal(1),
                reason="tidy",
                now=NOW,
            )

    assert make.stock_state() == before


def test_refuses_a_move_of_more_than_there_is(level):
    before = make.stock_state()

    with pytest.raises(NotEnoughStock) as refusal:
        services.move(
            stock_level_id=level.pk,
            to_location_id=make.location("A-1").pk,
            quantity=Decimal(11),
            reason="tidy",
            now=NOW,
        )

    assert refusal.value.code == "insufficient-stock"
    assert str(refusal.value) == ("COS-CREAM-50 lot L1 in BER DOCK: 10 each on hand, 11 asked.")
    assert make.stock_state() == before


# adjust


def test_an_adjustment_up_fills_shortages(level, asked):
    movement = services.adjust(
        stock_level_id=level.pk, quantity_delta=Decimal(2), reason="found", now=NOW
    )

    assert figures(level) == (12, 0)
    assert (movement.quantity, movement.kind, movement.reason) == (2, "adjustment", "found")
    assert (asked.gave_way, asked.filled) == ([], [[level.variant_id]])


def test_an_adjustment_down_lets_promises_give_way(level, asked):
    promise(level, 9)

    services.adjust(stock_level_id=level.pk, quantity_delta=Decimal(-3), reason="broken", now=NOW)

    assert figures(level) == (7, 7)
    assert (asked.gave_way, asked.filled) == ([[level.pk]], [])


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"quantity_delta": Decimal(0)}, InvalidQuantity),
        ({"quantity_delta": Decimal("0.5")}, InvalidQuantity),
        ({"quantity_delta": Decimal("-0.5")}, InvalidQuantity),
        ({"quantity_delta": Decimal(10**9)}, InvalidQuantity),
        ({"quantity_delta": Decimal(-11)}, NotEnoughStock),
        ({"reason": " "}, ReasonRequired),
        ({"stock_level_id": 0}, UnknownStockLevel),
    ],
)
def test_a_refused_adjustment_changes_nothing(level, fields, error):
    facts = {
        "stock_level_id": level.pk,
        "quantity_delta": Decimal(1),
        "reason": "count",
        "now": NOW,
    }
    before = make.stock_state()

    with pytest.raises(error):
        services.adjust(**facts | fields)

    assert make.stock_state() == before


# write off, return


def test_a_write_off_takes_goods_for_good(level):
    movement = services.write_off(
        stock_level_id=level.pk, quantity=Decimal(10), reason="leaked", now=NOW
    )

    assert figures(level) == (0, 0)
    assert (movement.quantity, movement.kind) == (-10, "write_off")


def test_a_return_to_the_supplier_carries_his_reference(level):
    movement = services.return_to_supplier(
        stock_level_id=level.pk, quantity=Decimal(4), reason="wrong", reference="RMA-1", now=NOW
    )

    assert figures(level) == (6, 0)
    assert (movement.quantity, movement.kind, movement.reference) == (
        -4,
        "supplier_return",
        "RMA-1",
    )


def test_expired_and_held_goods_can_always_leave(level):
    services.place_hold(
        lot_id=level.lot_id, reason=HoldReason.QUALITY, note="smells", now=NOW, user_id=None
    )
    long_after = NOW + timedelta(days=400)

    services.write_off(
        stock_level_id=level.pk, quantity=Decimal(4), reason="expired", now=long_after
    )
    services.return_to_supplier(
        stock_level_id=level.pk, quantity=Decimal(6), reason="expired", reference="", now=long_after
    )

    assert figures(level) == (0, 0)


def test_refuses_to_write_off_more_than_there_is_or_without_reason(level):
    before = make.stock_state()

    with pytest.raises(NotEnoughStock, match="10 each on hand, 11 asked"):
        services.write_off(stock_level_id=level.pk, quantity=Decimal(11), reason="leaked", now=NOW)
    with pytest.raises(ReasonRequired):
        services.write_off(stock_level_id=level.pk, quantity=Decimal(1), reason="", now=NOW)
    with pytest.raises(ReasonRequired):
        services.return_to_supplier(
            stock_level_id=level.pk, quantity=Decimal(1), reason="", reference="R", now=NOW
        )

    assert make.stock_state() == before


def test_whole_lots_are_written_off_wherever_they_lie(level, cream, asked):
    elsewhere = make.receive(cream, 5, lot="L1", expires="2027-03-31", at=make.location("A-1"))
    other_lot = make.receive(cream, 7, lot="L2", expires="2027-04-30")
    promise(elsewhere, 2)

    movements = services.write_off_lots(lot_ids=[level.lot_id], reason="recalled", now=NOW)

    assert [(m.stock_level_id, m.quantity) for m in movements] == [
        (level.pk, -10),
        (elsewhere.pk, -5),
    ]
    assert (figures(level), figures(elsewhere), figures(other_lot)) == ((0, 0), (0, 0), (7, 0))
    assert asked.gave_way == [[elsewhere.pk]]


def test_whole_lots_are_sent_back(level):
    (movement,) = services.return_lots_to_supplier(
        lot_ids=[level.lot_id], reason="short-dated", reference="RMA-2", now=NOW
    )

    assert (movement.quantity, movement.kind) == (-10, "supplier_return")
    assert figures(level) == (0, 0)


def test_refuses_lots_of_which_nothing_is_left_and_unknown_ones(level):
    services.write_off_lots(lot_ids=[level.lot_id], reason="leaked", now=NOW)
    before = make.stock_state()

    with pytest.raises(NothingOnHand, match="COS-CREAM-50 L1"):
        services.write_off_lots(lot_ids=[level.lot_id], reason="leaked", now=NOW)
    with pytest.raises(UnknownLot):
        services.write_off_lots(lot_ids=[level.lot_id, 0], reason="leaked", now=NOW)

    assert make.stock_state() == before


# hold, release


def hold(level, reason=HoldReason.QUALITY, note="smells"):
    return services.place_hold(lot_id=level.lot_id, reason=reason, note=note, now=NOW, user_id=None)


def test_a_hold_lets_all_promises_on_the_lot_give_way(level, asked):
    promise(level, 2)

    placed = hold(level)

    assert (placed.reason, placed.note, placed.placed_at) == ("quality", "smells", NOW)
    assert asked.gave_way == [[level.pk]]
    event = OutboxEvent.objects.get(type="lot.held")
    assert event.payload == {
        "sku": "COS-CREAM-50",
        "lot": "L1",
        "expires_on": "2027-03-31",
        "reason": "quality",
        "note": "smells",
    }
    assert figures(level)[0] == 10


def test_a_lot_is_held_for_several_reasons_and_free_after_the_last(level, asked):
    quality, recall = hold(level), hold(level, HoldReason.RECALL)

    services.release_hold(hold_id=quality.pk, note="fine", now=NOW, user_id=None)
    assert asked.filled == []
    services.release_hold(hold_id=recall.pk, note="over", now=NOW, user_id=None)

    assert asked.filled == [[level.variant_id]]
    recall.refresh_from_db()
    assert (recall.released_at, recall.release_note) == (NOW, "over")
    released = OutboxEvent.objects.filter(type="lot.released").order_by("pk")
    assert [event.payload["is_on_hold"] for event in released] == [True, False]


def test_refuses_a_second_hold_for_one_reason_and_one_without_note(level):
    hold(level)

    with pytest.raises(AlreadyOnHold, match="COS-CREAM-50 L1 is on hold for Quality already"):
        hold(level)
    with pytest.raises(ReasonRequired):
        hold(level, HoldReason.RECALL, note=" ")

    assert LotHold.objects.count() == 1


def test_refuses_to_release_twice_or_without_note(level):
    placed = hold(level)
    with pytest.raises(ReasonRequired):
        services.release_hold(hold_id=placed.pk, note="", now=NOW, user_id=None)
    services.release_hold(hold_id=placed.pk, note="fine", now=NOW, user_id=None)

    with pytest.raises(NotOnHold):
        services.release_hold(hold_id=placed.pk, note="again", now=NOW, user_id=None)
    with pytest.raises(NotOnHold):
        services.release_hold(hold_id=0, note="again", now=NOW, user_id=None)

    placed.refresh_from_db()
    assert placed.release_note == "fine"


def test_several_lots_are_held_and_released_at_once(level, cream, asked):
    second = make.receive(cream, 7, lot="L2", expires="2027-04-30")
    hold(level)
    lot_ids = [level.lot_id, second.lot_id]

    placed = services.place_holds(
        lot_ids=lot_ids, reason=HoldReason.QUALITY, note="check", now=NOW, user_id=None
    )
    assert [one.lot_id for one in placed] == [second.lot_id]
    asked.filled.clear()

    released = services.release_holds(lot_ids=lot_ids, note="fine", now=NOW, user_id=None)

    assert len(released) == 2
    assert asked.filled == [[level.variant_id]]
    assert not LotHold.objects.filter(released_at=None).exists()


def test_only_holds_of_the_reasons_named_are_released(level):
    hold(level)
    recall = hold(level, HoldReason.RECALL)

    services.release_holds(
        lot_ids=[level.lot_id], reasons=[HoldReason.QUALITY], note="fine", now=NOW, user_id=None
    )

    assert LotHold.objects.get(released_at=None) == recall
    with pytest.raises(NotOnHold, match="COS-CREAM-50 L1"):
        services.release_holds(
            lot_ids=[level.lot_id],
            reasons=[HoldReason.QUALITY],
            note="fine",
            now=NOW,
            user_id=None,
        )


# promise, give back, ship


def test_stock_is_set_aside_only_while_enough_is_free(level):
    promise(level, 6)
    with pytest.raises(NotEnoughStock) as refusal:
        promise(level, 5)

    assert str(refusal.value) == (
        "COS-CREAM-50 lot L1 in BER DOCK: 10 each on hand, 6 of it reserved, 5 asked."
    )
    assert figures(level) == (10, 6)
    assert not StockMovement.objects.exclude(kind="receipt").exists()


def test_setting_aside_is_all_or_nothing(level, cream):
    second = make.receive(cream, 1, lot="L2", expires="2027-04-30")

    with pytest.raises(NotEnoughStock), transaction.atomic():
        services.set_aside(quantities={level.pk: Decimal(1), second.pk: Decimal(2)})

    assert (figures(level), figures(second)) == ((10, 0), (1, 0))


def test_what_was_set_aside_can_be_given_back(level):
    promise(level, 6)

    with transaction.atomic():
        services.give_back(quantities={level.pk: Decimal(4)})

    assert figures(level) == (10, 2)


def test_nothing_is_given_back_that_was_not_set_aside(level):
    promise(level, 1)

    with pytest.raises(AssertionError), transaction.atomic():
        services.give_back(quantities={level.pk: Decimal(2)})

    assert figures(level) == (10, 1)


def test_shipping_lowers_on_hand_and_reserved_together(level):
    promise(level, 6)

    with transaction.atomic():
        (movement,) = services.ship(
            quantities={level.pk: Decimal(4)}, reference="ORDER-1", happened_at=NOW, now=NOW
        )

    assert figures(level) == (6, 2)
    assert (movement.quantity, movement.kind, movement.reference) == (-4, "sale", "ORDER-1")


def test_only_promised_stock_ships(level):
    promise(level, 1)
    before = make.stock_state()

    with pytest.raises(NotEnoughStock), transaction.atomic():
        services.ship(
            quantities={level.pk: Decimal(2)}, reference="ORDER-1", happened_at=NOW, now=NOW
        )

    assert make.stock_state() == before


def test_fractions_add_up_exactly_on_every_database(asked):
    powder = catalog.variant(catalog.cosmetic(stock_unit="g"))
    level = make.receive(powder, "0.3", lot="L1", expires="2027-03-31")
    for _ in range(3):
        promise(level, "0.1")

    with pytest.raises(NotEnoughStock):
        promise(level, "0.0001")
    with transaction.atomic():
        services.ship(
            quantities={level.pk: Decimal("0.3")}, reference="O", happened_at=NOW, now=NOW
        )

    assert figures(level) == (0, 0)
