"""Rulebook files: our own columns, or one annex as the CosIng database exports it.

Our columns, in any order: `section`, `number`, `kind` and `substance` are needed; `names`, `cas`
and `ec` hold several values with `|` between them; `product_type`, `maximum_concentration`,
`other` and `wording` are read as the same columns of the annexes are; `unless` is an exception in
words; `placing_from` and `available_from` are dates such as 2027-01-01; `regulation`, `reference`
and `url` are kept as they are.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from compliance.rulebooks.rules.annexes import NotAnAnnex, is_annex, read_annex
from compliance.rulebooks.rules.conditions import Conditions, read_conditions
from compliance.rulebooks.rules.drafts import Draft, SourceRow
from compliance.rulebooks.rules.entries import read_entries
from compliance.rulebooks.rules.names import cas_numbers, ec_numbers
from compliance.rulebooks.rules.qualifiers import qualify
from compliance.rulebooks.rules.shapes import Duty, EntryKind, Provision

NEEDED = ("section", "number", "kind", "substance")
OPTIONAL = (
    "names",
    "cas",
    "ec",
    "product_type",
    "maximum_concentration",
    "other",
    "wording",
    "unless",
    "placing_from",
    "available_from",
    "regulation",
    "reference",
    "url",
)
ROWS_MAX = 20_000
CELL_MAX = 20_000
SECTION_MAX, NUMBER_MAX = 80, 20


class NotARulebook(ValueError):
    """Says what of the whole file is wrong."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One cell that is wrong."""

    line: int
    column: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RulebookFile:
    """What a file holds. `annex`: it is one section of several."""

    drafts: tuple[Draft, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    annex: str = ""


def read_file(text: str, section: str = "") -> RulebookFile:
    """Read a rulebook file; `section` names the annex where the file itself does not.

    Raises NotARulebook where it is none.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise NotARulebook("The file is empty.")
    if is_annex(text):
        return _read_annex(text, section)
    return _read_own(text)


def _read_annex(text: str, section: str) -> RulebookFile:
    try:
        annex = read_annex(text, section)
    except (NotAnAnnex, csv.Error) as wrong:
        raise NotARulebook(str(wrong)) from wrong
    drafts = read_entries(annex)
    problems = tuple(_doubles(drafts, _all_words))
    return RulebookFile(drafts=drafts, problems=problems, annex=annex.section)


def _read_own(text: str) -> RulebookFile:
    try:
        table = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as wrong:
        raise NotARulebook(f"The file is not CSV: {wrong}.") from wrong
    headings = [heading.strip().lower() for heading in table[0]]
    _check_headings(headings)
    rows = [(line, cells) for line, cells in enumerate(table[1:], 2) if any(map(str.strip, cells))]
    if not rows:
        raise NotARulebook("The file has headings and no rows.")
    if len(rows) > ROWS_MAX:
        raise NotARulebook(f"The file has {len(rows):,} rows; at most {ROWS_MAX:,} are taken.")
    said = [
        (line, dict(zip(headings, map(str.strip, cells), strict=False))) for line, cells in rows
    ]
    problems = [
        *_wrong_lengths(rows, len(headings)),
        *(problem for line, cells in said for problem in _wrong_cells(line, cells)),
    ]
    drafts = [] if problems else [_draft(line, cells) for line, cells in said]
    return RulebookFile(drafts=tuple(drafts), problems=(*problems, *_doubles(drafts, _place)))


def _check_headings(headings: Sequence[str]) -> None:
    missing = [name for name in NEEDED if name not in headings]
    if missing:
        raise NotARulebook(f"The file has no column {', '.join(missing)}.")
    unknown = [name for name in headings if name not in (*NEEDED, *OPTIONAL)]
    if unknown:
        raise NotARulebook(f"The file has a column that is not known: {', '.join(unknown)}.")
    doubled = {name for name in headings if headings.count(name) > 1}
    if doubled:
        raise NotARulebook(f"The file has a column twice: {', '.join(sorted(doubled))}.")


def _wrong_lengths(
    rows: Sequence[tuple[int, Sequence[str]]], expected: int
) -> Iterator[RowProblem]:
    for line, cells in rows:
        if len(cells) != expected:
            detail = f"The row has {len(cells)} cells and the headings are {expected}."
            yield RowProblem(line, "", "wrong-length", detail)


def _wrong_cells(line: int, cells: Mapping[str, str]) -> Iterator[RowProblem]:
    for name in NEEDED:
        if not cells.get(name):
            yield RowProblem(line, name, "required", "This cell is empty.")
    if cells.get("kind") and cells["kind"] not in tuple(EntryKind):
        detail = f"{cells['kind']!r} is none of {', '.join(EntryKind)}."
        yield RowProblem(line, "kind", "unknown-kind", detail)
    yield from _too_long(line, cells)
    for name in ("placing_from", "available_from"):
        if cells.get(name) and _day(cells[name]) is None:
            detail = f"{cells[name]!r} is not a date such as 2027-01-01."
            yield RowProblem(line, name, "invalid-date", detail)


def _too_long(line: int, cells: Mapping[str, str]) -> Iterator[RowProblem]:
    longest = {"section": SECTION_MAX, "number": NUMBER_MAX, "reference": 200, "url": 300}
    for name, value in cells.items():
        limit = longest.get(name, CELL_MAX)
        if len(value) > limit:
            detail = f"{len(value):,} characters; at most {limit:,} are taken."
            yield RowProblem(line, name, "too-long", detail)


def _place(row: SourceRow) -> tuple[str, ...]:
    """In our own files a number is used once in its section."""
    return (row.section, row.number)


def _all_words(row: SourceRow) -> tuple[str, ...]:
    """The annexes use some numbers twice, for other substances or other words."""
    cells = (row.substance, row.cas, row.product_type, row.concentration, row.other, row.wording)
    return (row.section, row.number, *(" ".join(cell.lower().split()) for cell in cells))


def _doubles(
    drafts: Sequence[Draft], key_of: Callable[[SourceRow], tuple[str, ...]]
) -> Iterator[RowProblem]:
    """Rows that are there twice; each error names both."""
    seen: dict[tuple[str, ...], int] = {}
    for draft in drafts:
        row = draft.source
        key = key_of(row)
        first = seen.setdefault(key, row.line)
        if first != row.line:
            detail = f"Entry {row.number} of {row.section} is in row {first} too."
            yield RowProblem(row.line, "number", "duplicate", detail)


def _draft(line: int, cells: Mapping[str, str]) -> Draft:
    kind = EntryKind(cells["kind"])
    row = SourceRow(
        line=line,
        section=cells["section"],
        number=cells["number"],
        substance=cells["substance"],
        cas=cells.get("cas", ""),
        ec=cells.get("ec", ""),
        product_type=cells.get("product_type", ""),
        concentration=cells.get("maximum_concentration", ""),
        other=cells.get("other", ""),
        wording=cells.get("wording", ""),
        regulation=cells.get("regulation", ""),
    )
    draft = _prohibited(row) if kind is EntryKind.PROHIBITED else _restricted(row, kind)
    names = [name.strip() for name in cells.get("names", "").split("|") if name.strip()]
    own = _provision(cells)
    return replace(
        draft,
        names=tuple(dict.fromkeys(names or [row.substance])),
        cas_numbers=cas_numbers(row),
        ec_numbers=ec_numbers(row),
        unless=cells.get("unless", "") or draft.unless,
        provisions=(own,) if own else draft.provisions,
        reference=cells.get("reference", "") or f"{row.section} {row.number}",
        url=cells.get("url", ""),
    )


def _prohibited(row: SourceRow) -> Draft:
    read = qualify(row.substance)
    doubts = list(read.doubts)
    if row.concentration:
        doubts.append(f"A prohibition with a concentration: \u201c{row.concentration}\u201d")
    return Draft(
        source=row,
        kind=EntryKind.PROHIBITED,
        scope=read.scope,
        unless=read.unless,
        is_nano=read.is_nano,
        conditions=row.other,
        doubts=tuple(doubts),
    )


def _restricted(row: SourceRow, kind: EntryKind) -> Draft:
    read: Conditions = read_conditions(row)
    return Draft(
        source=row,
        kind=kind,
        limits=read.limits,
        warnings=read.warnings,
        declare_leave_on=read.declare_leave_on,
        declare_rinse_off=read.declare_rinse_off,
        provisions=read.provisions,
        conditions=read.conditions,
        doubts=read.doubts,
    )


def _provision(cells: Mapping[str, str]) -> Provision | None:
    placing, shelf = _day(cells.get("placing_from", "")), _day(cells.get("available_from", ""))
    if placing is None and shelf is None:
        return None
    return Provision(
        duty=Duty.USE,
        placing_from=placing,
        available_from=shelf,
        regulation=cells.get("regulation", ""),
        text=f"placing on the market from {placing}, making available from {shelf}",
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
