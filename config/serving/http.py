"""What comes before Django: requests that are no HTTP, and bodies whose length nobody said."""

import json
import uuid
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from gunicorn import util

from config.kernel.middleware import BODY_BYTES_MAX, DRAIN_BYTES_MAX
from config.kernel.problems import API_PATH, PROBLEM_CONTENT_TYPE, problem

_CODES = {414: "address-too-long", 431: "headers-too-large", 500: "internal-error"}

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def write_problem(sock: Any, status: int, reason: str, message: str) -> None:
    """Gunicorn's `write_error`, in the shape of every other refusal instead of as a page."""
    detail = message or "Something went wrong on our side."
    body = json.dumps(problem(status, _CODES.get(status, "bad-request"), detail, title=reason))
    head = (
        f"HTTP/1.1 {status} {reason}\r\n"
        "Connection: close\r\n"
        f"Content-Type: {PROBLEM_CONTENT_TYPE}\r\n"
        "Cache-Control: no-store\r\n"
        f"X-Request-ID: {uuid.uuid4().hex}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(sock, (head + body).encode("ascii", "replace"))


def with_length(application: Application) -> Application:
    """Read a body that comes in chunks, which Django would take for an empty one.

    Only below /api/: browsers always say how long their forms are.
    """

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("HTTP_TRANSFER_ENCODING") and environ["PATH_INFO"].startswith(API_PATH):
            body = _read(environ["wsgi.input"])
            environ["wsgi.input"] = BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
        return application(environ, start_response)

    return wrapped


def _read(stream: Any) -> bytes:
    """The body; of one that is too large what is kept says so, and within reason it is read on."""
    body: bytes = stream.read(BODY_BYTES_MAX + 1)
    left = DRAIN_BYTES_MAX if len(body) > BODY_BYTES_MAX else 0
    while left > 0 and (piece := stream.read(64 * 1024)):
        left -= len(piece)
    return body
