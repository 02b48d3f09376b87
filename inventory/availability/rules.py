"""What a quantity means for the shop window. Pure."""

from decimal import Decimal
from enum import StrEnum


class AvailabilityStatus(StrEnum):
    """How much there is, in words."""

    IN_STOCK = "in_stock"
    LOW = "low"
    OUT_OF_STOCK = "out_of_stock"
    NOT_SELLABLE = "not_sellable"


def status_of(
    available: Decimal, *, low_stock_quantity: Decimal, is_sellable: bool
) -> AvailabilityStatus:
    """The word for a quantity: low is what is there, but no more than the variant's threshold."""
    if not is_sellable:
        return AvailabilityStatus.NOT_SELLABLE
    if available <= 0:
        return AvailabilityStatus.OUT_OF_STOCK
    if available <= low_stock_quantity:
        return AvailabilityStatus.LOW
    return AvailabilityStatus.IN_STOCK
