"""`Idempotency-Key`: the same request again gets the first answer again, and has no second effect.

The effect and the stored answer commit in one transaction. A refusal by the business is stored
too: its effect is rolled back, its answer is kept in a transaction of its own.
"""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial, wraps
from typing import Any

from django.db import connection, transaction
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
from config.kernel.locks import lock_number
from config.kernel.prepared import prepared_rows
from config.kernel.problems import QueryInvalid, domain_problem

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotent-Replayed"
WAIT_SECONDS = 5.0
WAIT_STEP_SECONDS = 0.05
ATTEMPTS_MAX = 3


class _Refused(Exception):
    """Carries a refusal out of the transaction whose effect it takes back."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class _Overtaken(Exception):
    """Somebody else stored an answer for this key while we worked; what we did is taken back."""


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
        asked = _Asked(client.pk, key, _fingerprint(request), clock_now())
        return _answer(asked, lambda: handler(view, request, *args, **kwargs))

    wrapper.is_idempotent = True  # type: ignore[attr-defined]
    return wrapper


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whose request it is, under which key, what it asks for, and when."""

    client_id: int
    key: str
    fingerprint: str
    now: datetime


def _answer(asked: _Asked, call: Callable[[], Response]) -> HttpResponseBase:
    """What `_once` answers; a refusal is kept where the next one with this key may find it."""
    is_refusal = False
    for _ in range(ATTEMPTS_MAX):
        try:
            return _once(asked, call, is_refusal=is_refusal)
        except _Overtaken:
            continue
        except _Refused as refusal:
            response = refusal.response
        if not _is_kept(response.status_code):
            return response
        call, is_refusal = partial(_same, response), True
    raise IdempotencyKeyInUse("Others keep using this key.")


def _same(response: Response) -> Response:
    return response


@transaction.atomic
def _once(asked: _Asked, call: Callable[[], Response], *, is_refusal: bool) -> HttpResponseBase:
    """The answer that is kept, or that of the call, kept with its effect in one transaction.

    A refusal takes back what was written, and is kept in a transaction of its own. Raises _Refused,
    _Overtaken, and what is not kept.
    """
    record = _claim(asked)
    if record is not None and record.created_at <= asked.now - KEY_LIFETIME:
        IdempotencyRecord.objects.filter(client_id=asked.client_id, key=asked.key).delete()
        record = None
    if record is not None:
        return _replay(record, asked.fingerprint)
    response = call() if is_refusal else _called(call)
    _keep(response, asked)
    return response


def _called(call: Callable[[], Response]) -> Response:
    try:
        response = call()
    except DomainError as error:
        if not _is_kept(error.status):
            raise
        raise _Refused(domain_problem(error)) from error
    if response.status_code >= 400:
        raise _Refused(response)
    return response


def _claim(asked: _Asked) -> IdempotencyRecord | None:
    """What is stored under the key. Nobody else works with it until the transaction ends.

    Waits, not for ever, for whoever does; SQLite's writers queue anyway. Who finds nothing may have
    looked a moment too early: then storing his own answer fails. Raises IdempotencyKeyInUse.
    """
    if connection.vendor != "postgresql":
        return IdempotencyRecord.objects.filter(client_id=asked.client_id, key=asked.key).first()
    deadline = time.monotonic() + WAIT_SECONDS
    values = {
        "lock": lock_number(f"idempotency:{asked.client_id}:{asked.key}"),
        "client": asked.client_id,
        "key": asked.key,
    }
    while True:
        ((is_ours, *stored),) = prepared_rows(_CLAIM, values)
        if is_ours:
            break
        if time.monotonic() >= deadline:
            raise IdempotencyKeyInUse("The first request with this key is still running.")
        time.sleep(WAIT_STEP_SECONDS)
    if stored[0] is None:
        return None
    fields = dict(zip(_STORED, stored, strict=True))
    return IdempotencyRecord(**{**fields, "headers": json.loads(fields["headers"])})


_STORED = ("fingerprint", "status", "content_type", "headers", "body", "created_at")
_CLAIM = """
SELECT claim.is_ours, r.fingerprint, r.status, r.content_type, r.headers::text, r.body, r.created_at
FROM (SELECT pg_try_advisory_xact_lock(%(lock)s) AS is_ours) claim
LEFT JOIN kernel_idempotencyrecord r ON r.client_id = %(client)s AND r.key = %(key)s
"""
_KEEP = """
INSERT INTO kernel_idempotencyrecord
    (client_id, key, fingerprint, status, content_type, headers, body, created_at)
VALUES (%(client)s, %(key)s, %(fingerprint)s, %(status)s, %(content_type)s, %(headers)s::jsonb,
        %(body)s, %(now)s)
ON CONFLICT (client_id, key) DO NOTHING RETURNING true
"""


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


def _is_kept(status: int) -> bool:
    return 200 <= status < 300 or status in (409, 422)


def _keep(response: Response, asked: _Asked) -> None:
    """Store an answer. Raises _Overtaken where there is one already."""
    body = b"" if response.data is None else JSONRenderer().render(response.data)
    headers = {name: value for name, value in response.items() if name == "Location"}
    content_type = response.content_type or "application/json"
    if connection.vendor == "postgresql":
        is_new = prepared_rows(
            _KEEP,
            {
                "client": asked.client_id,
                "key": asked.key,
                "fingerprint": asked.fingerprint,
                "status": response.status_code,
                "content_type": content_type,
                "headers": json.dumps(headers),
                "body": body.decode(),
                "now": asked.now,
            },
        )
        if not is_new:
            raise _Overtaken
        return
    IdempotencyRecord.objects.create(
        client_id=asked.client_id,
        key=asked.key,
        fingerprint=asked.fingerprint,
        status=response.status_code,
        content_type=content_type,
        headers=headers,
        body=body.decode(),
        created_at=asked.now,
    )
