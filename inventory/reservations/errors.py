"""What can go wrong with a reservation."""

from config.kernel.errors import DomainError, InvalidInput


class InsufficientStock(DomainError):
    """Less is free than was asked; `shortages` says what of."""

    code = "insufficient-stock"
    title = "Insufficient stock"


class NotSellable(DomainError):
    """A product may not be sold there; `reasons` says why."""

    code = "not-sellable"
    title = "Not sellable"


class InvalidChoice(InvalidInput):
    """What was chosen for a bundle cannot be, or something must be chosen that was not."""

    code = "invalid-choice"
    title = "Invalid choice"


class ReferenceInUse(DomainError):
    """The client holds another reservation under this reference."""

    code = "reference-in-use"
    title = "Reference in use"


class ReservationExpired(DomainError):
    """Its time ran out."""

    code = "reservation-expired"
    title = "Reservation expired"


class ReservationEnded(DomainError):
    """It has ended another way, and there is no way back."""

    code = "reservation-ended"
    title = "Reservation ended"


class UnknownMarket(InvalidInput):
    """There is no such market, or it is closed."""

    code = "unknown-market"
    title = "Unknown market"


class UnknownChannel(InvalidInput):
    """There is no such channel."""

    code = "unknown-channel"
    title = "Unknown channel"


class DeliveryInPast(InvalidInput):
    """The promised day has passed where the goods lie."""

    code = "delivery-in-past"
    title = "Delivery in the past"


class UnknownOrder(InvalidInput):
    """Nothing was sold under this order, or there is no such reservation."""

    code = "unknown-order"
    title = "Unknown order"


class AmbiguousOrder(DomainError):
    """Several clients have an order of this name."""

    code = "ambiguous-order"
    title = "Several orders of this name"


class MoreThanOrdered(DomainError):
    """More is said to have been sent than was sold and not sent yet."""

    code = "more-than-ordered"
    title = "More than was ordered"


class ShipmentReferenceTaken(DomainError):
    """The client has reported another shipment under this reference."""

    code = "reference-in-use"
    title = "Reference in use"


class DuplicateLine(DomainError):
    """A line of this external id was reported before, with another shipment."""

    code = "duplicate-line"
    title = "Line reported before"
