"""Serializer fields for what the API writes in its own way: quantities, money and instants."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from moneyed import CURRENCIES
from rest_framework import serializers

from config.kernel.events import plain_decimal
from config.kernel.money import Money, plain_amount

INTEGER_DIGITS_MAX = 12
DECIMAL_PLACES_MAX = 4

_ADJUSTED_MAX = 40
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII | re.IGNORECASE,
)
_SHOWN_MAX = 40
_DECIMAL = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)


class _ExactDecimalField(serializers.Field[Decimal, Any, str, Any]):
    """A decimal as a text, exact to four places; whole JSON numbers are understood too."""

    default_error_messages = {
        "invalid": 'A decimal number as a text is expected, such as "12.5".',
        "max_decimal_places": f"At most {DECIMAL_PLACES_MAX} decimal places.",
        "max_digits": f"At most {INTEGER_DIGITS_MAX} digits before the point.",
        "negative": "It cannot be negative.",
        "not_positive": "It has to be more than zero.",
    }

    def __init__(
        self, *, allow_negative: bool = False, allow_zero: bool = True, **kwargs: Any
    ) -> None:
        self.allow_negative = allow_negative
        self.allow_zero = allow_zero
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        """The exact number, or a validation error."""
        if isinstance(data, bool) or not isinstance(data, str | int | Decimal):
            self.fail("invalid")
        text = _plain_text(data)
        if not _DECIMAL.fullmatch(text):
            self.fail("invalid")
        whole, _, places = text.lstrip("-").partition(".")
        if len(places.rstrip("0")) > DECIMAL_PLACES_MAX:
            self.fail("max_decimal_places")
        if len(whole.lstrip("0")) > INTEGER_DIGITS_MAX:
            self.fail("max_digits")
        value = Decimal(plain_decimal(Decimal(text)))
        if value < 0 and not self.allow_negative:
            self.fail("negative" if self.allow_zero else "not_positive")
        if value == 0 and not self.allow_zero:
            self.fail("not_positive")
        return value

    def to_representation(self, value: Decimal | int) -> str:
        """The number without exponent and without trailing zeros."""
        return plain_decimal(Decimal(value))


def _plain_text(data: str | int | Decimal) -> str:
    """What was given without exponent; 1e999999999 would be a gigabyte of zeros and stays as is."""
    if isinstance(data, Decimal) and abs(data.adjusted()) <= _ADJUSTED_MAX:
        return f"{data:f}"
    return str(data).strip()


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,4})?$"})
class QuantityField(_ExactDecimalField):
    """How much of something; its unit stands beside it."""


class InstantField(serializers.DateTimeField):
    """An instant as RFC 3339 writes it: with time and offset, so that it can only be one."""

    default_error_messages = {
        "no_instant": "An instant with time and offset is expected, such as 2026-01-31T09:30:00Z, "
        'not "{given}".',
    }

    def to_internal_value(self, value: Any) -> datetime:
        """The instant, or a validation error."""
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            self.fail("no_instant", given=str(value)[:_SHOWN_MAX])
        return super().to_internal_value(value.upper())


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "amount": {"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,4})?$"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        },
        "required": ["amount", "currency"],
    }
)
class MoneyField(serializers.Field[Money, Any, dict[str, str], Any]):
    """`{"amount": "12.50", "currency": "EUR"}`."""

    default_error_messages = {
        "invalid": "An object with amount and currency is expected.",
        "unknown_currency": "There is no currency {currency}.",
    }

    def __init__(self, *, allow_negative: bool = False, **kwargs: Any) -> None:
        self._amount = _ExactDecimalField(allow_negative=allow_negative)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Money:
        """The amount with its currency, or a validation error."""
        if not isinstance(data, dict) or not {"amount", "currency"} <= data.keys():
            self.fail("invalid")
        currency = data["currency"]
        if not isinstance(currency, str) or currency not in CURRENCIES:
            self.fail("unknown_currency", currency=str(currency)[:10])
        try:
            amount = self._amount.run_validation(data["amount"])
        except serializers.ValidationError as error:
            raise serializers.ValidationError({"amount": error.detail}) from error
        return Money(amount, currency)

    def to_representation(self, value: Money) -> dict[str, str]:
        """Amount and currency, both as texts."""
        return {"amount": plain_amount(value), "currency": value.currency.code}
