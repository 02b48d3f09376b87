"""Calls at the same time, each in a process with a connection of its own."""

import copyreg
import io
import multiprocessing
import pickle
import queue
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from types import ModuleType
from typing import Any

from django.db import connection, connections

from inventory.reservations.models import Reservation
from tests.factories import catalog

PROCESSES = 6
RACE_SECONDS_MAX = 300
WAIT_SECONDS_MAX = 60

_fork = multiprocessing.get_context("fork")

Call = Callable[[], Any]


def barrier(parties: int) -> Any:
    """Where so many processes wait for each other."""
    return _fork.Barrier(parties, timeout=WAIT_SECONDS_MAX)


def event() -> Any:
    """What one process waits for and another sets."""
    return _fork.Event()


def at_once(calls: Sequence[Call], *, processes: int = PROCESSES) -> list[Any]:
    """Run these calls in so many processes at most: their answers, or the errors they ended with.

    Each process begins with a call of its own when all have their connections, and then takes the
    next call that nobody has taken. What is patched here before is patched in all of them.
    """
    number = min(len(calls), processes)
    answers, taken, all_there = _fork.Queue(), _fork.Value("i", number), barrier(number)
    connections.close_all()
    workers = [
        _fork.Process(target=_work, args=(n, calls, all_there, taken, answers), daemon=True)
        for n in range(number)
    ]
    for worker in workers:
        worker.start()
    try:
        told = dict(_next_of(answers, workers) for _ in calls)
    except BaseException:
        for worker in workers:
            worker.terminate()
        raise
    finally:
        for worker in workers:
            worker.join()
            worker.close()
        answers.close()
    return [told[position] for position in range(len(calls))]


def in_between(first: Call, second: Call, *, before: tuple[ModuleType | Any, str]) -> list[Any]:
    """Stop the first where it would call this; let the second run; then let the first go on.

    The second runs until it is done or, where a guard holds it up, until it waits for the first.
    """
    has_come, is_done = event(), event()

    def run_first() -> Any:
        go_on = getattr(*before)

        def stop(*args: Any, **kwargs: Any) -> Any:
            setattr(*before, go_on)
            has_come.set()
            _wait_until(lambda: is_done.is_set() or _somebody_waits_for_me())
            return go_on(*args, **kwargs)

        setattr(*before, stop)  # in this process alone
        return first()

    def run_second() -> Any:
        assert has_come.wait(WAIT_SECONDS_MAX), "the first never came there"
        try:
            return second()
        finally:
            is_done.set()

    return at_once([run_first, run_second])


def names(answers: Iterable[Any]) -> Counter[str]:
    """How often what kind of answer or error came."""
    return Counter(type(answer).__name__ for answer in answers)


def outcomes(answers: Iterable[Any]) -> Counter[str]:
    """The same, with reservations by their status."""
    return Counter(
        str(answer.status) if isinstance(answer, Reservation) else type(answer).__name__
        for answer in answers
    )


def _work(number: int, calls: Sequence[Call], all_there: Any, taken: Any, answers: Any) -> None:
    database = connections["default"]
    database._connection_pools.clear()  # type: ignore[attr-defined]  # their threads stay behind
    database.settings_dict["OPTIONS"].pop("pool", None)
    database.ensure_connection()
    catalog._serial = count((number + 1) * 1_000_000)  # no two make the same names
    all_there.wait()
    while number < len(calls):
        answers.put(_packed((number, _answer(calls[number]))))
        with taken.get_lock():
            number, taken.value = taken.value, taken.value + 1
    connections.close_all()


def _next_of(answers: Any, workers: Sequence[Any]) -> Any:
    end = time.monotonic() + RACE_SECONDS_MAX
    while True:
        try:
            return pickle.loads(answers.get(timeout=1))
        except queue.Empty:
            assert not any(worker.exitcode for worker in workers), "a process died"
            assert time.monotonic() < end, "the race does not end"


def _answer(call: Call) -> Any:
    try:
        return call()
    except Exception as error:
        return error


class _Pickler(pickle.Pickler):
    """Errors travel as they are, whatever their constructors ask for."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, Exception):
            return copyreg.__newobj__, (type(value), *value.args), value.__dict__  # type: ignore[attr-defined]
        return NotImplemented


def _packed(value: Any) -> bytes:
    buffer = io.BytesIO()
    _Pickler(buffer).dump(value)
    return buffer.getvalue()


def _somebody_waits_for_me() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted "
            "AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


def _wait_until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_SECONDS_MAX
    while not happened():
        assert time.monotonic() < end, "the second neither ends nor waits for the first"
        time.sleep(0.01)
