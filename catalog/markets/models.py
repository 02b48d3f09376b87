"""Markets and channels: where and through what we sell."""

from django.core.validators import RegexValidator
from django.db import models

from config.kernel.history import record_history


class Market(models.Model):
    """A territory in which rules, tax, currency and language are one, such as `DE` or `US-CA`."""

    code = models.CharField(
        max_length=10,
        unique=True,
        validators=[RegexValidator(r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$", "Write it as DE or US-CA.")],
    )
    name = models.CharField(max_length=100)
    country = models.CharField(max_length=2, help_text="ISO 3166-1 code, such as DE.")
    region = models.CharField(
        max_length=3, blank=True, help_text="State or province, such as CA; blank for all."
    )
    currency = models.CharField(max_length=3, help_text="ISO 4217 code, such as EUR.")
    languages = models.JSONField(
        default=list, help_text='Language codes, best first, such as ["de", "en"].'
    )
    time_zone = models.CharField(max_length=64, default="UTC")
    tax_included = models.BooleanField(
        default=True, help_text="Prices shown to shoppers already contain the tax."
    )
    remaining_days_min = models.PositiveSmallIntegerField(
        default=0, help_text="Days of life a lot must have left to be sold here."
    )
    compliance_grace_days = models.PositiveSmallIntegerField(
        "days of grace",
        default=14,
        help_text="Days that a product stays on sale after a new compliance warning; never after "
        "a finding that it is unlawful.",
    )
    is_active = models.BooleanField(default=True)
    history = record_history()

    def __str__(self) -> str:
        return self.code


class Channel(models.Model):
    """A way to the shopper: web shop, marketplace, store."""

    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=100)
    remaining_days_min = models.PositiveSmallIntegerField(
        default=0, help_text="Days of life a lot must have left to be sold through here."
    )
    hold_seconds = models.PositiveIntegerField(
        default=900, help_text="How long a reservation holds stock unless it says otherwise."
    )
    history = record_history()

    def __str__(self) -> str:
        return self.code
