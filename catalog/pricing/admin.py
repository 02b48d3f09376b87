"""Price lists, prices and tax classes, in Catalogue and Settings."""

from django.contrib import admin
from django.db.models import Count, F, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from catalog.pricing.models import Price, PriceList, TaxClass
from catalog.products.services import mark_variant_changed
from config.kernel.admin import AmountForm, BackroomAdmin
from config.kernel.money import format_money


@admin.register(TaxClass)
class TaxClassAdmin(BackroomAdmin):
    """Groups of goods that tax law treats alike."""

    list_display = ["code", "name"]
    search_fields = ["code", "name"]
    ordering = ["code"]


@admin.register(PriceList)
class PriceListAdmin(BackroomAdmin):
    """What we ask, and what suppliers ask of us."""

    list_display = ["code", "name", "kind", "currency", "market", "partner", "price_count"]
    list_filter = [("kind", ChoicesDropdownFilter), "currency"]
    list_select_related = ["market", "partner"]
    search_fields = ["code", "name", "partner__code", "partner__name"]
    autocomplete_fields = ["market", "partner"]
    ordering = ["code"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PriceList]:
        """With the number of prices in each."""
        return super().get_queryset(request).annotate(price_count=Count("prices"))

    @display(description="Prices", ordering="price_count")
    def price_count(self, price_list: PriceList) -> int:
        """How many prices it holds."""
        return price_list.price_count  # type: ignore[attr-defined]


@admin.register(Price)
class PriceAdmin(BackroomAdmin):
    """Single prices."""

    form = AmountForm
    list_display = ["variant", "product", "price_list", "money", "valid_from_date", "valid_to_date"]
    list_filter = [
        ("price_list", AutocompleteSelectFilter),
        ("price_list__kind", ChoicesDropdownFilter),
    ]
    list_filter_submit = True
    list_select_related = ["price_list", "variant"]
    search_fields = ["variant__sku", "variant__product__name"]
    autocomplete_fields = ["variant", "price_list"]
    ordering = ["variant__sku", "price_list_id", "id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Price]:
        """With the name of each product."""
        return super().get_queryset(request).annotate(product_name=F("variant__product__name"))

    def save_model(self, request: HttpRequest, obj: Price, form: ModelForm, change: bool) -> None:
        """Its product has changed with it, and the one whose price it was."""
        super().save_model(request, obj, form, change)
        for variant_id in {obj.variant_id, form.initial.get("variant", obj.variant_id)}:
            mark_variant_changed(variant_id)

    def delete_model(self, request: HttpRequest, obj: Price) -> None:
        """Its product has changed with it."""
        super().delete_model(request, obj)
        mark_variant_changed(obj.variant_id)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Price]) -> None:
        """Their products have changed with them."""
        variant_ids = set(queryset.values_list("variant_id", flat=True))
        super().delete_queryset(request, queryset)
        for variant_id in variant_ids:
            mark_variant_changed(variant_id)

    @display(description="Product", ordering="product_name")
    def product(self, price: Price) -> str:
        """What it is the price of."""
        return price.product_name  # type: ignore[attr-defined]

    @display(description="Price per stock unit", ordering="amount")
    def money(self, price: Price) -> str:
        """Amount with its currency."""
        return format_money(price.amount, price.price_list.currency)
