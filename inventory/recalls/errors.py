"""What can be wrong with a recall."""

from config.kernel.errors import DomainError, InvalidInput, LinesRefused, NotFound
from inventory.lots.errors import WrongField


class UnknownRecall(NotFound):
    """There is no such recall."""

    code = "unknown-recall"
    title = "Unknown recall"


class UnreadableChoice(LinesRefused):
    """Lots are named that we do not know; each error names the line."""

    title = "Some lots are unknown"


class InvalidChoice(InvalidInput):
    """It cannot be said which lots are meant."""

    code = "invalid-choice"
    title = "Which lots?"


class UnknownSupplier(WrongField):
    """There is no such supplier."""

    code = "unknown-supplier"
    title = "Unknown supplier"
    field = "supplier"


class NothingToRecall(WrongField):
    """No lot fits what was asked."""

    code = "nothing-to-recall"
    title = "No such lots"


class TooManyLots(WrongField):
    """More lots than one recall can have."""

    code = "too-many-lots"
    title = "Too many lots"


class InvalidText(WrongField):
    """A text that is missing or too long."""

    code = "invalid-text"
    title = "Invalid text"


class RecallReferenceTaken(DomainError):
    """Another recall has this reference."""

    code = "reference-in-use"
    title = "Reference in use"


class RecallEnded(DomainError):
    """The recall is closed or withdrawn: nothing more can be done with it."""

    code = "recall-ended"
    title = "Recall has ended"


class RecallIncomplete(WrongField):
    """Units are outstanding, and nobody says why it is closed all the same."""

    code = "recall-incomplete"
    title = "Not all is accounted for"
    field = "reason"


class NotInRecall(WrongField):
    """The lot is not in this recall."""

    code = "not-in-recall"
    title = "Not in this recall"
    field = "lot"


class MoreThanOutstanding(DomainError):
    """More is said to have come back or ended than is outstanding."""

    code = "more-than-outstanding"
    title = "More than is outstanding"


class WarehouseRequired(WrongField):
    """Goods come in or leave, and it is not said where; or they were never in our hands."""

    code = "invalid-warehouse"
    title = "Which warehouse?"
    field = "warehouse"


class CannotTakeBack(DomainError):
    """The record is taken back already, or stands in the ledger."""

    code = "cannot-take-back"
    title = "Cannot be taken back"
