"""The writer for PostgreSQL: COPY into the tables, COPY into a staging table for changes."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.db import connection

from catalog.supplier_files.product_lists.plan import Change
from catalog.supplier_files.product_lists.tables import Record, Table
from catalog.supplier_files.writers.base import PlanWriter, StaleRows, Stamp

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_STAGED = "import_staging"


def _cell(value: Any) -> str:
    """Give one value in COPY's text format."""
    if value.__class__ is str:
        text: str = value
        return text.translate(_ESCAPES)
    if value is None:
        return "\\N"
    if value.__class__ is bool:
        return "t" if value else "f"
    return str(value)


def _line(record: Iterable[Any]) -> str:
    return "\t".join(map(_cell, record))


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
        cells = [list(map(_cell, target.as_stored(record))) for record in records]
        for part in target.parts:
            if len(target.parts) == 1:
                lines = ["\t".join(row) for row in cells]
            else:
                lines = ["\t".join([row[i] for i in part.positions]) for row in cells]
            self._copy(part.name, part.columns, lines)
        suffix = list(map(_cell, stamp.suffix(target, "+")))
        self._copy(
            target.history_name, target.history_columns, ["\t".join(r + suffix) for r in cells]
        )

    def insert(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> None:
        """Insert rows of plain values into one database table."""
        self._copy(name, columns, [_line(row) for row in rows])

    def update(self, target: Table, changes: Sequence[Change]) -> None:
        """Write changed rows of one model. Raises StaleRows where one changed since it was read."""
        stored = [(target.as_stored(change.record), change.version) for change in changes]
        for part in target.parts:
            is_base = part is target.parts[0]
            columns = [part.pk, *(column for column in part.columns if column != part.pk)]
            positions = [part.positions[part.columns.index(column)] for column in columns]
            rows = [
                [version if is_base else None, *(record[i] for i in positions)]
                for record, version in stored
            ]
            self._update(part.name, columns, rows)

    def update_rows(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> None:
        """Update rows of one database table: the first column is the key, the others are set."""
        self._update(name, columns, [[None, *row] for row in rows])

    def _update(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> None:
        """Stage rows of (version or None, key, values) and write those still at their version."""
        quote = connection.ops.quote_name
        quoted, staged = quote(name), quote(f"{_STAGED}_{name}"[:63])
        pk, *others = map(quote, columns)
        sets = ", ".join(f"{column} = s.{column}" for column in others)
        with connection.cursor() as cursor:
            # Made anew each time: it follows the table's columns; a pooled connection is shared.
            cursor.execute(
                f"CREATE TEMPORARY TABLE {staged} ON COMMIT DROP AS SELECT "  # noqa: S608 - names of our own models
                f"NULL::bigint AS staged_version, {', '.join([pk, *others])} FROM {quoted} "
                "WITH NO DATA"
            )
            self._copy(f"{_STAGED}_{name}"[:63], ("staged_version", *columns), map(_line, rows))
            cursor.execute(
                f"UPDATE {quoted} t SET {sets} FROM {staged} s WHERE t.{pk} = s.{pk} "  # noqa: S608 - names of our own models
                "AND (s.staged_version IS NULL OR t.xmin::text::bigint = s.staged_version)"
            )
            if cursor.rowcount != len(rows):
                raise StaleRows(f"{len(rows) - cursor.rowcount} rows of {name} changed meanwhile")
            cursor.execute(f"DROP TABLE {staged}")

    def _copy(self, name: str, columns: Sequence[str], lines: Iterable[str]) -> None:
        quote = connection.ops.quote_name
        names = ", ".join(map(quote, columns))
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {quote(name)} ({names}) FROM STDIN") as copy,
        ):
            copy.write("\n".join(lines) + "\n")
