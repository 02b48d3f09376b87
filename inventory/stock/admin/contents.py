"""Which places the list of stock shows."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from config.kernel import clock
from inventory.lots.selectors import open_hold_of
from inventory.stock.selectors import fresh_levels
from inventory.warehouses.models import LocationKind


class ContentsFilter(DropdownFilter):
    """Places with stock, unless somebody asks for others."""

    title = "contents"
    parameter_name = "contents"
    all_option = ["", "With stock"]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What else to look for."""
        return [
            ("dock", "On the dock, to be put away"),
            ("promised", "Promised to customers"),
            ("held", "On hold"),
            ("past", "Past the last day of sale"),
            ("empty", "Empty places too"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Places in that state."""
        state = self.value()
        if state == "empty":
            return queryset
        levels = queryset.filter(on_hand__gt=0)
        if state == "dock":
            return levels.filter(location__kind=LocationKind.DOCK)
        if state == "promised":
            return levels.filter(reserved__gt=0)
        if state == "held":
            return levels.filter(open_hold_of("lot_id"))
        if state == "past":
            return levels.filter(~fresh_levels(clock.now()))
        return levels
