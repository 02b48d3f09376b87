"""`Idempotency-Key`: the same request again gets the first answer again, and has no second effect.

The effect and the stored answer commit in one transaction. A refusal by the business is stored
too: its effect is rolled back to a savepoint, its answer is kept.
"""

import hashlib
import time
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from config.kernel.clients import ApiClient
from config.kernel.clock import now as clock_now
from config.kernel.errors import DomainError
from config.kernel.idempotency import (
    KEY_LENGTH_MAX,
    KEY_LIFETIME,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    IdempotencyRecord,
)
from config.kernel.locks import try_advisory_lock
from config.kernel.problems import QueryInvalid, domain_problem

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotent-Replayed"
WAIT_SECONDS = 5.0
WAIT_STEP_SECONDS = 0.05


class _RolledBack(Exception):
    """Carries a refusal out of its savepoint."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def idempotent(handler: Callable[..., Response]) -> Callable[..., HttpResponseBase]:
    """Decorator for a view's method that changes something: honours `Idempotency-Key`.

    Without the header the method runs as it is. With it, whatever the method does is one
    transaction with the record of its answer; 2xx answers and refusals by the business (409, and
    422 raised as a DomainError) are kept, everything else leaves no trace.
    """

    @wraps(handler)
    def wrapper(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        key = request.headers.get(HEADER)
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not 1 <= len(key) <= KEY_LENGTH_MAX or not (key.isascii() and key.isprintable()):
            raise QueryInvalid(
                f"{HEADER} takes 1 to {KEY_LENGTH_MAX} printable ASCII characters.",
                code="invalid-idempotency-key",
            )
        client = request.user
        assert isinstance(client, ApiClient), "only API clients call idempotent operations"
        now = clock_now()
        with transaction.atomic():
            _wait_for_key(client.pk, key)
            fingerprint = _fingerprint(request)
            record = IdempotencyRecord.objects.filter(client=client, key=key).first()
            if record is not None and record.created_at <= now - KEY_LIFETIME:
                record.delete()
                record = None
            if record is not None:
                return _replay(record, fingerprint)
            response = _run(lambda: handler(view, request, *args, **kwargs))
            _keep(response, client=client, key=key, fingerprint=fingerprint, now=now)
            return response

    wrapper.is_idempotent = True  # type: ignore[attr-defined]
    return wrapper


def _wait_for_key(client_id: int, key: str) -> None:
    """Wait, not for ever, for whoever runs with this key; SQLite's writers queue anyway."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not try_advisory_lock(f"idempotency:{client_id}:{key}"):
        if time.monotonic() >= deadline:
            raise IdempotencyKeyInUse("The first request with this key is still running.")
        time.sleep(WAIT_STEP_SECONDS)


def _fingerprint(request: Request) -> str:
    http_request = request._request
    digest = hashlib.sha256()
    for part in (http_request.method or "", http_request.get_full_path()):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    digest.update(http_request.body)
    return digest.hexdigest()


def _replay(record: IdempotencyRecord, fingerprint: str) -> HttpResponse:
    if record.fingerprint != fingerprint:
        raise IdempotencyKeyReused("This key was used before with another request.")
    response = HttpResponse(
        record.body, status=record.status, content_type=record.content_type, headers=record.headers
    )
    response[REPLAYED_HEADER] = "true"
    return response


def _run(call: Callable[[], Response]) -> Response:
    """The method's answer; a refusal takes back to the savepoint whatever it had written."""
    try:
        with transaction.atomic():
            return _raise_refusal(call())
    except _RolledBack as refusal:
        return refusal.response
    except DomainError as error:
        if not _is_kept(error.status):
            raise
        return domain_problem(error)


def _raise_refusal(response: Response) -> Response:
    if response.status_code >= 400:
        raise _RolledBack(response)
    return response


def _is_kept(status: int) -> bool:
    return 200 <= status < 300 or status in (409, 422)


def _keep(
    response: Response, *, client: ApiClient, key: str, fingerprint: str, now: datetime
) -> None:
    if not _is_kept(response.status_code):
        return
    body = b"" if response.data is None else JSONRenderer().render(response.data)
    IdempotencyRecord.objects.create(
        client=client,
        key=key,
        fingerprint=fingerprint,
        status=response.status_code,
        content_type=response.content_type or "application/json",
        headers={name: value for name, value in response.items() if name == "Location"},
        body=body.decode(),
        created_at=now,
    )
