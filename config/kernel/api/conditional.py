"""Answers that a caller may keep for a while and ask again about cheaply."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date, parse_etags
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

NOT_HASHED = "as_of"

if TYPE_CHECKING:
    from rest_framework.views import APIView

    _ViewBase = APIView
else:
    _ViewBase = object


class ConditionalMixin(_ViewBase):
    """For a view's GET: `ETag`, `Cache-Control`, `Vary`, and 304 for an `If-None-Match` that fits.

    The ETag is made of the content without `as_of`, so an answer that says the same is the same.
    """

    cache_control: ClassVar[str] = "private, max-age=2"
    vary: ClassVar[Sequence[str]] = ()

    def last_modified(self, data: Any) -> datetime | None:
        """When the content last changed, where that is known."""
        return None

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Add the headers; replace the body by 304 where the caller has it."""
        final = super().finalize_response(request, response, *args, **kwargs)
        is_read = request.method in ("GET", "HEAD") and final.status_code == 200
        if is_read and isinstance(final, Response):
            return self._conditional(request._request, final)
        return final

    def answer_bytes(self, request: Request, body: bytes, *, content: bytes) -> HttpResponse:
        """A rendered answer with the same headers; `content` is what its ETag is made of."""
        etag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"ETag": etag, "Cache-Control": self.cache_control}
        if _has(request._request, etag):
            answer = HttpResponse(status=304, headers=headers)
            del answer["Content-Type"]
        else:
            answer = HttpResponse(body, content_type=JSONRenderer.media_type, headers=headers)
        if self.vary:
            patch_vary_headers(answer, self.vary)
        return answer

    def _conditional(self, request: HttpRequest, response: Response) -> Response:
        body = JSONRenderer().render(response.data)
        etag = _etag(response, body)
        response["ETag"] = etag
        response["Cache-Control"] = self.cache_control
        if self.vary:
            patch_vary_headers(response, self.vary)
        changed = self.last_modified(response.data)
        if changed is not None:
            response["Last-Modified"] = http_date(changed.timestamp())
        if _has(request, etag):
            response.status_code = 304
            response.data = None
            return response
        # Rendered once: the bytes that were hashed are the ones that are sent.
        response["Content-Type"] = JSONRenderer.media_type
        response.content = body
        return response


def _etag(response: Response, body: bytes) -> str:
    digest = hashlib.sha256()
    data = response.data
    if isinstance(data, dict) and NOT_HASHED in data:
        rest = {key: value for key, value in data.items() if key != NOT_HASHED}
        body = JSONRenderer().render(rest)
    digest.update(body)
    digest.update(response.get("Content-Language", "").encode())
    return f'W/"{digest.hexdigest()[:32]}"'


def _has(request: HttpRequest, etag: str) -> bool:
    header = request.META.get("HTTP_IF_NONE_MATCH")
    if not header:
        return False
    given = parse_etags(header)
    weak = etag.removeprefix("W/")
    return "*" in given or any(tag.removeprefix("W/") == weak for tag in given)
