"""What the rows of a delivery note mean: asked of the room that expects and receives goods.

This room reads files, keeps rows and runs steps; who answers the hook decides about each row and
does what the rows say. Product lists are this room's own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from catalog.supplier_files.rules.delivery_rows import DeliveryRow
from catalog.supplier_files.rules.problems import CellProblem
from config.kernel.hooks import Hook


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteContext:
    """Which delivery note the rows belong to: whose, under which number, going where."""

    run_id: UUID
    supplier_id: int
    supplier_currency: str
    reference: str
    warehouse: str
    user_id: int | None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRow:
    """One line of the file that reads well in itself, with its cells for naming values."""

    line_number: int
    row: DeliveryRow
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteVerdict:
    """What a line does: made, unchanged because announced before, or rejected with reasons."""

    line_number: int
    outcome: str
    sku: str = ""
    changes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    problems: Sequence[CellProblem] = ()


class DeliveryNotes(Protocol):
    """The answer to the hook."""

    def check(self, *, context: NoteContext, rows: Sequence[NoteRow]) -> list[NoteVerdict]:
        """Say what each row would do, in their order; change nothing."""

    def apply(self, *, context: NoteContext, rows: Sequence[NoteRow]) -> list[NoteVerdict]:
        """Check again and do it for every row that is not rejected, in the open transaction."""

    def undo(self, *, context: NoteContext, reason: str) -> None:
        """Take back what this run made, or raise UndoRefused naming what has built on it."""


delivery_notes: Hook[Callable[[], DeliveryNotes]] = Hook("catalog.supplier_files.delivery_notes")
