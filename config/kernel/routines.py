"""Functions and settings that live in PostgreSQL, put there after every migrate.

A routine's name carries a digest of its text: a process calls exactly the text it was written with.
While a new release is rolled out, the processes of the last one find theirs still there.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections

VERSIONS_KEPT = 3
_DIGEST_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Routine:
    """One function: `{name}` in its text is replaced by its name with the digest."""

    label: str
    text: str

    @property
    def name(self) -> str:
        """Its name in the database, such as `inventory_reserve_3fa85f6457`."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()[:_DIGEST_LENGTH]
        return f"{self.label}_{digest}"

    @property
    def statement(self) -> str:
        """The statement that makes it."""
        return self.text.replace("{name}", self.name)


_routines: list[tuple[str, Routine]] = []
_fill_factors: list[tuple[str, str, int]] = []


def keep_routine(app_label: str, routine: Routine) -> Routine:
    """Have this function in the database after each migrate of the app. PostgreSQL only."""
    if (app_label, routine) not in _routines:
        _routines.append((app_label, routine))
    return routine


def keep_room(app_label: str, table: str, *, fill_factor: int) -> None:
    """Leave room in each page of a table whose rows change all the time.

    A row that finds room in its page changes without touching one index. PostgreSQL only; pages
    that are written already fill up or are rewritten in their time.
    """
    if (app_label, table, fill_factor) not in _fill_factors:
        _fill_factors.append((app_label, table, fill_factor))


def install_routines(app_config: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Put what is missing of one app into the database; called after each migrate."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    tables = connection.introspection.table_names()
    for app_label, table, fill_factor in _fill_factors:
        if app_label == app_config.label and table in tables:
            _leave_room(table, fill_factor, using)
    for app_label, routine in _routines:
        if app_label == app_config.label and not is_installed(routine, using):
            with connection.cursor() as cursor:
                cursor.execute(routine.statement)
            _drop_old(routine, using)


def is_installed(routine: Routine, using: str = DEFAULT_DB_ALIAS) -> bool:
    """Whether the database has exactly this text of the routine."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regproc(%s) IS NOT NULL", [routine.name])
        return bool(cursor.fetchone()[0])


def fill_factor_of(table: str, using: str = DEFAULT_DB_ALIAS) -> int:
    """How full the pages of a table are written, in percent."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT option_value FROM pg_class, pg_options_to_table(reloptions) "
            "WHERE oid = %s::regclass AND option_name = 'fillfactor'",
            [table],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 100


def _leave_room(table: str, fill_factor: int, using: str) -> None:
    if fill_factor_of(table, using) == fill_factor:
        return
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE {connection.ops.quote_name(table)} SET (fillfactor = {fill_factor:d})"
        )


def _drop_old(routine: Routine, using: str) -> None:
    """Take away all but the newest versions of a routine; the newer has the higher oid."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_proc.oid::regprocedure::text FROM pg_proc "
            "WHERE proname ~ %s AND pronamespace = current_schema()::regnamespace "
            "ORDER BY pg_proc.oid DESC OFFSET %s",
            [f"^{routine.label}_[0-9a-f]{{{_DIGEST_LENGTH}}}$", VERSIONS_KEPT],
        )
        for (signature,) in cursor.fetchall():
            cursor.execute(f"DROP FUNCTION {signature}")
