"""What can be wrong with a return."""

from config.kernel.errors import DomainError, InvalidInput, NotFound


class UnknownReturn(NotFound):
    """There is no such return."""

    code = "unknown-return"
    title = "Unknown return"


class InvalidReturn(InvalidInput):
    """A return with wrong lines; each error names line, field and value."""

    code = "invalid-return"
    title = "Invalid return"


class UnknownOrder(InvalidInput):
    """Nothing was sold under this order."""

    code = "unknown-order"
    title = "Unknown order"


class AmbiguousOrder(DomainError):
    """Several clients have an order of this name."""

    code = "ambiguous-order"
    title = "Several orders of this name"


class MoreThanSold(DomainError):
    """More is to come back than was sold and has not come back yet."""

    code = "more-than-sold"
    title = "More than was sold"


class ReturnReferenceTaken(DomainError):
    """The client has another return of this reference."""

    code = "reference-in-use"
    title = "Reference in use"


class ReturnEnded(DomainError):
    """The return is closed or cancelled."""

    code = "return-ended"
    title = "Return has ended"


class ReturnUnderWay(DomainError):
    """Goods of this return have come in: it can be inspected and closed, not cancelled."""

    code = "return-under-way"
    title = "Goods have come in"


class NothingReceived(DomainError):
    """Nothing of this return has come in, or nothing more than is inspected."""

    code = "nothing-received"
    title = "Nothing to inspect"


class NotAllInspected(DomainError):
    """Goods of this return wait for somebody to say what becomes of them."""

    code = "not-inspected"
    title = "Not inspected yet"


class NotInReturn(InvalidInput):
    """The return has no such line."""

    code = "not-in-return"
    title = "Not in this return"


class CannotRestock(DomainError):
    """The goods may not go back on sale; each error says why."""

    code = "cannot-restock"
    title = "Not fit for sale"


class NoExchange(InvalidInput):
    """No replacement waits for this line, or its fate is decided already."""

    code = "no-exchange"
    title = "No replacement waits"
