"""The writer for PostgreSQL: COPY into the tables, COPY into a staging table for changes.

Rows are put into text ahead, by the thread that plans: the one that writes only sends it.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import ClassVar

from django.db import connection

from catalog.products.models import Product
from catalog.supplier_files.product_lists.plan import Change
from catalog.supplier_files.product_lists.tables import Record, Table
from catalog.supplier_files.writers.base import (
    TOUCHED_COLUMNS,
    PlanWriter,
    StaleRows,
    Stamp,
    Write,
)

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_NULL = "\\N"
_STAGED = "import_staging"


def _line(record: Record) -> str:
    """Give a record in COPY's text format, without the end of the line."""
    line = "\t".join([v if v.__class__ is str else _NULL if v is None else str(v) for v in record])
    # To escape each value is dear. Nothing needs it where the only marks are those put in here.
    if (
        line.count("\\") == record.count(None)
        and line.count("\t") == len(record) - 1
        and "\n" not in line
        and "\r" not in line
    ):
        return line
    return "\t".join([_NULL if v is None else str(v).translate(_ESCAPES) for v in record])


class PostgresWriter(PlanWriter):
    """Streams rows; a changed row is written only if it is still as it was when it was read."""

    ids_at_once: ClassVar[int] = 2000

    def allocate(self, target: Table, count: int) -> list[int]:
        """Take keys from the table's sequence."""
        part = target.parts[0]
        with connection.cursor() as cursor:
            cursor.execute(
                # The sequence's name is looked up once, not again for each key.
                "SELECT nextval(s.name) FROM (SELECT pg_get_serial_sequence(%s, %s)::regclass "
                "AS name OFFSET 0) s, generate_series(1, %s)",
                [part.name, part.pk, count],
            )
            return [row[0] for row in cursor.fetchall()]

    def create(self, target: Table, records: Sequence[Record]) -> Iterator[Write]:
        """Insert new rows and their history; each cell is put into text once for both."""
        lines_of_parts = self._lines(target, records)
        for part, lines in zip(target.parts, lines_of_parts, strict=True):
            yield self._insert_lines(part.name, part.columns, lines)
        yield partial(self._copy_history, target, self._whole(lines_of_parts), "+")

    def change(self, target: Table, changes: Sequence[Change]) -> Iterator[Write]:
        """Update changed rows and keep how they are now. The writes raise StaleRows."""
        lines_of_parts = self._lines(target, [change.record for change in changes])
        marks = [_NULL if c.version is None else str(c.version) for c in changes]
        for part, lines in zip(target.parts, lines_of_parts, strict=True):
            key = part.positions[part.columns.index(part.pk)]
            keys = [change.record[key] for change in changes]
            staged = [f"{mark}\t{line}" for mark, line in zip(marks, lines, strict=True)]
            yield partial(self._update, part.name, part.pk, keys, part.columns, staged)
            marks = [_NULL] * len(changes)
        yield partial(self._copy_history, target, self._whole(lines_of_parts), "~")

    def touch(self, versions: Mapping[int, int | None], stamp: Stamp) -> None:
        """Move the time of change of products, by key and version. Raises StaleRows."""
        lines = [_line([version, key, stamp.at]) for key, version in versions.items()]
        self._update(Product._meta.db_table, "id", list(versions), TOUCHED_COLUMNS, lines, stamp)

    @staticmethod
    def _lines(target: Table, records: Sequence[Record]) -> list[list[str]]:
        """Give the lines of each of the model's tables."""
        stored = [target.as_stored(record) for record in records]
        if len(target.parts) == 1:
            return [list(map(_line, stored))]
        return [[_line(part.of(record)) for record in stored] for part in target.parts]

    @staticmethod
    def _whole(lines_of_parts: list[list[str]]) -> list[str]:
        """Give the lines of whole records, as the history has them."""
        if len(lines_of_parts) == 1:
            return lines_of_parts[0]
        return list(map("\t".join, zip(*lines_of_parts, strict=True)))

    def _copy_history(self, target: Table, lines: Sequence[str], kind: str, stamp: Stamp) -> None:
        end = f"\t{_line(stamp.suffix(target, kind))}\n"
        text = end.join([*lines, ""])
        self._copy(target.history_name, target.history_columns, text.encode())

    def insert(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> Write:
        """Make rows of plain values ready for one database table."""
        return self._insert_lines(name, columns, list(map(_line, rows)))

    def _insert_lines(self, name: str, columns: Sequence[str], lines: Sequence[str]) -> Write:
        text = "\n".join([*lines, ""]).encode()
        return lambda stamp: self._copy(name, columns, text)

    def update_rows(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> Write:
        """Make updates of one database table ready: the first column is the key."""
        lines = [_line([None, *row]) for row in rows]
        return partial(self._update, name, columns[0], [row[0] for row in rows], columns, lines)

    def _update(
        self,
        name: str,
        key: str,
        keys: Sequence[int],
        columns: Sequence[str],
        lines: Sequence[str],
        stamp: Stamp,
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
            text = "\n".join([*lines, ""]).encode()
            self._copy(f"{_STAGED}_{name}"[:63], ("staged_version", *columns), text)
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

    def _copy(self, name: str, columns: Sequence[str], text: bytes) -> None:
        quote = connection.ops.quote_name
        names = ", ".join(map(quote, columns))
        with (
            connection.wrap_database_errors,  # Django wraps what its own cursor runs; not COPY
            connection.cursor() as cursor,
            cursor.copy(f"COPY {quote(name)} ({names}) FROM STDIN") as copy,
        ):
            copy.write(text)
