"""The wording of an entry: what must stand on the label, and for which products."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from compliance.rulebooks.rules.products import ALL, Reading
from compliance.rulebooks.rules.shapes import EVERYTHING, LabelWarning
from compliance.rulebooks.rules.texts import parts_of

_HEADINGS = re.compile(
    r"(?:conditions of use|warnings?(?: to be printed on the label)?"
    r"|(?:as from [^,\n]+, )?to be printed on the label)\s*:?\s*",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(r"\s*\(\d{1,2}\)(?=\s|$)|\(\*+\)|\*+", re.MULTILINE)
_MAKERS = re.compile(
    r"purity|free from|not more than \d|maximum \d|maximum 3|only in free acid|only nanomaterials"
    r"|\(?(?:\d+ ?\) )?this limit applies to the substance"
    r"|solely for products which|anilin$|titanium dioxide in powder form|\(?for use as",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Labels:
    """What was read of a wording."""

    warnings: tuple[LabelWarning, ...] = ()
    conditions: tuple[str, ...] = field(default=())
    doubts: tuple[str, ...] = field(default=())


def read_labels(text: str, readings: Mapping[str, Reading]) -> Labels:
    """The words for the label by the products of their letters; the rest is for the maker."""
    if not text.strip():
        return Labels()
    warnings: list[LabelWarning] = []
    conditions: list[str] = []
    for part in parts_of(text, [letter for letter in readings if letter]):
        words, for_the_maker = _words(part.text)
        conditions += for_the_maker
        if words:
            warnings += _by_products(words, part.letters, readings)
    return Labels(tuple(dict.fromkeys(warnings)), tuple(conditions))


def _words(text: str) -> tuple[str, list[str]]:
    kept: list[str] = []
    conditions: list[str] = []
    for line in _HEADINGS.sub("\n", text).splitlines():
        bare = _FOOTNOTE.sub("", line).strip(" \u2014-\u2022\u201c\u201d\"\u2018\u2019'")
        if not bare:
            continue
        if _MAKERS.match(bare):
            conditions.append(bare)
        else:
            kept.append(bare)
    return " ".join(kept), conditions


def _by_products(
    words: str, letters: Sequence[str], readings: Mapping[str, Reading]
) -> Iterator[LabelWarning]:
    named = [readings[letter] for letter in letters if letter in readings]
    scopes = [scope for reading in named for scope in reading.any] or list(ALL.sure)
    if EVERYTHING in scopes or set(readings) <= set(letters):
        scopes = [EVERYTHING]
    for scope in scopes:
        yield LabelWarning(text=words, scope=scope)
