"""Headings: which of our columns a supplier's heading means, and what kind of file it makes."""

import hashlib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from operator import itemgetter
from typing import Final

from catalog.supplier_files.errors import MappingIncomplete, UnknownColumn
from catalog.supplier_files.rules.headings import DELIVERY_WORDS, PRODUCT_WORDS


class FileKind(StrEnum):
    """What the rows of a file mean."""

    PRODUCT_LIST = "product_list"
    DELIVERY_NOTE = "delivery_note"


PRODUCT_COLUMNS: Final = (
    "kind", "sku", "supplier_code", "gtin", "name", "brand", "category", "size", "colour", "shade",
    "content", "ingredients", "product_type", "pao_months", "shelf_life_days", "sport", "materials",
    "cost_price", "list_price", "currency",
)  # fmt: skip
DELIVERY_COLUMNS: Final = (
    "code", "lot", "produced_on", "expires_on", "quantity", "unit", "unit_cost", "currency",
)  # fmt: skip
COLUMNS: Final = {
    FileKind.PRODUCT_LIST: PRODUCT_COLUMNS,
    FileKind.DELIVERY_NOTE: DELIVERY_COLUMNS,
}
REQUIRED: Final = {
    FileKind.PRODUCT_LIST: ("kind", "name"),
    FileKind.DELIVERY_NOTE: ("code", "quantity"),
}

_WORDS = {FileKind.PRODUCT_LIST: PRODUCT_WORDS, FileKind.DELIVERY_NOTE: DELIVERY_WORDS}

CONFIDENCE_EXACT: Final = 100
CONFIDENCE_SAME_LETTERS: Final = 95
CONFIDENCE_SYNONYM: Final = 80
CONFIDENCE_WEAK: Final = 50  # "Price" may be what we pay or what the shopper pays: a person looks


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """One heading of the file and the column of ours it means, with how sure that is in percent."""

    index: int
    heading: str
    column: str | None
    confidence: int


@dataclass(frozen=True, slots=True)
class ColumnMatching:
    """All headings of a file, matched."""

    kind: FileKind
    matches: tuple[ColumnMatch, ...]

    @property
    def columns(self) -> dict[str, str]:
        """Our column for each heading of the supplier that has one: what a mapping saves."""
        return {match.heading: match.column for match in self.matches if match.column}

    @property
    def unmapped(self) -> tuple[str, ...]:
        """Headings that are none of ours."""
        return tuple(match.heading for match in self.matches if not match.column)

    @property
    def missing(self) -> tuple[str, ...]:
        """Columns every row needs that no heading gives."""
        found = {match.column for match in self.matches}
        return tuple(column for column in REQUIRED[self.kind] if column not in found)

    @property
    def is_template(self) -> bool:
        """Whether the headings are ours to the letter, so that nobody has to map anything."""
        return tuple(match.heading for match in self.matches) == COLUMNS[self.kind]


@lru_cache(maxsize=4096)
def normalise_heading(heading: str) -> str:
    """Reduce a heading to lower-case letters and digits without accents or what is in brackets."""
    bare = heading.split("(")[0] or heading
    letters = unicodedata.normalize("NFKD", bare.replace("ß", "ss").casefold())
    return "".join(letter for letter in letters if letter.isalnum())


def _synonyms(words: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    known: dict[str, tuple[str, int]] = {}
    for column, synonyms in words.items():
        for word in synonyms.split():
            confidence = CONFIDENCE_WEAK if word.endswith("?") else CONFIDENCE_SYNONYM
            known.setdefault(word.rstrip("?"), (column, confidence))
    for column in words:
        known[normalise_heading(column)] = (column, CONFIDENCE_SAME_LETTERS)
    return known


_SYNONYMS: Final = {kind: _synonyms(words) for kind, words in _WORDS.items()}


def is_known_heading(heading: str) -> bool:
    """Say whether a text could be the heading of one of our columns."""
    key = normalise_heading(heading)
    return any(key in known for known in _SYNONYMS.values())


def match_columns(headings: Sequence[str], kind: FileKind | None = None) -> ColumnMatching:
    """Recognise headings; without a kind, the kind that explains more of them is taken.

    Where two headings mean one column the surer, then the first, has it; the other is unmapped.
    """
    if kind is None:
        kind = max(FileKind, key=lambda candidate: _explained(_matches(headings, candidate)))
    return ColumnMatching(kind, _matches(headings, kind))


def _explained(matches: Sequence[ColumnMatch]) -> tuple[int, int]:
    """Weigh how much of a file a kind explains: telling columns first, then all of them."""
    columns = {match.column for match in matches}
    telling = len(columns & {"lot", "expires_on", "quantity", "name", "brand", "kind"})
    return telling, sum(match.confidence for match in matches)


def _matches(headings: Sequence[str], kind: FileKind) -> tuple[ColumnMatch, ...]:
    found = [_match(index, heading, kind) for index, heading in enumerate(headings)]
    found = _whose_sku(found)
    best: dict[str, ColumnMatch] = {}
    for match in found:
        if match.column and match.confidence > getattr(best.get(match.column), "confidence", 0):
            best[match.column] = match
    return tuple(
        match
        if match.column and best[match.column] is match
        else ColumnMatch(match.index, match.heading, None, 0)
        for match in found
    )


def _whose_sku(found: list[ColumnMatch]) -> list[ColumnMatch]:
    """Take "SKU" for the supplier's own code, unless the file shows that it knows our columns."""
    columns = {match.column for match in found}
    if "sku" not in columns or columns & {"kind", "supplier_code"}:
        return found
    return [
        replace(match, column="supplier_code", confidence=CONFIDENCE_WEAK)
        if match.column == "sku"
        else match
        for match in found
    ]


def _match(index: int, heading: str, kind: FileKind) -> ColumnMatch:
    if heading in COLUMNS[kind]:
        return ColumnMatch(index, heading, heading, CONFIDENCE_EXACT)
    column, confidence = _SYNONYMS[kind].get(normalise_heading(heading), (None, 0))
    return ColumnMatch(index, heading, column, confidence)


def fingerprint(headings: Sequence[str]) -> str:
    """Name a set of headings, so that a saved mapping is found again; their order counts."""
    return hashlib.sha256("\x1f".join(map(normalise_heading, headings)).encode()).hexdigest()


def row_reader(
    headings: Sequence[str],
    columns: Mapping[str, str],
    *,
    kind: FileKind,
    constants: Mapping[str, str] | None = None,
) -> Callable[[Sequence[str]], dict[str, str]]:
    """Make the function that turns the cells of a line into cells by our columns.

    `columns` says our column for each heading; `constants` fill columns that the file does not
    have, or leaves blank. Raises UnknownColumn, MappingIncomplete.
    """
    constants = dict(constants or {})
    for column in (*columns.values(), *constants):
        if column not in COLUMNS[kind]:
            raise UnknownColumn(f'"{column}" is no column of a {kind.replace("_", " ")}.')
    picks = [(index, columns[h]) for index, h in enumerate(headings) if columns.get(h)]
    _check_mapping(headings, columns, [*(column for _, column in picks), *constants], kind)
    names = tuple(column for _, column in picks)
    pick = itemgetter(*(index for index, _ in picks), picks[0][0])  # two or more: always a tuple

    def read(cells: Sequence[str]) -> dict[str, str]:
        return dict(zip(names, pick(cells), strict=False))

    if not constants:
        return read

    def read_with_constants(cells: Sequence[str]) -> dict[str, str]:
        row = read(cells)
        for column, value in constants.items():
            if not row.get(column, "").strip():
                row[column] = value
        return row

    return read_with_constants


def _check_mapping(
    headings: Sequence[str], columns: Mapping[str, str], given: Sequence[str], kind: FileKind
) -> None:
    for heading in columns:
        if heading not in headings:
            raise UnknownColumn(f'The file has no column "{heading}".')
    values = [column for column in columns.values() if column]
    for column in values:
        if values.count(column) > 1:
            raise UnknownColumn(f'Two columns of the file are mapped to "{column}".')
    missing = [column for column in REQUIRED[kind] if column not in given]
    if missing:
        raise MappingIncomplete(
            f"No column of the file is mapped to {', '.join(missing)}, which every row needs."
        )
