"""Lists that open as fast over a million rows as over a thousand."""

from typing import Any, cast

from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.views import ChangeList

COUNTED_MAX = 10_000


class ManyRows(int):
    """A count that stopped counting, written as such."""

    is_cut_off = True

    def __str__(self) -> str:
        return f"more than {int(self) - 1:,}"


class CappedPaginator(Paginator):
    """Counts to ten thousand and pages no deeper: whoever looks for more filters the list."""

    @cached_property
    def count(self) -> int:
        """How many rows there are; from a number on only that there are more."""
        rows = cast("models.QuerySet[Any]", self.object_list)
        count = rows.order_by().values("pk")[: COUNTED_MAX + 1].count()
        return ManyRows(count) if count > COUNTED_MAX else count

    @cached_property
    def num_pages(self) -> int:
        """As many as the counted rows fill."""
        return -(-min(self.count, COUNTED_MAX) // self.per_page) or 1


class PlainChangeList(ChangeList):
    """A list without a filter shows all there is: nothing is left to "show all" of."""

    full_result_count: int | None

    def get_results(self, request: HttpRequest) -> None:
        """The page; the full count is the one at hand where no filter narrows it."""
        super().get_results(request)
        if self.full_result_count is None and not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count


class KeysFirstChangeList(PlainChangeList):
    """Finds the keys of its page first, by filters and order alone, and then reads those rows.

    What a row shows beside them (joins, figures, states) costs as much as a page has rows, and no
    join that nothing is filtered by keeps the database from using an index.
    """

    def get_results(self, request: HttpRequest) -> None:
        """The page's rows, in the order of their keys."""
        super().get_results(request)
        page = cast(Any, self).result_list
        keys = list(page.values_list("pk", flat=True))
        rows = self.apply_select_related(self.root_queryset.order_by().filter(pk__in=keys))
        found = {row.pk: row for row in rows}
        self.result_list = [found[key] for key in keys if key in found]
