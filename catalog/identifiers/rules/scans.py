"""One scan, however it arrives, as the facts the shop acts on.

A code that is exactly the name of a lot on file is that lot, whatever GS1 would make of it. Whether
there is such a lot only the caller can know: look up `clean_scan(text)` first and say `known_lot`.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from catalog.identifiers.rules.digital_links import looks_like_link, read_link
from catalog.identifiers.rules.elements import (
    ACTED_ON,
    FNC1,
    Element,
    Reading,
    ScanWarning,
    find_conflicting_repeats,
    find_exclusions,
)
from catalog.identifiers.rules.gtin import normalise_gtin
from catalog.identifiers.rules.scan_data import GS1_SYMBOLOGIES

SCAN_LENGTH_MAX: Final = 8_000  # the fullest QR code holds 7,089 digits

_PADDING: Final = " \t\r\n\v\f\0\x02\x03\x04\x06\x15\xa0\u200b\u200e\u200f\ufeff"
_AIM: Final = re.compile(r"\]([A-Za-z])([0-9A-Za-z])")
_CONTROL: Final = re.compile("[\x00-\x1c\x1e\x1f\x7f]")
# How FNC1 arrives when a keyboard wedge or a log has been at it; none of these is legal in a value.
_FNC1_SPELLINGS: Final = re.compile("<GS>|<FNC1>|[{]GS[}]|[{]FNC1[}]|[\u241d\u00e8^]")
_NUMBER_LIKE: Final = re.compile(r"[0-9](?:[0-9 .,-]|[eE][+-]?(?=[0-9]))*")
_PLAIN_GTIN_LENGTHS: Final = (8, 12, 13, 14)
_SYMBOLOGY_OF_RETAIL: Final = {"]E0": None, "]E3": None, "]E4": "ean-8", "]I1": "itf-14"}
# A second barcode beside the one with the GTIN starts with one of these.
_BARE_AIS: Final = frozenset(["10", "11", "13", "15", "17", "21"])
_WEIGHT_UNITS: Final = {"310": "kg", "320": "lb"}


class ScanKind(StrEnum):
    """How a scan was understood."""

    GTIN = "gtin"
    ELEMENTS = "elements"
    LINK = "link"
    LOT = "lot"


@dataclass(frozen=True, slots=True)
class NetWeight:
    """What variable-measure goods weigh, in kilograms or pounds as the label says."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What one scan said. `quantity` is (30) or (37); dates are calendar days, day 00 resolved."""

    text: str
    kind: ScanKind
    elements: tuple[Element, ...] = ()
    gtin: str | None = None
    sscc: str | None = None
    lot: str | None = None
    serial: str | None = None
    produced_on: date | None = None
    best_before_on: date | None = None
    expires_on: date | None = None
    quantity: Decimal | None = None
    net_weight: NetWeight | None = None
    warnings: tuple[ScanWarning, ...] = ()


def clean_scan(text: str) -> str:
    """Take away what scanners put around a code; FNC1 stays, it belongs to the code."""
    return text.strip(_PADDING)


def parse_scan(text: str, *, today: date, known_lot: bool = False) -> Scan:
    """Read a GTIN, an element string in any form or a Digital Link; raises InvalidIdentifier.

    What is unknown or odd but harmless is a warning beside the rest; a wrong GTIN, date, weight or
    count, an empty value and two different answers to one question are refused. `today` says which
    century two digits of a year mean.
    """
    code = clean_scan(text)
    if known_lot:
        return Scan(text=code, kind=ScanKind.LOT, lot=code)
    reading = Reading(code, is_strict=False)
    _refuse_unreadable(reading, code)
    kind = _read(reading, code)
    _check_together(reading)
    return _scan(reading, kind, today)


def resolve_year(two_digits: int, today: date) -> int:
    """Place a two-digit year within 49 years before and 50 after today (GS1's sliding century)."""
    year = today.year // 100 * 100 + two_digits
    difference = two_digits - today.year % 100
    if difference >= 51:
        return year - 100
    return year + 100 if difference <= -50 else year


def resolve_date(text: str, today: date) -> date:
    """Read YYMMDD, where day 00 is the last of the month; raises ValueError."""
    year, month, day = resolve_year(int(text[:2]), today), int(text[2:4]), int(text[4:6])
    return date(year, month, day or calendar.monthrange(year, month)[1])


def _refuse_unreadable(reading: Reading, code: str) -> None:
    if not code.strip(FNC1):
        raise reading.refusal("empty", "there is nothing to read")
    if len(code) > SCAN_LENGTH_MAX:
        raise reading.refusal("too-long", "no barcode holds this much")
    if control := _CONTROL.search(code):
        raise reading.refusal("bad-character", f"it holds the control character {control[0]!r}")


def _read(reading: Reading, code: str) -> ScanKind:
    """Decide what kind of code this is, by what the scanner says first, else by its look."""
    aim = code[:3] if _AIM.match(code) else ""
    body = code[len(aim) :].rstrip(FNC1)
    if aim in GS1_SYMBOLOGIES:
        return _read_raw(reading, body)
    if aim in _SYMBOLOGY_OF_RETAIL:
        return _read_retail(reading, aim, body)
    if looks_like_link(body):
        read_link(reading, body)
        return ScanKind.LINK
    if body.lstrip(FNC1).startswith("("):
        reading.read_bracketed(_FNC1_SPELLINGS.sub(_keep_accents, body).replace(FNC1, ""))
        return ScanKind.ELEMENTS
    return _read_bare(reading, body)


def _keep_accents(match: re.Match[str]) -> str:
    return match[0] if len(match[0]) == 1 and match[0] != "\u241d" else ""


def _read_bare(reading: Reading, body: str) -> ScanKind:
    """Read a code that nothing announces: digits are a GTIN, unless they start like GS1 data."""
    is_digits = body.isascii() and body.isdigit()
    starts_with_key = body.startswith(("00", "01", "02")) and len(body) >= 16
    if not starts_with_key and (is_digits or _NUMBER_LIKE.fullmatch(body)):
        return _read_gtin(reading, body, None)
    translated = _FNC1_SPELLINGS.sub(FNC1, body)
    if FNC1 not in translated and not starts_with_key:
        if body[:2] not in _BARE_AIS:
            raise reading.refusal("not-a-code", "it is neither a GTIN nor GS1 data")
        detail = f"It was read as GS1 data, ({body[:2]}) first, though it names no item."
        reading.warnings.append(ScanWarning("no-item", detail))
    return _read_raw(reading, body)


def _read_raw(reading: Reading, body: str) -> ScanKind:
    reading.read_raw(_FNC1_SPELLINGS.sub(FNC1, body).lstrip(FNC1))
    return ScanKind.ELEMENTS


def _read_retail(reading: Reading, aim: str, body: str) -> ScanKind:
    """Read an EAN or UPC symbol with the add-on beside it or the composite part above it."""
    digits, _, composite = body.partition("|]e0")
    if aim == "]E3":
        digits = digits[:13]
    kind = _read_gtin(reading, digits, _SYMBOLOGY_OF_RETAIL[aim])
    if composite:
        return _read_raw(reading, composite)
    return kind


def _read_gtin(reading: Reading, digits: str, symbology: str | None) -> ScanKind:
    reading.add("01", normalise_gtin(digits, symbology=symbology).value)
    return ScanKind.GTIN


def _check_together(reading: Reading) -> None:
    """Refuse contradictions in what we act on. What one barcode lacks another one may say."""
    acted_on = [e for e in reading.elements if e.ai in ACTED_ON]
    for problem in find_conflicting_repeats(acted_on):
        raise reading.refusal("contradiction", problem)
    others = [e for e in reading.elements if e.ai not in ACTED_ON]
    for problem in find_conflicting_repeats(others):
        reading.doubt("contradiction", problem)
    for problem in find_exclusions(reading.elements):
        reading.doubt("ai-pair", problem)


def _scan(reading: Reading, kind: ScanKind, today: date) -> Scan:
    values: dict[str, str] = {}
    for element in reading.elements:
        values.setdefault(element.ai, element.value)
    count = values.get("30") or values.get("37")
    return Scan(
        text=reading.text,
        kind=kind,
        elements=tuple(reading.elements),
        gtin=values.get("01") or values.get("02") or values.get("03"),
        sscc=values.get("00"),
        lot=values.get("10"),
        serial=values.get("21"),
        produced_on=_date_of(reading, values, "11", today),
        best_before_on=_date_of(reading, values, "15", today),
        expires_on=_date_of(reading, values, "17", today),
        quantity=Decimal(count) if count else None,
        net_weight=_net_weight(values),
        warnings=tuple(reading.warnings),
    )


def _date_of(reading: Reading, values: dict[str, str], ai: str, today: date) -> date | None:
    if ai not in values:
        return None
    try:
        return resolve_date(values[ai], today)
    except ValueError as error:  # 29 February of a year that the century makes a common one
        raise reading.refusal("bad-date", f"({ai}) {values[ai]} is no day") from error


def _net_weight(values: dict[str, str]) -> NetWeight | None:
    """Read the weight; the last digit of its AI says how many decimals the value has."""
    for ai, value in values.items():
        if unit := _WEIGHT_UNITS.get(ai[:3]) if len(ai) == 4 else None:
            return NetWeight(Decimal(value).scaleb(-int(ai[3])), unit)
    return None
