"""What can be wrong with a transfer between two warehouses."""

from config.kernel.errors import DomainError, InvalidInput, NotFound


class UnknownTransfer(NotFound):
    """There is no such transfer."""

    code = "unknown-transfer"
    title = "Unknown transfer"


class InvalidTransfer(InvalidInput):
    """A transfer with wrong lines; each error names line, field and value."""

    code = "invalid-transfer"
    title = "Invalid transfer"


class TransferReferenceTaken(DomainError):
    """Another transfer has this reference."""

    code = "reference-in-use"
    title = "Reference in use"


class TransferUnderWay(DomainError):
    """The goods have left: the transfer can be received, not changed."""

    code = "transfer-under-way"
    title = "Goods have left"


class TransferNotSent(DomainError):
    """The goods have not left yet: nothing can arrive."""

    code = "transfer-not-sent"
    title = "Goods have not left"


class TransferEnded(DomainError):
    """The transfer is received or cancelled: nothing more comes of it."""

    code = "transfer-ended"
    title = "Transfer has ended"


class MoreThanSent(DomainError):
    """More is said to have arrived than was on the road."""

    code = "more-than-sent"
    title = "More than was sent"


class NotInTransfer(InvalidInput):
    """What is said to have arrived was not sent."""

    code = "not-in-transfer"
    title = "Not in this transfer"
