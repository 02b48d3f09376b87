"""Goes through a delivery note as a whole: one delivery, one transaction.

What its rows mean is decided by whoever answers the hook in `kinds.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from catalog.supplier_files.files import RunFile
from catalog.supplier_files.kinds import NoteContext, NoteRow, NoteVerdict, delivery_notes
from catalog.supplier_files.models import ImportRow, ImportRun, RowOutcome
from catalog.supplier_files.product_lists.plan import SourceRow
from catalog.supplier_files.rules.delivery_rows import DeliveryRow
from catalog.supplier_files.services.claims import Clock, beat

BATCH_ROWS = 1_000


def note_context(run: ImportRun, *, user_id: int | None, now: datetime) -> NoteContext:
    """Say which delivery note a run is."""
    return NoteContext(
        run_id=run.pk,
        supplier_id=run.supplier_id,
        supplier_currency=run.supplier.currency,
        reference=str(run.options.get("reference") or "").strip(),
        warehouse=str(run.options.get("warehouse") or "").strip(),
        user_id=user_id,
        now=now,
    )


def note_row(source: SourceRow) -> NoteRow:
    """Give a row that reads well as the hook wants it."""
    assert isinstance(source.row, DeliveryRow)
    return NoteRow(line_number=source.line_number, row=source.row, cells=source.cells)


@dataclass(slots=True)
class DeliveryNoteStep:
    """One pass through the file: a check, or the announcement of the delivery."""

    run: ImportRun
    token: str
    clock: Clock
    is_apply: bool

    def carry_out(self) -> None:
        """Check or apply all rows. Raises UnreadableFile, OptionsMissing, what the hook raises."""
        now = self.clock()
        file = RunFile(self.run, today=now.date())
        sources = list(file.rows())
        rejected = self._rejected_before()
        rows = [
            note_row(source)
            for source in sources
            if source.row is not None and source.line_number not in rejected
        ]
        context = note_context(self.run, user_id=self.run.applied_by_id, now=now)
        handler = delivery_notes.ask()
        with transaction.atomic():
            ImportRun.objects.filter(pk=self.run.pk).update(rows_total=len(sources))
            decide = handler.apply if self.is_apply else handler.check
            verdicts = {v.line_number: v for v in decide(context=context, rows=rows)}
            self._keep(sources, verdicts, rejected)
            beat(self.run.pk, self.token, now=now, rows_done=len(sources))

    def _rejected_before(self) -> set[int]:
        """Give the lines that were shown as rejected: an application leaves them out."""
        if not self.is_apply:
            return set()
        rows = ImportRow.objects.filter(run=self.run, outcome=RowOutcome.REJECTED)
        return set(rows.values_list("line_number", flat=True))

    def _keep(
        self,
        sources: Iterable[SourceRow],
        verdicts: dict[int, NoteVerdict],
        rejected: set[int],
    ) -> None:
        known = dict(ImportRow.objects.filter(run=self.run).values_list("line_number", "id"))
        new: list[ImportRow] = []
        changed: list[ImportRow] = []
        for source in sources:
            if source.line_number in rejected:
                continue
            row = self._row(source, verdicts.get(source.line_number))
            row.pk = known.get(source.line_number)
            (new if row.pk is None else changed).append(row)
        ImportRow.objects.bulk_create(new, batch_size=BATCH_ROWS)
        fields = ["outcome", "sku", "changes", "problems", "is_applied"]
        ImportRow.objects.bulk_update(changed, fields, batch_size=BATCH_ROWS)

    def _row(self, source: SourceRow, verdict: NoteVerdict | None) -> ImportRow:
        problems: Sequence[object] = [
            dict(problem.as_dict())
            for problem in (verdict.problems if verdict else source.problems)
        ]
        outcome = RowOutcome(verdict.outcome) if verdict else RowOutcome.REJECTED
        return ImportRow(
            run=self.run,
            line_number=source.line_number,
            cells={column: text for column, text in source.cells.items() if text},
            outcome=outcome,
            sku=verdict.sku if verdict else "",
            changes={k: list(v) for k, v in verdict.changes.items()} if verdict else {},
            problems=problems,
            is_mended=source.is_mended,
            is_applied=self.is_apply and outcome != RowOutcome.REJECTED,
        )
