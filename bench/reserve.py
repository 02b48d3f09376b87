"""Reserving beside one hand-written statement in pgbench that keeps the same promise.

The floor (`floor/`) locks, picks by earliest expiry and writes reservation, line, allocation, event
and idempotency record over 10,000 SKUs with five lots each, and nothing more: no market, no unit,
no hold, no foreign key. The product reserves through `reservations.services.reserve`, in processes
of its own. They take turns, so that whatever else the machine does slows down both; figures are
medians. On SQLite eight processes reserve at once: how long does anybody wait?
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench._clients import Clients, Load, clients
from bench._shop import add_few_goods, add_goods, add_promises, open_site
from bench.runner import Result

ROUNDS = 5
SECONDS = float(os.environ.get("BENCH_SECONDS", "3"))
SKUS = 10_000
CLIENTS = 16
HOT_SKU = 1
BASKET_LINES, BASKET_GOAL = 10, 2.5
STARVED = 20
SQLITE_CLIENTS, SQLITE_SKUS, SQLITE_SECONDS, SQLITE_GOAL = 8, 50, 10.0, 1.0
_FLOOR = Path(__file__).resolve().parent / "floor"


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    clients: int
    last: int
    goal: float


_CASES = (
    _Case("reserve 1 line, 1 client", 1, SKUS, 0.45),
    _Case(f"reserve 1 line, {CLIENTS} clients", CLIENTS, SKUS, 0.30),
    _Case(f"reserve one SKU, {CLIENTS} clients", CLIENTS, HOT_SKU, 0.45),
)


def run() -> Iterator[Result]:
    """Measure on the database of this run; on a server also on SQLite, in a process of its own."""
    from django.db import connection

    if connection.vendor == "sqlite":
        yield from _on_sqlite()
        return
    if not shutil.which("pgbench") or not shutil.which("psql"):
        sys.stderr.write("bench reserve is left out: it needs pgbench and psql\n")
        return
    now = datetime.now(UTC)  # noqa: TID251 - a benchmark reads the clock
    site = open_site()
    add_goods(site, first=1, last=SKUS, now=now)
    # A vacuum of empty tables would have PostgreSQL plan to read them whole, however they grow.
    add_promises(site, first=1, last=SKUS, count=1, now=now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    _psql("-f", str(_FLOOR / "setup.sql"))
    everything = Load(1, SKUS)
    with clients(CLIENTS, client_id=site.client_id, warm_up=everything) as reserving:
        yield from _beside_the_floor(reserving)
        yield from _baskets(reserving)
    yield from _in_a_process_of_its_own()


def _beside_the_floor(reserving: Clients) -> Iterator[Result]:
    rates: dict[_Case, list[tuple[float, float]]] = {case: [] for case in _CASES}
    waits: list[float] = []
    for _ in range(ROUNDS):
        for case in _CASES:
            floor = _pgbench(case)
            outcome = reserving.run(Load(1, case.last), clients=case.clients, seconds=SECONDS)
            assert not outcome.errors, outcome.errors[:3]
            rates[case].append((outcome.rate, floor))
            if case.last == HOT_SKU:
                waits.append(_p99_by_p50(outcome.times))
    for case, measured in rates.items():
        ratio = statistics.median(rate / floor for rate, floor in measured)
        yield Result(
            name=case.name,
            value=statistics.median(rate for rate, _ in measured),
            unit="a second",
            floor=statistics.median(floor for _, floor in measured),
            ratio=ratio,
            goal=case.goal,
            ok=ratio >= case.goal,
        )
    starved = statistics.median(waits)
    yield Result(
        name=f"p99 by p50 on one SKU, {CLIENTS} clients",
        value=starved,
        unit="times",
        goal=STARVED,
        ok=starved < STARVED,
    )


def _baskets(reserving: Clients) -> Iterator[Result]:
    ones, tens = [], []
    for _ in range(ROUNDS):
        one = reserving.run(Load(1, SKUS), clients=1, seconds=SECONDS)
        ten = reserving.run(Load(1, SKUS, BASKET_LINES), clients=1, seconds=SECONDS)
        ones.append(statistics.median(one.times) * 1000)
        tens.append(statistics.median(ten.times) * 1000)
    ratio = statistics.median(ten / one for ten, one in zip(tens, ones, strict=True))
    yield Result(
        name=f"reserve {BASKET_LINES} lines beside 1 line",
        value=statistics.median(tens),
        unit="ms",
        floor=statistics.median(ones),
        ratio=ratio,
        goal=BASKET_GOAL,
        ok=ratio <= BASKET_GOAL,
    )


def _on_sqlite() -> Iterator[Result]:
    site = open_site()
    now = datetime.now(UTC)  # noqa: TID251 - a benchmark reads the clock
    add_few_goods(site, count=SQLITE_SKUS, now=now)
    load = Load(1, SQLITE_SKUS)
    with clients(SQLITE_CLIENTS, client_id=site.client_id, warm_up=load) as reserving:
        outcome = reserving.run(load, clients=SQLITE_CLIENTS, seconds=SQLITE_SECONDS)
    longest = max(outcome.times)
    yield Result(
        name=f"longest wait of {SQLITE_CLIENTS} processes (sqlite)",
        value=longest,
        unit="s",
        goal=SQLITE_GOAL,
        ok=longest < SQLITE_GOAL and not outcome.errors,
    )
    yield Result(
        name=f"reserve 1 line, {SQLITE_CLIENTS} processes (sqlite)",
        value=outcome.rate,
        unit="a second",
        ok=not outcome.errors,
    )


def _in_a_process_of_its_own() -> Iterator[Result]:
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
    environment.pop("BACKROOM_DATA", None)
    done = subprocess.run(
        [sys.executable, "-m", "bench", "reserve", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    for line in done.stdout.splitlines():
        yield Result(**json.loads(line))
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)


def _p99_by_p50(times: list[float]) -> float:
    cuts = statistics.quantiles(times, n=100)
    return cuts[98] / cuts[49]


def _pgbench(case: _Case) -> float:
    """Transactions a second of the floor."""
    said = _ask_tool(
        "pgbench", "-n", "-M", "prepared", "-c", str(case.clients), "-j", str(min(case.clients, 2)),
        "-T", str(max(1, round(SECONDS))), "-D", f"nsku={case.last}", "-D", "maxqty=1",
        "-f", str(_FLOOR / "fefo_full.sql"), _database(),
    )  # fmt: skip
    found = re.search(r"tps = ([\d.]+)", said)
    assert found, said
    return float(found[1])


def _psql(*arguments: str) -> None:
    _ask_tool("psql", "-q", "-v", "ON_ERROR_STOP=1", *arguments, _database())


def _database() -> str:
    from django.db import connection

    return str(connection.settings_dict["NAME"])


def _ask_tool(*command: str) -> str:
    from django.db import connection

    settings = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    login = {name: str(settings[key]) for name, key in names.items() if settings[key]}
    done = subprocess.run(
        command,
        env={**os.environ, **login},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
