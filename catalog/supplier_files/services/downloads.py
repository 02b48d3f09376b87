"""Files we give out: our templates, and rejected rows with the reason beside each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from catalog.supplier_files.files import REASON_HEADING, headings_of, open_table
from catalog.supplier_files.models import ImportRow, ImportRun, RowOutcome
from catalog.supplier_files.rules.columns import COLUMNS
from catalog.supplier_files.rules.columns import FileKind as KindRule
from config.kernel.exports import csv_rows


def template_file(kind: str) -> bytes:
    """Our own headings as CSV: a file with them needs no mapping."""
    return "".join(csv_rows(COLUMNS[KindRule(kind)], [])).encode()


def rejects_file(run: ImportRun) -> bytes:
    """The rejected rows as CSV with the supplier's own columns, as sent or as mended, and why.

    Mended there, the file can be sent again as it is: the column of reasons says nothing, and the
    mark that keeps spreadsheets from running formulas is taken off again.
    """
    table = open_table(run)
    headings = headings_of(table)
    positions = [table.headings.index(heading) for heading in headings]
    rows = ImportRow.objects.filter(run=run, outcome=RowOutcome.REJECTED)
    rejected = {row.line_number: row for row in rows}

    def lines() -> Iterator[Sequence[str]]:
        for raw in table.rows():
            row = rejected.get(raw.line)
            if row is None:
                continue
            cells = (raw.cells + [""] * len(table.headings))[: len(table.headings)]
            sent = [cells[position] for position in positions]
            yield (*_as_mended(sent, headings, run.columns, row), _reason(row))

    return "".join(csv_rows([*headings, REASON_HEADING], lines())).encode()


def _as_mended(
    sent: Sequence[str], headings: Sequence[str], columns: Mapping[str, str], row: ImportRow
) -> Sequence[str]:
    if not row.is_mended:
        return sent
    return [
        row.cells.get(columns[heading], "") if columns.get(heading) else cell
        for heading, cell in zip(headings, sent, strict=True)
    ]


def _reason(row: ImportRow) -> str:
    problems: Sequence[Mapping[str, Any]] = row.problems
    return "; ".join(
        f"{problem['column']}: {problem['detail']}" if problem["column"] else problem["detail"]
        for problem in problems
    )
