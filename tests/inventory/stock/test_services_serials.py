from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from config.kernel.errors import NotFound
from inventory.stock import services
from inventory.stock.errors import (
    InvalidSerial,
    NotEnoughStock,
    SerialInStock,
    SerialsRequired,
    UnknownSerial,
)
from inventory.stock.models import SerialMovement, SerialNumber, StockLevel, StockMovement
from inventory.stock.selectors.serials import (
    passages_of,
    serials_on,
    to_be_named,
    with_serial_count,
)
from tests.factories import catalog
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db
NOW = make.NOW


@pytest.fixture
def watch():
    return catalog.variant(catalog.sports(sku="SE-WATCH-1", is_serial_tracked=True))


@pytest.fixture
def level(watch):
    """Three watches, each with its number, on the dock."""
    return make.receive(watch, 3, serials=["W1", "W2", "W3"])


def state():
    return {
        **make.stock_state(),
        "serials": list(SerialNumber.objects.order_by("pk").values_list()),
        "passages": SerialMovement.objects.count(),
    }


def lies(serial):
    return SerialNumber.objects.get(serial=serial).stock_level_id


def sell(level, quantity):
    with transaction.atomic():
        services.set_aside(quantities={level.pk: Decimal(quantity)})
        (line,) = services.ship(
            quantities={level.pk: Decimal(quantity)}, reference="order-1", happened_at=NOW, now=NOW
        )
    return line


# receipts


def test_each_piece_that_comes_in_is_known_by_its_number_and_lies_where_it_was_put(level, watch):
    piece = SerialNumber.objects.get(serial="W2")

    assert serials_on([level.pk]) == {level.pk: ["W1", "W2", "W3"]}
    assert (piece.variant_id, piece.lot_id, piece.first_seen_at) == (watch.pk, level.lot_id, NOW)
    assert [p.movement.kind for p in passages_of(piece.pk)] == ["receipt"]
    assert to_be_named().count() == 0


@pytest.mark.parametrize(
    ("serials", "error", "said"),
    [
        ((), SerialsRequired, "3 pieces with serial numbers come in, and 0 serial numbers"),
        (("A", "B"), SerialsRequired, "3 pieces with serial numbers come in, and 2 serial"),
        (("A", "B", "B "), InvalidSerial, "serial number B is given twice"),
        (("A", "B", "C", "D"), InvalidSerial, "4 serial numbers are given for 3 pieces"),
        (("A", "B", " "), InvalidSerial, '"" is no serial number'),
        (("A", "B", "C" * 41), InvalidSerial, "1 to 40 printable characters"),
    ],
)
def test_refuses_goods_whose_serial_numbers_are_wrong(watch, serials, error, said):
    make.warehouse()
    before = state()

    with pytest.raises(error, match=said):
        make.receive(watch, 3, serials=serials)

    assert state() == before


def test_refuses_serial_numbers_of_goods_that_carry_none():
    ball = catalog.variant(catalog.sports())
    make.warehouse()
    before = state()

    with pytest.raises(InvalidSerial, match="carry no serial numbers; X1 was given"):
        make.receive(ball, 1, serials=["X1"])

    assert state() == before


def test_refuses_a_piece_that_lies_in_stock_already(level, watch):
    before = state()

    with pytest.raises(SerialInStock, match="Serial number W2 lies in BER DOCK already"):
        make.receive(watch, 1, serials=["W2"])

    assert state() == before


def test_two_products_may_have_a_piece_of_the_same_number(level):
    other = catalog.variant(catalog.sports(is_serial_tracked=True))

    make.receive(other, 1, serials=["W1"])

    assert SerialNumber.objects.filter(serial="W1").count() == 2


def test_the_database_keeps_a_number_unique_within_its_variant(level, watch):
    with pytest.raises(IntegrityError), transaction.atomic():
        SerialNumber.objects.create(
            variant=watch, serial="W1", lot=level.lot, first_seen_at=NOW, stock_level=level
        )


# moves


def test_named_pieces_move_and_the_rest_stay(level):
    services.move(
        stock_level_id=level.pk,
        to_location_id=make.location("A-1").pk,
        quantity=Decimal(2),
        reason="tidy",
        serials=["W3", "W1"],
        now=NOW,
    )

    target = StockLevel.objects.get(location=make.location("A-1"))
    assert serials_on([level.pk, target.pk]) == {level.pk: ["W2"], target.pk: ["W1", "W3"]}
    kinds = [p.movement.kind for p in passages_of(SerialNumber.objects.get(serial="W1").pk)]
    assert kinds == ["move", "move", "receipt"]


def test_where_all_of_it_moves_every_piece_moves_unasked(level):
    services.move(
        stock_level_id=level.pk,
        to_location_id=make.location("A-1").pk,
        quantity=Decimal(3),
        reason="tidy",
        now=NOW,
    )

    target = StockLevel.objects.get(location=make.location("A-1"))
    assert serials_on([level.pk, target.pk]) == {target.pk: ["W1", "W2", "W3"]}


def test_refuses_to_move_pieces_that_nobody_names_or_that_lie_elsewhere(level):
    before = state()

    for serials, error, said in [
        ((), SerialsRequired, "2 pieces with serial numbers, and 0 of them are named"),
        (("W1",), SerialsRequired, "and 1 of them are named"),
        (("W1", "W9"), UnknownSerial, "serial number W9 does not lie there"),
    ]:
        with pytest.raises(error, match=said):
            services.move(
                stock_level_id=level.pk,
                to_location_id=make.location("A-1").pk,
                quantity=Decimal(2),
                reason="tidy",
                serials=serials,
                now=NOW,
            )

    assert state() == before


def test_pieces_from_before_numbers_were_kept_move_unnamed(watch):
    product = watch.product.get_real_instance()
    product.is_serial_tracked = False
    product.save()
    level = make.receive(watch, 5)
    product.is_serial_tracked = True
    product.save()
    make.receive(watch, 1, serials=["W1"])

    services.move(
        stock_level_id=level.pk,
        to_location_id=make.location("A-1").pk,
        quantity=Decimal(5),
        reason="tidy",
        now=NOW,
    )

    assert lies("W1") == level.pk
    assert StockLevel.objects.get(location=make.location("A-1")).on_hand == 5


# what leaves


def test_a_write_off_names_the_piece_and_its_history_keeps_it(level):
    line = services.write_off(
        stock_level_id=level.pk, quantity=Decimal(1), reason="broken", serials=["W2"], now=NOW
    )

    piece = SerialNumber.objects.get(serial="W2")
    assert piece.stock_level_id is None
    assert passages_of(piece.pk)[0].movement_id == line.pk
    assert serials_on([level.pk])[level.pk] == ["W1", "W3"]


def test_writing_a_lot_off_takes_every_piece_of_it(level):
    services.write_off_lots(lot_ids=[level.lot_id], reason="burnt", now=NOW)

    assert serials_on([level.pk]) == {}
    assert to_be_named().count() == 0


def test_a_piece_that_came_back_is_in_stock_again_with_its_whole_history(level, watch):
    services.write_off(
        stock_level_id=level.pk, quantity=Decimal(1), reason="lost", serials=["W2"], now=NOW
    )

    make.receive(watch, 1, serials=["W2"])

    piece = SerialNumber.objects.get(serial="W2")
    assert piece.stock_level_id == level.pk
    assert [p.movement.kind for p in passages_of(piece.pk)] == ["receipt", "write_off", "receipt"]


# named later


def test_a_sale_that_names_no_pieces_waits_to_be_named(level):
    line = sell(level, 2)

    (waiting,) = to_be_named()
    counted = with_serial_count(StockLevel.objects.filter(pk=level.pk)).get()
    assert (waiting.pk, waiting.unnamed) == (line.pk, 2)
    assert (counted.on_hand, counted.serial_count) == (1, 3)


def test_naming_the_pieces_of_a_sale_lets_them_go(level):
    line = sell(level, 2)

    left = services.name_serials(movement_id=line.pk, serials=["W1"], now=NOW)
    assert left == 1
    left = services.name_serials(movement_id=line.pk, serials=["W3"], now=NOW)

    assert left == 0
    assert serials_on([level.pk])[level.pk] == ["W2"]
    assert to_be_named().count() == 0


def test_naming_a_piece_that_was_counted_too_many_puts_it_into_stock(level):
    line = services.adjust(
        stock_level_id=level.pk, quantity_delta=Decimal(1), reason="found", now=NOW
    )

    services.name_serials(movement_id=line.pk, serials=["W4"], now=NOW)

    assert lies("W4") == level.pk


def test_refuses_names_that_a_line_cannot_have(level):
    line = sell(level, 1)
    services.name_serials(movement_id=line.pk, serials=["W1"], now=NOW)
    other = make.receive(catalog.sports(), 1)
    (plain_line,) = StockMovement.objects.filter(stock_level=other)
    before = state()

    for movement_id, serials, error in [
        (line.pk, ["W2"], InvalidSerial),
        (line.pk, [], SerialsRequired),
        (plain_line.pk, ["W2"], NotFound),
        (0, ["W2"], NotFound),
    ]:
        with pytest.raises(error):
            services.name_serials(movement_id=movement_id, serials=serials, now=NOW)

    assert state() == before


# many at once


def test_many_levels_move_in_one_transaction_or_none(watch, level):
    ball = make.receive(catalog.sports(), 10)
    bin_ = make.location("A-1")
    steps = [
        services.Step(stock_level_id=level.pk, to_location_id=bin_.pk, quantity=Decimal(3)),
        services.Step(stock_level_id=ball.pk, to_location_id=bin_.pk, quantity=Decimal(4)),
        services.Step(
            stock_level_id=ball.pk, to_location_id=make.location("A-2").pk, quantity=Decimal(6)
        ),
    ]

    lines = services.move_many(steps=steps, reason="Put away", now=NOW)

    assert len(lines) == 6
    assert len({line.step_id for line in lines}) == 3
    assert sum(line.quantity for line in lines) == 0
    assert StockLevel.objects.get(pk=ball.pk).on_hand == 0
    before = state()
    with pytest.raises(NotEnoughStock):
        services.move_many(steps=steps[:2], reason="again", now=NOW)
    assert state() == before


def test_two_places_of_one_lot_are_merged_into_one_bin(watch):
    ball = catalog.variant(catalog.sports())
    make.warehouse(bins=("A-1", "A-2", "A-3"))
    first = make.receive(ball, 2, at=make.location("A-1"))
    second = make.receive(ball, 5, at=make.location("A-2"))
    to = make.location("A-3").pk

    services.move_many(
        steps=[
            services.Step(stock_level_id=lv.pk, to_location_id=to, quantity=lv.on_hand)
            for lv in (first, second)
        ],
        reason="merge",
        now=NOW,
    )

    target = StockLevel.objects.get(location_id=to)
    assert target.on_hand == 7
    balances = StockMovement.objects.filter(stock_level=target).order_by("pk")
    assert list(balances.values_list("on_hand_after", flat=True)) == [2, 7]
