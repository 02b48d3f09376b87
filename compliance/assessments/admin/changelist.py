"""The order of the review queue: by what each clearance blocks, as long as that can be asked."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.contrib.admin.views.main import ORDER_VAR
from django.http import HttpRequest

from compliance.assessments.exposure import Exposure
from compliance.assessments.selectors.queue import (
    SCANNED_MAX,
    Sorted,
    by_what_is_blocked,
    exposures,
)
from config.kernel.admin.lists import PlainChangeList


class ExposedChangeList(PlainChangeList):
    """Finds the keys of its page first, then reads the rows, with what stands behind each."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        """The page's rows in their order, each with its exposure."""
        super().get_results(request)
        keys = self.page_keys()
        rows = self.apply_select_related(self.root_queryset.order_by().filter(pk__in=keys))
        found: dict[int, Any] = {row.pk: row for row in rows}
        behind = self.behind({row.product_id for row in found.values()})
        for row in found.values():
            row.exposure = behind.get(row.product_id)
        self.result_list = [found[key] for key in keys if key in found]

    def page_keys(self) -> Sequence[int]:
        """The keys of the rows to show."""
        return list(self.result_list.values_list("pk", flat=True))

    def behind(self, product_ids: set[int]) -> Mapping[int, Exposure]:
        """What is held and promised of the products of the page."""
        return exposures(product_ids)


class QueueChangeList(ExposedChangeList):
    """Sorts by what is blocked where no other order is asked for and not too many wait."""

    by_what_is_blocked: Sorted | None = None

    def get_results(self, request: HttpRequest) -> None:
        """The order is found out before the page is cut."""
        if ORDER_VAR not in self.params:
            self.by_what_is_blocked = by_what_is_blocked(cast(Any, self.queryset))
        super().get_results(request)

    def page_keys(self) -> Sequence[int]:
        """A piece of the whole order."""
        if self.by_what_is_blocked is None:
            return super().page_keys()
        keys = self.by_what_is_blocked.keys
        if self.show_all and self.can_show_all:
            return keys
        start = (self.page_num - 1) * self.list_per_page
        return keys[start : start + self.list_per_page]

    def behind(self, product_ids: set[int]) -> Mapping[int, Exposure]:
        """Asked for once, where the order needed it already."""
        if self.by_what_is_blocked is None:
            return super().behind(product_ids)
        return self.by_what_is_blocked.behind

    def all_keys(self) -> Sequence[int]:
        """Every clearance of the queue in its order, as far as it is counted."""
        if self.by_what_is_blocked is not None:
            return self.by_what_is_blocked.keys
        return list(self.queryset.values_list("pk", flat=True)[:SCANNED_MAX])
