"""Rows of the admin that have a page of their own instead of a form."""

from typing import Any, cast

from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from config.kernel.admin.base import LedgerAdmin


class PageAdmin(LedgerAdmin):
    """Shows one row by `change_form_template`, filled by `page_context`; there is no form."""

    def page_context(self, request: HttpRequest, row: Any, /) -> dict[str, Any]:
        """What the template shows of a row."""
        raise NotImplementedError

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """None: the template shows what there is to see."""
        return []

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Model | None:
        """The row, read once for a request however often Django asks for it."""
        read = cast(Any, request)
        key = (type(self), str(object_id))
        if getattr(read, "page_key", None) != key:
            read.page_key, read.page_row = key, super().get_object(request, object_id, from_field)
        row: Model | None = read.page_row
        return row

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of a row, for those who may see it."""
        row = self.get_object(request, object_id) if object_id else None
        if row is not None and self.has_view_permission(request, row):
            extra_context = {**self.page_context(request, row), **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, extra_context)
