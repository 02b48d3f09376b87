"""Statements that PostgreSQL plans once for each connection: for the few that are asked all day.

Django sends values inside the text, so PostgreSQL plans each of its queries anew; for a join over
ten tables that is ten times the work of running it. A pooler between us and PostgreSQL has to know
prepared statements (PgBouncer does from 1.21).
"""

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection


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
