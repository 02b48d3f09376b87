"""What can be wrong with substances and with files of them."""

from config.kernel.errors import InvalidInput, NotFound


class InventoryUnreadable(InvalidInput):
    """The file is no inventory of substances: not UTF-8, no heading, a column missing."""

    code = "inventory-unreadable"
    title = "The file cannot be read"


class UnknownSubstance(NotFound):
    """There is no such substance."""

    code = "unknown-substance"
    title = "Unknown substance"


class NameTaken(InvalidInput):
    """The name already means a substance."""

    code = "name-taken"
    title = "The name is taken"
