"""The forms of products and of the variants beside them."""

from typing import Any

from django import forms
from django.forms import ModelForm
from unfold.widgets import UnfoldAdminTextInputWidget

from catalog.products import services
from catalog.products.admin.fields import MaterialsField, MonthsField
from catalog.products.errors import InvalidProduct
from catalog.products.models import BundleProduct, Variant
from config.kernel.admin import ReasonForm, TextListField


class ProductForm(ModelForm):
    """Checks the attributes against the JSON Schema of the chosen category."""

    def clean(self) -> dict[str, Any]:
        """Refuse attributes that do not fit, naming each."""
        data = super().clean() or self.cleaned_data
        category = data.get("category")
        try:
            services.check_attributes(
                attributes=data.get("attributes") or {},
                category_id=category.pk if category else None,
            )
        except InvalidProduct as error:
            self.add_error("attributes", [problem.detail for problem in error.errors])
        return data

    def clean_attributes(self) -> dict[str, Any]:
        """An empty field means no attributes."""
        return self.cleaned_data.get("attributes") or {}


class SportsProductForm(ProductForm):
    """Months are ticked, materials and options are written with commas."""

    season_months = MonthsField(
        label="Season", required=False, help_text="Months in which it sells; none: all year."
    )
    materials = MaterialsField(
        required=False, help_text="With shares, such as: cotton 80 %, elastane 20 %."
    )
    customisation_options = TextListField(
        required=False, help_text="What a customer may have added: name print, engraving."
    )


class VariantForm(ModelForm):
    """A variant whose SKU may be left to us."""

    sku = forms.CharField(
        label="SKU", required=False, max_length=40, help_text="Left empty, one is made."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and (box := self.fields.get("low_stock_quantity")):
            box.label = f"{box.label} ({self.instance.product.stock_unit})"


class VariantInlineForm(VariantForm):
    """A variant beside its product; its SKU stays once it is there."""

    class Meta:
        model = Variant
        fields = ["sku", "size", "shade", "colour", "content_quantity", "content_unit"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["sku"].disabled = True


class BundleProductForm(ProductForm):
    """A bundle is counted in pieces: nobody is asked for its unit."""

    class Meta:
        model = BundleProduct
        fields = ["name", "brand", "category", "tax_class", "attributes"]


class BundleVariantForm(VariantForm):
    """The one SKU of a bundle."""

    class Meta:
        model = Variant
        fields = ["sku", "low_stock_quantity"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["sku"].disabled = True


class RenameForm(ReasonForm):
    """The new SKU, and why."""

    sku = forms.CharField(label="New SKU", max_length=40, widget=UnfoldAdminTextInputWidget)
    field_order = ["sku", "reason"]
