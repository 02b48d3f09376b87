"""What can be wrong with an announced delivery and its receipt."""

from config.kernel.errors import DomainError, InvalidInput, NotFound


class InvalidNotice(InvalidInput):
    """An announcement with wrong lines; each error names line, field and value."""

    code = "invalid-notice"
    title = "Invalid delivery note"


class ReferenceTaken(DomainError):
    """The supplier has announced a delivery under this number already."""

    code = "reference-in-use"
    title = "Delivery note number in use"


class UnknownNotice(NotFound):
    """There is no such announced delivery."""

    code = "unknown-delivery"
    title = "Unknown delivery"


class NotInDelivery(InvalidInput):
    """What was scanned is no product of this delivery."""

    code = "not-in-delivery"
    title = "Not in this delivery"


class UnreadableScan(InvalidInput):
    """What was scanned names no goods that could come in."""

    code = "unreadable-scan"
    title = "Unreadable scan"


class DeliveryCancelled(DomainError):
    """The delivery was cancelled: nothing can come in against it."""

    code = "delivery-cancelled"
    title = "Delivery cancelled"


class DeliveryHasEnded(DomainError):
    """The delivery is received or cancelled: nothing more can be expected of it."""

    code = "delivery-ended"
    title = "Delivery has ended"


class DeliveryUnderWay(DomainError):
    """Goods have come in against the delivery: it can be closed, not cancelled."""

    code = "delivery-under-way"
    title = "Goods have come in"


class NothingReceived(DomainError):
    """Nothing has come in against the delivery: it can be cancelled, not closed."""

    code = "nothing-received"
    title = "Nothing received"


class InvalidReceipt(InvalidInput):
    """A receipt with wrong lines; each error names line, field and value."""

    code = "invalid-receipt"
    title = "Invalid receipt"


class UnknownOrderNumber(InvalidInput):
    """Nothing is expected in this warehouse under this number."""

    code = "unknown-order"
    title = "Unknown order"


class AmbiguousOrderNumber(DomainError):
    """Several suppliers have announced a delivery under this number."""

    code = "ambiguous-order"
    title = "Several deliveries of this number"
