"""Requests a second of the API, beside two endpoints that do nearly nothing.

Two gunicorn workers in the production profile on PostgreSQL and a Redis of this run's own; the load
comes from a process of its own over open connections. All endpoints stand behind the same token
check, rate limits and middleware, and take turns in rounds; the ratios are of their medians.
"""

import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench._clearances import clear_everything
from bench._servers import FOLDER, free_port, own_redis, running
from bench.runner import Result

ROUNDS = 5
SECONDS = 2.0
CONNECTIONS = 16
SKUS = 10_000
LOTS_EACH = 5
HOT_SKUS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One kind of request, by what it is measured, and what it should reach."""

    name: str
    requests: Sequence[str]
    status: int = 200
    server: str = "cached"
    floor: str = ""
    goal: float | None = None


def run() -> Iterator[Result]:
    """Measure on the PostgreSQL of this run."""
    from django.db import connection

    if connection.vendor != "postgresql" or not shutil.which("redis-server"):
        sys.stderr.write("bench api is left out: it needs DATABASE_URL and redis-server\n")
        return
    skus, token = _make_shop()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="backroom-api-")))
        redis = stack.enter_context(own_redis(folder))
        ports = {
            name: stack.enter_context(_server(folder / name, redis, cache_seconds))
            for name, cache_seconds in (("cached", 5), ("uncached", 0))
        }
        kinds = _kinds(skus, token)
        figures: dict[str, list[dict[str, Any]]] = {kind.name: [] for kind in kinds}
        for round_number in range(ROUNDS + 1):
            for kind in kinds:
                measured = _load(folder, ports[kind.server], kind)
                if round_number:  # the first one warms up
                    figures[kind.name].append(measured)
    rates = {
        name: statistics.median(measured["rate"] for measured in all_measured)
        for name, all_measured in figures.items()
    }
    for kind in kinds:
        ratio = rates[kind.name] / rates[kind.floor] if kind.floor else None
        yield Result(
            name=kind.name,
            value=rates[kind.name],
            unit="req/s",
            floor=rates[kind.floor] if kind.floor else None,
            ratio=ratio,
            goal=kind.goal,
            ok=kind.goal is None or (ratio or 0) >= kind.goal,
        )


def _kinds(skus: Sequence[str], token: str) -> list[_Kind]:
    shuffled = random.Random(4).sample(skus, len(skus))  # noqa: S311 - the same order in each run
    row = [_get(f"/api/v1/bench/row?sku={quote(sku)}", token) for sku in shuffled]
    asked = [_get(f"/api/v1/availability?sku={quote(sku)}&market=DE", token) for sku in shuffled]
    return [
        _Kind(name="empty view", requests=[_get("/api/v1/bench/empty", token)]),
        _Kind(
            name="GET /availability, cached",
            requests=asked[:HOT_SKUS],
            floor="empty view",
            goal=0.70,
        ),
        _Kind(name="one-row view", requests=row),
        _Kind(
            name="GET /availability, cache off",
            requests=asked,
            server="uncached",
            floor="one-row view",
            goal=0.70,
        ),
        _Kind(name="GET /availability, missed and kept", requests=asked, floor="one-row view"),
        _Kind(
            name="POST /reservations",
            requests=[_post(sku, token) for sku in shuffled],
            status=201,
            floor="one-row view",
            goal=0.30,
        ),
    ]


def _get(path: str, token: str) -> str:
    return f"GET {path} HTTP/1.1\r\n{_headers(token)}\r\n"


def _post(sku: str, token: str) -> str:
    body = json.dumps(
        {
            "reference": "cart-{nnnnnnnnn}",
            "market": "DE",
            "ttl_seconds": 900,
            "lines": [{"sku": sku, "quantity": "1", "unit": "each"}],
        }
    )
    return (
        f"POST /api/v1/reservations HTTP/1.1\r\n{_headers(token)}"
        "Content-Type: application/json\r\nIdempotency-Key: {nnnnnnnnn}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )


def _headers(token: str) -> str:
    return f"Host: bench\r\nX-Forwarded-Proto: https\r\nAuthorization: Bearer {token}\r\n"


def _make_shop() -> tuple[list[str], str]:
    """A market with one warehouse, so many variants with so many lots, a client without limit."""
    from django.db import connection

    from catalog.models import Category, Market, Variant
    from catalog.products.services import (
        ProductDraft,
        VariantDraft,
        brand_named,
        change_stage,
        create_product,
    )
    from config.kernel.clients import SCOPES, create_client
    from inventory.models import Lot, StockLevel
    from inventory.warehouses.services import open_warehouse, serve_market

    now = datetime.now(UTC)  # noqa: TID251 - a benchmark reads the clock
    market = Market.objects.create(
        code="DE", name="Germany", country="DE", currency="EUR", languages=["de"],
        time_zone="Europe/Berlin",
    )  # fmt: skip
    warehouse = open_warehouse(code="BER", name="Berlin", time_zone="Europe/Berlin")
    serve_market(market_id=market.pk, positions={warehouse.pk: 1})
    category = Category.objects.create(code="bench", name="Bench")
    product = create_product(
        draft=ProductDraft(
            kind="sports",
            name="Bench",
            brand_id=brand_named(name="Bench").pk,
            category_id=category.pk,
            facts={"sport": "running", "weight": Decimal(400)},
            variants=[VariantDraft(sku="SE-BENCH-X")],
        ),
        reason="bench",
    )
    for stage in ("in_review", "active"):
        change_stage(product_id=product.pk, stage=stage, reason="bench")
    clear_everything(now)
    variants = Variant.objects.bulk_create(
        [
            Variant(product=product, sku=f"SE-BENCH-{number:05d}", size=str(number))
            for number in range(SKUS)
        ],
        batch_size=1000,
    )
    lots = Lot.objects.bulk_create(
        [
            Lot(
                variant=variant,
                code=f"L{number}",
                expiry_date=(now + timedelta(days=200 + 30 * number)).date(),
                received_at=now,
            )
            for variant in variants
            for number in range(LOTS_EACH)
        ],
        batch_size=1000,
    )
    place = warehouse.locations.get()
    StockLevel.objects.bulk_create(
        [
            StockLevel(lot=lot, variant_id=lot.variant_id, location=place, on_hand=1000)
            for lot in lots
        ],
        batch_size=1000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    _, token = create_client(name="bench", scopes=SCOPES, now=now, rate_limit_per_minute=10_000_000)
    return [variant.sku for variant in variants], token


@contextmanager
def _server(folder: Path, redis: str, cache_seconds: int) -> Iterator[int]:
    """Gunicorn as in production, with the endpoints to compare with; its port."""
    from django.db import connection

    port, database = free_port(), connection.settings_dict
    folder.mkdir()
    user = quote(str(database["USER"]), safe="")
    password = quote(str(database["PASSWORD"]), safe="")
    host = quote(str(database["HOST"]), safe="")
    name = quote(str(database["NAME"]), safe="")
    environment = {
        "BACKROOM_PROFILE": "production",
        "BACKROOM_SECRET_KEY": "only for measuring " * 4,
        "BACKROOM_ALLOWED_HOSTS": "bench",
        "BACKROOM_EMAIL_URL": "smtp://127.0.0.1:1",
        "BACKROOM_DATA": str(folder),
        "DATABASE_URL": f"postgres://{user}:{password}@/{name}?host={host}&port={database['PORT']}",
        "REDIS_URL": redis,
        "BACKROOM_AVAILABILITY_SECONDS": str(cache_seconds),
        "DJANGO_SETTINGS_MODULE": "bench._api_settings",
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
    }
    command = [
        sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "--max-requests", "0",
        "--log-level", "warning",
    ]  # fmt: skip
    with running(command, port, environment, log=folder / "log"):
        yield port


def _load(folder: Path, port: int, kind: _Kind) -> dict[str, Any]:
    requests = folder / "requests.json"
    requests.write_text(json.dumps(kind.requests))
    done = subprocess.run(
        [
            sys.executable, "-m", "bench._load", str(port), str(SECONDS), str(CONNECTIONS),
            str(requests),
        ],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{kind.name}: {done.stderr}")
    measured: dict[str, Any] = json.loads(done.stdout)
    if set(measured["statuses"]) != {str(kind.status)}:
        raise RuntimeError(f"{kind.name} was answered {measured['statuses']}")
    return measured
