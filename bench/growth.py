"""Reserving, releasing and committing in a shop a hundred times as big.

Two databases of this run on one PostgreSQL, one with 10,000 lots and one with 1,000,000 (five of
each SKU), and in the smaller one two SKUs with 100 and with 5,000 open reservations, are asked in
turns by one client. The ratio is of the median times of an operation; a turn is the same few
operations on each, so that whatever else the machine does slows down both.
"""

import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bench._clients import Load, reserve_once
from bench._shop import LOTS_A_SKU, Site, add_goods, add_promises, open_site
from bench.runner import Result

SMALL_LOTS, LARGE_LOTS = 10_000, 1_000_000
FEW_PROMISES, MANY_PROMISES = 100, 5_000
MANY_LOTS = 100
GOAL = 1.3
ROUNDS = 12
CALLS = 40
WARM_UP = 100


# Prepares one call, which is not measured, and answers with the call, which is.
_Operation = Callable[[Load], Callable[[], Any]]


@dataclass(frozen=True, slots=True)
class _Place:
    """Some SKUs in one of the databases."""

    database: str
    load: Load


def run() -> Iterator[Result]:
    """Measure on the PostgreSQL of this run."""
    from django.db import connection

    if connection.vendor != "postgresql":
        sys.stderr.write("bench growth is left out: it needs DATABASE_URL\n")
        return
    now = datetime.now(UTC)  # noqa: TID251 - a benchmark reads the clock
    with _second_database() as (small, large):
        skus = SMALL_LOTS // LOTS_A_SKU
        site = open_site()
        add_goods(site, first=1, last=skus + 2, now=now)
        add_promises(site, first=1, last=skus, count=1, now=now)
        add_promises(site, first=skus + 1, last=skus + 1, count=FEW_PROMISES, now=now)
        add_promises(site, first=skus + 2, last=skus + 2, count=MANY_PROMISES, now=now)
        add_goods(site, first=skus + 3, last=skus + 3, lots=MANY_LOTS, now=now)
        _vacuum()
        _switch_to(large)
        there = open_site()
        assert there == site, "both databases began empty"
        add_goods(site, first=1, last=LARGE_LOTS // LOTS_A_SKU, now=now)
        add_promises(site, first=1, last=skus, count=1, now=now)
        _vacuum()
        everything = _Place(small, Load(1, skus))
        yield from _compare(
            f"{SMALL_LOTS:,} to {LARGE_LOTS:,} lots",
            site,
            everything,
            _Place(large, Load(1, LARGE_LOTS // LOTS_A_SKU)),
        )
        yield from _compare(
            f"{FEW_PROMISES} to {MANY_PROMISES:,} open on a SKU",
            site,
            _Place(small, Load(skus + 1, skus + 1)),
            _Place(small, Load(skus + 2, skus + 2)),
        )
        yield from _compare(
            f"{LOTS_A_SKU} to {MANY_LOTS} lots of a SKU",
            site,
            _Place(small, Load(1, 1)),
            _Place(small, Load(skus + 3, skus + 3)),
            goal=None,
        )


def _compare(
    name: str, site: Site, small: _Place, large: _Place, *, goal: float | None = GOAL
) -> Iterator[Result]:
    operations = _operations(site)
    times: dict[tuple[str, _Place], list[float]] = defaultdict(list)
    for turn in range(ROUNDS + 1):
        for place in (small, large):
            _switch_to(place.database)
            for kind, operation in operations:
                taken = _timed(operation, place.load, calls=CALLS if turn else WARM_UP)
                times[kind, place] += taken if turn else []
    for kind, _ in operations:
        floor = statistics.median(times[kind, small]) * 1000
        value = statistics.median(times[kind, large]) * 1000
        yield Result(
            name=f"{kind}: {name}",
            value=value,
            unit="ms",
            floor=floor,
            ratio=value / floor,
            goal=goal,
            ok=goal is None or value / floor <= goal,
        )


def _timed(operation: _Operation, load: Load, *, calls: int) -> list[float]:
    taken = []
    for prepared in [operation(load) for _ in range(calls)]:
        began = time.perf_counter()
        prepared()
        taken.append(time.perf_counter() - began)
    return taken


def _operations(site: Site) -> list[tuple[str, _Operation]]:
    from inventory.reservations import services

    def reserve(load: Load) -> Callable[[], Any]:
        return lambda: reserve_once(load, site.client_id)

    def release(load: Load) -> Callable[[], Any]:
        made = reserve_once(load, site.client_id)
        return lambda: services.release(reservation_id=made.pk, now=made.created_at)

    def commit(load: Load) -> Callable[[], Any]:
        made = reserve_once(load, site.client_id)
        order = f"order-{random.randrange(10**9)}"  # noqa: S311 - no secret
        return lambda: services.commit(
            reservation_id=made.pk, order_reference=order, now=made.created_at
        )

    return [("reserve", reserve), ("release", release), ("commit", commit)]


def _vacuum() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _switch_to(database: str) -> None:
    """Ask another database from now on; the way to the last one stays open."""
    from django.db import connection

    if connection.settings_dict["NAME"] != database:
        _kept[connection.settings_dict["NAME"]] = connection.connection
        connection.connection = _kept.get(database)
        connection.settings_dict["NAME"] = database


_kept: dict[str, Any] = {}


@contextmanager
def _second_database() -> Iterator[tuple[str, str]]:
    """The names of the database of this run and of a second one like it, which is empty too."""
    from django.db import connection

    small = str(connection.settings_dict["NAME"])
    large = f"{small}_large"
    quoted = connection.ops.quote_name
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict["OPTIONS"] = {}
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {quoted(large)}")
        cursor.execute(f"CREATE DATABASE {quoted(large)} TEMPLATE {quoted(small)}")
    try:
        yield small, large
    finally:
        _switch_to(small)
        other = _kept.pop(large, None)
        if other is not None:
            other.close()
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {quoted(large)}")
