"""What can be wrong with decisions and formulas."""

from config.kernel.errors import DomainError


class DecisionRefused(DomainError):
    """This person may not decide so, or the findings do not allow it."""

    code = "decision-refused"
    title = "Decision refused"


class InvalidFormula(DomainError):
    """Lines of a formula that cannot be, each named."""

    code = "invalid-formula"
    status = 422
    title = "Invalid formula"


class InvalidList(DomainError):
    """A text that is no ingredient list to judge."""

    code = "invalid-ingredients"
    status = 422
    title = "Invalid ingredient list"
