"""Filters that the admin's lists of stock, lots and movements share."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from catalog.products.selectors import categories_below, category_lineage, category_path
from inventory.warehouses.models import Warehouse


def number(value: object) -> int | None:
    """A key as a query string has it, or None: what is no number filters nothing."""
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class WarehouseFilter(DropdownFilter):
    """What lies in one warehouse; `path` leads from the list's rows to it."""

    title = "warehouse"
    parameter_name = "warehouse"
    path: ClassVar[str] = "location__warehouse"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every warehouse."""
        rows = Warehouse.objects.order_by("code").values_list("pk", "code", "name")
        return [(str(pk), f"{code} · {name}") for pk, code, name in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Rows of that warehouse."""
        warehouse_id = number(self.value())
        return queryset if warehouse_id is None else queryset.filter(**{self.path: warehouse_id})


class CategoryFilter(DropdownFilter):
    """A category with all below it; `path` leads from the list's rows to the category's key."""

    title = "category"
    parameter_name = "category"
    path: ClassVar[str] = "variant__product__category_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every category by its path."""
        paths = [(category_path(chain), pk) for pk, chain in category_lineage().items()]
        return [(str(pk), path) for path, pk in sorted(paths)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Rows of that category and those below it."""
        category_id = number(self.value())
        below = categories_below(category_id) if category_id is not None else []
        return queryset.filter(**{f"{self.path}__in": below}) if below else queryset
