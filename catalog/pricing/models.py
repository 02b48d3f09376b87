"""What things cost us and others: price lists, prices, tax classes."""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from catalog.units.rules import plain
from config.kernel.history import record_history


class TaxClass(models.Model):
    """A group of goods that tax law treats alike."""

    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=100)
    history = record_history()

    class Meta:
        verbose_name_plural = "tax classes"

    def __str__(self) -> str:
        return self.name


class PriceListKind(models.TextChoices):
    """Whose price it is."""

    LIST = "list", "List prices"
    COST = "cost", "Cost prices of a supplier"


class PriceList(models.Model):
    """Prices in one currency: what we ask (in all markets or one), or what a supplier asks."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=4, choices=PriceListKind.choices)
    currency = models.CharField(max_length=3, help_text="ISO 4217 code.")
    market = models.ForeignKey(
        "catalog.Market",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="price_lists",
        help_text="Blank: every market with this currency.",
    )
    partner = models.ForeignKey(
        "catalog.Partner",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="price_lists",
        help_text="The supplier whose costs these are.",
    )
    history = record_history()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="list", partner__isnull=True)
                | Q(kind="cost", partner__isnull=False, market__isnull=True),
                name="price_list_owner_fits_kind",
            ),
            models.UniqueConstraint(
                fields=["partner", "currency"],
                condition=Q(kind="cost"),
                name="price_list_cost_unique",
            ),
            models.UniqueConstraint(
                fields=["market", "currency"],
                condition=Q(kind="list", market__isnull=False),
                name="price_list_market_unique",
            ),
            models.UniqueConstraint(
                fields=["currency"],
                condition=Q(kind="list", market__isnull=True),
                name="price_list_base_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """What one stock unit of a variant costs in a price list, from a day on."""

    price_list = models.ForeignKey(
        "catalog.PriceList", on_delete=models.PROTECT, related_name="prices"
    )
    variant = models.ForeignKey(
        "catalog.Variant",
        on_delete=models.CASCADE,
        related_name="prices",
        db_index=False,  # price_start_unique begins with it
    )
    amount = models.DecimalField(max_digits=14, decimal_places=4)
    valid_from_date = models.DateField(
        null=True, blank=True, help_text="First day it holds; blank: since ever."
    )
    valid_to_date = models.DateField(
        null=True, blank=True, help_text="Last day it holds; blank: until further notice."
    )
    history = record_history()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "price_list", "valid_from_date"],
                name="price_start_unique",
            ),
            models.UniqueConstraint(
                fields=["variant", "price_list"],
                condition=Q(valid_from_date__isnull=True),
                name="price_base_unique",
            ),
            models.CheckConstraint(condition=Q(amount__gte=Decimal(0)), name="price_not_negative"),
            models.CheckConstraint(
                condition=Q(valid_from_date__isnull=True)
                | Q(valid_to_date__isnull=True)
                | Q(valid_to_date__gte=models.F("valid_from_date")),
                name="price_period_not_reversed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant.sku}: {plain(self.amount)}"
