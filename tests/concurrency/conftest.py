"""Races need real row locks: these tests run on PostgreSQL and are skipped visibly elsewhere."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

THREADS_MAX = 6  # fewer than the pool has connections
PROCESS_SECONDS_MAX = 120


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


@pytest.fixture
def crowd() -> Callable[[Sequence[Callable[[], Any]]], list[Any]]:
    """Run each of these calls in a process of its own, at the same time: their answers."""
    fork = multiprocessing.get_context("fork")

    def answer(call: Callable[[], Any], number: int, answers: Any) -> None:
        database = connections["default"]
        database._connection_pools.clear()  # type: ignore[attr-defined]  # their threads stay behind
        database.settings_dict["OPTIONS"].pop("pool", None)
        try:
            answers.put((number, call()))
        except Exception as error:
            answers.put((number, repr(error)))
        finally:
            connections.close_all()

    def run(calls: Sequence[Callable[[], Any]]) -> list[Any]:
        answers = fork.Queue()
        connections.close_all()
        workers = [
            fork.Process(target=answer, args=(call, number, answers))
            for number, call in enumerate(calls)
        ]
        for worker in workers:
            worker.start()
        told = dict(answers.get(timeout=PROCESS_SECONDS_MAX) for _ in workers)
        for worker in workers:
            worker.join(PROCESS_SECONDS_MAX)
        return [told[number] for number in range(len(calls))]

    return run
