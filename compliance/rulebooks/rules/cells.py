"""The cells of an entry, without dates, duties to name it and what stands in the wrong cell."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from compliance.rulebooks.rules.dates import read_dates
from compliance.rulebooks.rules.drafts import SourceRow
from compliance.rulebooks.rules.sentences import read_declaration
from compliance.rulebooks.rules.shapes import Provision
from compliance.rulebooks.rules.texts import tidy

_NOT_IN = re.compile(r"^\s*-?\s*(?:Not to be used in|No use in)\b.*$", re.MULTILINE)
_NOTE = re.compile(r"^\s*Note\s*:.*$", re.MULTILINE | re.DOTALL)
_ONLY_MAKERS = re.compile(
    r"^\s*(?:[\u2014-]\s*)?(?:Not to be used in (?:applications|products)\b.*|Only nanomaterials.*"
    r"|Purity\b.*|O\s*\n\s*nly nanomaterials.*|Not more than \d.*|Maximum 3,3'.*|[Ff]ree from .*"
    r"|Only in free acid form.*|Titanium dioxide in powder form.*)$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """What is left to be read of each cell, and what was read of all of them."""

    types: str
    concentration: str
    other: str
    wording: str
    provisions: tuple[Provision, ...] = ()
    leave_on: Decimal | None = None
    rinse_off: Decimal | None = None
    conditions: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def read_cells(row: SourceRow) -> Cells:
    """Take dates and the duty to name the substance out, and put sentences where they belong."""
    dated = {
        name: read_dates(tidy(getattr(row, name)), regulation=_regulation(row))
        for name in ("product_type", "concentration", "other", "wording")
    }
    types, notes = _take(_NOTE, dated["product_type"].text)
    types, misplaced = _take(_NOT_IN, types)
    declared = read_declaration(dated["other"].text)
    wording, of_the_maker = dated["wording"].text, ""
    if row.section in ("IV", "VI"):
        wording, of_the_maker = _take(_ONLY_MAKERS, wording)
    other = "\n".join(t for t in (misplaced, declared.text, of_the_maker) if t.strip())
    return Cells(
        types=types,
        concentration=dated["concentration"].text,
        other=other,
        wording=wording,
        provisions=_once(
            own
            for name in ("product_type", "concentration", "other")
            for own in dated[name].provisions
        ),
        leave_on=declared.leave_on,
        rinse_off=declared.rinse_off,
        conditions=(declared.named_as,) if declared.named_as else (),
        doubts=(f"Not read: \u201c{notes}\u201d",) if notes else (),
    )


def _once(provisions: Iterable[Provision]) -> tuple[Provision, ...]:
    """Each duty and pair of dates once, however often the cells say so."""
    by_dates = {(own.duty, own.placing_from, own.available_from): own for own in provisions}
    return tuple(by_dates.values())


def _take(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    """The text without what the pattern finds, and that."""
    found = [match[0].strip() for match in pattern.finditer(text)]
    return pattern.sub("", text).strip(), "\n".join(found)


def _regulation(row: SourceRow) -> str:
    return f"Regulation {row.regulation}" if row.regulation else ""
