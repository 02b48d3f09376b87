"""Ledgers the database itself keeps: rows are added, never changed and never removed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

M = TypeVar("M", bound=type[models.Model])

_ledgers: list[type[models.Model]] = []

_SQLITE_OPERATIONS = ("update", "delete", "replace")
_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION backroom_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$
"""


def append_only(model: M) -> M:
    """Class decorator: the database refuses UPDATE, DELETE and TRUNCATE on this model's table.

    The triggers come after every migrate, because SQLite drops them with each rebuilt table.
    """
    if model not in _ledgers:
        _ledgers.append(model)
    return model


def append_only_tables() -> list[str]:
    """The names of the tables that are only ever added to."""
    return [model._meta.db_table for model in _ledgers]


def install_triggers(app_config: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Put the missing triggers on one app's ledgers; called after each migrate."""
    connection = connections[using]
    wanted = [m._meta.db_table for m in _ledgers if m._meta.app_label == app_config.label]
    tables = [t for t in wanted if t in connection.introspection.table_names()] if wanted else []
    for table in tables:
        _create_triggers(connection, table)


@contextmanager
def append_only_lifted(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Take the triggers away inside this block. For emptying a test database and nothing else."""
    connection = connections[using]
    existing = set(connection.introspection.table_names())
    tables = [table for table in append_only_tables() if table in existing]
    for table in tables:
        _drop_triggers(connection, table)
    try:
        yield
    finally:
        for table in tables:
            _create_triggers(connection, table)


def has_triggers(table: str, using: str = DEFAULT_DB_ALIAS) -> bool:
    """Whether the database guards this table now."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = %s",
                [connection.ops.quote_name(table), f"{table}_append_only"],
            )
            return bool(cursor.fetchone()[0] == 1)
        cursor.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name IN (%s, %s, %s)",
            [f"{table}_no_{operation}" for operation in _SQLITE_OPERATIONS],
        )
        return bool(cursor.fetchone()[0] == len(_SQLITE_OPERATIONS))


def _create_triggers(connection: BaseDatabaseWrapper, table: str) -> None:
    if has_triggers(table, connection.alias):
        return
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES_FUNCTION)
            cursor.execute(
                f"CREATE TRIGGER {quote(table + '_append_only')} "
                f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {quote(table)} "
                "FOR EACH STATEMENT EXECUTE FUNCTION backroom_append_only()"
            )
            return
        for operation in ("update", "delete"):
            cursor.execute(
                f"CREATE TRIGGER IF NOT EXISTS {quote(f'{table}_no_{operation}')} "
                f"BEFORE {operation.upper()} ON {quote(table)} BEGIN SELECT "
                f"RAISE(ABORT, '{table} is append-only: {operation.upper()} is refused'); END"
            )
        # REPLACE removes the row it replaces without asking the trigger on DELETE.
        cursor.execute(
            f"CREATE TRIGGER IF NOT EXISTS {quote(f'{table}_no_replace')} "  # noqa: S608 - our names
            f"BEFORE INSERT ON {quote(table)} "
            f"WHEN EXISTS (SELECT 1 FROM {quote(table)} WHERE rowid = NEW.rowid) BEGIN SELECT "
            f"RAISE(ABORT, '{table} is append-only: REPLACE is refused'); END"
        )


def _drop_triggers(connection: BaseDatabaseWrapper, table: str) -> None:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"DROP TRIGGER IF EXISTS {quote(table + '_append_only')} ON {quote(table)}"
            )
            return
        for operation in _SQLITE_OPERATIONS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {quote(f'{table}_no_{operation}')}")
