"""Variants with their barcodes, aliases and prices."""

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from catalog.identifiers.models import Barcode, SkuAlias
from catalog.products import services
from catalog.products.admin.forms import RenameForm, VariantForm
from catalog.products.models import Variant
from catalog.units.rules import plain
from config.kernel.admin import (
    AmountForm,
    BackroomAdmin,
    HistoryPart,
    ReasonActionMixin,
    reason_action,
)


class BarcodeInline(TabularInline):
    """GTINs by packaging level."""

    model = Barcode
    extra = 0
    tab = True
    fields = ["gtin", "packaging_level", "quantity"]


class SkuAliasInline(TabularInline):
    """Foreign and former codes."""

    model = SkuAlias
    extra = 0
    tab = True
    fields = ["scheme", "partner", "code"]
    autocomplete_fields = ["partner"]


# The room of prices lies above this one, so the key leads there.
_Price: Any = Variant._meta.get_field("prices").related_model


def variant_history_parts(variant_ids: Collection[int]) -> list[HistoryPart]:
    """Barcodes, aliases and prices of these variants, those that are gone too."""
    which = Q(variant_id__in=variant_ids)
    return [
        HistoryPart(model=Barcode, which=which),
        HistoryPart(model=SkuAlias, which=which),
        HistoryPart(
            model=_Price,
            which=which,
            name=lambda record: f"{plain(record.amount)} in {record.price_list}",
        ),
    ]


class PriceInline(TabularInline):
    """List and cost prices."""

    model = _Price
    form = AmountForm
    extra = 0
    tab = True
    fields = ["price_list", "amount", "valid_from_date", "valid_to_date"]
    autocomplete_fields = ["price_list"]


@admin.register(Variant)
class VariantAdmin(ReasonActionMixin, BackroomAdmin):
    """What is sold and stocked."""

    form = VariantForm
    actions_detail = ["rename"]

    list_display = ["sku", "product_name", "size", "shade", "colour", "content", "stage"]
    list_filter = [("product__stage", ChoicesDropdownFilter)]
    search_fields = ["sku", "product__name", "barcodes__gtin", "aliases__code"]
    autocomplete_fields = ["product"]
    inlines = [BarcodeInline, SkuAliasInline, PriceInline]
    ordering = ["sku"]
    fieldsets = [
        (None, {"fields": ["sku", "product"]}),
        ("Options", {"fields": [("size", "shade", "colour")]}),
        ("Content", {"fields": [("content_quantity", "content_unit")]}),
        ("Stock", {"fields": ["low_stock_quantity"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        """With name and stage of each product."""
        return (
            super()
            .get_queryset(request)
            .annotate(product_name=F("product__name"), product_stage=F("product__stage"))
        )

    def history_parts(self, object_id: int) -> list[HistoryPart]:
        """All that is known of it."""
        return variant_history_parts([object_id])

    def get_readonly_fields(self, request: HttpRequest, obj: Variant | None = None) -> list[str]:
        """A SKU changes by renaming only, which keeps the old one as an alias."""
        return ["sku", "product"] if obj else []

    def save_model(self, request: HttpRequest, obj: Variant, form: ModelForm, change: bool) -> None:
        """A variant left without a SKU gets one."""
        services.name_variant(obj)
        super().save_model(request, obj, form, change)

    @reason_action(
        description="Rename SKU",
        permission="catalog.change_variant",
        form_class=RenameForm,
        icon="edit",
        note="The old SKU lives on as an alias. Refused once stock has come in under it.",
    )
    def rename(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Another SKU, and the old one as an alias."""
        variant = services.rename_sku(
            variant_id=queryset.get().pk, sku=data["sku"].strip(), reason=data["reason"]
        )
        return f"The SKU is {variant.sku} now."

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: list[BaseInlineFormSet], change: bool
    ) -> None:
        """Its product has changed with it."""
        super().save_related(request, form, formsets, change)
        services.mark_changed(product_id=form.instance.product_id)

    @display(description="Product", ordering="product_name")
    def product_name(self, variant: Variant) -> str:
        """What it is a variant of."""
        return variant.product_name  # type: ignore[attr-defined]

    @display(description="Content", ordering="content_quantity")
    def content(self, variant: Variant) -> str:
        """What one piece holds."""
        if variant.content_quantity is None:
            return ""
        return f"{plain(variant.content_quantity)} {variant.content_unit}"

    @display(description="Stage", ordering="product_stage")
    def stage(self, variant: Variant) -> str:
        """Where its product stands."""
        return variant.product_stage.replace("_", " ").capitalize()  # type: ignore[attr-defined]
