"""What can be wrong with a count."""

from config.kernel.errors import DomainError, InvalidInput, NotFound


class UnknownCount(NotFound):
    """There is no such count, or no such line of it."""

    code = "unknown-count"
    title = "Unknown count"


class NothingToCount(InvalidInput):
    """What was chosen holds nothing that could be counted."""

    code = "nothing-to-count"
    title = "Nothing to count"


class TooManyLines(InvalidInput):
    """More than one count can hold."""

    code = "too-many-lines"
    title = "Too many lines"


class WrongStage(DomainError):
    """The count or its line is past this, or not there yet."""

    code = "count-wrong-stage"
    title = "Not at this stage"


class NotAllCounted(DomainError):
    """Some lines have no figure, and an empty field is not a zero."""

    code = "not-all-counted"
    title = "Not all counted"


class SamePersonCounts(DomainError):
    """Who counted first counts again, though somebody else could."""

    code = "same-person-counts"
    title = "Somebody else counts again"


class BeingCounted(DomainError):
    """Another open count has this lot in this place."""

    code = "being-counted"
    title = "Being counted"


class CorrectedMeanwhile(DomainError):
    """The books were corrected after the count: its difference may be in them already."""

    code = "corrected-meanwhile"
    title = "Corrected meanwhile"


class LocationRequired(InvalidInput):
    """The lot lies in several places: say which one was counted."""

    code = "location-required"
    title = "Location required"


class ReferenceInUse(DomainError):
    """This client sent another count under this reference."""

    code = "reference-in-use"
    title = "Reference in use"
