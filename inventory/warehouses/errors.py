"""What can be wrong with a warehouse and its places."""

from config.kernel.errors import DomainError, InvalidInput


class UnknownWarehouse(InvalidInput):
    """There is no such warehouse, or it has no place for goods."""

    code = "unknown-warehouse"
    title = "Unknown warehouse"


class UnknownLocation(InvalidInput):
    """There is no such location, or it is closed."""

    code = "unknown-location"
    title = "Unknown location"


class CodeTaken(DomainError):
    """Another one has this code."""

    code = "code-taken"
    title = "Code taken"
