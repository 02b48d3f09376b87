from decimal import Decimal

import pytest

from inventory.availability.rules import status_of


@pytest.mark.parametrize(
    ("available", "status"),
    [
        ("0", "out_of_stock"),
        ("0.0001", "low"),
        ("5", "low"),
        ("5.0001", "in_stock"),
    ],
)
def test_low_is_what_is_there_up_to_the_threshold(available, status):
    found = status_of(Decimal(available), low_stock_quantity=Decimal(5), is_sellable=True)

    assert found == status


def test_low_needs_no_threshold_to_be_out_of_stock():
    assert status_of(Decimal(1), low_stock_quantity=Decimal(0), is_sellable=True) == "in_stock"


def test_what_may_not_be_sold_says_so_whatever_there_is():
    found = status_of(Decimal(50), low_stock_quantity=Decimal(5), is_sellable=False)

    assert found == "not_sellable"
