from decimal import Decimal

import pytest

from catalog.units.rules import UNITS
from inventory.stock.errors import InvalidCost, InvalidQuantity
from inventory.stock.rules import Cost, blend_cost, check_cost, check_quantity

EACH, GRAM = UNITS["each"], UNITS["g"]


@pytest.mark.parametrize(
    ("quantity", "detail"),
    [
        ("0", "COS-A: quantity 0 is not greater than zero."),
        ("-3", "COS-A: quantity -3 is not greater than zero."),
        ("1000000000", "COS-A: quantity 1000000000 is more than 999,999,999."),
        ("1.5", "COS-A: quantity 1.5 is not whole, but each is counted whole."),
        ("NaN", "COS-A: quantity NaN is not a number."),
        ("Infinity", "COS-A: quantity Infinity is not a number."),
    ],
)
def test_refuses_a_quantity_and_names_field_and_value(quantity, detail):
    with pytest.raises(InvalidQuantity) as refusal:
        check_quantity(Decimal(quantity), EACH, what="COS-A")

    assert str(refusal.value) == detail
    assert refusal.value.errors[0].pointer == "/quantity"


def test_refuses_a_weight_with_five_decimals():
    with pytest.raises(InvalidQuantity, match=r"0\.00001 has more than 4 decimals"):
        check_quantity(Decimal("0.00001"), GRAM, what="COS-A")


def test_accepts_what_the_unit_allows():
    assert check_quantity(Decimal(999999999), EACH, what="x") == Decimal(999999999)
    assert check_quantity(Decimal("0.0001"), GRAM, what="x") == Decimal("0.0001")


@pytest.mark.parametrize("amount", ["-0.01", "NaN", "1000000000", "0.00001"])
def test_refuses_a_cost_that_is_none(amount):
    with pytest.raises(InvalidCost, match="unit_cost"):
        check_cost(Decimal(amount), what="COS-A")


def test_the_first_cost_is_the_cost():
    added = Cost(amount=Decimal("2.50"), currency="EUR")

    assert blend_cost(None, on_hand=Decimal(7), added=added, quantity=Decimal(1)) == added


def test_more_of_a_lot_averages_its_cost_by_what_lies_there():
    known = Cost(amount=Decimal("2.00"), currency="EUR")
    added = Cost(amount=Decimal("3.00"), currency="EUR")

    blended = blend_cost(known, on_hand=Decimal(2), added=added, quantity=Decimal(1))

    assert blended == Cost(amount=Decimal("2.3333"), currency="EUR")


def test_an_empty_lot_takes_the_new_cost_whatever_the_old_one_was():
    known = Cost(amount=Decimal("2.00"), currency="USD")
    added = Cost(amount=Decimal("3.00"), currency="EUR")

    assert blend_cost(known, on_hand=Decimal(0), added=added, quantity=Decimal(1)) == added


def test_two_currencies_are_not_averaged():
    known = Cost(amount=Decimal("2.00"), currency="USD")
    added = Cost(amount=Decimal("3.00"), currency="EUR")

    assert blend_cost(known, on_hand=Decimal(1), added=added, quantity=Decimal(1)) is None
