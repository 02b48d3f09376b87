"""Every list of the admin and the API at ten thousand movements and at a million.

Two databases of this run on one PostgreSQL, asked in turns through Django's own handler; the ratio
is of the medians. A list that grows with the ledger shows here. Nothing is cached, but for what
Today tells of all stock, which a task keeps ready.
"""

import logging
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench._servers import own_redis
from bench.mass import make_shop
from bench.runner import Result

SMALL, LARGE = 10_000, 1_000_000
ROUNDS = 7
GOAL = 1.5
QUERIES_MAX = 12
SIGNED_IN_QUERIES = 2  # session and user
TRACE = "GET /lots/555/trace"
TODAY = "admin Today"
# Not what one waits for to see a list: told, without a goal.
BESIDE = ("admin Today, nothing kept", "admin expiringlot, what all is worth")
# Where both are this fast, noise is all that differs.
MILLISECONDS_MIN = 5.0


def run() -> Iterator[Result]:
    """Measure on the PostgreSQL of this run."""
    from django.db import connection

    if connection.vendor != "postgresql":
        sys.stderr.write("bench lists is left out: it needs DATABASE_URL\n")
        return
    if not shutil.which("redis-server"):
        sys.stderr.write("bench lists is left out: it needs redis-server\n")
        return
    now = datetime.now(UTC)  # noqa: TID251 - a benchmark reads the clock
    with _as_served(), _second_database() as (small, large):
        shops = {}
        for name, movements in ((small, SMALL), (large, LARGE)):
            _switch_to(name)
            make_shop(movements, now=now)
            shops[name] = _callers(now)
        yield from _measure(small, large, shops, now)


def _measure(small: str, large: str, shops: dict[str, Any], now: datetime) -> Iterator[Result]:
    pages = [(name, address) for name, address in _pages(now)]
    times: dict[tuple[str, str], list[float]] = {}
    queries: dict[str, int] = {}
    for turn in range(ROUNDS + 1):
        for name, address in pages:
            # One after the other, so that whatever else the machine does slows down both.
            for database in (small, large):
                _switch_to(database)
                taken, count = _ask(
                    shops[database], address, counted=turn == 0, sums_kept=name == TODAY
                )
                if turn == 0:
                    queries[name] = max(queries.get(name, 0), count)
                else:
                    times.setdefault((database, name), []).append(taken)
    for name, _ in pages:
        floor = statistics.median(times[small, name]) * 1000
        value = statistics.median(times[large, name]) * 1000
        ratio = value / max(floor, MILLISECONDS_MIN)
        yield Result(
            name=f"{name} ({queries[name]} queries)",
            value=value,
            unit="ms",
            floor=floor,
            ratio=ratio,
            goal=None if name in BESIDE else GOAL,
            ok=name in BESIDE
            or (ratio <= GOAL and (not _is_list(name) or queries[name] <= QUERIES_MAX)),
        )
    yield from _past_beside_today(
        {name: times[large, name] for name, _ in pages if name.startswith("GET /stock")}
    )
    _switch_to(large)
    yield from _export(shops[large][0])


def _export(client: Any) -> Iterator[Result]:
    """The longest file there is: nearly as many movements as an export has at most, as CSV."""
    from django.urls import reverse

    from config.kernel.admin.base import EXPORT_ROWS_MAX
    from inventory.models import StockMovement

    newest = StockMovement.objects.order_by("-recorded_at").values_list("recorded_at", flat=True)
    first = newest[EXPORT_ROWS_MAX * 99 // 100]
    address = reverse("admin:inventory_stockmovement_export", args=["csv"])
    query = {"recorded_at_from_0": f"{first:%Y-%m-%d}", "recorded_at_from_1": f"{first:%H:%M:%S}"}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    response = client.get(address, query)
    assert response.status_code == 200, response.headers.get("Location", "")
    rows, size, begun = -1, 0, 0.0
    for part in response.streaming_content:
        begun = begun or time.perf_counter() - started
        rows, size = rows + part.count(b"\n"), size + len(part)
    taken = time.perf_counter() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    name = f"{rows:,} movements as CSV"
    yield Result(name=f"{name}, until it begins", value=begun, unit="s")
    yield Result(name=f"{name}, {size / 2**20:.0f} MB", value=taken, unit="s")
    yield Result(name=f"{name}, more memory", value=grown, unit="MB")


def _is_list(name: str) -> bool:
    """Pages of one row put several lists together."""
    return not (name.startswith("admin page of") or name == TRACE)


def _past_beside_today(times: Mapping[str, Sequence[float]]) -> Iterator[Result]:
    """What lay there at an instant, by what is asked of today in the same run and shop."""
    for today in ("GET /stock", "GET /stock?sku=COS-MASS-00055"):
        mark = "&" if "?" in today else "?"
        for name in sorted(times):
            if name.startswith(f"{today}{mark}at="):
                value, floor = (statistics.median(times[key]) * 1000 for key in (name, today))
                known = ", as known then" if "known_at" in name else ""
                yield Result(
                    name=f"{today} in the past{known}, beside today",
                    value=value,
                    unit="ms",
                    floor=floor,
                    ratio=value / floor,
                    goal=GOAL,
                    ok=value / floor <= GOAL,
                )


def _pages(now: datetime) -> Iterator[tuple[str, str]]:
    """Names and addresses: every list of the admin, with searches and filters; every API list."""
    from django.contrib import admin
    from django.urls import reverse

    for model in sorted(admin.site._registry, key=lambda model: model._meta.label_lower):
        if model._meta.app_label in ("inventory", "catalog", "kernel", "promotions"):
            name = f"{model._meta.app_label}_{model._meta.model_name}"
            yield f"admin {name.split('_', 1)[1]}", reverse(f"admin:{name}_changelist")
    yield TODAY, reverse("admin:index")
    yield BESIDE[0], reverse("admin:index")
    yield BESIDE[1], reverse("admin:inventory_expiringlot_worth")
    month_ago = (now - timedelta(days=60)).strftime("%Y-%m-%d")
    searched = {
        "stockmovement": [
            {"q": "COS-MASS-00055"},
            {"q": "L0000555"},
            {"q": "ORD-555"},
            {"q": "nothing-like-this"},
            {"kind__exact": "sale"},
            {"kind__exact": "adjustment"},
            {"warehouse": "2"},
            {"recorded_at_from_0": month_ago, "recorded_at_from_1": "00:00"},
            {"p": "9"},
        ],
        "stocklevel": [
            {"q": "COS-MASS-00055"},
            {"q": "L0000555"},
            {"contents": "dock"},
            {"contents": "promised"},
            {"contents": "held"},
            {"warehouse": "2"},
        ],
        "lot": [
            {"q": "COS-MASS-00055"},
            {"q": "L0000555"},
            {"contents": "some"},
            {"hold": "yes"},
            {"expiry": "30"},
            {"warehouse": "2"},
        ],
        "stockedvariant": [{"q": "COS-MASS-00055"}, {"stock": "low"}, {"stock": "out"}],
        "expiringlot": [{"q": "COS-MASS-00055"}],
        "reservation": [{"q": "cart-555"}, {"q": "ORD-555"}, {"status__exact": "held"}],
    }
    for model_name, queries in searched.items():
        url = reverse(f"admin:inventory_{model_name}_changelist")
        for query in queries:
            told = ", ".join(f"{key.split('__')[0]}={value}" for key, value in query.items())
            yield f"admin {model_name} {told}", f"{url}?{urlencode(query)}"
    for model_name, key in (("stockedvariant", 55), ("lot", 555), ("stocklevel", 1110)):
        yield (
            f"admin page of a {model_name}",
            reverse(f"admin:inventory_{model_name}_change", args=[key]),
        )
    at = (now - timedelta(days=200)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for path in (
        "stock",
        "stock?sku=COS-MASS-00055",
        f"stock?sku=COS-MASS-00055&at={at}",
        f"stock?sku=COS-MASS-00055&at={at}&known_at={at}",
        f"stock?at={at}",
        f"stock?at={at}&known_at={at}",
        f"stock?updated_since={month_ago}T00:00:00Z",
        "stock?warehouse=W2",
        "lots",
        "lots?sku=COS-MASS-00055",
        "lots?status=on_hold",
        "lots?status=past_sell_by",
        "lots?status=sellable",
        "lots?status=used_up",
        f"lots?updated_since={month_ago}T00:00:00Z",
        "lots/555/trace",
        "availability?sku=COS-MASS-00055&market=DE",
        "products?market=DE",
    ):
        yield f"GET /{path.split('T00')[0]}", f"/api/v1/{path}"


def _ask(
    callers: tuple[Any, str], address: str, *, counted: bool, sums_kept: bool
) -> tuple[float, int]:
    """Seconds and statements of one request. Raises AssertionError unless it is answered."""
    from django.conf import settings
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from config.tasks import sum_up_stock

    settings.OVERVIEW_SECONDS = 60 if sums_kept else 0
    if sums_kept:
        sum_up_stock()
    client, token = callers
    headers = {"Authorization": f"Bearer {token}"} if address.startswith("/api/") else {}
    cache.clear()
    if counted:
        with CaptureQueriesContext(connection) as context:
            response = client.get(address, headers=headers)
        taken, count = 0.0, len(context) - (0 if headers else SIGNED_IN_QUERIES)
    else:
        started = time.perf_counter()
        response = client.get(address, headers=headers)
        taken, count = time.perf_counter() - started, 0
    where = response.headers.get("Location", "")
    assert response.status_code == 200, f"{address}: {response.status_code} {where}"
    return taken, count


def _callers(now: datetime) -> tuple[Any, str]:
    """Somebody who may see every page, and a token that may ask for everything."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from config.kernel.clients import SCOPES, create_client

    user = get_user_model().objects.create_superuser("bench")
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    _, token = create_client(name="bench", scopes=SCOPES, now=now, rate_limit_per_minute=0)
    return client, token


@contextmanager
def _as_served() -> Iterator[None]:
    """With a Redis; static files by their plain names, for none are collected; no log."""
    from django.conf import settings
    from django.test import override_settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    logging.disable(logging.WARNING)
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="backroom-")))
            redis = stack.enter_context(own_redis(folder))
            storages = {**settings.STORAGES, "staticfiles": plain}
            stack.enter_context(override_settings(STORAGES=storages, REDIS_URL=redis))
            yield
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def _second_database() -> Iterator[tuple[str, str]]:
    """The names of this run's database and of another one beside it, empty and migrated alike."""
    from django.db import connection

    first = str(connection.settings_dict["NAME"])
    second = f"{first}_large"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{second}"')
    _switch_to("postgres")
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{second}" TEMPLATE "{first}"')
    try:
        yield first, second
    finally:
        _switch_to("postgres")
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{second}"')
        _switch_to(first)


def _switch_to(name: str) -> None:
    """Talk to another database of the same server from here on."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection

    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict["NAME"] = name
    ContentType.objects.clear_cache()
