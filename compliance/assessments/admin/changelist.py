"""The order of the review queue: by what each clearance blocks, as long as that can be asked."""

from typing import Any, cast

from django.contrib.admin.views.main import ORDER_VAR
from django.http import HttpRequest

from compliance.assessments.selectors.queue import (
    SCANNED_MAX,
    exposures,
    keys_by_what_is_blocked,
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
        found = {row.pk: row for row in rows}
        behind = exposures({cast(Any, row).product_id for row in found.values()})
        for row in found.values():
            cast(Any, row).exposure = behind.get(cast(Any, row).product_id)
        self.result_list = [found[key] for key in keys if key in found]

    def page_keys(self) -> list[int]:
        """The keys of the rows to show."""
        return list(self.result_list.values_list("pk", flat=True))


class QueueChangeList(ExposedChangeList):
    """Sorts by what is blocked where no other order is asked for and not too many wait."""

    by_what_is_blocked: list[int] | None = None

    def get_results(self, request: HttpRequest) -> None:
        """The order is found out before the page is cut."""
        if ORDER_VAR not in self.params:
            self.by_what_is_blocked = keys_by_what_is_blocked(cast(Any, self.queryset))
        super().get_results(request)

    def page_keys(self) -> list[int]:
        """A piece of the whole order."""
        if self.by_what_is_blocked is None:
            return super().page_keys()
        if self.show_all and self.can_show_all:
            return self.by_what_is_blocked
        start = (self.page_num - 1) * self.list_per_page
        return self.by_what_is_blocked[start : start + self.list_per_page]

    def all_keys(self) -> list[int]:
        """Every clearance of the queue in its order, as far as it is counted."""
        if self.by_what_is_blocked is not None:
            return self.by_what_is_blocked
        return list(self.queryset.values_list("pk", flat=True)[:SCANNED_MAX])
