"""How a value that cannot be used says so."""

from collections.abc import Mapping
from dataclasses import dataclass

_SHOWN_CHARACTERS_MAX = 60


class ValueProblem(ValueError):
    """A value that cannot be used: a stable code for machines, a sentence that names the value."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class CellProblem:
    """Why one cell of a row cannot be used; without a column it is the row as a whole."""

    column: str
    value: str
    code: str
    detail: str

    def as_dict(self) -> Mapping[str, str]:
        """Give the members as they are kept beside the row."""
        return {
            "column": self.column,
            "value": self.value,
            "code": self.code,
            "detail": self.detail,
        }


def shown(text: str) -> str:
    """Put a value in quotes for a sentence: control characters spelled out, long ones cut."""
    cut = text if len(text) <= _SHOWN_CHARACTERS_MAX else text[:_SHOWN_CHARACTERS_MAX] + "…"
    return '"' + "".join(c if c.isprintable() else f"<{ord(c):02X}>" for c in cut) + '"'
