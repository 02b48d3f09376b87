"""GS1 item numbers: check digits, the forms of a barcode, and what spreadsheets do to them."""

import re
from dataclasses import dataclass
from typing import Final

from catalog.identifiers.errors import InvalidGtin, shown

UPC_E: Final = "upc-e"
_FORMS: Final = {8: "gtin-8", 12: "gtin-12", 13: "gtin-13", 14: "gtin-14"}
_LENGTH_BY_SYMBOLOGY: Final = {
    "ean8": 8, "gtin8": 8, "upce": 8, "upca": 12, "upc": 12, "gtin12": 12,
    "ean13": 13, "ean": 13, "gtin13": 13, "itf14": 14, "gtin14": 14, "dun14": 14,
}  # fmt: skip
# Weights alternate 3 and 1 from the right; the digits' ASCII codes stand in for the digits, so the
# sum is 48 too large per unit of weight. These are the remainders to expect for each full length.
_ASCII_REMAINDER: Final = {n: 48 * (n // 2 * 3 + (n + 1) // 2) % 10 for n in (12, 13, 14)}

# Blanks, control and zero-width characters anywhere; hyphens where they group printed digits.
_NOT_SEEN: Final = re.compile(
    "[\x00-\x20\x7f\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]|(?<=[0-9])-(?=[0-9])"
)
_TEXT_MARKERS: Final = "'\"`\u00b4\u2019"
_EXPONENT: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?\s*[eE]\s*[+-]?[0-9]+")
_FLOAT_TAIL: Final = re.compile(r"([0-9]+)[.,]0{1,4}")
_GROUPED_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3}){2,}|[0-9]{1,3}(?:,[0-9]{3}){2,}")


@dataclass(frozen=True, slots=True)
class Gtin:
    """A GTIN whose check digit is right: always 14 digits, and the form it was given in."""

    value: str
    form: str
    restricted_prefix: str | None = None

    @property
    def is_restricted(self) -> bool:
        """Whether only the shop that made the code up may use it (prefixes 02, 04 and 20 to 29)."""
        return self.restricted_prefix is not None

    def __str__(self) -> str:
        return self.value


def check_digit(digits: str) -> int:
    """Work out the check digit behind these digits: the same sum for GTIN, GLN and SSCC."""
    assert digits.isascii()
    assert digits.isdigit()
    codes = digits.encode()
    return -(3 * sum(codes[-1::-2]) + sum(codes[-2::-2]) - 48 * _weight(len(digits))) % 10


def has_right_check_digit(digits: str) -> bool:
    """Say whether the last of these digits is the check digit of the others."""
    return len(digits) > 1 and check_digit(digits[:-1]) == ord(digits[-1]) - 48


def normalise_gtin(text: str, *, symbology: str | None = None) -> Gtin:
    """Read a GTIN of 8, 12, 13 or 14 digits into 14 digits; raises InvalidGtin, never guesses.

    Eight digits starting with 0 are UPC-E and 1 to 9 GTIN-8, unless the symbology says otherwise.
    """
    length = len(text)
    if length in _ASCII_REMAINDER and symbology is None and text.isascii() and text.isdigit():
        codes = text.encode()
        total = 3 * sum(codes[-2::-2]) + sum(codes[-1::-2])
        if total % 10 == _ASCII_REMAINDER[length] and text.strip("0"):
            value = text.zfill(14)
            return Gtin(value, _FORMS[length], _restricted_prefix(value))
    return _normalise_with_care(text, symbology)


def expand_upc_e(digits: str) -> str:
    """Give the 12-digit UPC-A behind 8 digits of UPC-E; the check digit stays as it is."""
    number_system, body, check = digits[0], digits[1:7], digits[7]
    last = body[5]
    if last in "012":
        middle = body[:2] + last + "0000" + body[2:5]
    elif last == "3":
        middle = body[:3] + "00000" + body[3:5]
    elif last == "4":
        middle = body[:4] + "00000" + body[4]
    else:
        middle = body[:5] + "0000" + last
    return number_system + middle + check


def compress_upc_a(digits: str) -> str | None:
    """Give the 8-digit UPC-E form of a 12-digit UPC-A, or None where its zeros do not allow one."""
    number_system, maker, item, check = digits[0], digits[1:6], digits[6:11], digits[11]
    if number_system not in "01":
        return None
    if maker[2] in "012" and maker[3:] == "00" and item[:2] == "00":
        return number_system + maker[:2] + item[2:] + maker[2] + check
    if maker[3:] == "00" and item[:3] == "000":
        return number_system + maker[:3] + item[3:] + "3" + check
    if maker[4] == "0" and item[:4] == "0000":
        return number_system + maker[:4] + item[4] + "4" + check
    if item[:4] == "0000" and item[4] in "56789":
        return number_system + maker + item[4] + check
    return None


def _weight(length: int) -> int:
    """Add up the weights 3, 1, 3, … over so many digits."""
    return 2 * length + length % 2


def _restricted_prefix(value: str) -> str | None:
    """Find the restricted-circulation prefix of a 14-digit value, read on its 13-digit form."""
    prefix = value[1:3]
    return prefix if prefix[0] == "2" or prefix in ("02", "04") else None


def _normalise_with_care(text: str, symbology: str | None) -> Gtin:
    """Everything but the clean case: strip what is not part of the code, then read or explain."""
    digits = _digits_of(text)
    if not digits.strip("0"):
        raise _refusal(text, "placeholder", "is all zeros: a placeholder, not a barcode.")
    wanted = _wanted_length(symbology)
    if wanted is not None and len(digits) != wanted and len(digits) in _FORMS:
        raise _refusal(
            text,
            "wrong-length",
            f"has {len(digits)} digits, but {symbology} has {wanted}.",
        )
    if len(digits) == 8 and _is_upc_e(digits, symbology):
        return _from_upc_e(text, digits, symbology)
    if len(digits) not in _FORMS:
        raise _wrong_length(text, digits)
    if not has_right_check_digit(digits):
        raise _refusal(
            text,
            "wrong-check-digit",
            f"has a wrong check digit: it ends in {digits[-1]}, the digits before it ask for "
            f"{check_digit(digits[:-1])}.",
        )
    value = digits.zfill(14)
    return Gtin(value, _FORMS[len(digits)], _restricted_prefix(value))


def _digits_of(text: str) -> str:
    """Free the digits of text markers, invisible characters and a float tail, or explain."""
    bare = _NOT_SEEN.sub("", text)
    bare = bare.removeprefix("=").strip(_TEXT_MARKERS)
    if not bare:
        raise InvalidGtin("No barcode is given.", reason="empty", value=text)
    if bare.isascii() and bare.isdigit():
        return bare
    if _EXPONENT.fullmatch(bare):
        raise _refusal(
            text,
            "spreadsheet-number",
            "was cut by a spreadsheet, its last digits are lost: format the column as text and "
            "send the barcode again.",
        )
    if tail := _FLOAT_TAIL.fullmatch(bare):
        return tail[1]
    if _GROUPED_THOUSANDS.fullmatch(bare):
        raise _refusal(
            text,
            "spreadsheet-number",
            "was written as a number with thousands separators: format the column as text and "
            "send the barcode again.",
        )
    wrong = next(c for c in bare if not (c.isascii() and c.isdigit()))
    raise _refusal(text, "not-digits", f"is not a barcode: {shown(wrong)} is not a digit.")


def _wanted_length(symbology: str | None) -> int | None:
    """Say how many digits this symbology prints; None where the name says nothing about it."""
    return _LENGTH_BY_SYMBOLOGY.get(_plain(symbology)) if symbology else None


def _plain(symbology: str) -> str:
    return "".join(c for c in symbology.lower() if c.isalnum())


def _is_upc_e(digits: str, symbology: str | None) -> bool:
    name = _plain(symbology) if symbology else ""
    if name in ("ean8", "gtin8"):
        return False
    return name == "upce" or digits[0] == "0"


def _from_upc_e(text: str, digits: str, symbology: str | None) -> Gtin:
    """Expand and verify; the check digit of UPC-E is that of the expanded code."""
    if digits[0] not in "01":
        raise _refusal(text, "wrong-number-system", "is no UPC-E: those start with 0 or 1.")
    expanded = expand_upc_e(digits)
    if not has_right_check_digit(expanded):
        hint = (
            " As EAN-8 it would be right: name the symbology if it is one."
            if symbology is None and has_right_check_digit(digits)
            else ""
        )
        raise _refusal(
            text,
            "wrong-check-digit",
            f"has a wrong check digit: read as UPC-E it stands for {expanded[:-1]} and must end in "
            f"{check_digit(expanded[:-1])}, not {digits[-1]}.{hint}",
        )
    value = expanded.zfill(14)
    return Gtin(value, UPC_E, _restricted_prefix(value))


def _wrong_length(text: str, digits: str) -> InvalidGtin:
    """Say how many digits there are, and which full code it would be if zeros were cut off."""
    count = len(digits)
    if count == 7 and has_right_check_digit(expand_upc_e("0" + digits)):
        return _lost_zeros(text, count, f"0{digits} (UPC-E)")
    if 6 < count < 12 and has_right_check_digit(digits):
        return _lost_zeros(text, count, digits.zfill(8 if count == 7 else 12))
    return _refusal(
        text,
        "wrong-length",
        f"has {count} digit{'s' if count != 1 else ''}; a barcode has 8, 12, 13 or 14.",
    )


def _lost_zeros(text: str, count: int, full: str) -> InvalidGtin:
    return _refusal(
        text,
        "lost-leading-zeros",
        f"has {count} digits: it would be {full} if a spreadsheet cut its leading zeros. Send the "
        "code in full, in a column formatted as text.",
    )


def _refusal(text: str, reason: str, rest: str) -> InvalidGtin:
    return InvalidGtin(f"{shown(text)} {rest}", reason=reason, value=text)
