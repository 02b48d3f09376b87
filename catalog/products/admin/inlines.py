"""What belongs to a product and stands on its page."""

from typing import Any

from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import TabularInline

from catalog.products.admin.forms import (
    BundleVariantForm,
    VariantInlineForm,
)
from catalog.products.models import (
    ProductText,
    Variant,
)


class VariantInline(TabularInline):
    """The variants of a product."""

    model = Variant
    form: type[ModelForm] = VariantInlineForm
    extra = 0
    tab = True
    show_change_link = True
    fields = ["sku", "size", "shade", "colour", "content_quantity", "content_unit"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A variant with stock, sales and history is not deleted beside its product."""
        return False


class BundleVariantInline(VariantInline):
    """The SKU under which a bundle is sold."""

    form: type[ModelForm] = BundleVariantForm
    verbose_name_plural = "SKU"
    max_num = 1
    fields = ["sku", "low_stock_quantity"]


class ProductTextInline(TabularInline):
    """Name and description per language."""

    model = ProductText
    extra = 0
    tab = True
    fields = ["language", "name", "description"]
