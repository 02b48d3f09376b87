"""What can be wrong with what a warehouse's system sends."""

from config.kernel.errors import DomainError


class Stale(DomainError):
    """On hand is not what the sender thinks it is."""

    code = "stale"
    title = "Stale"
