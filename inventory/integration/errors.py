"""What can be wrong with what a warehouse's system sends."""

from config.kernel.errors import DomainError, InvalidInput


class Stale(DomainError):
    """On hand is not what the sender thinks it is."""

    code = "stale"
    title = "Stale"


class UpdateRejected(InvalidInput):
    """One line cannot be applied, so none of an atomic update is."""

    code = "stock-update-rejected"
    title = "Stock update rejected"
