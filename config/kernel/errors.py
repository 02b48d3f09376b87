"""What a user, a file or a partner can do wrong, as exceptions that carry a stable code.

The ways in translate them: problem+json in the API, a message in the admin, a row error in a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that is wrong: a JSON pointer into the request, a stable code, a sentence."""

    pointer: str
    code: str
    detail: str


class DomainError(Exception):
    """A refusal with a reason. Rooms subclass it in errors.py and set code, title and status."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Refused"

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = (), **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors: tuple[FieldError, ...] = tuple(errors)
        self.extra = extra

    def __str__(self) -> str:
        """The sentence a person reads, with each wrong field behind it."""
        if not self.errors:
            return self.detail
        return f"{self.detail} " + "; ".join(f"{e.pointer}: {e.detail}" for e in self.errors)


class InvalidInput(DomainError):
    """Well-formed input whose content is wrong."""

    code = "invalid-input"
    status = 422
    title = "Invalid input"


class LinesRefused(InvalidInput):
    """Some lines of a request are wrong, so none is taken; its code is that of the first."""

    title = "Some lines are wrong"

    def __init__(self, detail: str, *, errors: Sequence[FieldError]) -> None:
        super().__init__(detail, errors=errors)
        self.code = errors[0].code  # type: ignore[misc]


class NotFound(DomainError):
    """There is no such thing."""

    code = "not-found"
    status = 404
    title = "Not found"


class Forbidden(DomainError):
    """The caller may not do this."""

    code = "forbidden"
    status = 403
    title = "Forbidden"
