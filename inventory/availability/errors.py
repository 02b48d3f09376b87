"""What can be wrong with a question about availability."""

from config.kernel.errors import InvalidInput


class TooManyItems(InvalidInput):
    """More items than one read answers."""

    code = "too-many-items"
    title = "Too many items"
