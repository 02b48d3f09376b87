"""What can be wrong with a rulebook, its versions and its entries."""

from config.kernel.errors import DomainError, InvalidInput, LinesRefused, NotFound


class UnknownRulebook(NotFound):
    """There is no such rulebook."""

    code = "unknown-rulebook"
    title = "Unknown rulebook"


class UnknownVersion(NotFound):
    """There is no such version of a rulebook."""

    code = "unknown-version"
    title = "Unknown version"


class UnknownEntry(NotFound):
    """There is no such rule."""

    code = "unknown-rule"
    title = "Unknown rule"


class UnreadableRulebook(InvalidInput):
    """A file that is not a rulebook: empty, without a column, not text."""

    code = "unreadable-rulebook"
    title = "Unreadable rulebook file"


class RowsRefused(LinesRefused):
    """Some rows of a rulebook file are wrong, so none is taken; each error names its row."""

    title = "Some rows are wrong"


class VersionTaken(DomainError):
    """The rulebook has a version of this label, or one of this content."""

    code = "version-exists"
    title = "The version exists"


class WrongVersionOrder(DomainError):
    """A version may only follow one that is in effect before it."""

    code = "version-order"
    title = "Wrong order of versions"


class NotADraft(DomainError):
    """The version has been activated already."""

    code = "version-not-draft"
    title = "Not a draft"


class EmptyVersion(DomainError):
    """A version without entries cannot become the law."""

    code = "version-empty"
    title = "An empty version"


class InvalidScope(InvalidInput):
    """What is said of the products that a rule is about does not make sense."""

    code = "invalid-scope"
    title = "Invalid scope"


class InvalidReview(InvalidInput):
    """A review whose limits, dates or note are wrong."""

    code = "invalid-review"
    title = "Invalid review"
