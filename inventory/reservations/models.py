"""Reservations: promises of stock, and the lots and places that keep them."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from config.kernel.db import append_only
from config.kernel.ids import new_id


class ReservationStatus(models.TextChoices):
    """Where a reservation stands; there is no way back from the last three."""

    HELD = "held", "Held"
    COMMITTED = "committed", "Committed"
    RELEASED = "released", "Released"
    EXPIRED = "expired", "Expired"


# What a line is short of is owed as long as its reservation is one of these: held, or committed
# because the warehouse has sent some of it.
OWING = ["held", "committed"]


class Reservation(models.Model):
    """A promise to one client that some stock is kept until a time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No index by client, market or channel: each names too many, and every reservation would pay.
    client = models.ForeignKey(
        "kernel.ApiClient",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    reference = models.CharField(max_length=100, help_text="The client's own name for it.")
    order_reference = models.CharField(max_length=100, blank=True)
    market = models.ForeignKey(
        "catalog.Market", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    channel = models.ForeignKey(
        "catalog.Channel", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    deliver_on_date = models.DateField(
        null=True, help_text="The promised day: lots past their sell-by then are not taken."
    )
    is_partial = models.BooleanField(
        default=False, help_text="Less than asked was acceptable when it was made."
    )
    status = models.CharField(
        max_length=10, choices=ReservationStatus.choices, default=ReservationStatus.HELD
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "reference"],
                condition=Q(status="held"),
                name="reservation_reference_unique_while_held",
            ),
            models.CheckConstraint(
                condition=Q(status="held", ended_at__isnull=True)
                | (~Q(status="held") & Q(ended_at__isnull=False)),
                name="reservation_ended_when_not_held",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(status="held"),
                name="reservation_held_expiry_idx",
            ),
            models.Index(fields=["order_reference"], name="reservation_order_idx"),
            models.Index(fields=["reference"], name="reservation_reference_idx"),
            models.Index(fields=["created_at", "id"], name="reservation_created_idx"),
        ]
        permissions = [("release_reservation", "Can release a reservation")]

    def __str__(self) -> str:
        return self.reference


class ReservationLine(models.Model):
    """One wanted variant of a reservation, in stock units, with what the client asked for.

    A bundle's line has a line for each component below it: these keep the stock, and are short.
    """

    reservation = models.ForeignKey(
        "inventory.Reservation",
        on_delete=models.CASCADE,
        related_name="lines",
        db_index=False,  # reservation_line_position_unique begins with it
    )
    position = models.PositiveSmallIntegerField()
    parent = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.CASCADE,
        related_name="components",
        db_index=False,  # reservation_line_slot_unique begins with it, for components alone
        help_text="The line of the bundle that this is a component of.",
    )
    slot = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text="What a component fills in its bundle.",
    )
    is_bundle = models.BooleanField(default=False, db_default=False)
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    requested_quantity = models.DecimalField(max_digits=16, decimal_places=4)
    requested_unit = models.CharField(max_length=8)
    quantity = models.DecimalField(
        max_digits=16, decimal_places=4, help_text="Promised or owed, in stock units."
    )
    shortage = models.DecimalField(
        max_digits=16,
        decimal_places=4,
        default=Decimal(0),
        help_text="What was promised and is no longer there.",
    )
    unit_price = models.DecimalField(
        max_digits=16,
        decimal_places=4,
        null=True,
        help_text="What a stock unit was sold for, if the client said so.",
    )
    price_currency = models.CharField(
        max_length=3, blank=True, db_default="", help_text="ISO 4217 code of the price."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reservation", "position"], name="reservation_line_position_unique"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=0)
                & Q(shortage__gte=0)
                & Q(shortage__lte=F("quantity"))
                & Q(requested_quantity__gt=0),
                name="reservation_line_quantities",
            ),
            models.CheckConstraint(
                condition=Q(unit_price__isnull=True, price_currency="")
                | (Q(unit_price__gte=0) & ~Q(price_currency="")),
                name="reservation_line_price_with_currency",
            ),
            models.UniqueConstraint(
                fields=["parent", "slot"],
                condition=Q(parent__isnull=False),
                name="reservation_line_slot_unique",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True, slot="")
                | (Q(parent__isnull=False, is_bundle=False) & ~Q(slot="")),
                name="reservation_line_component_in_slot",
            ),
            models.CheckConstraint(
                condition=Q(is_bundle=False) | Q(shortage=0),
                name="reservation_line_bundle_not_short_itself",
            ),
        ]
        indexes = [
            models.Index(
                fields=["variant"], condition=Q(shortage__gt=0), name="reservation_line_short_idx"
            )
        ]

    def __str__(self) -> str:
        return f"line {self.position}"


class ShortLine(ReservationLine):
    """A line that is owed more than is kept for it or was sold; on the work list."""

    class Meta:
        proxy = True
        verbose_name = "shortage"
        verbose_name_plural = "shortages"

    def __str__(self) -> str:
        return f"{self.variant.sku} of {self.reservation.reference}"


class Allocation(models.Model):
    """A part of a reservation line that one stock level keeps; open until the reservation ends."""

    line = models.ForeignKey(
        "inventory.ReservationLine", on_delete=models.CASCADE, related_name="allocations"
    )
    stock_level = models.ForeignKey(
        "inventory.StockLevel", on_delete=models.PROTECT, related_name="allocations"
    )
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="allocation_positive"),
        ]
        indexes = [
            models.Index(
                fields=["stock_level"], condition=Q(is_open=True), name="allocation_open_idx"
            )
        ]

    def __str__(self) -> str:
        return f"allocation {self.pk}"


class ChangeKind(models.TextChoices):
    """What became of a reservation after it was made."""

    EXTENDED = "extended", "Extended"
    LOST = "lost", "Stock taken away"
    FILLED = "filled", "Shortage filled"
    CUT = "cut", "Shortage given up"
    RETAKEN = "retaken", "Taken again after its time"
    COMMITTED = "committed", "Committed"
    SHIPPED = "shipped", "Shipped"
    CORRECTED = "corrected", "Lots corrected"
    OFF_SALE = "off_sale", "Taken off sale"
    ON_SALE = "on_sale", "On sale again"
    RELEASED = "released", "Released"
    EXPIRED = "expired", "Expired"


@append_only
class ReservationChange(models.Model):
    """One line of a reservation's history; its making is told by the reservation itself."""

    reservation = models.ForeignKey(
        "inventory.Reservation", on_delete=models.PROTECT, related_name="changes"
    )
    line = models.ForeignKey(
        "inventory.ReservationLine",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Null: all of them.",
    )
    kind = models.CharField(max_length=10, choices=ChangeKind.choices)
    lost = models.DecimalField(max_digits=16, decimal_places=4, default=Decimal(0))
    found = models.DecimalField(
        max_digits=16, decimal_places=4, default=Decimal(0), help_text="From other lots or places."
    )
    detail = models.CharField(max_length=500, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    happened_at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True, help_text="Person or API client.")
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "change of a reservation"
        verbose_name_plural = "changes of reservations"
        constraints = [
            models.CheckConstraint(
                condition=Q(lost__gte=0) & Q(found__gte=0), name="reservation_change_quantities"
            )
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Shipment(models.Model):
    """What a warehouse really sent for an order, in one go."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No index by client, market or channel: each names too many, and every reservation would pay.
    client = models.ForeignKey(
        "kernel.ApiClient",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    reference = models.CharField(max_length=100, help_text="The sender's own number.")
    warehouse = models.ForeignKey("inventory.Warehouse", on_delete=models.PROTECT, related_name="+")
    order_reference = models.CharField(max_length=100)
    shipped_at = models.DateTimeField()
    created_at = models.DateTimeField()
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "reference"], name="shipment_reference_unique"
            ),
            models.UniqueConstraint(
                fields=["reference"],
                condition=Q(client__isnull=True),
                name="shipment_own_reference_unique",
            ),
        ]
        indexes = [models.Index(fields=["order_reference"], name="shipment_order_idx")]

    def __str__(self) -> str:
        return self.reference


class ShipmentLine(models.Model):
    """A line of a shipment as it was sent to us, in stock units."""

    shipment = models.ForeignKey(
        "inventory.Shipment", on_delete=models.PROTECT, related_name="lines"
    )
    position = models.PositiveSmallIntegerField()
    client = models.ForeignKey(
        "kernel.ApiClient", null=True, on_delete=models.PROTECT, related_name="+"
    )
    external_id = models.CharField(max_length=64, blank=True)
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey("inventory.Lot", on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    serials = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shipment", "position"], name="shipped_line_position_unique"
            ),
            models.UniqueConstraint(
                fields=["client", "external_id"],
                condition=~Q(external_id=""),
                name="shipped_line_external_id_unique",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipped_line_quantity"),
        ]

    def __str__(self) -> str:
        return f"line {self.position}"


class ShipmentPart(models.Model):
    """From where a line was sent, and for which line of a reservation."""

    line = models.ForeignKey(
        "inventory.ShipmentLine", on_delete=models.PROTECT, related_name="parts"
    )
    reservation_line = models.ForeignKey(
        "inventory.ReservationLine", on_delete=models.PROTECT, related_name="shipped"
    )
    stock_level = models.ForeignKey(
        "inventory.StockLevel", on_delete=models.PROTECT, related_name="+"
    )
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    is_correction = models.BooleanField(
        default=False, help_text="It was booked from another lot or place before."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["line", "reservation_line", "stock_level", "is_correction"],
                name="shipment_part_unique",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipment_part_quantity"),
        ]

    def __str__(self) -> str:
        return f"part {self.pk}"
