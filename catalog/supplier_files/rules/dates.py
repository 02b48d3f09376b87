"""Dates as suppliers write them.

03/04/2027 is read only where the column, or the mapping, tells whether the day or the month comes
first; where a month stands alone, as expiry dates often do, its last day is meant.
"""

import re
from calendar import monthrange
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from catalog.supplier_files.rules.problems import ValueProblem, shown


class DateOrder(StrEnum):
    """In which order a date's numbers stand."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"
    YEAR_FIRST = "ymd"


_YEARS: Final = (2000, 2099)
_SERIAL_ZERO: Final = date(1899, 12, 30)  # day 0 of Excel's calendar, its false leap day included
_SERIALS: Final = (36526, 73050)  # 2000-01-01 to 2099-12-31
_WORDS: Final = re.compile(
    r"^(?:best\s*before(?:\s*end)?|bbe|bbd|bb|exp(?:iry|ires|iration|\.)?(?:\s*date|\s*on)?|"
    r"use\s*by|end\s*(?:of\s*)?|mhd|(?:mind(?:estens|\.)?\s*)?haltbar\s*bis(?:\s*ende)?|"
    r"verwendbar\s*bis|verfall(?:sdatum)?|ende|prod(?:uced)?(?:\s*on)?|mfg|mfd|dluo|dlc|ddm|"
    r"(?:à\s*)?(?:consommer|utiliser)\s*(?:de\s*préférence\s*)?avant(?:\s*(?:le|fin))?|fin)"
    r"\s*[.:]?\s*(?=\d|[^\W\d_]{3,9}\.?\s*\d)",
    re.IGNORECASE,
)
_FULL: Final = re.compile(r"(\d{1,4})\s*([./-])\s*(\d{1,2})\s*\2\s*(\d{1,4})")
_MONTH: Final = re.compile(r"(\d{1,4})\s*[./-]\s*(\d{1,4})")
_TIME: Final = re.compile(r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$")
_NAMED: Final = re.compile(
    r"(?:(?P<day>\d{1,2})[.\s/-]*)?(?P<month>[^\W\d_]{3,9})\.?(?:[\s/-]+(?P<day2>\d{1,2}),)?[\s/,.-]*"
    r"(?P<year>\d{4}|\d{2})"
)
_MONTH_NAMES: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jänner janvier janv",
            "feb february februar février fév févr",
            "mar march märz mrz mär mars",
            "apr april avril avr",
            "may mai",
            "jun june juni juin",
            "jul july juli juillet juil",
            "aug august août aou",
            "sep sept september septembre",
            "oct october okt oktober octobre",
            "nov november novembre",
            "dec december dez dezember décembre déc",
        ),
        start=1,
    )
    for name in names.split()
}


def _not_a_date(text: str) -> ValueProblem:
    return ValueProblem("not-a-date", f"{shown(text)} is not a date; write it like 2027-03-31.")


@lru_cache(maxsize=65536)
def parse_date(text: str, order: DateOrder | None = None, *, is_expiry: bool = False) -> date:
    """Read a date; a month alone is its last day where it is an expiry. Raises ValueProblem."""
    if len(text) == 10 and text[4] == "-" == text[7]:
        try:
            return _plausible(date.fromisoformat(text), text)
        except ValueError as error:
            if isinstance(error, ValueProblem):
                raise
    bare = _TIME.sub("", _WORDS.sub("", text.strip())).strip()
    if full := _FULL.fullmatch(bare):
        return _from_numbers(full[1], full[3], full[4], separator=full[2], order=order, text=text)
    if month := _MONTH.fullmatch(bare):
        return _from_month(month[1], month[2], text, is_expiry=is_expiry)
    if named := _NAMED.fullmatch(bare):
        return _from_name(named, text, is_expiry=is_expiry)
    return _from_serial(bare, text)


def date_order_of(text: str) -> DateOrder | None:
    """Tell which order this value proves; None where it could be either or is written plainly."""
    full = _FULL.fullmatch(_TIME.sub("", _WORDS.sub("", text.strip())).strip())
    if not full or full[2] == "." or len(full[1]) > 2:
        return None
    if full[2] == "-" and len(full[4]) != 4:
        return None
    return _proven_order(int(full[1]), int(full[3]))


def _proven_order(one: int, two: int) -> DateOrder | None:
    if one > 12 >= two:
        return DateOrder.DAY_FIRST
    return DateOrder.MONTH_FIRST if two > 12 >= one else None


def _plausible(day: date, text: str) -> date:
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise ValueProblem(
            "implausible-date", f"{shown(text)} lies outside the years {_YEARS[0]} to {_YEARS[1]}."
        )
    return day


def _make(year: str | int, month: str | int, day: str | int, text: str) -> date:
    full_year = int(year) + (2000 if len(str(year)) <= 2 else 0)
    try:
        return _plausible(date(full_year, int(month), int(day)), text)
    except ValueProblem:
        raise
    except ValueError:
        raise ValueProblem("not-a-date", f"{shown(text)}: there is no such day.") from None


def _from_numbers(
    one: str, two: str, three: str, *, separator: str, order: DateOrder | None, text: str
) -> date:
    if len(one) == 4 and len(three) <= 2:
        return _make(one, two, three, text)
    if len(one) > 2 or len(three) not in (2, 4):
        raise _not_a_date(text)
    if order is DateOrder.YEAR_FIRST and len(three) == 2:
        return _make(one, two, three, text)
    if separator == ".":
        return _make(three, two, one, text)
    if order is None and separator == "-" and len(three) == 2:
        raise ValueProblem(
            "ambiguous-date",
            f"{shown(text)} may start with its year or end with it; write it like 2027-03-31.",
        )
    return _day_or_month_first(int(one), int(two), three, order, text)


def _day_or_month_first(one: int, two: int, year: str, order: DateOrder | None, text: str) -> date:
    proven = _proven_order(one, two)
    if order is not None and proven not in (None, order):
        raise ValueProblem(
            "not-a-date", f"{shown(text)} is not a date in the order of this column."
        )
    order = proven or order
    if order is DateOrder.DAY_FIRST or one == two:
        return _make(year, two, one, text)
    if order is DateOrder.MONTH_FIRST:
        return _make(year, one, two, text)
    raise ValueProblem(
        "ambiguous-date",
        f"{shown(text)} may be day {one} of month {two} or day {two} of month {one}: nothing else "
        "in this column tells.",
    )


def _from_month(one: str, two: str, text: str, *, is_expiry: bool) -> date:
    if len(one) == 4 and len(two) <= 2:
        year, month = one, two
    elif len(two) in (2, 4) and len(one) <= 2:
        year, month = two, one
    else:
        raise _not_a_date(text)
    return _last_day(year, month, text, is_expiry=is_expiry)


def _last_day(year: str, month: str | int, text: str, *, is_expiry: bool) -> date:
    first = _make(year, month, 1, text)
    if not is_expiry:
        raise ValueProblem("day-missing", f"{shown(text)} names a month; the day is missing.")
    return first.replace(day=monthrange(first.year, first.month)[1])


def _from_name(named: re.Match[str], text: str, *, is_expiry: bool) -> date:
    month = _MONTH_NAMES.get(named["month"].casefold())
    if month is None:
        raise _not_a_date(text)
    day = named["day"] or named["day2"]
    if day is None:
        return _last_day(named["year"], month, text, is_expiry=is_expiry)
    return _make(named["year"], month, day, text)


def _from_serial(bare: str, text: str) -> date:
    """Read the day number of a spreadsheet (46112 is 2026-03-31), or eight digits of a date."""
    digits = bare.removesuffix(".0")
    if not (digits.isascii() and digits.isdigit()):
        raise _not_a_date(text)
    if len(digits) == 8:
        return _make(digits[:4], digits[4:6], digits[6:], text)
    if _SERIALS[0] <= int(digits) <= _SERIALS[1]:
        return _SERIAL_ZERO + timedelta(days=int(digits))
    raise _not_a_date(text)
