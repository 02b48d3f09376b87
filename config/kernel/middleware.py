"""Gives every request its id, knows who asks, and keeps impossible requests out of the API."""

import re
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.kernel.context import Actor, bind_request, new_request_id
from config.kernel.problems import API_PATH, plain_problem

HEADER = "X-Request-ID"
BODY_BYTES_MAX = 1024 * 1024
DRAIN_BYTES_MAX = 16 * BODY_BYTES_MAX

_SANE_ID = re.compile(r"[\x21-\x7e]{1,64}")


class RequestContextMiddleware:
    """Stands first, so that every answer and every log line carries the request's id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer within the request's context."""
        given = request.headers.get(HEADER, "")
        request_id = given if _SANE_ID.fullmatch(given) else new_request_id()
        with bind_request(request_id=request_id, actor=lambda: _actor(request)):
            is_api = request.path_info.startswith(API_PATH)
            response = (_refusal(request) if is_api else None) or self.get_response(request)
        response[HEADER] = request_id
        if is_api and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response


def _actor(request: HttpRequest) -> Actor | None:
    """The API client or the logged-in user; read late, because both are known only later."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    actor: Actor | None = getattr(user, "actor", None)
    return actor or Actor(id=user.pk, name=user.get_username())


def _refusal(request: HttpRequest) -> HttpResponseBase | None:
    if "\x00" in request.path_info:
        return plain_problem(404, "not-found", "There is nothing at this address.")
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return plain_problem(400, "bad-request", "Content-Length is no number.")
    if length > BODY_BYTES_MAX:
        _drain(request, length)
        return plain_problem(413, "body-too-large", "A request body may have 1 MiB at most.")
    return None


def _drain(request: HttpRequest, length: int) -> None:
    """Read what is sent, within reason: else the caller sees a reset instead of the answer."""
    left = min(length, DRAIN_BYTES_MAX)
    while left > 0:
        piece = request.read(min(left, 64 * 1024))
        if not piece:
            return
        left -= len(piece)
