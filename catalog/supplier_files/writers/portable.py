"""The writer for every database: plain statements run for many rows at once."""

import itertools
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.db import connection

from catalog.supplier_files.product_lists.tables import Part, Record, Table
from catalog.supplier_files.writers.base import PlanWriter, Write


class PortableWriter(PlanWriter):
    """Inserts and updates by `executemany`; on SQLite the transaction holds the whole database."""

    ids_at_once: ClassVar[int] = 500

    def allocate(self, target: Table, count: int) -> list[int]:
        """Take keys: from the sequence, or the ones above every key there ever was (SQLite)."""
        part = target.parts[0]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                    [part.name, part.pk, count],
                )
                return [row[0] for row in cursor.fetchall()]
            assert connection.in_atomic_block, "keys are safe only while nobody else can write"
            return self._allocate_above(cursor, part, count)

    @staticmethod
    def _allocate_above(cursor: Any, part: Part, count: int) -> list[int]:
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [part.name])
        found = cursor.fetchone()
        last = found[0] if found else 0
        if found:
            cursor.execute(
                "UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [last + count, part.name]
            )
        else:
            cursor.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [part.name, count]
            )
        return list(range(last + 1, last + count + 1))

    def insert(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> Write:
        """Make rows of plain values ready for one database table."""
        quote = connection.ops.quote_name
        names = ", ".join(map(quote, columns))
        marks = ", ".join(itertools.repeat("%s", len(columns)))
        statement = f"INSERT INTO {quote(name)} ({names}) VALUES ({marks})"  # noqa: S608 - names of our own models
        return lambda stamp: self._run(statement, rows)

    def update_rows(self, name: str, columns: Sequence[str], rows: Sequence[Record]) -> Write:
        """Make updates of one database table ready: the first column is the key."""
        pk, *others = map(connection.ops.quote_name, columns)
        sets = ", ".join(f"{column} = %s" for column in others)
        statement = f"UPDATE {connection.ops.quote_name(name)} SET {sets} WHERE {pk} = %s"  # noqa: S608 - names of our own models
        return lambda stamp: self._run(statement, [[*row[1:], row[0]] for row in rows])

    def _run(self, statement: str, rows: Sequence[Record]) -> None:
        plain = rows if connection.vendor == "postgresql" else [list(map(_plain, r)) for r in rows]
        with connection.cursor() as cursor:
            cursor.executemany(statement, plain)


def _plain(value: Any) -> Any:
    """Give a value as Django stores it in a database without types of its own (SQLite)."""
    kind = value.__class__
    if kind is str or value is None or kind is int:
        return value
    if kind is datetime:
        return connection.ops.adapt_datetimefield_value(value)
    if kind is Decimal:
        return str(value)
    if kind is UUID:
        return value.hex
    return value
