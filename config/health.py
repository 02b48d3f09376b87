"""What a load balancer asks: whether this process lives, and whether it can do its work."""

import logging
from collections.abc import Callable

from celery import current_app
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)

_BROKER_TIMEOUT_SECONDS = 2


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """This process answers; it asks nobody else."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """All that a request needs is there: 200, else 503 with the parts that fail."""
    failed = {name: error for name, check in CHECKS.items() if (error := _failure(name, check))}
    parts = {name: failed.get(name, "ok") for name in CHECKS}
    status = "unavailable" if failed else "ok"
    return JsonResponse({"status": status, "checks": parts}, status=503 if failed else 200)


def _failure(name: str, check: Callable[[], None]) -> str:
    """Why this part fails, without details that are nobody's business; empty when it does not."""
    try:
        check()
    except Exception as error:  # whatever it is, the answer is that this part is not ready
        logger.warning("not ready: %s", name, exc_info=error)
        return "failed"
    return ""


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    cache.set("healthz", "ok", timeout=10)
    if cache.get("healthz") != "ok":
        raise RuntimeError("the cache forgot at once what it was given")


def _broker() -> None:
    with current_app.connection_for_write(connect_timeout=_BROKER_TIMEOUT_SECONDS) as broker:
        broker.ensure_connection(max_retries=0, timeout=_BROKER_TIMEOUT_SECONDS)


def _migrations() -> None:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise RuntimeError(f"{len(waiting)} migrations are not applied")


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "cache": _cache,
    "broker": _broker,
    "migrations": _migrations,
}
