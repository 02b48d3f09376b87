"""Cells of the annexes cut into the parts that letters pair, and the figures in them."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

_LOOSE_HYPHEN = re.compile(r"(?<=[A-Za-z]) -(?=[a-z])")
_LETTER = r"(?:\([a-z]\)|\b[a-z]\))"
# A group of letters opens a part: at the start, after a line or a sentence, after `For`.
_GROUP = re.compile(
    r"(?:(?:^|(?<=\n)|(?<=[.;:%] )|(?<=[.;:%])|(?<=[a-z] ))[ \t]*)"
    r"\(?(?P<for>[Ff]or )?(?P<letters>"
    + _LETTER
    + r"(?:\s*(?:,|and|&|to|\u2013|\u2014|-)?\s*"
    + _LETTER
    + r")*)\s*:?\s*",
    re.MULTILINE,
)
_NOT_A_PART = re.compile(r"(?:point|points|column|letter|except|than|of|and|or|under|see|in)\s*$")
_RANGE = re.compile(r"([a-z])\)\s*(?:to|\u2013|\u2014|-)\s*\(?([a-z])\)")
_ROMAN = re.compile(r"\(ii\)|(?<![\w(])(?:ii|iii)\)|(?:^|\b[a-z]\)) ?[12]\. ", re.MULTILINE)
_FIGURE = re.compile(r"(?<![\d.,])(\d+(?:[.,]\d+)?)\s*(%|ppm|mg/kg|ppb)", re.IGNORECASE)
_PERCENT_OF = {"%": Decimal(1), "ppm": Decimal("0.0001"), "mg/kg": Decimal("0.0001")}


@dataclass(frozen=True, slots=True)
class Part:
    """Some words of a cell and the letters that they are about; none: all of them."""

    letters: tuple[str, ...]
    text: str


def tidy(text: str) -> str:
    """The words of a cell without hidden hyphens and idle spaces; lines stay."""
    text = text.replace("\xad", "").replace("\xa0", " ").replace("\u2009", " ")
    text = _LOOSE_HYPHEN.sub("-", text.replace("%%", "%"))
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def has_subparts(text: str) -> bool:
    """Whether letters are parted again, by (i) and (ii) or by 1. and 2."""
    return bool(_ROMAN.search(text))


def types_by_letter(text: str) -> tuple[Part, ...]:
    """The product types of a cell, each with its letter: (a), (b), (c), in their order."""
    places: list[tuple[str, int, int]] = []
    wanted = "a"
    for found in re.finditer(r"(?<![\w(])\(?([a-z])\)\s*", text):
        inside = text[: found.start()].count("(") - text[: found.start()].count(")")
        unpaired = len(places) if not text.lstrip().startswith("(") else 0
        if found[1] == wanted and inside + unpaired <= 0:
            places.append((found[1], found.start(), found.end()))
            wanted = chr(ord(wanted) + 1)
    if not places or text[: places[0][1]].strip():
        return (Part((), text),) if text else ()
    ends = [start for _, start, _ in places[1:]] + [len(text)]
    return tuple(
        Part((letter,), text[begin:end].strip())
        for (letter, _, begin), end in zip(places, ends, strict=True)
    )


def parts_of(text: str, letters: Collection[str]) -> tuple[Part, ...]:
    """The words of a cell by the groups of letters that open them."""
    opened: list[tuple[tuple[str, ...], int, int]] = []
    for found in _GROUP.finditer(text):
        # (i) is a letter where there are that many, else it parts the letter before it again.
        named = tuple(n for n in _named(found["letters"]) if n in letters or n != "i")
        before = text[: found.start("letters")].rstrip("(")
        is_other = not found["for"] and _NOT_A_PART.search(before.split("\n")[-1])
        if not is_other and named and all(letter in letters for letter in named):
            opened.append((named, found.start(), found.end()))
    return tuple(_cut(text, opened))


def figures(text: str) -> tuple[Decimal, ...]:
    """Every figure of the text as a percentage: %, ppm and mg/kg."""
    return tuple(
        Decimal(found[1].replace(",", ".")) * _PERCENT_OF[found[2].lower()]
        for found in _FIGURE.finditer(text)
        if found[2].lower() in _PERCENT_OF
    )


def percents(text: str) -> tuple[Decimal, ...]:
    """Every figure that stands before a percent sign."""
    return tuple(
        Decimal(found[1].replace(",", ".")) for found in _FIGURE.finditer(text) if found[2] == "%"
    )


def _named(letters: str) -> tuple[str, ...]:
    named = re.findall(r"([a-z])\)", letters)
    for first, last in _RANGE.findall(letters):
        named += [chr(code) for code in range(ord(first), ord(last) + 1)]
    return tuple(sorted(set(named)))


def _cut(text: str, opened: Sequence[tuple[tuple[str, ...], int, int]]) -> Iterator[Part]:
    first = opened[0][1] if opened else len(text)
    if text[:first].strip():
        yield Part((), text[:first].strip())
    if not opened:
        return
    ends = [start for _, start, _ in opened[1:]] + [len(text)]
    for (letters, _, begin), end in zip(opened, ends, strict=True):
        if text[begin:end].strip():
            yield Part(letters, text[begin:end].strip())
