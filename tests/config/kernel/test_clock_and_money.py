from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from config.kernel import clock
from config.kernel.money import Money, format_money, plain_amount, round_to_currency


def test_now_is_aware():
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize(
    ("time_zone", "expected"),
    [
        ("Europe/Berlin", date(2026, 11, 25)),
        ("America/Los_Angeles", date(2026, 11, 24)),
        ("UTC", date(2026, 11, 24)),
    ],
)
def test_today_is_the_date_of_the_place(time_zone, expected):
    assert clock.today(time_zone, datetime(2026, 11, 24, 23, 30, tzinfo=UTC)) == expected


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("12.345", "EUR", "12.35"),
        ("12.344", "EUR", "12.34"),
        ("-0.005", "EUR", "-0.01"),
        ("99.5", "JPY", "100"),
        ("1.2345", "KWD", "1.235"),
        ("7", "EUR", "7.00"),
    ],
)
def test_rounds_half_up_to_the_minor_unit(amount, currency, expected):
    rounded = round_to_currency(Money(Decimal(amount), currency))

    assert str(rounded.amount) == expected


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("12.5", "EUR", "12.50"),
        ("12.5000", "EUR", "12.50"),
        ("0.1234", "EUR", "0.1234"),
        ("1200.0000", "JPY", "1200"),
        ("0", "EUR", "0.00"),
    ],
)
def test_writes_exact_amounts_with_the_places_of_their_currency(amount, currency, expected):
    assert plain_amount(Money(Decimal(amount), currency)) == expected


def test_writes_money_for_people():
    assert format_money(Decimal("1234.5"), "EUR") == "1,234.50 EUR"
    assert format_money(Decimal("1234.5"), "JPY") == "1,235 JPY"
