"""Statements that PostgreSQL plans once for each connection: for the few that are asked all day.

Django sends values inside the text, so PostgreSQL plans each of its queries anew; for a join over
ten tables that is ten times the work of running it. A pooler between us and PostgreSQL has to know
prepared statements (PgBouncer does from 1.21).
"""

import zlib
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus

_UNKNOWN_NAME, _KNOWN_NAME = b"26000", b"42P05"

# By connection: under which name it knows a statement.
_names: WeakKeyDictionary[Any, dict[str, bytes]] = WeakKeyDictionary()


def prepared_rows(statement: str, values: Mapping[str, Any]) -> list[Any]:
    """The rows of a statement with named values (`%(name)s`), planned once. PostgreSQL only.

    It runs in the current transaction, if there is one; it is no query that Django counts.
    """
    assert connection.vendor == "postgresql", "only PostgreSQL keeps plans for us"
    connection.ensure_connection()
    session: Any = connection.connection
    session.prepare_threshold = 0  # without one psycopg prepares nothing, whatever it is told
    try:
        with connection.wrap_database_errors, psycopg.Cursor(session) as cursor:
            return cursor.execute(statement, values, prepare=True).fetchall()
    finally:
        session.prepare_threshold = None


def text_of(statement: str, value: str) -> str:
    """The one text that a statement with one value (`$1`) answers: the barest call there is.

    A cursor costs more than a small statement. It runs in the current transaction, if there is one.
    PostgreSQL only. Whoever waits here cannot be interrupted by Ctrl-C.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]  # once: each look costs more than it seems
    assert database.vendor == "postgresql", "only PostgreSQL keeps plans for us"
    database.ensure_connection()
    wire = database.connection.pgconn
    with database.wrap_database_errors:
        if database.in_atomic_block:
            # psycopg forgets all names, ours too, when it sees a rollback; a name that is not
            # there would break the transaction off.
            answer = wire.exec_params(statement.encode(), [value.encode()])
        else:
            answer = _by_name(database.connection, statement, value)
        if wire.status != ConnStatus.OK:  # no answer, so nothing says what went wrong
            raise psycopg.OperationalError("the connection is lost")
        if answer.status != ExecStatus.TUPLES_OK:
            raise psycopg.errors.error_from_result(answer, encoding="utf-8")
    return bytes(answer.get_value(0, 0)).decode()


def _by_name(session: Any, statement: str, value: str) -> Any:
    """The answer of a statement that this session was told once, or is told now."""
    names = _names.setdefault(session, {})
    name = names.get(statement)
    if name is not None:
        answer = session.pgconn.exec_prepared(name, [value.encode()])
        if answer.error_field(DiagnosticField.SQLSTATE) != _UNKNOWN_NAME:
            return answer
    name = b"backroom_%x" % zlib.crc32(statement.encode())
    told = session.pgconn.prepare(name, statement.encode())
    if told.error_field(DiagnosticField.SQLSTATE) not in (None, _KNOWN_NAME):
        return told
    names[statement] = name
    return session.pgconn.exec_prepared(name, [value.encode()])
