"""What bundles are made of: slots, and the variants that may fill each."""

from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from polymorphic.managers import PolymorphicManager
from polymorphic.query import PolymorphicQuerySet

from catalog.products.models import BundleProduct
from config.kernel.history import record_history


class _Bundles(PolymorphicManager[Any]):
    """Every bundle: its rows carry the type of the catalogue's model, not the proxy's."""

    def get_queryset(self) -> PolymorphicQuerySet[Any]:
        return PolymorphicQuerySet(self.model, using=self._db).non_polymorphic()


class Bundle(BundleProduct):
    """A bundle looked at by what is in it: the same row as in the catalogue."""

    objects: ClassVar[_Bundles] = _Bundles()

    class Meta:
        proxy = True
        verbose_name = "bundle"
        default_permissions = ("view", "change")


class BundleSlot(models.Model):
    """A place in a bundle, filled by one of its options."""

    bundle = models.ForeignKey(
        "catalog.BundleProduct",
        on_delete=models.CASCADE,
        related_name="slots",
        db_index=False,  # bundle_slot_code_unique begins with it
    )
    position = models.PositiveSmallIntegerField(default=1)
    code = models.SlugField(
        max_length=40, db_index=False, help_text="What a shop calls it in its requests: cap."
    )
    name = models.CharField(max_length=100, help_text="What shoppers read: Cap.")
    is_optional = models.BooleanField(
        "optional", default=False, help_text="May be left out, and is unless it is chosen."
    )
    history = record_history()

    class Meta:
        verbose_name = "slot"
        constraints = [
            models.UniqueConstraint(fields=["bundle", "code"], name="bundle_slot_code_unique"),
            models.CheckConstraint(condition=~Q(code=""), name="bundle_slot_has_code"),
        ]

    def __str__(self) -> str:
        return self.name


class BundleOption(models.Model):
    """A variant that may fill a slot, and how much of it one bundle takes."""

    slot = models.ForeignKey(
        "promotions.BundleSlot",
        on_delete=models.CASCADE,
        related_name="options",
        db_index=False,  # bundle_option_unique begins with it
    )
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(
        max_digits=16,
        decimal_places=4,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.0001"))],
        help_text="For one bundle, in the stock unit of the product.",
    )
    is_default = models.BooleanField(
        "default", default=False, help_text="Taken unless something else is chosen."
    )
    position = models.PositiveSmallIntegerField(default=1)
    history = record_history()

    class Meta:
        verbose_name = "option"
        constraints = [
            models.UniqueConstraint(fields=["slot", "variant"], name="bundle_option_unique"),
            models.UniqueConstraint(
                fields=["slot"], condition=Q(is_default=True), name="bundle_option_one_default"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="bundle_option_quantity_positive"
            ),
        ]

    def __str__(self) -> str:
        return str(self.variant)

    def clean(self) -> None:
        """Refuse a bundle within a bundle."""
        super().clean()
        variant = getattr(self, "variant", None)  # none yet where its field is wrong
        if variant is not None and variant.product.kind == BundleProduct.kind:
            raise ValidationError({"variant": f"{variant.sku} is a bundle itself."})
