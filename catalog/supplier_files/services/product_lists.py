"""Goes through a product list in batches: each batch is one short transaction.

On PostgreSQL a large file is planned in one thread and written in another, so that Python and the
database work at the same time. A batch planned on what has changed meanwhile is not written: it,
and those planned after it, are planned again one by one with their rows locked.
"""

import contextvars
import gc
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from queue import Queue
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction

from catalog.supplier_files.files import RunFile
from catalog.supplier_files.models import ImportRow, ImportRun, RowOutcome
from catalog.supplier_files.product_lists.lookups import among
from catalog.supplier_files.product_lists.plan import Plan, SourceRow, Verdict
from catalog.supplier_files.product_lists.planner import Planner
from catalog.supplier_files.product_lists.state import DatabaseKeys, PretendedKeys, RunState
from catalog.supplier_files.product_lists.tables import as_json
from catalog.supplier_files.rules.problems import CellProblem
from catalog.supplier_files.services.claims import (
    SMALL_ROWS_MAX,
    Clock,
    beat,
    is_cancel_requested,
)
from catalog.supplier_files.writers import Stamp, Write, Writer, writer_for_database
from catalog.supplier_files.writers.base import StaleRows

BATCH_ROWS = 1_000
_PLANS_AHEAD = 2
_ROW_COLUMNS = (
    "run_id",
    "line_number",
    "cells",
    "outcome",
    "sku",
    "changes",
    "problems",
    "is_mended",
    "is_applied",
)
_CHANGED_COLUMNS = ("id", "outcome", "sku", "changes", "problems", "is_applied")


def history_reason(run: ImportRun) -> str:
    """What the history says of everything a run writes, and by what an undo finds it again."""
    return f"{run.file_name[:140]} (import {run.pk})"


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Leave out the search for cyclic garbage: a run of bounded size makes hardly any.

    It remembers millions of objects that are no garbage, and looking through them again and again
    took half of the time of planning.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@dataclass(slots=True)
class _Known:
    """A row as an earlier check or attempt left it."""

    id: int
    outcome: str
    sku: str
    is_applied: bool


@dataclass(slots=True)
class _Batch:
    """Rows whose plan is ready to be written."""

    rows: Sequence[SourceRow]
    plan: Plan
    writes: list[Write]


@dataclass(slots=True)
class ProductListStep:
    """One pass through the file: a check, or an application."""

    run: ImportRun
    token: str
    clock: Clock
    is_apply: bool
    writer: Writer = field(default_factory=writer_for_database)
    planner: Planner = field(init=False)
    rows_done: int = 0
    was_cancelled: bool = False
    _known: dict[int, _Known] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what the run needs to know once."""
        supplier = self.run.supplier
        self.planner = Planner(
            supplier_code=supplier.code,
            supplier_currency=supplier.currency,
            state=RunState.load(supplier.pk),
            keys=DatabaseKeys(self.writer) if self.is_apply else PretendedKeys(),
        )
        self._known = {
            line: _Known(pk, outcome, sku, is_applied)
            for pk, line, outcome, sku, is_applied in ImportRow.objects.filter(
                run=self.run
            ).values_list("id", "line_number", "outcome", "sku", "is_applied")
        }

    def carry_out(self) -> None:
        """Go through all rows. Raises UnreadableFile, RunReplaced."""
        file = RunFile(self.run, today=self.clock().date())
        total = file.row_count
        ImportRun.objects.filter(pk=self.run.pk).update(rows_total=total)
        batches = self._batches(file.rows())
        if total <= SMALL_ROWS_MAX:
            self._do_one_by_one(batches)
            return
        with _no_garbage_collection():
            if (
                self.is_apply
                and connection.vendor == "postgresql"
                and not connection.in_atomic_block
            ):
                self._pipeline(batches)
            else:
                self._do_one_by_one(batches)

    def _do_one_by_one(self, batches: Iterable[list[SourceRow]]) -> None:
        for batch in batches:
            if self._should_stop():
                return
            self._do_batch(batch)

    def _batches(self, rows: Iterator[SourceRow]) -> Iterator[list[SourceRow]]:
        """Give the rows still to be done, in batches; what is done is only remembered."""
        wanted = (row for row in rows if self._is_to_do(row))
        while batch := list(islice(wanted, BATCH_ROWS)):
            yield batch

    def _is_to_do(self, source: SourceRow) -> bool:
        known = self._known.get(source.line_number)
        if known is None or not self.is_apply:
            return True
        if known.outcome == RowOutcome.REJECTED or known.is_applied:
            self.rows_done += 1
            if known.is_applied:
                self.planner.remember(source)
            return False
        return True

    def _should_stop(self) -> bool:
        self.was_cancelled = is_cancel_requested(self.run.pk)
        return self.was_cancelled

    # One transaction for each batch

    def _do_batch(self, batch: Sequence[SourceRow]) -> None:
        """Plan and write a batch with its rows locked; a row the database refuses is rejected."""
        for _ in range(2):  # the second time knows what others have committed meanwhile
            try:
                self._plan_and_write(batch)
            except (IntegrityError, DataError) as error:
                refusal = error
                self.planner.state.refresh()
            else:
                return
        if len(batch) == 1:
            self._reject(batch[0], refusal)
            return
        middle = len(batch) // 2
        self._do_batch(batch[:middle])
        self._do_batch(batch[middle:])

    def _plan_and_write(self, batch: Sequence[SourceRow]) -> None:
        plan = None
        now = self.clock()
        try:
            with transaction.atomic():
                plan = self.planner.plan(batch, now=now, lock=self.is_apply)
                self._write(self._ready(batch, plan), now)
        except BaseException:
            if plan is not None:
                self.planner.state.forget(plan)
            self.planner.keys.drop()
            raise
        self.planner.state.keep(plan)

    def _ready(self, rows: Sequence[SourceRow], plan: Plan) -> _Batch:
        """Make ready whatever a batch writes: what its plan does, and what becomes of its rows."""
        writes = [self.writer.prepare(plan)] if self.is_apply else []
        return _Batch(rows, plan, [*writes, *self._row_writes(plan.verdicts)])

    def _write(self, batch: _Batch, now: datetime) -> None:
        stamp = Stamp(at=now, reason=history_reason(self.run), user_id=self.run.applied_by_id)
        for write in batch.writes:
            write(stamp)
        self.rows_done += len(batch.rows)
        try:
            beat(self.run.pk, self.token, now=now, rows_done=self.rows_done)
        except BaseException:
            self.rows_done -= len(batch.rows)
            raise

    def _row_writes(self, verdicts: Sequence[Verdict]) -> Iterator[Write]:
        new, changed, confirmed = [], [], []
        for verdict in verdicts:
            known = self._known.get(verdict.source.line_number)
            if known is None:
                new.append(self._new_row(verdict))
            elif (
                verdict.outcome not in (RowOutcome.UPDATED, RowOutcome.REJECTED)
                and (known.outcome, known.sku) == (verdict.outcome, verdict.sku)
                and self.is_apply
            ):
                confirmed.append(known.id)
            else:
                changed.append([known.id, *self._verdict_values(verdict)])
        name = ImportRow._meta.db_table
        if new:
            yield self.writer.insert(name, _ROW_COLUMNS, new)
        if changed:
            yield self.writer.update_rows(name, _CHANGED_COLUMNS, changed)
        if confirmed:
            yield partial(self._confirm, confirmed)

    @staticmethod
    def _confirm(row_ids: Sequence[int], stamp: Stamp) -> None:
        """Note that these rows did what was shown before."""
        among(ImportRow.objects.all(), "id", row_ids).update(is_applied=True)

    def _new_row(self, verdict: Verdict) -> list[Any]:
        source = verdict.source
        cells = {column: text for column, text in source.cells.items() if text}
        outcome, sku, changes, problems, is_applied = self._verdict_values(verdict)
        return [
            self.run.pk,
            source.line_number,
            as_json(cells),
            outcome,
            sku,
            changes,
            problems,
            source.is_mended,
            is_applied,
        ]

    def _verdict_values(self, verdict: Verdict) -> list[Any]:
        problems = verdict.problems
        return [
            str(verdict.outcome),
            verdict.sku,
            as_json(verdict.changes),
            as_json([dict(problem.as_dict()) for problem in problems]),
            self.is_apply and verdict.outcome != RowOutcome.REJECTED,
        ]

    def _reject(self, source: SourceRow, error: Exception) -> None:
        """Reject the one row that the database refuses, with what it says."""
        sentence = str(error).splitlines()[0] if str(error) else type(error).__name__
        problem = CellProblem(
            "", "", "refused-by-database", f"The database refuses this row: {sentence}"
        )
        plan = Plan(verdicts=[Verdict(source, RowOutcome.REJECTED, problems=[problem])])
        with transaction.atomic():
            self._write(self._ready([source], plan), self.clock())

    # Two threads

    def _pipeline(self, batches: Iterator[list[SourceRow]]) -> None:
        """Plan here and write there; what could not be written is done again one by one."""
        pending: list[list[SourceRow]] = []
        while True:
            pending = self._overlap(batches, pending)
            if self.was_cancelled or not pending:
                return
            self.planner.state.refresh()
            self._do_one_by_one(pending)
            if self.was_cancelled:
                return
            pending = []

    def _overlap(
        self, batches: Iterator[list[SourceRow]], pending: list[list[SourceRow]]
    ) -> list[list[SourceRow]]:
        """Plan and hand over until the file ends or a batch fails; give what was not written."""
        hand = _Handover(self)
        hand.start()
        try:
            for batch in batches:
                if hand.has_failed or self._should_stop():
                    pending.append(batch)
                    break
                plan = self.planner.plan(batch, now=self.clock())
                hand.queue.put(self._ready(batch, plan))
        finally:
            hand.finish()
        if hand.error is not None:
            raise hand.error
        for unwritten in reversed(hand.unwritten):
            self.planner.state.forget(unwritten.plan)
            pending.insert(0, list(unwritten.rows))
        return pending


class _Handover(threading.Thread):
    """Writes plans in their order over a connection of its own, up to the first failure."""

    def __init__(self, step: ProductListStep) -> None:
        super().__init__(name="import-writer", daemon=True)
        self.step = step
        self.queue: Queue[_Batch | None] = Queue(maxsize=_PLANS_AHEAD)
        self.unwritten: list[_Batch] = []
        self.has_failed = False
        self.error: Exception | None = None
        self._context = contextvars.copy_context()

    def run(self) -> None:
        """Write until told that nothing more comes."""
        try:
            self._context.run(self._write_all)
        finally:
            connection.close()

    def _write_all(self) -> None:
        while (batch := self.queue.get()) is not None:
            if self.has_failed:
                self.unwritten.append(batch)
                continue
            now = self.step.clock()
            try:
                with transaction.atomic():
                    self.step._write(batch, now)
            except (StaleRows, IntegrityError, DataError):
                self.has_failed = True
                self.unwritten.append(batch)
            except Exception as error:
                self.has_failed = True
                self.error = error
            else:
                self.step.planner.state.keep(batch.plan)

    def finish(self) -> None:
        """Let the thread write what it has, and wait for it."""
        self.queue.put(None)
        self.join()
