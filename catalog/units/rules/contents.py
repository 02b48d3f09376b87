"""Contents as people write them: "50 ml", "3 x 100 g", "1.7 fl oz / 50 mL", a size in a name."""

import re
from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from catalog.units.rules.measures import UNIT_BY_SPELLING, UNITS, Content, Dimension, find_unit


class ContentProblem(ValueError):
    """A content that cannot be understood; `code` for machines, `detail` for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def _unit_pattern(dimensions: Collection[Dimension], without: Collection[str]) -> str:
    words = {
        spelling
        for spelling, unit in UNIT_BY_SPELLING.items()
        if unit.dimension in dimensions
        and unit.code not in without
        and spelling not in ("fl", unit.rec20.lower())
    }
    spellings = "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))
    return rf"(?:us\s?)?fl(?:uid)?[.\s]*(?:oz|ounces?)|{spellings}"


_NUMBER = r"\d+(?:[.,]\d+)?|[.,]\d+"
_TIMES = r"[x×*х]"  # noqa: RUF001 - the multiplication sign and the Cyrillic letter are meant


def _measure(unit_pattern: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w.,])(?:(?P<before>\d{{1,3}})\s*{_TIMES}\s*)?"
        rf"(?P<number>{_NUMBER})\s*-?(?P<unit>{unit_pattern})(?![^\W\d_])\.?"
        rf"(?:\s*{_TIMES}\s*(?P<after>\d{{1,3}})(?![\w.,]))?",
        re.IGNORECASE,
    )


_MEASURE = _measure(_unit_pattern(set(Dimension) - {Dimension.AREA}, ()))
# A dose ("500 mg"), a length ("5 in 1") or a number of things is no size of a pack in a name.
_MEASURE_IN_NAME = _measure(_unit_pattern((Dimension.MASS, Dimension.VOLUME), ("mg", "dl")))
_DIGIT = re.compile(r"\d")
_HARMLESS = re.compile(
    r"\b(?:size|content|inhalt|contenu|net|wt|weight|approx|ca|e|bottle|jar|tube|spray|can|"
    r"with|pump)\b|[\s:.,;/|()\[\]=~≈℮-]+",  # noqa: RUF001
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"\+|\d[- ]?pack\b|\bpack of\b|\d\s?er\b|\b(?:set|kit|duo|trio|twin|bundle|набор)\b",
    re.IGNORECASE,
)
_AMBIGUOUS_NUMBER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_TOLERANCE = Fraction(3, 100)
_US_UNITS = ("oz", "fl_oz", "lb", "gal")


@lru_cache(maxsize=8192)
def parse_content(text: str) -> Content:
    """Read what one piece holds: "50 ml", "3 x 100 g", "1.7 fl oz / 50 mL" (which must agree).

    Raises ContentProblem for what is missing, ambiguous or contradictory; nothing is guessed.
    """
    found = list(_MEASURE.finditer(text))
    rest = _HARMLESS.sub("", _MEASURE.sub(" ", text))
    if not found:
        raise ContentProblem(
            "content-not-understood", f'"{text}" is no content; write it like "50 ml".'
        )
    if rest or len(found) > 2:
        raise ContentProblem(
            "content-not-understood",
            f'"{text}" says more than one content; write one, like "50 ml" or "3 x 100 g".',
        )
    return _reconcile([_read_measure(match) for match in found], text)


def find_content_in_name(name: str) -> Content | None:
    """Find the size that stands in a product's name; None where there is none, or not one alone."""
    if not _DIGIT.search(name):
        return None
    found = list(_MEASURE_IN_NAME.finditer(name))
    if not 1 <= len(found) <= 2 or _SEVERAL.search(name):
        return None
    try:
        return _reconcile([_read_measure(match) for match in found], name)
    except ContentProblem:
        return None


def _read_measure(match: re.Match[str]) -> Content:
    number, unit_text = match["number"], match["unit"]
    unit = find_unit(unit_text) or UNITS["fl_oz"]
    if _AMBIGUOUS_NUMBER.fullmatch(number) and unit.code not in ("kg", "l", "lb", "gal"):
        raise ContentProblem(
            "ambiguous-number",
            f'"{match[0].strip()}" can be read with a decimal mark or with thousands; '
            f"write it without the mark.",
        )
    before, after = match["before"], match["after"]
    quantity = Decimal(number.replace(",", "."))
    pieces = int(before or after or 1)
    if not quantity or not pieces or (before and after):
        raise ContentProblem("content-not-understood", f'"{match[0].strip()}" is no content.')
    if number[0] == "0" and number[1:2].isdigit():
        raise ContentProblem("ambiguous-number", f'"{match[0].strip()}" starts with a stray zero.')
    return Content(quantity=quantity, unit=unit, pieces=pieces)


def _reconcile(contents: list[Content], text: str) -> Content:
    """Make one content of the one or two that a text says; the metric one where they agree."""
    if len(contents) == 1:
        return contents[0]
    one, other = _ounces_as_fluid(*contents)
    if one.unit.dimension is not other.unit.dimension or not _agree(one, other):
        raise ContentProblem(
            "content-contradicts-itself", f'"{text}": {one} and {other} are not the same.'
        )
    return other if one.unit.code in _US_UNITS and other.unit.code not in _US_UNITS else one


def _ounces_as_fluid(one: Content, other: Content) -> tuple[Content, Content]:
    """Read the ounce beside a volume as the fluid one: US labels write "1.7 oz / 50 ml"."""
    ounce, fluid = UNITS["oz"], UNITS["fl_oz"]
    if one.unit is ounce and other.unit.dimension is Dimension.VOLUME:
        one = replace(one, unit=fluid)
    elif other.unit is ounce and one.unit.dimension is Dimension.VOLUME:
        other = replace(other, unit=fluid)
    return one, other


def _agree(one: Content, other: Content) -> bool:
    """Say whether both are equal within what the printed digits hide, or 3 %: labels round."""
    amounts = [Fraction(content.total) * content.unit.factor for content in (one, other)]
    hidden = [
        Fraction(content.pieces) * content.unit.factor * Fraction(10) ** int(exponent) / 2
        for content in (one, other)
        if isinstance(exponent := content.quantity.as_tuple().exponent, int)
    ]
    return abs(amounts[0] - amounts[1]) <= max(*hidden, _TOLERANCE * max(amounts))
