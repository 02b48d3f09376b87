from datetime import date
from decimal import Decimal

from inventory.purchasing.rules import AnnouncedLine, Discrepancy, findings, line_for

EXPIRY = date(2027, 3, 31)


def announced(line_id=1, **fields):
    facts = {
        "variant_id": 1,
        "lot_code": "L1",
        "expiry_date": EXPIRY,
        "quantity": Decimal(10),
        "received_quantity": Decimal(0),
    }
    return AnnouncedLine(line_id=line_id, **facts | fields)


def kinds(line, **fields):
    facts = {
        "lot_code": "L1",
        "expiry_date": EXPIRY,
        "quantity": Decimal(10),
        "remaining_days_min": 30,
        "on": date(2026, 11, 24),
    }
    return [finding.kind for finding in findings(line, **facts | fields)]


def test_goods_count_towards_the_line_of_their_lot():
    lines = [announced(1), announced(2, lot_code="L2")]

    assert line_for(lines, variant_id=1, lot_code="L2") == lines[1]


def test_of_two_pallets_of_one_lot_the_one_that_misses_more_is_filled():
    lines = [announced(1, received_quantity=Decimal(8)), announced(2)]

    assert line_for(lines, variant_id=1, lot_code="L1") == lines[1]


def test_an_unknown_lot_counts_towards_the_line_that_misses_most():
    lines = [
        announced(1, quantity=Decimal(3)),
        announced(2, lot_code="L2"),
        announced(3, variant_id=9),
    ]

    assert line_for(lines, variant_id=1, lot_code="X") == lines[1]


def test_a_product_that_is_not_announced_has_no_line():
    assert line_for([announced()], variant_id=2, lot_code="L1") is None


def test_goods_as_announced_have_no_findings():
    assert kinds(announced()) == []
    assert kinds(announced(), expiry_date=None) == []


def test_each_difference_is_found():
    assert kinds(announced(), lot_code="X") == [Discrepancy.UNKNOWN_LOT]
    assert kinds(announced(), expiry_date=date(2027, 4, 30)) == [Discrepancy.EXPIRY_DIFFERS]
    assert kinds(announced(), on=date(2027, 3, 2)) == [Discrepancy.SHORT_SHELF_LIFE]
    assert kinds(announced(), quantity=Decimal(11)) == [Discrepancy.OVER_DELIVERY]
    assert kinds(announced(received_quantity=Decimal(10)), quantity=Decimal(1)) == [
        Discrepancy.OVER_DELIVERY
    ]


def test_a_lot_code_on_goods_announced_without_lot_is_no_difference():
    line = announced(lot_code="", expiry_date=None)

    assert kinds(line, lot_code="X", expiry_date=None) == []
