"""Every list of the admin and the API at ten thousand movements and at a million.

Two databases of this run on one PostgreSQL, asked in turns through Django's own handler; the ratio
is of the medians. A list that grows with the ledger shows here.
"""

import logging
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from bench.mass import make_shop
from bench.runner import Result

SMALL, LARGE = 10_000, 1_000_000
ROUNDS = 7
GOAL = 1.5
QUERIES_MAX = 12
SIGNED_IN_QUERIES = 2  # session and user
TRACE = "GET /lots/555/trace"
# Where both are this fast, noise is all that differs.
MILLISECONDS_MIN = 5.0


def run() -> Iterator[Result]:
    """Measure on the PostgreSQL of this run."""
    from django.db import connection

    if connection.vendor != "postgresql":
        sys.stderr.write("bench lists is left out: it needs DATABASE_URL\n")
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
                taken, count = _ask(shops[database], address, counted=turn == 0)
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
            goal=GOAL,
            ok=ratio <= GOAL and (not _is_list(name) or queries[name] <= QUERIES_MAX),
        )
    yield from _past_beside_today(
        {name: times[large, name] for name, _ in pages if name.startswith("GET /stock")}
    )


def _is_list(name: str) -> bool:
    """Pages of one row, and Today, put several lists together."""
    return not (name.startswith("admin page of") or name in ("admin Today", TRACE))


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
    yield "admin Today", reverse("admin:index")
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


def _ask(callers: tuple[Any, str], address: str, *, counted: bool) -> tuple[float, int]:
    """Seconds and statements of one request. Raises AssertionError unless it is answered."""
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

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
    """Static files by their plain names, because none are collected; no line of log each."""
    from django.conf import settings
    from django.test import override_settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    logging.disable(logging.WARNING)
    try:
        with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
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
