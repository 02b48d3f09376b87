"""Errors as RFC 9457 problem details: one shape for every refusal of the API."""

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response

from config.kernel.errors import DomainError, FieldError

PROBLEM_CONTENT_TYPE = "application/problem+json"
API_PATH = "/api/"

_UNAVAILABLE = (
    "unavailable",
    "The database does not answer at the moment. Send the same request again.",
)
_RETRY = {"Retry-After": "2"}

_logger = logging.getLogger(__name__)


class QueryInvalid(exceptions.APIException):
    """A query parameter or a header that makes no sense: 400."""

    status_code = 400
    default_code = "invalid-query"
    default_detail = "The query is not valid."

    def __init__(
        self, detail: str | None = None, code: str | None = None, errors: Sequence[FieldError] = ()
    ) -> None:
        super().__init__(detail, code)
        self.errors = tuple(errors)


class BodyTooLarge(exceptions.APIException):
    """More than a request may carry: 413."""

    status_code = 413
    default_code = "body-too-large"
    default_detail = "A request body may have 1 MiB at most."


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    title: str | None = None,
    errors: Sequence[FieldError] = (),
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The members of a problem document."""
    return {
        "type": "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in errors],
        **(extra or {}),
    }


def problem_response(
    status: int,
    code: str,
    detail: str,
    *,
    title: str | None = None,
    errors: Sequence[FieldError] = (),
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A DRF answer that is a problem document."""
    return Response(
        problem(status, code, detail, title=title, errors=errors, extra=extra),
        status=status,
        headers=dict(headers or {}),
        content_type=PROBLEM_CONTENT_TYPE,
    )


def plain_problem(
    status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None
) -> JsonResponse:
    """The same outside of DRF: for middleware and Django's own error pages."""
    return JsonResponse(
        problem(status, code, detail),
        status=status,
        content_type=PROBLEM_CONTENT_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def domain_problem(error: DomainError) -> Response:
    """A refusal by the business."""
    from config.kernel.events import to_json

    return problem_response(
        error.status,
        error.code,
        error.detail,
        title=error.title,
        errors=error.errors,
        extra=to_json(error.extra),
    )


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: whatever is raised becomes a problem, the unexpected a 500."""
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    elif isinstance(exc, RequestDataTooBig):
        exc = BodyTooLarge()
    elif isinstance(exc, SuspiciousOperation | BadRequest):
        exc = exceptions.ParseError()
    if isinstance(exc, DomainError):
        return domain_problem(exc)
    if isinstance(exc, exceptions.ValidationError):
        return problem_response(
            422,
            "invalid-input",
            "Some fields are not valid.",
            title="Invalid input",
            errors=list(field_errors(exc.get_full_details())),
        )
    if isinstance(exc, exceptions.APIException):
        return _api_problem(exc)
    return _our_fault(exc)


def _our_fault(exc: Exception) -> Response:
    """503 while the database is away, else 500.

    Logged with its traceback here, because DRF would otherwise pass it on as an HTML page.
    """
    if isinstance(exc, OperationalError | InterfaceError):
        _logger.error("the database does not answer", exc_info=exc)
        return problem_response(503, *_UNAVAILABLE, headers=_RETRY)
    _logger.error("unhandled error in the API", exc_info=exc)
    return problem_response(500, "internal-error", "Something went wrong on our side.")


def field_errors(details: Any, pointer: str = "") -> Iterator[FieldError]:
    """DRF's nested error details as one FieldError for each message, with a JSON pointer."""
    if isinstance(details, Mapping):
        if set(details) == {"message", "code"} and isinstance(details["message"], str):
            yield FieldError(pointer, _kebab(details["code"]), str(details["message"]))
            return
        for key, value in details.items():
            below = pointer if key == "non_field_errors" else f"{pointer}/{_escaped(key)}"
            yield from field_errors(value, below)
        return
    messages = [_is_message(item) for item in details]
    for index, item in enumerate(details):
        # A list of messages belongs to its field; a list of objects has one entry per element.
        yield from field_errors(item, pointer if all(messages) else f"{pointer}/{index}")


def problem_404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404: JSON below /api/, the usual page elsewhere."""
    if request.path.startswith(API_PATH):
        return plain_problem(404, "not-found", "There is nothing at this address.")
    return defaults.page_not_found(request, exception)


def problem_500(request: HttpRequest) -> HttpResponse:
    """handler500: JSON below /api/, the usual page elsewhere."""
    if request.path.startswith(API_PATH):
        if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
            return plain_problem(503, *_UNAVAILABLE, headers=_RETRY)
        return plain_problem(500, "internal-error", "Something went wrong on our side.")
    return defaults.server_error(request)


def problem_400(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400: JSON below /api/, the usual page elsewhere."""
    if request.path.startswith(API_PATH):
        return plain_problem(400, "bad-request", "The request makes no sense.")
    return defaults.bad_request(request, exception)


_CODES: dict[type[exceptions.APIException], str] = {
    exceptions.ParseError: "malformed-body",
    exceptions.AuthenticationFailed: "invalid-token",
    exceptions.NotAuthenticated: "not-authenticated",
    exceptions.NotFound: "not-found",
    exceptions.MethodNotAllowed: "method-not-allowed",
    exceptions.NotAcceptable: "not-acceptable",
    exceptions.UnsupportedMediaType: "unsupported-media-type",
    exceptions.Throttled: "too-many-requests",
}


def _api_problem(exc: exceptions.APIException) -> Response:
    headers: dict[str, str] = {}
    challenge = getattr(exc, "auth_header", None)
    if challenge:
        headers["WWW-Authenticate"] = challenge
    wait = getattr(exc, "wait", None)
    if isinstance(exc, exceptions.Throttled):
        headers["Retry-After"] = str(max(1, int(wait or 1)))
    code = _CODES.get(type(exc)) or _kebab(exc.get_codes())
    return problem_response(
        exc.status_code,
        code,
        str(exc.detail),
        errors=getattr(exc, "errors", ()),
        headers=headers,
    )


def _is_message(item: Any) -> bool:
    return isinstance(item, Mapping) and set(item) == {"message", "code"}


def _escaped(key: Any) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def _kebab(code: Any) -> str:
    return str(code).replace("_", "-")
