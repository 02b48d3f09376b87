"""Locks by name, for what has no row to lock yet."""

import hashlib

from django.db import DEFAULT_DB_ALIAS, connections


def advisory_lock(key: str, using: str = DEFAULT_DB_ALIAS) -> None:
    """Hold the lock of this name until the transaction ends; others asking for it wait.

    SQLite needs nothing: its writers hold the whole database from the start (IMMEDIATE).
    """
    connection = connections[using]
    assert connection.in_atomic_block, "an advisory lock lasts as long as its transaction"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number(key)])


def try_advisory_lock(key: str, using: str = DEFAULT_DB_ALIAS) -> bool:
    """Take the lock of this name if it is free; False when somebody else holds it."""
    connection = connections[using]
    assert connection.in_atomic_block, "an advisory lock lasts as long as its transaction"
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_number(key)])
        return bool(cursor.fetchone()[0])


def lock_number(key: str) -> int:
    """The signed 64-bit number that stands for a name."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), signed=True)
