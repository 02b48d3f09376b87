"""The maximum concentrations of an entry: figure, what it is a share of, for which products."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from compliance.rulebooks.rules.products import Reading, read_products
from compliance.rulebooks.rules.sentences import Meaning, number, read_sentence, without_brackets
from compliance.rulebooks.rules.texts import percents

_FIGURE = re.compile(
    r"(?:\u2264|<=|[-\u2014] ?|max(?:imum|\.)?|up to)?\s*\(?(?P<figure>\d+(?:[.,]\d+)?)\s*"
    r"(?P<unit>%|ppm|mg/kg)\s*[*]?(?:\(\*\))?\s*"
    r"(?P<basis>\(?\s*(?:acid|as|calculated as|expressed as|of|corresponding to|after mixing)\b"
    r"[^%\n]{0,140}?(?:\(\d[^()\n]{0,40}\))?\)?|(?:retinol equivalent )?\(?re\)?)?[.;\u2019'\s]*",
    re.IGNORECASE,
)
_FIGURE_IN = re.compile(
    r"(?P<figure>\d+(?:[.,]\d+)?)\s*%\s*(?:in )?(?P<products>[a-z][a-z -]+?)\.?", re.IGNORECASE
)
_FOR_ALL = re.compile(
    r"\s*The abovementioned percentages are calculated as (?P<basis>[^.\n]+)\.?\s*", re.IGNORECASE
)
_SUM = re.compile(
    r"when mixed with|if mixed with|when present in combination|combined use|used together"
    r"|combined level|the sum\b|for mixtures|total combined|ratio|mixture of",
    re.IGNORECASE,
)
_TOGETHER = re.compile(r"for mixtures|the sum\b", re.IGNORECASE)
_UNIT = {"%": Decimal(1), "ppm": Decimal("0.0001"), "mg/kg": Decimal("0.0001")}


@dataclass(frozen=True, slots=True)
class Figure:
    """A maximum; without one, words that hold no figure."""

    max_percent: Decimal | None = None
    basis: str = ""
    text: str = ""
    is_certain: bool = False
    products: Reading | None = None


def plain(figure: Decimal) -> Decimal:
    """The figure without idle zeros: 0.01, not 0.0100."""
    short = figure.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def basis_for_all(text: str) -> tuple[str, str]:
    """A text without the sentence that gives all figures their basis, and the basis."""
    found = _FOR_ALL.search(text)
    if not found:
        return text, ""
    return _FOR_ALL.sub("\n", text).strip(), f"calculated as {found['basis'].strip()}"


def read_figures(text: str, basis: str = "") -> Iterator[Figure]:
    """The figures of one part of a cell, one for each line where each line is one."""
    if whole := _one(text, basis):
        yield whole
        return
    for line in text.splitlines():
        yield from _line(line.strip(), basis)


def _line(line: str, basis: str) -> Iterator[Figure]:
    if not line:
        return
    if known := _one(line, basis):
        yield known
        return
    found = percents(line)
    is_sentence = line.lower().startswith("maximum ") or (
        read_sentence(line).meaning is Meaning.MIXTURE
    )
    if not found or is_sentence:
        yield Figure(text=line)
        return
    for figure in dict.fromkeys(found):
        yield Figure(max_percent=figure, basis=_basis_of_sum(line) or basis, text=line)


def _one(text: str, basis: str) -> Figure | None:
    if found := _FIGURE.fullmatch(text.strip()):
        own = (found["basis"] or "").strip(" .;")
        return Figure(
            max_percent=plain(number(found["figure"]) * _UNIT[found["unit"].lower()]),
            basis=without_brackets(own) or basis,
            text=" ".join(text.split()),
            is_certain=not _TOGETHER.search(own),
        )
    if found := _FIGURE_IN.fullmatch(text.strip()):
        reading = read_products(found["products"])
        if reading.is_exact:
            return Figure(number(found["figure"]), basis, text.strip(), True, reading)
    return None


def _basis_of_sum(line: str) -> str:
    return "for several substances together" if _SUM.search(line) else ""
