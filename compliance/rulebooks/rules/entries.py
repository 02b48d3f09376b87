"""From the cells of an entry to what is applied of it."""

from collections.abc import Sequence
from typing import Any

from compliance.rulebooks.rules.annexes import SECTIONS, Annex
from compliance.rulebooks.rules.conditions import read_conditions
from compliance.rulebooks.rules.drafts import Draft, SourceRow
from compliance.rulebooks.rules.names import cas_numbers, ec_numbers, names_of
from compliance.rulebooks.rules.qualifiers import qualify
from compliance.rulebooks.rules.readings import by_hand
from compliance.rulebooks.rules.shapes import EntryKind

REGULATION = "Regulation (EC) No 1223/2009"
REGULATION_URL = "https://eur-lex.europa.eu/eli/reg/2009/1223/oj"


def read_entries(annex: Annex) -> tuple[Draft, ...]:
    """Every entry of an annex that is a rule, in its order."""
    return tuple(part for row in annex.rows if not row.is_gone for part in by_hand(read_entry(row)))


def read_entry(row: SourceRow) -> Draft:
    """One entry; what of it was not read for sure is in its doubts."""
    kind = SECTIONS[row.section]
    names, numbers = names_of(row), cas_numbers(row)
    said = _prohibition(row) if kind is EntryKind.PROHIBITED else _restriction(row)
    doubts: Sequence[str] = said.pop("doubts")
    if not numbers and not _has_common_name(row):
        doubts = (*doubts, "No CAS number and no common name: found by its words alone.")
    return Draft(
        source=row,
        kind=kind,
        names=names,
        cas_numbers=numbers,
        ec_numbers=ec_numbers(row),
        reference=f"{REGULATION}, Annex {row.section}, entry {row.number}",
        url=REGULATION_URL,
        doubts=tuple(doubts),
        **said,
    )


def _has_common_name(row: SourceRow) -> bool:
    return any(letter.isalpha() for letter in row.glossary + row.identified)


def _prohibition(row: SourceRow) -> dict[str, Any]:
    read = qualify(row.substance)
    return {
        "scope": read.scope,
        "unless": read.unless,
        "is_nano": read.is_nano,
        "doubts": read.doubts,
    }


def _restriction(row: SourceRow) -> dict[str, Any]:
    read = read_conditions(row)
    return {
        "limits": read.limits,
        "warnings": read.warnings,
        "declare_leave_on": read.declare_leave_on,
        "declare_rinse_off": read.declare_rinse_off,
        "provisions": read.provisions,
        "conditions": read.conditions,
        "is_nano": _is_nano(row),
        "doubts": read.doubts,
    }


def _is_nano(row: SourceRow) -> bool | None:
    """True for the entries about a nano form alone; an entry about both says nothing of it."""
    words = f"{row.substance} {row.glossary}".lower()
    if "(nano)" not in words:
        return None
    plain = [name for name in names_of(row) if "(nano)" not in name.lower()]
    spoken = "including as nano" in words or "/ tris-" in words
    return None if spoken and plain else True
