"""What a scanner sends, with its AIM symbology identifier, against the message in the symbol.

Messages are written as the GS1 syntax engine writes them: `^` is FNC1, so a plain message that
starts with a caret has a backslash before it, and `|` parts a linear symbol from its composite.
"""

import re
from dataclasses import dataclass
from typing import Final

from catalog.identifiers.errors import InvalidScan
from catalog.identifiers.rules.digital_links import looks_like_link, parse_digital_link
from catalog.identifiers.rules.elements import FNC1, Reading
from catalog.identifiers.rules.gtin import check_digit, compress_upc_a, has_right_check_digit

GS1_SYMBOLOGIES: Final = {
    "]C1": "GS1_128_CCA", "]e0": "DataBarExpanded", "]d2": "DM", "]Q3": "QR", "]J1": "DotCode",
}  # fmt: skip
_PLAIN_SYMBOLOGIES: Final = {"]d1": "DM", "]Q1": "QR", "]J0": "DotCode"}
_RETAIL_SYMBOLOGIES: Final = {"]E0": ("EAN13", 13), "]E4": ("EAN8", 8)}
_RETAIL_LENGTHS: Final = {"EAN13": 13, "UPCA": 12, "UPCE": 12, "EAN8": 8, "DataBarOmni": 14}
_AIM_OF_GS1: Final = {name: aim for aim, name in GS1_SYMBOLOGIES.items()}
_AIM_OF_PLAIN: Final = {name: aim for aim, name in _PLAIN_SYMBOLOGIES.items()}
_COMPOSITE: Final = "|]e0"
_ESCAPED_CARET: Final = re.compile(r"\\+\^")
_CARET: Final = re.compile(r"\\*\^")


@dataclass(frozen=True, slots=True)
class ScanMessage:
    """The symbology a scan came from and the message that stands in the symbol."""

    symbology: str
    text: str


def read_scan_data(text: str) -> ScanMessage:
    """Turn scan data back into symbology and message, checked strictly; raises InvalidScan."""
    reading = Reading(text)
    aim, data = text[:3], text[3:]
    if aim in GS1_SYMBOLOGIES:
        return ScanMessage(GS1_SYMBOLOGIES[aim], _read_gs1(reading, data))
    if aim in _RETAIL_SYMBOLOGIES:
        symbology, length = _RETAIL_SYMBOLOGIES[aim]
        digits, has_composite, composite = data.partition(_COMPOSITE)
        _check_number(reading, digits, length)
        tail = f"|{_read_gs1(reading, composite)}" if has_composite else ""
        return ScanMessage(symbology, digits + tail)
    if aim in _PLAIN_SYMBOLOGIES:
        if looks_like_link(data):
            parse_digital_link(data)
        return ScanMessage(_PLAIN_SYMBOLOGIES[aim], "\\" + data if _CARET.match(data) else data)
    raise reading.refusal("no-symbology", "it starts with no known symbology identifier")


def write_scan_data(symbology: str, message: str) -> str:
    """Give what a scanner sends for a message in a symbology; raises InvalidScan."""
    reading = Reading(message)
    if symbology in _RETAIL_LENGTHS:
        return _write_retail(reading, symbology, message)
    if message.startswith("^") and symbology in _AIM_OF_GS1:
        return _AIM_OF_GS1[symbology] + _write_gs1(reading, message)
    if symbology in _AIM_OF_PLAIN:
        plain = message[1:] if _ESCAPED_CARET.match(message) else message
        return _AIM_OF_PLAIN[symbology] + plain
    raise reading.refusal("no-symbology", f"it cannot stand in a {symbology} symbol")


def _read_gs1(reading: Reading, data: str) -> str:
    reading.read_raw(data)
    return "^" + data.replace(FNC1, "^")


def _write_gs1(reading: Reading, message: str) -> str:
    if not message.startswith("^"):
        raise reading.refusal("no-fnc1", "GS1 data starts with FNC1")
    data = message[1:].replace("^", FNC1)
    reading.read_raw(data)
    return data


def _write_retail(reading: Reading, symbology: str, message: str) -> str:
    """Write a GTIN, given bare or as (01), and the composite part above it if there is one."""
    linear, has_composite, composite = message.partition("|")
    length = _RETAIL_LENGTHS[symbology]
    digits = linear.removeprefix("^01")[14 - length :] if linear.startswith("^01") else linear
    if len(digits) == length - 1 and digits.isdigit():
        digits += str(check_digit(digits))
    _check_number(reading, digits, length)
    if symbology == "UPCE" and compress_upc_a(digits) is None:
        raise reading.refusal("no-upc-e", "its zeros do not allow the short form")
    above = _write_gs1(reading, composite) if has_composite else ""
    if symbology == "DataBarOmni":
        return f"]e001{digits}{above}"
    aim = "]E4" if symbology == "EAN8" else "]E0"
    tail = f"{_COMPOSITE}{above}" if has_composite else ""
    return f"{aim}{digits if symbology == 'EAN8' else digits.zfill(13)}{tail}"


def _check_number(reading: Reading, digits: str, length: int) -> None:
    problem = _number_problem(reading, digits, length)
    if problem:
        raise problem


def _number_problem(reading: Reading, digits: str, length: int) -> InvalidScan | None:
    if len(digits) != length or not (digits.isascii() and digits.isdigit()):
        return reading.refusal("wrong-length", f"it must have {length} digits")
    if not has_right_check_digit(digits):
        expected = check_digit(digits[:-1])
        return reading.refusal("wrong-check-digit", f"it must end in {expected}")
    return None
