"""Lists, one page after the other, by a cursor that stays true while rows come and go."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, models
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from config.kernel.errors import FieldError
from config.kernel.problems import QueryInvalid

PAGE_SIZE = 50
PAGE_SIZE_MAX = 200


class CursorPages(CursorPagination):
    """`{"next", "previous", "results"}`, ordered by something unique; a subclass may name it."""

    page_size = PAGE_SIZE
    max_page_size = PAGE_SIZE_MAX
    page_size_query_param = "page_size"
    ordering: Any = "id"

    def get_page_size(self, request: Request) -> int:
        """How many rows to answer. Raises QueryInvalid where that is no number from 1 to 200."""
        text = request.query_params.get("page_size")
        if text is None:
            return PAGE_SIZE
        if not (text.isascii() and text.isdigit() and len(text) <= 3):
            raise _bad("page_size", f"A number from 1 to {PAGE_SIZE_MAX} is expected.")
        size = int(text)
        if not 1 <= size <= PAGE_SIZE_MAX:
            raise _bad("page_size", f"A number from 1 to {PAGE_SIZE_MAX} is expected.")
        return size

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Where to go on. Raises QueryInvalid where this server never gave such a cursor."""
        try:
            cursor: Cursor | None = super().decode_cursor(request)
        except NotFound as error:
            raise _bad("cursor", "This is no cursor of this list.") from error
        # Base64 reads over what is not base64, so nonsense decodes to nothing.
        given = request.query_params.get(self.cursor_query_param)
        if given and cursor == Cursor(offset=0, reverse=False, position=None):
            raise _bad("cursor", "This is no cursor of this list.")
        return cursor

    def paginate_queryset(
        self, queryset: models.QuerySet[Any] | Sequence[Any], request: Request, view: Any = None
    ) -> list[Any] | None:
        """One page of the rows."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, TypeError, OverflowError, ValidationError, DataError) as error:
            # Only a cursor that somebody wrote by hand gets here.
            raise _bad("cursor", "This is no cursor of this list.") from error


def _bad(name: str, detail: str) -> QueryInvalid:
    return QueryInvalid(detail, errors=[FieldError(f"/{name}", "invalid", detail)])
