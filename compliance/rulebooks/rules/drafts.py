"""An entry as it was read from a source, before it has a place in the database."""

from dataclasses import dataclass, field
from decimal import Decimal

from compliance.rulebooks.rules.shapes import (
    EVERYTHING,
    EntryKind,
    LabelWarning,
    Limit,
    Provision,
    Scope,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """The cells of one entry, verbatim."""

    line: int  # in its file, from 1
    section: str
    number: str
    substance: str
    glossary: str = ""
    cas: str = ""
    ec: str = ""
    product_type: str = ""
    concentration: str = ""
    other: str = ""
    wording: str = ""
    regulation: str = ""
    identified: str = ""

    @property
    def is_gone(self) -> bool:
        """Whether the place of the entry is kept and nothing else."""
        return self.substance.strip().lower().startswith("moved or deleted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was read of an entry; `doubts` say what a person must look at, in words."""

    source: SourceRow
    kind: EntryKind
    names: tuple[str, ...] = ()
    cas_numbers: tuple[str, ...] = ()
    ec_numbers: tuple[str, ...] = ()
    scope: Scope = EVERYTHING
    limits: tuple[Limit, ...] = ()
    unless: str = ""
    is_nano: bool | None = None
    warnings: tuple[LabelWarning, ...] = ()
    declare_leave_on: Decimal | None = None
    declare_rinse_off: Decimal | None = None
    provisions: tuple[Provision, ...] = ()
    conditions: str = ""
    reference: str = ""
    url: str = ""
    notice: str = ""
    doubts: tuple[str, ...] = field(default=())
