"""What can be wrong with what a bundle is made of."""

from config.kernel.errors import InvalidInput, NotFound


class InvalidComposition(InvalidInput):
    """Slots or options that make no bundle, each named."""

    code = "invalid-composition"
    title = "Invalid composition"


class UnknownBundle(NotFound):
    """There is no such bundle."""

    code = "unknown-bundle"
    title = "Unknown bundle"
