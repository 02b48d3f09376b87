"""Where goods lie: warehouses, their bins, and which market each of them serves."""

from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from config.kernel.history import record_history


def validate_time_zone(value: str) -> None:
    """Refuse what is no time zone of the IANA database."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValidationError(f"{value} is no time zone; write it like Europe/Berlin.") from error


class Warehouse(models.Model):
    """A site with stock of ours, in its own time zone."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    time_zone = models.CharField(
        max_length=64,
        validators=[validate_time_zone],
        help_text="Such as Europe/Berlin: a lot's last day ends at midnight there.",
    )
    operator = models.ForeignKey(
        "catalog.Partner",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="warehouses",
        help_text="Who runs it; blank: we do.",
    )
    is_sellable = models.BooleanField(
        default=True, help_text="Its stock may be promised to customers."
    )
    history = record_history()

    def __str__(self) -> str:
        return self.code


class LocationKind(models.TextChoices):
    """What a location is for."""

    STORAGE = "storage", "Storage bin"
    DOCK = "dock", "Dock (goods in)"
    IN_TRANSIT = "in_transit", "In transit"
    RETURNS = "returns", "Returns (until inspected)"


KEPT_APART = (LocationKind.IN_TRANSIT, LocationKind.RETURNS)
"""Places never sold from; what lies there changes with its transfer or its return alone."""


class Location(models.Model):
    """An addressable place in a warehouse. A warehouse without bins has one."""

    warehouse = models.ForeignKey(
        "inventory.Warehouse", on_delete=models.PROTECT, related_name="locations"
    )
    code = models.CharField(max_length=30)
    kind = models.CharField(
        max_length=10, choices=LocationKind.choices, default=LocationKind.STORAGE
    )
    is_active = models.BooleanField(default=True)
    history = record_history()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["warehouse", "code"], name="location_code_unique"),
            models.UniqueConstraint(
                fields=["warehouse"],
                condition=Q(kind="in_transit"),
                name="location_one_in_transit",
            ),
            models.UniqueConstraint(
                fields=["warehouse"],
                condition=Q(kind="returns"),
                name="location_one_for_returns",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class MarketWarehouse(models.Model):
    """A warehouse from which a market is served, and in which order it is asked."""

    market = models.ForeignKey("catalog.Market", on_delete=models.CASCADE, related_name="sources")
    warehouse = models.ForeignKey(
        "inventory.Warehouse", on_delete=models.CASCADE, related_name="markets"
    )
    position = models.PositiveSmallIntegerField(default=1, help_text="1 is asked first.")
    history = record_history()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["market", "warehouse"], name="market_warehouse_unique"),
            models.UniqueConstraint(
                fields=["market", "position"], name="market_warehouse_position_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.market.code}: {self.position}. {self.warehouse.code}"
