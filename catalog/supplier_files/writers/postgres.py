"""The writer for PostgreSQL: COPY into the tables, COPY into a staging table for changes."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, ClassVar

from django.db import connection

from catalog.products.models import Product
from catalog.supplier_files.product_lists.plan import Change
from catalog.supplier_files.product_lists.tables import Part, Record, Table
from catalog.supplier_files.writers.base import TOUCHED_COLUMNS, PlanWriter, StaleRows, Stamp

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_STAGED = "import_staging"


def _cells(record: Iterable[Any]) -> list[str]:
    """Give a record's values in COPY's text format."""
    return [
        value.translate(_ESCAPES)
        if value.__class__ is str
        else "\\N"
        if value is None
        else str(value)
        for value in record
    ]


def _line(record: Iterable[Any]) -> str:
    return "\t".join(_cells(record))


class PostgresWriter(PlanWriter):
    """Streams rows; a changed row is written only if it is still as it was when it was read."""

    ids_at_once: ClassVar[int] = 2000

    def allocate(self, target: Table, count: int) -> list[int]:
        """Take keys from the table's sequence."""
        part = target.parts[0]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [part.name, part.pk, count],
            )
            return [row[0] for row in cursor.fetchall()]

    def create(self, target: Table, records: Sequence[Record], stamp: Stamp) -> None:
        """Insert new rows and their history; each cell is put into text once for both."""
        cells = [_cells(target.as_stored(record)) for record in records]
        for part in target.parts:
            lines = map("\t".join, self._picked(target, part, cells))
            self._copy(part.name, part.columns, lines)
        self._copy_history(target, cells, stamp, "+")

    def change(self, target: Table, changes: Sequence[Change], stamp: Stamp) -> None:
        """Update changed rows and keep how they are now. Raises StaleRows."""
        cells = [_cells(target.as_stored(change.record)) for change in changes]
        versions = ["\\N" if c.version is None else str(c.version) for c in changes]
        for part in target.parts:
            rows = self._picked(target, part, cells)
            marks = versions if part is target.parts[0] else itertools.repeat("\\N")
            lines = ["\t".join([mark, *row]) for mark, row in zip(marks, rows, strict=False)]
            keys = [
                change.record[part.positions[part.columns.index(part.pk)]] for change in changes
            ]
            self._update(part.name, part.pk, keys, part.columns, lines)
        self._copy_history(target, cells, stamp, "~")

    def touch(self, versions: Mapping[int, int | None], stamp: Stamp) -> None:
        """Move the time of change of products, by key and version. Raises StaleRows."""
        lines = [_line([version, key, stamp.at]) for key, version in versions.items()]
        self._update(Product._meta.db_table, "id", list(versions), TOUCHED_COLUMNS, lines)

    @staticmethod
    def _picked(target: Table, part: Part, cells: list[list[str]]) -> Iterable[Sequence[str]]:
        """Give the cells of one of the model's tables."""
        if len(target.parts) == 1:
            return cells
        return map(itemgetter(*part.positions), cells)

    def _copy_history(
        self, target: Table, cells: Sequence[list[str]], stamp: Stamp, kind: str
    ) -> None:
        suffix = _cells(stamp.suffix(target, kind))
        lines = ["\t".join(row + suffix) for row in cells]
        self._copy(target.history_name, target.history_columns, lines)

    def insert(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> None:
        """Insert rows of plain values into one database table."""
        self._copy(name, columns, [_line(row) for row in rows])

    def update_rows(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> None:
        """Update rows of one database table: the first column is the key, the others are set."""
        lines = [_line([None, *row]) for row in rows]
        self._update(name, columns[0], [row[0] for row in rows], columns, lines)

    def _update(
        self,
        name: str,
        key: str,
        keys: Sequence[int],
        columns: Sequence[str],
        lines: Sequence[str],
    ) -> None:
        """Stage rows (version or nothing, then columns) and write those still at their version."""
        quote = connection.ops.quote_name
        quoted, staged = quote(name), quote(f"{_STAGED}_{name}"[:63])
        pk, names = quote(key), list(map(quote, columns))
        sets = ", ".join(f"{column} = s.{column}" for column in names if column != pk)
        with connection.cursor() as cursor:
            # Made anew each time: it follows the table's columns; a pooled connection is shared.
            cursor.execute(
                f"CREATE TEMPORARY TABLE {staged} ON COMMIT DROP AS SELECT "  # noqa: S608 - names of our own models
                f"NULL::bigint AS staged_version, {', '.join(names)} FROM {quoted} "
                "WITH NO DATA"
            )
            self._copy(f"{_STAGED}_{name}"[:63], ("staged_version", *columns), lines)
            cursor.execute(
                f"UPDATE {quoted} t SET {sets} FROM {staged} s WHERE t.{pk} = s.{pk} "  # noqa: S608 - names of our own models
                # Said twice, or the database reads the table to its end: it has no statistics of s.
                f"AND t.{pk} = ANY(%s) "
                "AND (s.staged_version IS NULL OR t.xmin::text::bigint = s.staged_version)",
                [list(keys)],
            )
            if cursor.rowcount != len(lines):
                raise StaleRows(f"{len(lines) - cursor.rowcount} rows of {name} changed meanwhile")
            cursor.execute(f"DROP TABLE {staged}")

    def _copy(self, name: str, columns: Sequence[str], lines: Iterable[str]) -> None:
        quote = connection.ops.quote_name
        names = ", ".join(map(quote, columns))
        with (
            connection.wrap_database_errors,  # Django wraps what its own cursor runs; not COPY
            connection.cursor() as cursor,
            cursor.copy(f"COPY {quote(name)} ({names}) FROM STDIN") as copy,
        ):
            copy.write("\n".join(lines) + "\n")
