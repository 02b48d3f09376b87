"""Numbers, prices, months and days as suppliers write them.

A mark with exactly three digits behind it ("1,234") may group thousands or start the decimals.
Only the rest of the column can tell; where it does not, the value is refused, never guessed.
"""

import re
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final

from catalog.supplier_files.rules.problems import ValueProblem, shown


class DecimalMark(StrEnum):
    """What stands before the decimals."""

    POINT = "."
    COMMA = ","


_BLANKS: Final = re.compile("[ \t\xa0\u2000-\u200b\u202f\u205f\u3000]")
_GROUPED_BY_BLANKS: Final = re.compile(r"\d{1,3}(?:[ '’]\d{3})+(?:[.,]\d+)?")  # noqa: RUF001
_EXPONENT: Final = re.compile(r"[+-]?\d+(?:[.,]\d*)?\s*[eE]\s*[+-]?\d+")
_PLAIN: Final = re.compile(r"\d{1,12}(?:[.,]\d{1,2})?", re.ASCII)
_NO_CENTS: Final = re.compile(r"[.,]\s*[-–—]+$")  # noqa: RUF001 - "12,-" is written with any dash
_CURRENCY_SIGN: Final = re.compile(
    r"^(?P<before>[A-Z]{1,3}\$|[A-Z]{3}|[^\W\d_]{2,3}\.?|[^\w\s.,'’()+−-])\s*(?=[\d(+−.,-])|"  # noqa: RUF001
    r"(?<=[\d).,–—-])\s*(?P<after>[A-Z]{3}|[^\W\d_]{1,3}\.?|[^\w\s.,'’()+−-])$"  # noqa: RUF001
)
_DOLLARS: Final = ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN")
# What a sign may stand for; the currency column, or the supplier's own currency, must be among it.
SIGNS: Final = {
    "€": ("EUR",), "EURO": ("EUR",), "$": _DOLLARS, "US$": ("USD",), "CA$": ("CAD",),
    "C$": ("CAD",), "A$": ("AUD",), "£": ("GBP",), "¥": ("JPY", "CNY"), "FR.": ("CHF",),
    "SFR": ("CHF",), "ZŁ": ("PLN",), "KČ": ("CZK",), "KR": ("SEK", "NOK", "DKK"),
    "KR.": ("SEK", "NOK", "DKK"), "₹": ("INR",), "₺": ("TRY",), "₽": ("RUB",), "₩": ("KRW",),
}  # fmt: skip


def _unreadable(text: str) -> ValueProblem:
    return ValueProblem("not-a-number", f"{shown(text)} is not a number.")


@lru_cache(maxsize=65536)
def parse_decimal(text: str, mark: DecimalMark | None = None) -> Decimal:
    """Read a number in any usual notation; `mark` settles what "1,234" is. Raises ValueProblem."""
    if _PLAIN.fullmatch(text):
        return Decimal(text.replace(",", "."))
    digits, decimals, sign, _ = _take_apart(text, mark)
    return Decimal(f"{sign}{digits or 0}.{decimals}" if decimals else f"{sign}{digits}")


def decimal_mark_of(text: str) -> DecimalMark | None:
    """Tell which decimal mark this value proves; None where it could be either or has none."""
    if text.isdigit():
        return None
    try:
        return _take_apart(_without_sign(text)[0], None)[3]
    except ValueProblem:
        return None


def _take_apart(text: str, mark: DecimalMark | None) -> tuple[str, str, str, DecimalMark | None]:
    """Find digits, decimals and sign, and the decimal mark that this notation proves."""
    bare = _BLANKS.sub(" ", text).strip()
    if _EXPONENT.fullmatch(bare):
        raise ValueProblem(
            "spreadsheet-number",
            f"{shown(text)} was shortened by a spreadsheet; its digits are lost.",
        )
    bare, sign = _take_sign(bare)
    if _GROUPED_BY_BLANKS.fullmatch(bare):
        bare = "".join(letter for letter in bare if letter.isdigit() or letter in ".,")
        mark = DecimalMark(bare[-1 - _tail(bare)]) if _tail(bare) < len(bare) else None
    if not bare or not bare.replace(".", "").replace(",", "").isdecimal() or not bare.isascii():
        raise _unreadable(text)
    digits, decimals, proven = _split_at_mark(bare, mark, text)
    return digits, decimals, sign, proven


def _tail(bare: str) -> int:
    """Count the digits behind the last mark; all of them where there is none."""
    return len(bare) - 1 - max(bare.rfind("."), bare.rfind(","))


def _take_sign(bare: str) -> tuple[str, str]:
    """Take off a sign in front, behind (as accounting software writes it) or made of brackets."""
    if bare.startswith("(") and bare.endswith(")"):
        return bare[1:-1].strip(), "-"
    if bare[:1] in ("-", "−"):  # noqa: RUF001 - the minus sign of typesetting
        return bare[1:].strip(), "-"
    if bare.endswith("-") and bare[-2:-1].isdigit():
        return bare[:-1], "-"
    return bare.removeprefix("+").strip(), ""


def _split_at_mark(
    bare: str, mark: DecimalMark | None, text: str
) -> tuple[str, str, DecimalMark | None]:
    points, commas = bare.count("."), bare.count(",")
    if not points and not commas:
        return bare, "", None
    if points and commas:
        last = DecimalMark(bare[-1 - _tail(bare)])
        other = "," if last == "." else "."
        whole, decimals = bare.rsplit(last, 1)
        if bare.count(last) > 1 or not _is_grouped(whole, other):
            raise _unreadable(text)
        return whole.replace(other, ""), decimals, last
    used = DecimalMark.POINT if points else DecimalMark.COMMA
    if points + commas == 1:
        return _split_at_only_mark(bare, used, mark, text)
    if not _is_grouped(bare, used):
        raise _unreadable(text)
    proven = DecimalMark.COMMA if used is DecimalMark.POINT else DecimalMark.POINT
    return bare.replace(used, ""), "", proven


def _split_at_only_mark(
    bare: str, used: DecimalMark, mark: DecimalMark | None, text: str
) -> tuple[str, str, DecimalMark | None]:
    whole, decimals = bare.split(used)
    if not decimals and not whole:
        raise _unreadable(text)
    if len(decimals) != 3 or not 0 < len(whole) <= 3 or whole[0] == "0":
        return whole, decimals, used
    if mark is None:
        raise ValueProblem(
            "ambiguous-number",
            f"{shown(text)} may be {whole}{decimals} or {whole}.{decimals}: nothing else in this "
            "column tells the decimal mark.",
        )
    return (whole, decimals, None) if mark is used else (whole + decimals, "", None)


def _is_grouped(whole: str, separator: str) -> bool:
    first, *groups = whole.split(separator)
    return 1 <= len(first) <= 3 and bool(groups) and all(len(group) == 3 for group in groups)


def _without_sign(text: str) -> tuple[str, tuple[str, ...] | None]:
    """Take a currency's code or sign off a price; with it the currencies it may stand for."""
    bare = _NO_CENTS.sub("", _BLANKS.sub(" ", text).strip())
    found = _CURRENCY_SIGN.search(bare)
    if not found:
        return bare, None
    word = (found["before"] or found["after"]).upper()
    currencies = SIGNS.get(word) or ((word,) if len(word) == 3 and word.isascii() else ())
    if not currencies:
        raise _unreadable(text)
    return _NO_CENTS.sub("", (bare[: found.start()] + bare[found.end() :]).strip()), currencies


@lru_cache(maxsize=65536)
def parse_price(
    text: str, mark: DecimalMark | None = None
) -> tuple[Decimal, tuple[str, ...] | None]:
    """Read a price such as "$62.00 " or "12 €", and the currencies its sign may stand for."""
    if _PLAIN.fullmatch(text):
        return Decimal(text.replace(",", ".")), None
    bare, currencies = _without_sign(text)
    try:
        return parse_decimal(bare, mark), currencies
    except ValueProblem as problem:
        raise ValueProblem(problem.code, problem.detail.replace(shown(bare), shown(text))) from None


@lru_cache(maxsize=16384)
def parse_integer(text: str) -> int:
    """Read a whole number; "17850.0" is one too. Raises ValueProblem."""
    if text.isascii() and text.isdigit():
        return int(text)
    number = parse_decimal(text.strip())
    if number != number.to_integral_value():
        raise ValueProblem("not-whole", f"{shown(text)} is not a whole number.")
    return int(number)


_MONTHS: Final = re.compile(
    r"(?P<number>\d{1,3})(?:[.,]0+)?\s*(?P<unit>[^\W\d_]*)\.?", re.IGNORECASE
)
_MONTH_WORDS: Final = frozenset(
    ("", "m", "mo", "mos", "mon", "month", "months", "monat", "monate", "mois", "mth", "mths", "м")
)
_YEAR_WORDS: Final = frozenset(("y", "yr", "yrs", "year", "years", "jahr", "jahre", "an", "ans"))
_DAY_WORDS: Final = frozenset(("", "d", "day", "days", "tag", "tage", "t", "j", "jour", "jours"))
_DAYS: Final = re.compile(r"(?P<number>\d{1,6})(?:[.,]0+)?\s*(?P<unit>[^\W\d_]*)\.?")


@lru_cache(maxsize=4096)
def parse_months(text: str) -> int:
    """Read a number of months: "12M", "12 months", "12", "2 years". Raises ValueProblem."""
    found = _MONTHS.fullmatch(text.strip())
    word = found["unit"].casefold() if found else None
    if found and word in _MONTH_WORDS:
        return int(found["number"])
    if found and word in _YEAR_WORDS:
        return 12 * int(found["number"])
    raise ValueProblem(
        "not-months", f'{shown(text)} is no number of months; write it like "12" or "12M".'
    )


@lru_cache(maxsize=4096)
def parse_days(text: str) -> int:
    """Read a number of days. Months have no fixed number of days and are refused."""
    found = _DAYS.fullmatch(text.strip())
    if found and found["unit"].casefold() in _DAY_WORDS:
        return int(found["number"])
    raise ValueProblem(
        "not-days", f'{shown(text)} is no number of days; write it like "900" or "900 days".'
    )
