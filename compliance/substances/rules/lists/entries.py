"""One printed entry: its name, and what is printed beside it."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_SPACE = re.compile(r"\s+")
_NUMBER = r"(\d{1,6}(?:[.,]\d{1,6})?)"
_PERCENT = re.compile(
    rf"(?P<sign>[<>\u2264\u2265~]|up to|max\.?|min\.?)?\s*(?<![\d.,\w-]){_NUMBER}\s?%"
    r"(?:\s?(?:w/w|w/v|m/m|v/v))?",
    re.IGNORECASE,
)
_RANGE = re.compile(rf"(?<![\d.,\w]){_NUMBER}\s?%?\s?-\s?{_NUMBER}\s?%", re.IGNORECASE)
_EMPTY_GROUP = re.compile(r"\(\s*[:=]?\s*\)|\[\s*\]|\{\s*\}")
_NANO = re.compile(r"[\[({]\s*nano\s*[\])}]|\bnano\s*$", re.IGNORECASE)
_MARKS = re.compile(
    r"\(\*+\)|[*\u2020\u2021\u00b0\u00ba\u00aa\u00b9\u00b2\u00b3\u2070-\u2079^\u00a7#]+|(?<=[a-z)])\+{1,3}(?=\s|$)"
)
_FOOTNOTE = re.compile(r"[*\u2020\u2021]+\s+\S")
_LEADING = re.compile(r"^(?:and|und|et|&|plus)\s+", re.IGNORECASE)
_ORGANIC = re.compile(
    r"^(?:(?:certified|100 ?%)\s+)?(?:organic|organically grown|wildcrafted|fair[- ]trade)\s+(?=\w)"
    r"|\s*\(?\b(?:certified organic|from organic farming|organically grown|bio)\b\)?$"
    r"|\s*\((?:organic|certified|vegan|natural|[ivx]{1,3}|[a-z0-9]|and)\)$",
    re.IGNORECASE,
)
_EDGES = " \t\n,;:.\u2022\u00b7-\u2013=\"'"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one token of a list says; an empty name: nothing."""

    text: str
    name: str
    percent: Decimal | None = None
    is_nano: bool = False
    remark: str = ""  # a footnote's words behind its mark
    too_much: str = ""  # a percentage over 100, as printed


@lru_cache(maxsize=100_000)
def read_entry(token: str) -> Entry:
    """Take a token apart. Nothing is added to it."""
    text = _SPACE.sub(" ", token).strip(" ,;")
    name, remark = _without_footnote(text)
    name, percent, too_much = _without_percent(name)
    without_nano = _NANO.sub(" ", name)
    is_nano = without_nano != name and bool(without_nano.strip(_EDGES))
    name = without_nano if is_nano else name
    name = _MARKS.sub(" ", name)
    name = _EMPTY_GROUP.sub(" ", name)
    name = _balanced(_SPACE.sub(" ", name).strip(_EDGES))
    name = _LEADING.sub("", name)
    name = _ORGANIC.sub("", name).strip(_EDGES) or name
    return Entry(text, name, percent, is_nano, remark, too_much)


def _without_footnote(text: str) -> tuple[str, str]:
    """`Phenoxyethanol * Essential oil`: the name, and what the footnote says."""
    found = _FOOTNOTE.search(text)
    if found is None or found.start() == 0:
        return text, ""
    rest = text[found.start() :]
    if rest.lstrip("*\u2020\u2021 ").startswith(("(", "[", "/")):
        return text, ""
    return text[: found.start()], rest


def _without_percent(text: str) -> tuple[str, Decimal | None, str]:
    """The exact percentage, if one is printed; a bound or a range only leaves the name."""
    if "%" not in text:
        return text, None, ""
    bare = _RANGE.sub(" ", text)
    if bare != text:
        return bare, None, ""
    found = list(_PERCENT.finditer(text))
    if not found:
        return text, None, ""
    bare = _PERCENT.sub(" ", text)
    values = [Decimal(one.group(2).replace(",", ".")) for one in found]
    over = next((one.group().strip() for one, v in zip(found, values, strict=True) if v > 100), "")
    if over:
        return bare, None, over
    exact = len(values) == 1 and not found[0].group("sign") and _is_beside(text, found[0])
    return bare, values[0] if exact else None, ""


def _is_beside(text: str, found: re.Match[str]) -> bool:
    """Whether the figure is the entry's own, not that of a solution named in parentheses."""
    if "(" not in text[: found.start()]:
        return True
    inside = text[text.rfind("(", 0, found.start()) + 1 :]
    return inside.split(")")[0].strip() == found.group().strip()


def _balanced(name: str) -> str:
    """The name without parentheses that open or close nothing."""
    if name.count("(") == name.count(")") and name.count("[") == name.count("]"):
        return name
    kept: list[str] = []
    opened: list[int] = []
    for character in name:
        if character in "([":
            opened.append(len(kept))
        elif character in ")]":
            if not opened:
                kept.append(" ")
                continue
            opened.pop()
        kept.append(character)
    for position in opened:
        kept[position] = " "
    return _SPACE.sub(" ", "".join(kept)).strip(_EDGES)
