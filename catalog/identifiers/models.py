"""By what names a variant is known outside: barcodes and aliases."""

from collections.abc import Collection
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from catalog.identifiers.errors import InvalidGtin
from catalog.identifiers.rules import normalise_gtin
from config.kernel.history import record_history


class PackagingLevel(models.TextChoices):
    """What the barcode is printed on."""

    EACH = "each", "Single item"
    INNER = "inner", "Inner pack"
    CASE = "case", "Case"
    PALLET = "pallet", "Pallet"


class Barcode(models.Model):
    """A GTIN of a variant, kept as 14 digits, with how many stock units its packaging holds."""

    variant = models.ForeignKey(
        "catalog.Variant", on_delete=models.CASCADE, related_name="barcodes"
    )
    gtin = models.CharField("GTIN", max_length=14)
    packaging_level = models.CharField(
        max_length=10, choices=PackagingLevel.choices, default=PackagingLevel.EACH
    )
    quantity = models.DecimalField(
        max_digits=16,
        decimal_places=4,
        default=Decimal(1),
        help_text="Stock units in this packaging: 12 for a case of 12.",
    )
    history = record_history()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gtin"], name="barcode_gtin_unique"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="barcode_quantity_positive"),
        ]

    def __str__(self) -> str:
        return self.gtin

    def clean(self) -> None:
        """Keep the GTIN as 14 digits; refuse a wrong one or (naming both) another variant's."""
        try:
            self.gtin = normalise_gtin(self.gtin).value
        except InvalidGtin as error:
            raise ValidationError({"gtin": error.detail}) from error
        others = Barcode.objects.filter(gtin=self.gtin).exclude(pk=self.pk)
        owner = others.values_list("variant__sku", flat=True).first()
        if owner is not None:
            taken = f"{self.gtin} is already a barcode of {owner}; {self.variant} cannot share it."
            raise ValidationError({"gtin": taken})

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """The GTIN's uniqueness is told by `clean`, which names its owner."""
        super().validate_constraints({*(exclude or ()), "gtin"})


class AliasScheme(models.TextChoices):
    """Whose language an alias speaks."""

    SUPPLIER = "supplier", "Supplier's code"
    WAREHOUSE = "warehouse", "Warehouse's code"
    MARKETPLACE = "marketplace", "Marketplace's code"
    LEGACY = "legacy", "Former code"


class SkuAlias(models.Model):
    """A partner's (or our own former) code for a variant; unique in its scheme and partner."""

    variant = models.ForeignKey("catalog.Variant", on_delete=models.CASCADE, related_name="aliases")
    scheme = models.CharField(max_length=12, choices=AliasScheme.choices)
    partner = models.ForeignKey(
        "catalog.Partner", null=True, blank=True, on_delete=models.PROTECT, related_name="aliases"
    )
    code = models.CharField(max_length=80)
    history = record_history()

    class Meta:
        verbose_name = "SKU alias"
        verbose_name_plural = "SKU aliases"
        constraints = [
            models.UniqueConstraint(
                fields=["code", "scheme", "partner"],
                condition=Q(partner__isnull=False),
                name="alias_unique_of_partner",
            ),
            models.UniqueConstraint(
                fields=["code", "scheme"],
                condition=Q(partner__isnull=True),
                name="alias_unique_without_partner",
            ),
            models.CheckConstraint(condition=~Q(code=""), name="alias_code_not_blank"),
            models.CheckConstraint(
                condition=~Q(scheme="supplier") | Q(partner__isnull=False),
                name="alias_of_supplier_has_partner",
            ),
        ]

    def __str__(self) -> str:
        return self.code
