"""Checks of one component of a GS1 value, named as in the GS1 Barcode Syntax Dictionary.

Each takes the text and returns what is wrong with it, or None. Country, currency and package codes
and coupons (iso3166…, iso4217, packagetype, coupon…) are not checked: no shelf of ours hangs on
them, and a list that ages would refuse good labels.
"""

import calendar
import re
from collections.abc import Callable
from typing import Final

from catalog.identifiers.rules.gtin import check_digit, has_right_check_digit

Linter = Callable[[str], str | None]

_CSET82: Final = (
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)
_CSET39: Final = "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CSET32: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_IMPORTER_INDEX: Final = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_NOT_CSET82: Final = re.compile(f"[^{re.escape(_CSET82)}]")
_NOT_CSET39: Final = re.compile(f"[^{re.escape(_CSET39)}]")
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*(={0,2})")
_PERCENT: Final = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*", re.DOTALL)
_POSITION: Final = re.compile(r"([0-9]+)/([0-9]+)")
_IBAN: Final = re.compile(
    r"(?!AA|Q[M-Z]|X[A-JL-Z]|ZZ)[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}"
)  # user codes are no countries
_MEDIA_TYPES: Final = frozenset([*range(1, 11), *range(80, 100)])
_PRIMES: Final = [n for n in range(2, 530) if all(n % d for d in range(2, int(n**0.5) + 1))]


def is_numeric(text: str) -> bool:
    """Say whether the text holds nothing but the digits 0 to 9."""
    return text.isascii() and (text.isdigit() or not text)


def csetnumeric(text: str) -> str | None:
    """Digits only."""
    return None if is_numeric(text) else "must be digits only"


def cset82(text: str) -> str | None:
    """Letters, digits and the punctuation that GS1 allows in text."""
    wrong = _NOT_CSET82.search(text)
    return f"holds a character GS1 does not allow there: {wrong[0]!r}" if wrong else None


def cset39(text: str) -> str | None:
    """Capitals, digits, #, - and /."""
    wrong = _NOT_CSET39.search(text)
    return f"holds a character GS1 does not allow there: {wrong[0]!r}" if wrong else None


def cset64(text: str) -> str | None:
    """Base64 in its URL-safe alphabet; padding, where given, fills up to a multiple of 3."""
    match = _BASE64URL.fullmatch(text)
    if match is None:
        return "is not URL-safe base64"
    return "has wrong base64 padding" if match[1] and len(text) % 3 else None


def csum(text: str) -> str | None:
    """Ask for a number that ends in its check digit."""
    if not text:
        return "is too short to hold a check digit"
    if not is_numeric(text):
        return "must be digits only"
    if has_right_check_digit(text) or text == "0":
        return None
    return f"has a wrong check digit: it ends in {text[-1]}, not {check_digit(text[:-1])}"


def csumalpha(text: str) -> str | None:
    """Text that ends in its pair of check characters (GS1 General Specifications 7.9.5)."""
    if len(text) < 2:
        return "is too short to hold a pair of check characters"
    data, pair = text[:-2], text[-2:]
    if len(data) > len(_PRIMES):
        return "is too long for a pair of check characters"
    if wrong := cset82(data):
        return wrong
    total = sum(_CSET82.index(c) * prime for c, prime in zip(reversed(data), _PRIMES, strict=False))
    expected = _CSET32[total % 1021 >> 5] + _CSET32[total % 1021 & 31]
    return None if pair == expected else f"has wrong check characters: {pair}, not {expected}"


def yymmdd(text: str) -> str | None:
    """Ask for a date with a two-digit year."""
    return _date(text, year_digits=2, may_lack_day=False)


def yymmd0(text: str) -> str | None:
    """Ask for a date with a two-digit year; day 00 means the last day of the month."""
    return _date(text, year_digits=2, may_lack_day=True)


def yyyymmdd(text: str) -> str | None:
    """Ask for a date with a four-digit year."""
    return _date(text, year_digits=4, may_lack_day=False)


def yyyymmd0(text: str) -> str | None:
    """Ask for a date with a four-digit year; day 00 means the last day of the month."""
    return _date(text, year_digits=4, may_lack_day=True)


def _date(text: str, *, year_digits: int, may_lack_day: bool) -> str | None:
    if not is_numeric(text):
        return "must be digits only"
    if len(text) != year_digits + 4:
        return f"must be a date of {year_digits + 4} digits"
    year, month, day = int(text[:year_digits]), int(text[-4:-2]), int(text[-2:])
    if not 1 <= month <= 12:
        return f"has no month {month:02}"
    # In two digits 00 is a leap year: it is 2000 for every year this can be read in.
    days = calendar.monthrange(year if year_digits == 4 and year else 2000 + year % 100, month)[1]
    if day > days or (day == 0 and not may_lack_day):
        return f"has no day {day:02} in month {month:02}"
    return None


def hh(text: str) -> str | None:
    """Ask for an hour, 00 to 23."""
    return _two_digits(text, "hour", 23)


def mi(text: str) -> str | None:
    """Ask for a minute, 00 to 59."""
    return _two_digits(text, "minute", 59)


def ss(text: str) -> str | None:
    """Ask for a second, 00 to 59."""
    return _two_digits(text, "second", 59)


def hhmi(text: str) -> str | None:
    """Hour and minute."""
    if len(text) != 4:
        return "must be a time of 4 digits"
    return hh(text[:2]) or mi(text[2:])


def _two_digits(text: str, name: str, most: int) -> str | None:
    if len(text) != 2 or not is_numeric(text):
        return f"must be two digits for the {name}"
    return None if int(text) <= most else f"has no {name} {text}"


def nonzero(text: str) -> str | None:
    """Ask for a number above zero."""
    if not is_numeric(text):
        return "must be digits only"
    return None if text.strip("0") else "must not be zero"


def zero(text: str) -> str | None:
    """Nothing but zeros."""
    return None if text and not text.strip("0") else "must be zero"


def nozeroprefix(text: str) -> str | None:
    """Ask for a number without leading zeros."""
    if not is_numeric(text):
        return "must be digits only"
    return "must not start with 0" if text.startswith("0") else None


def yesno(text: str) -> str | None:
    """0 for no or 1 for yes."""
    return None if text in ("0", "1") else "must be 0 or 1"


def iso5218(text: str) -> str | None:
    """Ask for a biological sex as ISO 5218 numbers it."""
    return None if text in ("0", "1", "2", "9") else "must be 0, 1, 2 or 9"


def winding(text: str) -> str | None:
    """Ask for a winding direction."""
    return None if text in ("0", "1", "9") else "must be 0, 1 or 9"


def hyphen(text: str) -> str | None:
    """Ask for a minus sign behind a temperature."""
    return None if text and not text.strip("-") else "must be a hyphen"


def hasnondigit(text: str) -> str | None:
    """At least one character that is no digit."""
    return "must hold more than digits" if is_numeric(text) else None


def importeridx(text: str) -> str | None:
    """Ask for the one-character index of an importer."""
    return None if len(text) == 1 and text in _IMPORTER_INDEX else "is no importer index"


def mediatype(text: str) -> str | None:
    """Ask for the kind of carrier an identifier was printed on."""
    known = len(text) == 2 and is_numeric(text) and int(text) in _MEDIA_TYPES
    return None if known else "is no media type"


def latitude(text: str) -> str | None:
    """Degrees north of the south pole, times ten million."""
    return _degrees(text, 1_800_000_000)


def longitude(text: str) -> str | None:
    """Degrees east of Greenwich, times ten million."""
    return _degrees(text, 3_600_000_000)


def _degrees(text: str, most: int) -> str | None:
    if len(text) != 10 or not is_numeric(text):
        return "must be 10 digits"
    return None if int(text) <= most else "is off the globe"


def pcenc(text: str) -> str | None:
    """Text whose per cent signs start an escape of two hexadecimal digits."""
    return None if _PERCENT.fullmatch(text) else "holds a broken % escape"


def pieceoftotal(text: str) -> str | None:
    """Ask for a piece and the number of pieces, in as many digits each."""
    if not is_numeric(text):
        return "must be digits only"
    if not text or len(text) % 2:
        return "must be an even number of digits"
    piece, total = int(text[: len(text) // 2]), int(text[len(text) // 2 :])
    return None if 1 <= piece <= total else f"has no piece {piece} of {total}"


def posinseqslash(text: str) -> str | None:
    """Ask for a position and the end of its sequence, such as 2/3."""
    match = _POSITION.fullmatch(text)
    if match is None:
        return "must be a position such as 2/3"
    if match[1].startswith("0") or match[2].startswith("0"):
        return "must not start with 0"
    return None if int(match[1]) <= int(match[2]) else "is a position behind the end"


def iban(text: str) -> str | None:
    """Ask for an IBAN with right check digits; which countries have one is not checked."""
    if not _IBAN.fullmatch(text):
        return "is no IBAN"
    as_number = "".join(str(int(c, 36)) for c in text[4:] + text[:4])
    return None if int(as_number) % 97 == 1 else "has wrong IBAN check digits"


LINTERS: Final[dict[str, Linter]] = {
    linter.__name__: linter
    for linter in (
        csum, csumalpha, yymmdd, yymmd0, yyyymmdd, yyyymmd0, hh, mi, ss, hhmi, nonzero, zero,
        nozeroprefix, yesno, iso5218, winding, hyphen, hasnondigit, importeridx, mediatype,
        latitude, longitude, pcenc, pieceoftotal, posinseqslash, iban,
    )
}  # fmt: skip
CHARACTER_SETS: Final[dict[str, Linter]] = {
    "N": csetnumeric, "X": cset82, "Y": cset39, "Z": cset64,
}  # fmt: skip
