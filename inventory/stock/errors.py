"""What can be wrong with a change of stock."""

from config.kernel.errors import DomainError, InvalidInput
from inventory.lots.errors import WrongField


class InvalidQuantity(WrongField):
    """A quantity that no stock level can change by."""

    code = "invalid-quantity"
    title = "Invalid quantity"
    field = "quantity"


class InvalidCost(WrongField):
    """A cost that is none."""

    code = "invalid-cost"
    title = "Invalid cost"
    field = "unit_cost"


class InvalidText(WrongField):
    """A text that is too long to be kept."""

    code = "text-too-long"
    title = "Too long"


class ReasonRequired(WrongField):
    """A person changes stock without saying why."""

    code = "reason-required"
    title = "Reason required"
    field = "reason"


class HappensInFuture(InvalidInput):
    """Something is said to have happened later than now."""

    code = "happens-in-future"
    title = "Not yet"


class NotEnoughStock(DomainError):
    """More is to leave a stock level than lies there, or than is free there."""

    code = "insufficient-stock"
    title = "Not enough stock"


class NothingOnHand(DomainError):
    """There is nothing left of what is to be taken out."""

    code = "nothing-on-hand"
    title = "Nothing on hand"


class UnknownVariant(InvalidInput):
    """There is no such variant."""

    code = "unknown-product"
    title = "Unknown product"


class UnknownStockLevel(InvalidInput):
    """There is no such stock level."""

    code = "unknown-stock-level"
    title = "Unknown stock level"


class WrongDestination(InvalidInput):
    """Goods cannot be put there by this operation."""

    code = "wrong-destination"
    title = "Wrong destination"


class CannotOpen(DomainError):
    """This cannot be opened, or not into that."""

    code = "cannot-open"
    title = "Cannot be opened"


class CostDiffers(InvalidInput):
    """A cost that cannot be blended with the one the lot has."""

    code = "cost-currency-differs"
    title = "Cost in another currency"


class SerialsRequired(WrongField):
    """Pieces with serial numbers come or go, and it is not said which."""

    code = "serials-required"
    title = "Serial numbers required"
    field = "serials"


class InvalidSerial(WrongField):
    """A serial number that is none, stands twice, or belongs to goods that carry none."""

    code = "invalid-serial"
    title = "Invalid serial number"
    field = "serials"


class UnknownSerial(WrongField):
    """The piece with this serial number does not lie there."""

    code = "unknown-serial"
    title = "Unknown serial number"
    field = "serials"


class SerialInStock(DomainError):
    """The piece with this serial number lies in stock already."""

    code = "serial-in-stock"
    title = "Serial number in stock"


class OnTheRoad(DomainError):
    """Goods between two warehouses change with their transfer only."""

    code = "on-the-road"
    title = "On the road"


class NotInspected(DomainError):
    """What came back from a customer changes with its return only."""

    code = "not-inspected"
    title = "Not inspected yet"
