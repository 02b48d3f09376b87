"""Amounts with a currency. Stored as a decimal of four places and an ISO 4217 code."""

from decimal import ROUND_HALF_UP, Decimal

from moneyed import Money, get_currency

__all__ = ["Money", "format_money", "minor_unit", "plain_amount", "round_to_currency"]


def minor_unit(currency: str) -> Decimal:
    """The smallest step of a currency: 0.01 for EUR, 1 for JPY."""
    return Decimal(1) / get_currency(currency).sub_unit


def round_to_currency(money: Money) -> Money:
    """The amount in whole minor units, half up: what can be paid."""
    step = minor_unit(money.currency.code)
    steps = (money.amount / step).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return Money((steps * step).quantize(step), money.currency)


def plain_amount(money: Money) -> str:
    """The exact amount as a text, with no fewer places than its currency has: `12.50`, `0.1234`."""
    rounded = round_to_currency(money).amount
    return f"{rounded if rounded == money.amount else money.amount.normalize():f}"


def format_money(amount: Decimal, currency: str) -> str:
    """The amount as people read it, in whole minor units: `12.50 EUR`."""
    return f"{round_to_currency(Money(amount, currency)).amount:,f} {currency}"
