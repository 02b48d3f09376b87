"""What can be wrong with a quantity and its unit."""

from config.kernel.errors import DomainError


class UnitMismatch(DomainError):
    """A quantity cannot be expressed in the unit asked for."""

    code = "unit-mismatch"
    status = 422
    title = "The unit does not fit"


class UnknownUnit(UnitMismatch):
    """A unit that nobody here knows; for a client it is one more unit that does not fit."""

    title = "Unknown unit"


class FractionalCount(UnitMismatch):
    """Part of a thing that is only counted whole."""

    code = "fractional-count"
    title = "Only whole pieces can be counted"
