"""Warehouses, their places, and the order in which markets ask them; in Settings."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelect2Widget

from config.kernel.admin import BackroomAdmin
from inventory.warehouses.models import Location, MarketWarehouse, Warehouse


def time_zone_choices(current: str = "") -> list[tuple[str, str]]:
    """Time zones by region and city; one in use that the list leaves out stays choosable."""
    regions = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Pacific/")
    names = {name for name in available_timezones() if name.startswith(regions)} | {"UTC"}
    return [(name, name) for name in sorted(names | ({current} if current else set()))]


class WarehouseForm(ModelForm):
    """A warehouse, with the time zones to choose from."""

    time_zone = forms.ChoiceField(
        widget=UnfoldAdminSelect2Widget,
        help_text=Warehouse._meta.get_field("time_zone").help_text,
    )

    class Meta:
        model = Warehouse
        fields = ["code", "name", "time_zone", "operator", "is_sellable"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "time_zone" in self.fields:
            choices = [("", ""), *time_zone_choices(self.instance.time_zone)]
            self.fields["time_zone"].choices = choices  # type: ignore[attr-defined]


class LocationInline(TabularInline):
    """The places of a warehouse. One with goods or a past is closed, not deleted."""

    model = Location
    extra = 0
    tab = True
    per_page = 50
    fields = ["code", "kind", "is_active"]
    ordering = ["code"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The ledger names places for ever."""
        return False


class MarketWarehouseInline(TabularInline):
    """Which markets this warehouse serves, and when each asks it."""

    model = MarketWarehouse
    extra = 0
    tab = True
    verbose_name = "market it serves"
    verbose_name_plural = "markets it serves"
    fields = ["market", "position"]
    autocomplete_fields = ["market"]
    ordering = ["market__code"]


@admin.register(Warehouse)
class WarehouseAdmin(BackroomAdmin):
    """Where goods lie."""

    form = WarehouseForm
    list_display = ["code", "name", "time_zone", "operator", "is_sellable", "locations", "markets"]
    list_filter = ["is_sellable"]
    list_select_related = ["operator"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["operator"]
    ordering = ["code"]
    inlines = [LocationInline, MarketWarehouseInline]
    fieldsets = [
        (None, {"fields": [("code", "name"), ("time_zone", "is_sellable"), "operator"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Warehouse]:
        """With the number of open places and of markets."""
        return (
            super()
            .get_queryset(request)
            .annotate(
                location_count=Count(
                    "locations", filter=Q(locations__is_active=True), distinct=True
                ),
                market_count=Count("markets", distinct=True),
            )
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Warehouse | None = None) -> list[str]:
        """The code stands in other systems once the warehouse is there."""
        return ["code"] if obj else []

    @display(description="Places", ordering="location_count")
    def locations(self, warehouse: Warehouse) -> int:
        """How many places are open."""
        return warehouse.location_count  # type: ignore[attr-defined]

    @display(description="Markets", ordering="market_count")
    def markets(self, warehouse: Warehouse) -> int:
        """How many markets it serves."""
        return warehouse.market_count  # type: ignore[attr-defined]
