"""A person puts a row right in the preview, and sees at once what it would do."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from catalog.supplier_files.errors import RunNotReady
from catalog.supplier_files.files import Reading, RunFile
from catalog.supplier_files.kinds import NoteVerdict, delivery_notes
from catalog.supplier_files.models import FileKind, ImportRow, ImportRun, RowOutcome, RunStatus
from catalog.supplier_files.product_lists.plan import SourceRow
from catalog.supplier_files.product_lists.planner import Planner
from catalog.supplier_files.product_lists.state import PretendedKeys, RunState
from catalog.supplier_files.rules.columns import COLUMNS
from catalog.supplier_files.rules.columns import FileKind as KindRule
from catalog.supplier_files.rules.problems import CellProblem
from catalog.supplier_files.selectors import outcome_counts
from catalog.supplier_files.services.claims import locked_run
from catalog.supplier_files.services.delivery_notes import note_context, note_row
from config.kernel.errors import FieldError, InvalidInput, NotFound

_CODES = ("sku", "supplier_code", "gtin")
CELL_LENGTH_MAX = 20_000


@transaction.atomic
def mend_row(
    *,
    run_id: UUID,
    line_number: int,
    cells: Mapping[str, str],
    user_id: int | None,
    now: datetime,
) -> ImportRow:
    """Replace cells of a row (by our headings) and check it again, against the file's other rows.

    Cells not given stay as they are; an empty one says nothing. What two rows say about one
    product is compared when the whole file is checked or applied. Raises RunNotReady, NotFound,
    InvalidInput (no such column).
    """
    run = locked_run(run_id)
    if run.status != RunStatus.CHECKED:
        raise RunNotReady(
            f"Rows are mended in the preview; {run.file_name} is "
            f"{run.get_status_display().lower()}."
        )
    row = ImportRow.objects.filter(run=run, line_number=line_number).first()
    if row is None:
        raise NotFound(f"{run.file_name} has no line {line_number}.")
    _check_cells(run, cells)
    merged = {column: text for column, text in {**row.cells, **cells}.items() if text.strip()}
    reading = RunFile(run, today=now.date()).reading
    source = reading.row(line_number, merged, is_mended=True)
    if not merged:
        problem = CellProblem("", "", "blank-line", "The line is blank.")
        source = SourceRow(line_number, merged, None, [problem], is_mended=True)
    if run.kind == FileKind.PRODUCT_LIST:
        _recheck_product(run, row, source, reading, now)
    else:
        _recheck_note(run, row, source, user_id, now)
    row.cells, row.is_mended = merged, True
    row.save()
    _recount(run)
    return row


def _check_cells(run: ImportRun, cells: Mapping[str, str]) -> None:
    columns = COLUMNS[KindRule(run.kind)]
    errors = [
        FieldError(f"/{column}", "unknown-column", f"{column} is no column of ours.")
        for column in cells
        if column not in columns
    ]
    errors += [
        FieldError(f"/{column}", "too-long", f"{CELL_LENGTH_MAX} characters is the most.")
        for column, text in cells.items()
        if len(text) > CELL_LENGTH_MAX
    ]
    if errors:
        raise InvalidInput("These cells cannot be taken.", errors=errors)


def _recheck_product(
    run: ImportRun, row: ImportRow, source: SourceRow, reading: Reading, now: datetime
) -> None:
    planner = Planner(
        supplier_code=run.supplier.code,
        supplier_currency=run.supplier.currency,
        state=RunState.load(run.supplier_id),
        keys=PretendedKeys(),
    )
    others = (
        ImportRow.objects.filter(run=run)
        .exclude(pk=row.pk)
        .exclude(outcome=RowOutcome.REJECTED)
        .values_list("line_number", "cells")
    )
    for line, cells in others.iterator(chunk_size=1000):
        codes = {column: cells[column] for column in _CODES if column in cells}
        if codes:
            planner.remember(reading.row(line, codes))
    verdict = planner.plan([source], now=now).verdicts[0]
    row.outcome, row.sku = str(verdict.outcome), verdict.sku
    row.changes = {field: list(pair) for field, pair in verdict.changes.items()}
    row.problems = [dict(problem.as_dict()) for problem in verdict.problems]


def _recheck_note(
    run: ImportRun, row: ImportRow, source: SourceRow, user_id: int | None, now: datetime
) -> None:
    verdict = NoteVerdict(
        line_number=source.line_number, outcome=RowOutcome.REJECTED, problems=source.problems
    )
    if source.row is not None:
        context = note_context(run, user_id=user_id, now=now)
        verdict = delivery_notes.ask().check(context=context, rows=[note_row(source)])[0]
    row.outcome, row.sku = str(verdict.outcome), verdict.sku
    row.changes = {field: list(pair) for field, pair in verdict.changes.items()}
    row.problems = [dict(problem.as_dict()) for problem in verdict.problems]


def _recount(run: ImportRun) -> None:
    counts = outcome_counts(run)
    run.created_count = counts[RowOutcome.CREATED]
    run.updated_count = counts[RowOutcome.UPDATED]
    run.unchanged_count = counts[RowOutcome.UNCHANGED]
    run.rejected_count = counts[RowOutcome.REJECTED]
    run.save(update_fields=["created_count", "updated_count", "unchanged_count", "rejected_count"])
