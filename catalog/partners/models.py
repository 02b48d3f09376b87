"""Whom we deal with: suppliers, brand owners, warehouse operators."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from catalog.identifiers.rules import check_digit
from config.kernel.history import record_history


def validate_gln(value: str) -> None:
    """Refuse a GLN that is not 13 digits with a right check digit (GS1 General Specifications)."""
    if len(value) != 13 or not value.isascii() or not value.isdigit():
        raise ValidationError(f"{value} is not a GLN: it has 13 digits.")
    if check_digit(value[:-1]) != int(value[-1]):
        raise ValidationError(
            f"{value} is not a GLN: the last digit would have to be {check_digit(value[:-1])}."
        )


class Partner(models.Model):
    """A company we deal with, in one role or several."""

    code = models.CharField(
        max_length=20,
        unique=True,
        validators=[RegexValidator(r"^[A-Z0-9][A-Z0-9-]*$", "Use A-Z, 0-9 and hyphens.")],
    )
    name = models.CharField(max_length=200)
    is_supplier = models.BooleanField(default=False)
    is_brand_owner = models.BooleanField(default=False)
    is_warehouse_operator = models.BooleanField(default=False)
    gln = models.CharField(
        "GLN", max_length=13, blank=True, validators=[validate_gln], help_text="13 digits."
    )
    email = models.EmailField(blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 code.")
    currency = models.CharField(
        max_length=3, default="EUR", help_text="ISO 4217 code of its price lists."
    )
    history = record_history()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gln"], condition=~models.Q(gln=""), name="partner_gln_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"
