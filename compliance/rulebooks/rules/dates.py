"""From when an entry holds, where its own words say so."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from compliance.rulebooks.rules.shapes import Duty, Provision

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAY = r"(\d{1,2})\s+(" + "|".join(_MONTHS) + r")\s+(\d{4})"
_LEAD = r"(?:^|(?<=[\n.:)]))\s*(?:\(\*+\)\s*|\u2018)?"
_PLACED = re.compile(
    _LEAD + rf"From {_DAY}[,]? [^.\n]*?shall not be placed on the Union market\.?", re.MULTILINE
)
_AVAILABLE = re.compile(
    _LEAD + rf"From {_DAY}[,]? [^.\n]*?shall not be made available on the Union market\.?",
    re.MULTILINE,
)
_UNTIL = re.compile(
    _LEAD
    + rf"[^.\n]*?\bmay\b[^.\n]*?placed on the Union market until {_DAY} and[^.\n]*?"
    + rf"made available on the Union market until {_DAY}\.?",
    re.MULTILINE,
)
_AS_FROM = re.compile(rf"\b[Aa]s from {_DAY}\s*[:,]?\s*")


@dataclass(frozen=True, slots=True)
class Dated:
    """A text without the sentences that date it, and the dates."""

    text: str
    provisions: tuple[Provision, ...] = ()


def read_dates(text: str, *, duty: Duty = Duty.USE, regulation: str = "") -> Dated:
    """Take the dates out of a text. `Until` a day means: not after it."""
    found = list(_spans(text))
    rest = text
    for start, end, *_ in sorted(found, reverse=True):
        rest = f"{rest[:start]}\n{rest[end:]}"
    provisions = _pairs([(words, placing, shelf) for *_, words, placing, shelf in found])
    provisions += [(words.strip(), day, day) for words, day in _as_from(rest)]
    rest = _AS_FROM.sub("", rest)
    return Dated(
        "\n".join(line for line in rest.splitlines() if line.strip()),
        tuple(
            Provision(
                duty=duty,
                placing_from=placing,
                available_from=shelf,
                regulation=regulation,
                text=words,
            )
            for words, placing, shelf in provisions
        ),
    )


_Span = tuple[int, int, str, date | None, date | None]
_Said = tuple[str, date | None, date | None]


def _spans(text: str) -> Iterator[_Span]:
    for found in _UNTIL.finditer(text):
        day = timedelta(days=1)
        yield *_where(found), _date(*found.group(1, 2, 3)) + day, _date(*found.group(4, 5, 6)) + day
    for found in _PLACED.finditer(text):
        yield *_where(found), _date(*found.group(1, 2, 3)), None
    for found in _AVAILABLE.finditer(text):
        yield *_where(found), None, _date(*found.group(1, 2, 3))


def _where(found: re.Match[str]) -> tuple[int, int, str]:
    return found.start(), found.end(), " ".join(found[0].split())


def _pairs(said: list[_Said]) -> list[_Said]:
    """The sentence on placing and the one on making available together: one duty."""
    placing = [own for own in said if own[1] and not own[2]]
    shelf = [own for own in said if own[2] and not own[1]]
    pairs = [own for own in said if own[1] and own[2]]
    if len(placing) == 1 and len(shelf) == 1:
        return [*pairs, (f"{placing[0][0]} {shelf[0][0]}", placing[0][1], shelf[0][2])]
    return [*pairs, *placing, *shelf]


def _as_from(text: str) -> list[tuple[str, date]]:
    days: dict[date, str] = {}
    for found in _AS_FROM.finditer(text):
        days.setdefault(_date(*found.group(1, 2, 3)), found[0])
    return [(words, day) for day, words in days.items()]


def _date(day: str, month: str, year: str) -> date:
    return date(int(year), _MONTHS.index(month) + 1, int(day))
