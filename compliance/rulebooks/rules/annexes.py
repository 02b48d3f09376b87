"""Reads annexes II to VI of Regulation (EC) No 1223/2009 as the CosIng database exports them."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from compliance.rulebooks.rules.drafts import SourceRow
from compliance.rulebooks.rules.shapes import EntryKind

SECTIONS: Mapping[str, EntryKind] = {
    "II": EntryKind.PROHIBITED,
    "III": EntryKind.RESTRICTED,
    "IV": EntryKind.COLORANT,
    "V": EntryKind.PRESERVATIVE,
    "VI": EntryKind.UV_FILTER,
}
_NUMBER = "reference number"
# Our name of a cell, and what its column may be called.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "substance": ("Chemical name / INN", "Chemical name", "Chemical name / INN / XAN"),
    "glossary": (
        "Name of Common Ingredients Glossary",
        "Colour index Number / Name of Common Ingredients Glossary",
    ),
    "cas": ("CAS Number",),
    "ec": ("EC Number",),
    "product_type": ("Product Type, body parts",),
    "concentration": ("Maximum concentration in ready for use preparation",),
    "other": ("Other",),
    "wording": ("Wording of conditions of use and warnings",),
    "regulation": ("Regulation",),
    "identified": ("Identified INGREDIENTS or substances e.g.",),
}
_ONLY_BELOW_II = {"glossary", "product_type", "concentration", "other", "wording"}
_TITLE = re.compile(r"^\s*ANNEX\s+(II|III|IV|V|VI)\s*$", re.IGNORECASE)
_LAST_UPDATE = re.compile(r"(\d{2})/(\d{2})/(\d{4})")


class NotAnAnnex(ValueError):
    """Says what of the file is not as it must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex:
    """One annex: its entries in the file's order, those `moved or deleted` too."""

    section: str
    rows: tuple[SourceRow, ...]
    updated: str = ""  # ISO date that the export gives as its last update


def read_annex(text: str, section: str = "") -> Annex:
    """Read one exported file; older ones do not say which annex they are: `section` does.

    Raises NotAnAnnex, which says what is missing.
    """
    table = list(csv.reader(io.StringIO(text)))
    titled, updated = _title(table)
    section = titled or section
    heading = next((i for i, row in enumerate(table) if _is_heading(row)), None)
    if heading is None:
        raise NotAnAnnex("The column 'Reference Number' is missing.")
    if section not in SECTIONS:
        raise NotAnAnnex("The file does not say which annex it is; choose one of II to VI.")
    places = _places(table[heading], section)
    rows = tuple(_rows(table[heading + 1 :], places, section, first_line=heading + 2))
    if not rows:
        raise NotAnAnnex("The file has no entries below its headings.")
    return Annex(section=section, rows=rows, updated=updated)


def is_annex(text: str) -> bool:
    """Whether the first lines say that this is an exported annex."""
    lines = [line.split(",")[0].strip('" ') for line in text.splitlines()[:8]]
    return any(_TITLE.match(line) or line.lower() == _NUMBER for line in lines)


def _is_heading(row: Sequence[str]) -> bool:
    return bool(row) and row[0].strip().lower() == _NUMBER


def _title(table: Sequence[Sequence[str]]) -> tuple[str, str]:
    for row in table[:5]:
        for cell in row[:1]:
            if found := _TITLE.match(cell):
                day = _LAST_UPDATE.search(",".join(row[1:]))
                updated = f"{day[3]}-{day[2]}-{day[1]}" if day else ""
                return found[1].upper(), updated
    return "", ""


def _places(headings: Sequence[str], section: str) -> dict[str, int]:
    found = {heading.strip().lower(): place for place, heading in enumerate(headings)}
    places = {_NUMBER: found[_NUMBER]}
    missing = []
    for name, titles in _COLUMNS.items():
        if section == "II" and name in _ONLY_BELOW_II:
            continue
        place = next((found[t.lower()] for t in titles if t.lower() in found), None)
        if place is None:
            missing.append(titles[0])
        else:
            places[name] = place
    if missing:
        raise NotAnAnnex(f"Missing columns: {', '.join(missing)}.")
    return places


def _rows(
    table: Sequence[Sequence[str]], places: Mapping[str, int], section: str, first_line: int
) -> Iterator[SourceRow]:
    for line, cells in enumerate(table, first_line):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) <= max(places.values()):
            raise NotAnAnnex(f"Row {line} has {len(cells)} cells, fewer than its columns.")
        said = {name: cells[place].strip() for name, place in places.items()}
        number = said.pop(_NUMBER).replace(" ", "")
        row = SourceRow(line=line, section=section, number=number, **said)
        yield _mended(row) if section == "IV" else row


def _mended(row: SourceRow) -> SourceRow:
    """The export of annex IV shifts its cells: product type and limit stand a column to the right.

    So do the other conditions where a limit stands under `Other`; where the wording has a row
    of its own under its heading, it is left alone.
    """
    if row.product_type:
        return row
    limit = row.other if _LIMIT.match(row.other) else ""
    other = "" if limit else row.other
    return replace(row, product_type=row.concentration, concentration=limit, other=other)


_LIMIT = re.compile(r"^\d+(?:[.,]\d+)?\s*(?:%|ppm)")
