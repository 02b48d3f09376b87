"""Statements that PostgreSQL plans once for each connection: for the few that are asked all day.

Django sends values inside the text, so PostgreSQL plans each of its queries anew; for a join over
ten tables that is ten times the work of running it. A pooler between us and PostgreSQL has to know
prepared statements (PgBouncer does from 1.21).
"""

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections
from psycopg.pq import ConnStatus, ExecStatus


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

    A cursor costs more than a small statement. Nothing is kept under a name: psycopg forgets all
    names, ours too, when it sees a rollback. PostgreSQL only; it runs in the current transaction,
    if there is one. Whoever waits here cannot be interrupted by Ctrl-C.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]  # once: each look costs more than it seems
    assert database.vendor == "postgresql", "only PostgreSQL keeps plans for us"
    database.ensure_connection()
    wire = database.connection.pgconn
    with database.wrap_database_errors:
        answer = wire.exec_params(statement.encode(), [value.encode()])
        if wire.status != ConnStatus.OK:  # no answer, so nothing says what went wrong
            raise psycopg.OperationalError("the connection is lost")
        if answer.status != ExecStatus.TUPLES_OK:
            raise psycopg.errors.error_from_result(answer, encoding="utf-8")
    return bytes(answer.get_value(0, 0)).decode()
