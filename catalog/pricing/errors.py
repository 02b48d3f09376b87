"""What can be wrong with prices."""

from config.kernel.errors import DomainError


class InvalidPrice(DomainError):
    """A price that cannot be: negative, too long, or over a reversed period."""

    code = "invalid-price"
    status = 422
    title = "Invalid price"
