"""Races need real row locks: these tests run on PostgreSQL and are skipped visibly elsewhere."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

THREADS_MAX = 6  # fewer than the pool has connections


@pytest.fixture(autouse=True)
def real_row_locks(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: set DATABASE_URL")


@pytest.fixture
def race() -> Callable[[Sequence[Callable[[], Any]]], list[Any]]:
    """Run these calls at the same time, each with its own connection: their answers or errors."""

    def answer(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    def run(calls: Sequence[Callable[[], Any]]) -> list[Any]:
        with ThreadPoolExecutor(max_workers=THREADS_MAX) as pool:
            return list(pool.map(answer, calls))

    return run
