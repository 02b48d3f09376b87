"""What every bulk writer can do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from catalog.products.models import Product
from catalog.supplier_files.product_lists.plan import Change, Plan
from catalog.supplier_files.product_lists.tables import WRITE_ORDER, Record, Table, table
from config.kernel.cache import reference_changed

TOUCHED_COLUMNS = ("id", "updated_at")


class StaleRows(Exception):
    """Somebody changed rows between planning and writing; nothing of the batch is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When, why and by whom: what the history says of every row of a batch."""

    at: datetime
    reason: str
    user_id: int | None

    def suffix(self, target: Table, kind: str) -> Record:
        """Give the history's own columns for this table, in the order of its columns."""
        extra = [value() for value in target.history_extra]
        return [self.at, kind, self.reason, self.user_id, *extra]


class Writer(Protocol):
    """Writes one batch in the open transaction."""

    ids_at_once: ClassVar[int]

    def allocate(self, target: Table, count: int) -> list[int]:
        """Take keys that nobody else will get."""

    def write(self, plan: Plan, stamp: Stamp) -> None:
        """Write a plan's new and changed rows with their histories. Raises StaleRows."""

    def insert(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> None:
        """Insert rows of plain values into one database table."""

    def update_rows(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> None:
        """Update rows of one database table: the first column is the key, the others are set."""


class PlanWriter:
    """The order of writing, the same for every database."""

    def write(self, plan: Plan, stamp: Stamp) -> None:
        """Write a plan's new and changed rows with their histories. Raises StaleRows."""
        if plan.touched:
            self.touch(dict(sorted(plan.touched.items())), stamp)
        for model in WRITE_ORDER:
            target = table(model)
            if created := plan.created.get(model):
                self.create(target, created, stamp)
            if changed := plan.changed.get(model):
                self.change(target, list(changed.values()), stamp)
        reference_changed()

    def touch(self, versions: Mapping[int, int | None], stamp: Stamp) -> None:
        """Move the time of change of products, by key and version. Raises StaleRows."""
        rows = [[key, stamp.at] for key in versions]
        self.update_rows(Product._meta.db_table, TOUCHED_COLUMNS, rows)

    def create(self, target: Table, records: Sequence[Record], stamp: Stamp) -> None:
        """Insert new rows into each table of the model, and into its history."""
        stored = [target.as_stored(record) for record in records]
        for part in target.parts:
            if len(target.parts) == 1:
                self.insert(part.name, part.columns, stored)
            else:
                rows = [[record[i] for i in part.positions] for record in stored]
                self.insert(part.name, part.columns, rows)
        self._insert_history(target, stored, stamp, "+")

    def change(self, target: Table, changes: Sequence[Change], stamp: Stamp) -> None:
        """Update changed rows and keep how they are now. Raises StaleRows."""
        stored = [target.as_stored(change.record) for change in changes]
        for part in target.parts:
            key = part.columns.index(part.pk)
            columns = (part.pk, *part.columns[:key], *part.columns[key + 1 :])
            own = [part.positions[part.columns.index(column)] for column in columns]
            self.update_rows(part.name, columns, [[row[i] for i in own] for row in stored])
        self._insert_history(target, stored, stamp, "~")

    def _insert_history(
        self, target: Table, stored: Sequence[Record], stamp: Stamp, kind: str
    ) -> None:
        suffix = stamp.suffix(target, kind)
        self.insert(
            target.history_name, target.history_columns, [[*row, *suffix] for row in stored]
        )

    def insert(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> None:
        """Insert rows of plain values into one database table."""
        raise NotImplementedError

    def update_rows(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> None:
        """Update rows of one database table: the first column is the key, the others are set."""
        raise NotImplementedError
