"""Variants: what is sold and stocked."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from catalog.identifiers.errors import InvalidSku
from catalog.identifiers.rules.sku import PREFIX_BY_KIND, validate_sku
from catalog.products.models.products import BundleProduct, unit_choices
from config.kernel.history import record_history


def validate_sku_format(value: str) -> None:
    """Refuse a SKU that breaks our standard."""
    try:
        validate_sku(value)
    except InvalidSku as error:
        raise ValidationError(error.detail) from error


class Variant(models.Model):
    """One size, shade or colour of a product, under one SKU; a product without choices has one."""

    product = models.ForeignKey(
        "catalog.Product",
        on_delete=models.PROTECT,
        related_name="variants",
        db_index=False,  # variant_options_unique begins with it
    )
    sku = models.CharField(
        "SKU",
        max_length=40,
        validators=[validate_sku_format],
        help_text="Left empty, one is made. It cannot change once stock has moved.",
    )
    size = models.CharField(max_length=60, blank=True)
    shade = models.CharField(max_length=60, blank=True)
    colour = models.CharField(max_length=60, blank=True)
    content_quantity = models.DecimalField(
        max_digits=16, decimal_places=4, null=True, blank=True, help_text="Such as 50."
    )
    content_unit = models.CharField(
        max_length=8, choices=unit_choices, blank=True, help_text="Such as ml."
    )
    low_stock_quantity = models.DecimalField(
        max_digits=16,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="Stock units at or below which it counts as low; blank: as its category says.",
    )
    history = record_history()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sku"], name="variant_sku_unique"),
            models.UniqueConstraint(
                fields=["product", "size", "shade", "colour", "content_quantity", "content_unit"],
                name="variant_options_unique",
            ),
            models.CheckConstraint(
                condition=(Q(content_quantity__isnull=True) & Q(content_unit=""))
                | (Q(content_quantity__gt=0) & ~Q(content_unit="")),
                name="variant_content_whole",
            ),
            models.CheckConstraint(
                condition=Q(low_stock_quantity__isnull=True) | Q(low_stock_quantity__gte=0),
                name="variant_low_stock_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.sku

    def clean(self) -> None:
        """A bundle has one SKU, which says that it is one: what a shopper chooses is in slots."""
        super().clean()
        product = getattr(self, "product", None)  # none yet where its field is wrong
        if product is None:
            return
        is_bundle = product.kind == BundleProduct.kind
        prefix = f"{PREFIX_BY_KIND[BundleProduct.kind]}-"
        if self.sku and self.sku.startswith(prefix) != is_bundle:
            raise ValidationError(
                {
                    "sku": f"The SKU of a bundle begins with {prefix}, not {self.sku}."
                    if is_bundle
                    else f"{self.sku}: only bundles have a SKU that begins with {prefix}."
                }
            )
        if not is_bundle:
            return
        others = Variant.objects.filter(product_id=self.product_id).exclude(pk=self.pk)
        if others.exists():
            raise ValidationError("A bundle has one SKU: what can be chosen are its slots.")

    @property
    def options(self) -> str:
        """Size, shade and colour as one text, such as `M, blue`."""
        return ", ".join(value for value in (self.size, self.shade, self.colour) if value)
