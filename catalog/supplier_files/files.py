"""A run's file as numbered rows by our headings, mended cells in the place of those sent."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from catalog.supplier_files.models import FileKind, ImportRow, ImportRun
from catalog.supplier_files.product_lists.plan import SourceRow
from catalog.supplier_files.rules.columns import FileKind as KindRule
from catalog.supplier_files.rules.columns import fingerprint, row_reader
from catalog.supplier_files.rules.delivery_rows import DeliveryRow, parse_delivery_row
from catalog.supplier_files.rules.hints import Hints, gather_hints
from catalog.supplier_files.rules.problems import CellProblem
from catalog.supplier_files.rules.product_rows import ProductRow, parse_product_row
from catalog.supplier_files.rules.reading import read_table
from catalog.supplier_files.rules.tables import RawRow, Table
from config.kernel.exports import restore_formula

# What we write above the reasons in a file of rejects; sent again, that column says nothing.
REASON_HEADING = "reason for rejection"

Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """How the rows of a file are read: by which columns, and what ambiguous values mean."""

    kind: str
    hints: Hints
    today: date

    def row(self, line_number: int, cells: Cells, *, is_mended: bool = False) -> SourceRow:
        """Read one row's cells by our headings."""
        read: ProductRow | DeliveryRow | list[CellProblem]
        if self.kind == FileKind.PRODUCT_LIST:
            # What a new product needs is asked for once it is known to be new.
            read = parse_product_row(cells, self.hints, required=())
        else:
            read = parse_delivery_row(cells, self.hints, today=self.today)
        if isinstance(read, list):
            return SourceRow(line_number, cells, None, read, is_mended)
        return SourceRow(line_number, cells, read, (), is_mended)


def open_table(run: ImportRun) -> Table:
    """Open the file of a run. Raises UnreadableFile."""
    try:
        source: Path | bytes = Path(run.file.path)
    except NotImplementedError:  # a storage without folders
        with run.file.open("rb") as file:
            source = file.read()
    return read_table(source)


def headings_of(table: Table) -> tuple[str, ...]:
    """Give the headings that are the supplier's own: without the column of our reasons."""
    return tuple(heading for heading in table.headings if heading != REASON_HEADING)


def fingerprint_of(table: Table) -> str:
    """Name the headings, the same for a file and for its mended rejects."""
    return fingerprint(headings_of(table))


def column_reader(
    table: Table, *, kind: str, columns: Mapping[str, str], options: Mapping[str, object]
) -> Callable[[Sequence[str]], dict[str, str]]:
    """Make the function from a line's cells to cells by our headings.

    Raises MappingIncomplete, UnknownColumn.
    """
    defaults = options.get("defaults")
    constants = {str(k): str(v) for k, v in defaults.items()} if isinstance(defaults, dict) else {}
    read = row_reader(table.headings, columns, kind=KindRule(kind), constants=constants)
    if REASON_HEADING not in table.headings:
        return read
    return lambda cells: read([restore_formula(cell) for cell in cells])


class RunFile:
    """The rows of a run."""

    def __init__(self, run: ImportRun, *, today: date) -> None:
        self.table = open_table(run)
        self._read = column_reader(
            self.table, kind=run.kind, columns=run.columns, options=run.options
        )
        self._mended = dict(
            ImportRow.objects.filter(run=run, is_mended=True).values_list("line_number", "cells")
        )
        self.row_count = 0
        hints = gather_hints(
            self._counted_cells(),
            decimal_mark=str(run.options.get("decimal_mark") or ""),
            date_order=str(run.options.get("date_order") or ""),
        )
        self.reading = Reading(run.kind, hints, today)

    def _counted_cells(self) -> Iterator[Cells]:
        for raw in self.table.rows():
            self.row_count += 1
            if raw.problem is None or not raw.problem.is_fatal:
                yield self._read(raw.cells)

    def rows(self) -> Iterator[SourceRow]:
        """Go through all rows, in their order. Raises TooManyRows."""
        row, mended = self.reading.row, self._mended
        for raw in self.table.rows():
            if raw.line in mended:
                yield row(raw.line, mended[raw.line], is_mended=True)
            elif raw.problem is not None and raw.problem.is_fatal:
                yield self._unreadable(raw)
            else:
                yield row(raw.line, self._read(raw.cells))

    def _unreadable(self, raw: RawRow) -> SourceRow:
        assert raw.problem is not None
        width = len(self.table.headings)
        cells = (raw.cells + [""] * width)[:width]
        value = "" if raw.problem.code == "blank-line" else ",".join(raw.cells)[:200]
        problem = CellProblem("", value, raw.problem.code, raw.problem.detail)
        by_heading = {} if raw.problem.code == "blank-line" else self._read(cells)
        return SourceRow(raw.line, by_heading, None, [problem])
