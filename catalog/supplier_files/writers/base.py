"""What every bulk writer can do."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import ClassVar, Protocol, TypeAlias

from catalog.products import gates
from catalog.products.models import CosmeticProduct, Product, SportsProduct
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


# Something made ready ahead; called in the open transaction of its batch, it writes.
Write: TypeAlias = Callable[[Stamp], None]


class Writer(Protocol):
    """Makes ready what a batch writes, in any thread; what it gives is called in a transaction."""

    ids_at_once: ClassVar[int]

    def allocate(self, target: Table, count: int) -> list[int]:
        """Take keys that nobody else will get."""

    def prepare(self, plan: Plan) -> Write:
        """Make a plan's rows ready; the write raises StaleRows."""

    def insert(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> Write:
        """Make rows of plain values ready for one database table."""

    def update_rows(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> Write:
        """Make updates of one database table ready: the first column is the key."""


def _products_written(plan: Plan) -> list[int]:
    """The products that a plan makes or changes; not those of which it knows another price."""
    found: set[int] = set()
    for model in (CosmeticProduct, SportsProduct):
        key = table(model).index["id"]
        found.update(record[key] for record in plan.created.get(model, ()))
        found.update(plan.changed.get(model, ()))
    return sorted(found)


class PlanWriter:
    """The order of writing, the same for every database."""

    def prepare(self, plan: Plan) -> Write:
        """Make a plan's new and changed rows ready, with their histories."""
        writes = list(self._writes(plan))
        facts_of = _products_written(plan)

        def write(stamp: Stamp) -> None:
            for part in writes:
                part(stamp)
            reference_changed()
            if facts_of:
                gates.facts_changed.all(facts_of)

        return write

    def write(self, plan: Plan, stamp: Stamp) -> None:
        """Write a plan's new and changed rows with their histories. Raises StaleRows."""
        self.prepare(plan)(stamp)

    def _writes(self, plan: Plan) -> Iterator[Write]:
        if plan.touched:
            yield partial(self.touch, dict(sorted(plan.touched.items())))
        for model in WRITE_ORDER:
            target = table(model)
            if created := plan.created.get(model):
                yield from self.create(target, created)
            if changed := plan.changed.get(model):
                yield from self.change(target, list(changed.values()))

    def touch(self, versions: Mapping[int, int | None], stamp: Stamp) -> None:
        """Move the time of change of products, by key and version. Raises StaleRows."""
        rows = [[key, stamp.at] for key in versions]
        self.update_rows(Product._meta.db_table, TOUCHED_COLUMNS, rows)(stamp)

    def create(self, target: Table, records: Sequence[Record]) -> Iterator[Write]:
        """Insert new rows into each table of the model, and into its history."""
        stored = [target.as_stored(record) for record in records]
        for part in target.parts:
            yield self.insert(part.name, part.columns, [part.of(record) for record in stored])
        yield partial(self._insert_history, target, stored, "+")

    def change(self, target: Table, changes: Sequence[Change]) -> Iterator[Write]:
        """Update changed rows and keep how they are now. The writes raise StaleRows."""
        stored = [target.as_stored(change.record) for change in changes]
        for part in target.parts:
            key = part.columns.index(part.pk)
            columns = (part.pk, *part.columns[:key], *part.columns[key + 1 :])
            own = [part.positions[part.columns.index(column)] for column in columns]
            yield self.update_rows(part.name, columns, [[row[i] for i in own] for row in stored])
        yield partial(self._insert_history, target, stored, "~")

    def _insert_history(
        self, target: Table, stored: Sequence[Record], kind: str, stamp: Stamp
    ) -> None:
        suffix = stamp.suffix(target, kind)
        rows = [[*row, *suffix] for row in stored]
        self.insert(target.history_name, target.history_columns, rows)(stamp)

    def insert(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> Write:
        """Make rows of plain values ready for one database table."""
        raise NotImplementedError

    def update_rows(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> Write:
        """Make updates of one database table ready: the first column is the key."""
        raise NotImplementedError
