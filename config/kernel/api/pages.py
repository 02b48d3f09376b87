"""Lists, one page after the other, by a cursor that stays true while rows come and go."""

from collections.abc import Sequence
from datetime import UTC, datetime
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
_BETWEEN = ","
_KEY_DIGITS_MAX = 18  # what the database takes for a key


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


class ChangePages(CursorPages):
    """Rows with `updated_at` in the order in which they changed; the cursor names row and instant.

    However many changed at one instant, and whichever change again meanwhile, none is left out:
    what changes while somebody pages moves to the end, where he meets it (again).
    """

    ordering = ("updated_at", "id")

    def paginate_queryset(
        self, queryset: models.QuerySet[Any] | Sequence[Any], request: Request, view: Any = None
    ) -> list[Any] | None:
        """One page of the rows."""
        assert isinstance(queryset, models.QuerySet)
        self.request, self.base_url = request, request.build_absolute_uri()
        size = self.get_page_size(request)
        cursor = self.decode_cursor(request)
        is_back = cursor is not None and cursor.reverse
        rows = queryset.order_by(*(f"-{name}" if is_back else name for name in self.ordering))
        if cursor is not None:
            rows = rows.filter(_beyond(*_place(cursor.position), is_back=is_back))
        found = list(rows[: size + 1])
        has_more, page = len(found) > size, found[:size]
        if is_back:
            page.reverse()
        self.page = page
        self.has_next = has_more or is_back
        self.has_previous = has_more if is_back else cursor is not None
        return page

    def get_next_link(self) -> str | None:
        """Where the rows behind this page are."""
        return self._link(self.page[-1], reverse=False) if self.page and self.has_next else None

    def get_previous_link(self) -> str | None:
        """Where the rows before this page are."""
        return self._link(self.page[0], reverse=True) if self.page and self.has_previous else None

    def _link(self, row: Any, *, reverse: bool) -> str:
        position: Any = f"{row.updated_at.isoformat()}{_BETWEEN}{row.pk}"
        return str(self.encode_cursor(Cursor(offset=0, reverse=reverse, position=position)))


def _place(position: object) -> tuple[datetime, int]:
    """The instant and the key that a cursor names. Raises QueryInvalid."""
    instant, _, key = str(position or "").partition(_BETWEEN)
    try:
        changed_at = datetime.fromisoformat(instant).astimezone(UTC)
        return changed_at, int(key[:_KEY_DIGITS_MAX])
    except (ValueError, OverflowError) as error:
        raise _bad("cursor", "This is no cursor of this list.") from error


def _beyond(changed_at: datetime, key: int, *, is_back: bool) -> models.Q:
    side = "lt" if is_back else "gt"
    # The first condition says nothing new, but an index on (updated_at, id) is read by it.
    return models.Q((f"updated_at__{side}e", changed_at)) & (
        models.Q((f"updated_at__{side}", changed_at)) | models.Q((f"id__{side}", key))
    )


def _bad(name: str, detail: str) -> QueryInvalid:
    return QueryInvalid(detail, errors=[FieldError(f"/{name}", "invalid", detail)])
