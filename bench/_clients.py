"""Processes that reserve through the public service as fast as they can, at somebody's word."""

import itertools
import multiprocessing
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from multiprocessing.connection import Connection
from typing import Any

from bench._shop import CHANNEL, MARKET, sku_of

WARM_UP = 60
_counter = itertools.count()


@dataclass(frozen=True, slots=True)
class Load:
    """What is reserved: some lines of the SKUs from `first` to `last`, at random."""

    first: int
    last: int
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """How long each call took, in seconds, in how many seconds by the clock; and what failed."""

    times: list[float]
    seconds: float
    errors: list[str]

    @property
    def rate(self) -> float:
        """Calls a second, over all clients."""
        return len(self.times) / self.seconds


def reserve_once(load: Load, client_id: int) -> Any:
    """One reservation by the service that the API calls."""
    from inventory.reservations import services
    from inventory.reservations.selectors import ItemCode

    numbers = (
        [random.randint(load.first, load.last)]  # noqa: S311 - no secret
        if load.lines == 1
        else random.sample(range(load.first, load.last + 1), load.lines)
    )
    return services.reserve(
        client_id=client_id,
        reference=f"{multiprocessing.current_process().pid}-{next(_counter)}",
        lines=[
            services.WantedLine(item=ItemCode(sku=sku_of(n)), quantity=Decimal(1), unit="each")
            for n in numbers
        ],
        market=MARKET,
        channel=CHANNEL,
        now=datetime.now(UTC),  # noqa: TID251 - a benchmark reads the clock
    )[0]


class Clients:
    """So many processes, each with a connection of its own, which live for several rounds."""

    def __init__(self, pipes: Sequence[Any]) -> None:
        self._pipes = pipes

    def run(self, load: Load, *, clients: int, seconds: float) -> Outcome:
        """Let the first of them reserve for so long, all at once."""
        started_at = time.time() + 0.1
        used = self._pipes[:clients]
        for pipe in used:
            pipe.send((load, started_at, seconds))
        answers = [pipe.recv() for pipe in used]
        return Outcome(
            times=[taken for times, _, _ in answers for taken in times],
            seconds=max(took for _, took, _ in answers),
            errors=[error for _, _, errors in answers for error in errors],
        )


@contextmanager
def clients(count: int, *, client_id: int, warm_up: Load) -> Iterator[Clients]:
    """Start the processes, and let each plan what it needs; they end with the block."""
    from django.db import connection, connections

    connections.close_all()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]
        connection.settings_dict["OPTIONS"] = {}  # each process has one connection, not a pool
    fork = multiprocessing.get_context("fork")
    pipes, processes = [], []
    for _ in range(count):
        ours, theirs = fork.Pipe()
        process = fork.Process(target=_serve, args=(theirs, client_id, warm_up), daemon=True)
        process.start()
        pipes.append(ours)
        processes.append(process)
    try:
        for pipe in pipes:
            pipe.recv()
        yield Clients(pipes)
    finally:
        for pipe in pipes:
            pipe.send(None)
        for process in processes:
            process.join(timeout=10)


def _serve(pipe: Connection, client_id: int, warm_up: Load) -> None:
    from django.db import connections

    random.seed()
    for _ in range(WARM_UP):
        reserve_once(warm_up, client_id)
    pipe.send("ready")
    while (order := pipe.recv()) is not None:
        load, started_at, seconds = order
        time.sleep(max(0.0, started_at - time.time()))
        pipe.send(_reserve_for(load, client_id, seconds))
    connections.close_all()


def _reserve_for(
    load: Load, client_id: int, seconds: float
) -> tuple[list[float], float, list[str]]:
    from django.db import Error

    times, errors = [], []
    began = last = time.perf_counter()
    while last - began < seconds:
        try:
            reserve_once(load, client_id)
        except Error as error:
            errors.append(f"{type(error).__name__}: {error}")
        now = time.perf_counter()
        times.append(now - last)
        last = now
    return times, last - began, errors
