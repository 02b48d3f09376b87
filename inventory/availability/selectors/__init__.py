"""Reads of what can be sold, and of what a code names."""

from inventory.availability.selectors.answers import Answer, Question, UnknownPlace, answer
from inventory.availability.selectors.levels import (
    Availability,
    LotAvailability,
    WarehouseAvailability,
)
from inventory.availability.selectors.promisable import (
    AvailableToPromise,
    available_to_promise,
)
from inventory.availability.selectors.promised import (
    ITEMS_MAX,
    BundleAvailability,
    availability,
    availability_of_items,
)
from inventory.lots.selectors import ResolvedCode
from inventory.stock.selectors.codes import resolve_code

__all__ = [
    "ITEMS_MAX",
    "Answer",
    "Availability",
    "AvailableToPromise",
    "BundleAvailability",
    "LotAvailability",
    "Question",
    "ResolvedCode",
    "UnknownPlace",
    "WarehouseAvailability",
    "answer",
    "availability",
    "availability_of_items",
    "available_to_promise",
    "resolve_code",
]
