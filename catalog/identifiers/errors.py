"""What can be wrong with a code somebody typed, scanned or sent in a file."""

from typing import ClassVar

from config.kernel.errors import InvalidInput

_SHOWN_CHARACTERS_MAX = 60


def shown(text: str) -> str:
    """Put the text in quotes for a message: control characters spelled out, long ones cut."""
    cut = text if len(text) <= _SHOWN_CHARACTERS_MAX else text[:_SHOWN_CHARACTERS_MAX] + "…"
    return '"' + "".join(c if c.isprintable() else f"<{ord(c):02X}>" for c in cut) + '"'


class InvalidIdentifier(InvalidInput, ValueError):
    """A code nobody should act on; `reason` is the stable word for why, `value` what was given.

    A ValueError too, because form fields and import widgets turn those into an error of the field.
    """

    code: ClassVar[str] = "invalid-code"
    title: ClassVar[str] = "Invalid code"

    def __init__(self, detail: str, *, reason: str, value: str) -> None:
        super().__init__(detail, reason=reason)
        self.reason = reason
        self.value = value


class InvalidGtin(InvalidIdentifier):
    """No GTIN can be read from this without guessing."""


class InvalidSku(InvalidIdentifier):
    """Not a SKU by our standard."""

    code = "invalid-sku"
    title = "Invalid SKU"


class InvalidScan(InvalidIdentifier):
    """The scanned text is neither a GTIN nor GS1 data that holds together."""
