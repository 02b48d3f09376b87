"""The names and numbers of substances in an annex, each column with its own separators."""

import re
from collections.abc import Iterator

from compliance.rulebooks.rules.drafts import SourceRow

_CAS = re.compile(r"(?<!\d)(\d{2,7}-\d{2}-\d)(?!\d)")
_EC = re.compile(r"(?<!\d)(\d{3}-\d{3}-\d)(?!\d)")
_FOOTNOTE = re.compile(r"\s*(?:\(\d{1,2}\s*\)|\[\d{1,2}\]|\(see note \d+\)|\*+)\s*$", re.IGNORECASE)
_GROUP = re.compile(
    r"(?:,?\s+(?:(?:and|or)\s+)?(?:its|their)\s+.*|,?\s+and\s+(?:salts|esters)(?:\s+thereof)?)$",
    re.IGNORECASE,
)
# A short name in brackets is a word or two; what only says which form is meant is none.
_SHORT = re.compile(
    r"(.+?)\s+\((?!nano|including|petroleum|coal|gas|oil|as\b)([A-Za-z][^()]{3,50})\)",
    re.IGNORECASE,
)
_REMARK = re.compile(r"\s*[(\[](?:INN|INCI|ISO|USAN|BAN|rINN|pINN|USAN:BAN)[)\]]\s*", re.IGNORECASE)
_QUALIFIER = re.compile(
    r",?\s*\b(?:when used as|if (?:it|they) contain|if the maximum|except\b|with (?:the )?exception"
    r"|unless\b|other than\b).*$",
    re.IGNORECASE | re.DOTALL,
)
_CAS_REMARK = re.compile(
    r"\s*[(\[]\s*(?:CAS|EINECS|EC|Colour Index|CI)\b[^()\[\]]*[)\]]", re.IGNORECASE
)
# A comma inside a name stands between locants: 1,2-…, N,N'-…, 2(3H),5-…
_LOCANT_COMMA = re.compile(
    r"((?<![A-Za-z0-9])(?:[NOSCH]\d*|\d{1,2}[a-z]?)['\u2032\u2033\u2019)]*|\(\d[A-Z]?\))\s?,"
    r"(?=\s?(?:\d{1,2}[a-z]?['\u2032\u2019]*[,\-(:)]|[NOSC]\d*['\u2032\u2019]*[,\-)]))"
)
_HIDDEN = "\x1f"
_LONGEST = 300


def cas_numbers(row: SourceRow) -> tuple[str, ...]:
    """Every CAS number in its column, else in the words of the substance."""
    found = _CAS.findall(row.cas) or _CAS.findall(row.substance)
    return _unique(found)


def ec_numbers(row: SourceRow) -> tuple[str, ...]:
    """Every EC number in its column, else in the words of the substance."""
    found = _EC.findall(row.ec) or _EC.findall(row.substance)
    return _unique(found)


def names_of(row: SourceRow) -> tuple[str, ...]:
    """Common names first, then those in the words of the substance; each once."""
    found = [*_glossary(row.glossary), *_listed(row.identified), *_spoken(row.substance)]
    seen: set[str] = set()
    names = []
    for name in (_clean(name) for name in found):
        if _is_name(name) and name.casefold() not in seen:
            seen.add(name.casefold())
            names.append(name)
    return tuple(names)


def common_names(row: SourceRow) -> tuple[str, ...]:
    """The names of ingredients in the columns that hold nothing else."""
    found = [_clean(name) for name in (*_glossary(row.glossary), *_listed(row.identified))]
    return tuple(dict.fromkeys(name for name in found if _is_name(name)))


def _glossary(text: str) -> Iterator[str]:
    """Names that `/`, `;`, line breaks or commas set apart."""
    for part in re.split(r"\s*[;\n]\s*|\s+/\s*|\s*/\s+|(?<=[A-Z)])/(?=[A-Z])|\t", text):
        yield from _by_comma(part)


def _listed(text: str) -> Iterator[str]:
    """Names in a list set apart by commas, some of which belong to the names."""
    for part in text.split(";"):
        yield from _by_comma(part)


def _by_comma(text: str) -> Iterator[str]:
    hidden = _LOCANT_COMMA.sub(rf"\1{_HIDDEN}", text)
    depth, start = 0, 0
    for place, letter in enumerate(hidden):
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth = max(0, depth - 1)
        elif letter == "," and not depth:
            yield hidden[start:place].replace(_HIDDEN, ",")
            start = place + 1
    yield hidden[start:].replace(_HIDDEN, ",")


def _spoken(text: str) -> Iterator[str]:
    """The words of the source without what qualifies them, and what stands between `;`."""
    plain = " ".join(text.split())
    plain = _CAS_REMARK.sub("", plain)
    plain = _QUALIFIER.sub("", plain)
    for part in re.split(r"\s*;\s*|\s+/\s+", plain):
        part = _REMARK.sub(" ", part).replace(" ,", ",").strip(" ,.;")
        yield part
        single = _GROUP.sub("", part).strip(" ,")
        yield single
        if short := _SHORT.fullmatch(single):
            yield short[1]
            yield short[2]


def _clean(name: str) -> str:
    name = " ".join(name.replace("\xad", "").split()).strip(" ,;/")
    while (shorter := _FOOTNOTE.sub("", name)) != name:
        name = shorter
    return name.strip(" ,;/")


def _is_name(name: str) -> bool:
    balanced = name.count("(") == name.count(")") and name.count("[") == name.count("]")
    return balanced and 1 < len(name) <= _LONGEST and any(letter.isalpha() for letter in name)


def _unique(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))
