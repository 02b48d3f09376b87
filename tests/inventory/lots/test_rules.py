from datetime import UTC, date, datetime

import pytest

from inventory.lots.errors import (
    ExpiryBeforeProduction,
    ExpiryInPast,
    ExpiryRequired,
    LotCodeTooLong,
    LotRequired,
    ProductionInFuture,
)
from inventory.lots.rules import (
    check_dates_on_receipt,
    check_new_lot,
    day_in,
    days_left,
    is_past_sell_by,
    is_sellable,
    sell_by,
)

EXPIRY = date(2027, 3, 31)


def test_the_last_day_of_sale_is_so_many_days_before_the_last_day_of_use():
    assert sell_by(EXPIRY, 30) == date(2027, 3, 1)
    assert sell_by(EXPIRY) == EXPIRY
    assert sell_by(None, 30) is None


def test_days_left_count_down_to_the_last_day_of_sale():
    assert days_left(EXPIRY, 30, on=date(2027, 2, 22)) == 7
    assert days_left(EXPIRY, 30, on=date(2027, 3, 1)) == 0
    assert days_left(EXPIRY, 30, on=date(2027, 3, 2)) == -1
    assert days_left(None, 30, on=date(2027, 3, 2)) is None


def test_a_lot_is_sellable_through_its_last_day_and_not_after():
    assert is_sellable(expiry_date=EXPIRY, is_on_hold=False, on=EXPIRY)
    assert not is_sellable(expiry_date=EXPIRY, is_on_hold=False, on=date(2027, 4, 1))
    assert is_past_sell_by(EXPIRY, on=date(2027, 4, 1))


def test_a_lot_on_hold_is_not_sellable():
    assert not is_sellable(expiry_date=None, is_on_hold=True, on=EXPIRY)
    assert is_sellable(expiry_date=None, is_on_hold=False, on=EXPIRY)


def test_the_day_is_the_one_of_the_warehouse():
    instant = datetime(2027, 3, 31, 23, 30, tzinfo=UTC)

    assert day_in("Europe/Berlin", instant) == date(2027, 4, 1)
    assert day_in("America/Los_Angeles", instant) == date(2027, 3, 31)


def new_lot(**fields):
    facts = {
        "code": "L1",
        "production_date": date(2026, 1, 1),
        "expiry_date": EXPIRY,
        "is_lot_tracked": True,
        "sku": "COS-A",
    }
    check_new_lot(**facts | fields)


@pytest.mark.parametrize(
    ("fields", "error", "detail"),
    [
        ({"code": ""}, LotRequired, "COS-A is tracked by lot: give the lot code on the goods."),
        (
            {"code": "", "is_lot_tracked": False},
            LotRequired,
            "COS-A with the expiry date 2027-03-31 needs a lot code.",
        ),
        ({"expiry_date": None}, ExpiryRequired, "COS-A lot L1: give its expiry date."),
        (
            {"production_date": date(2027, 4, 1)},
            ExpiryBeforeProduction,
            "COS-A lot L1: the expiry date 2027-03-31 is before the production date 2027-04-01.",
        ),
        (
            {"code": "X" * 41},
            LotCodeTooLong,
            f"COS-A: lot code {'X' * 41} is longer than 40 characters.",
        ),
    ],
)
def test_refuses_a_lot_that_lacks_what_it_must_have(fields, error, detail):
    with pytest.raises(error) as refusal:
        new_lot(**fields)

    assert str(refusal.value) == detail


def test_accepts_the_open_lot_of_sports_goods_and_a_full_lot_of_a_cosmetic():
    new_lot()
    new_lot(code="", production_date=None, expiry_date=None, is_lot_tracked=False)


def on_receipt(**fields):
    facts = {"code": "L1", "production_date": None, "expiry_date": EXPIRY, "sku": "COS-A"}
    check_dates_on_receipt(on=date(2027, 3, 31), **facts | fields)


def test_refuses_what_has_expired_and_what_is_not_made_yet():
    with pytest.raises(ExpiryInPast, match=r"2027-03-30 is in the past \(today is 2027-03-31\)"):
        on_receipt(expiry_date=date(2027, 3, 30))
    with pytest.raises(ProductionInFuture, match="2027-04-01 is in the future"):
        on_receipt(production_date=date(2027, 4, 1))
    on_receipt()
