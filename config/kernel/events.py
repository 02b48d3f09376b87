"""What happened, in the past tense. Rooms subclass Event in their events.py."""

from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID

from config.kernel.money import Money, plain_amount


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact others may act on: `type` names it for good, `subject` says what it is about."""

    type: ClassVar[str]

    occurred_at: datetime

    @property
    def subject(self) -> str:
        """The thing this happened to, such as a SKU or a reservation's id."""
        return ""

    def payload(self) -> dict[str, Any]:
        """The fields as JSON knows them; the instant is kept beside them."""
        return {
            field.name: to_json(getattr(self, field.name))
            for field in fields(self)
            if field.name != "occurred_at"
        }


def event_types() -> list[str]:
    """The types of all events that some room has, in order."""
    found: set[str] = set()
    kinds = [Event]
    while kinds:
        below = kinds.pop().__subclasses__()
        kinds += below
        found |= {kind.type for kind in below if "type" in vars(kind)}
    return sorted(found)


def plain_decimal(value: Decimal) -> str:
    """A decimal without exponent and without trailing zeros: `12.5`, `100`, `0`."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def to_json(value: Any) -> Any:
    """Plain JSON for what events and records carry; decimals become texts, never floats."""
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, set | frozenset):
        return [to_json(item) for item in sorted(value)]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    return _scalar_to_json(value)


def _scalar_to_json(value: Any) -> Any:
    match value:
        case Enum():
            return to_json(value.value)
        case Decimal():
            return plain_decimal(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Money():
            return {"amount": plain_amount(value), "currency": value.currency.code}
        case None | bool() | int() | str():
            return value
    raise TypeError(f"an event cannot carry a {type(value).__name__}: {value!r}")
