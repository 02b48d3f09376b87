"""What suppliers have announced: shipment notices, confirmed at goods in."""

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q


class ShipmentStatus(models.TextChoices):
    """Where an announced delivery stands."""

    EXPECTED = "expected", "Expected"
    PARTLY_RECEIVED = "partly_received", "Partly received"
    RECEIVED = "received", "Received"
    CANCELLED = "cancelled", "Cancelled"


class ShipmentNotice(models.Model):
    """A supplier's advance notice of a delivery: an expected receipt."""

    supplier = models.ForeignKey("catalog.Partner", on_delete=models.PROTECT, related_name="+")
    warehouse = models.ForeignKey(
        "inventory.Warehouse", on_delete=models.PROTECT, related_name="shipment_notices"
    )
    reference = models.CharField(max_length=100, help_text="The supplier's delivery note number.")
    status = models.CharField(
        max_length=16, choices=ShipmentStatus.choices, default=ShipmentStatus.EXPECTED
    )
    import_run = models.ForeignKey(
        "catalog.ImportRun", null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)
    expected_date = models.DateField(
        null=True, blank=True, help_text="When it should arrive, in the warehouse's time zone."
    )

    class Meta:
        verbose_name = "expected delivery"
        verbose_name_plural = "expected deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "reference"],
                condition=~Q(status="cancelled"),
                name="shipment_notice_reference_unique",
            )
        ]
        permissions = [
            ("cancel_shipmentnotice", "Can cancel an expected delivery"),
            ("date_shipmentnotice", "Can say when a delivery is expected"),
        ]

    def __str__(self) -> str:
        return self.reference


class ShipmentNoticeLine(models.Model):
    """One announced lot of a delivery, and how much of it has come in."""

    notice = models.ForeignKey(
        "inventory.ShipmentNotice", on_delete=models.CASCADE, related_name="lines"
    )
    position = models.PositiveIntegerField()
    import_run = models.ForeignKey(
        "catalog.ImportRun",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The file that announced it: rows mended and sent again join the delivery.",
    )
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    lot_code = models.CharField(max_length=40, blank=True)
    production_date = models.DateField(null=True)
    expiry_date = models.DateField(null=True)
    quantity = models.DecimalField(
        max_digits=16, decimal_places=4, help_text="Announced, in stock units."
    )
    received_quantity = models.DecimalField(
        max_digits=16, decimal_places=4, default=Decimal(0), help_text="In stock units."
    )
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "position"], name="shipment_line_position_unique"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(received_quantity__gte=0),
                name="shipment_line_quantities",
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.position}"


class Receipt(models.Model):
    """Goods that a client said have come in, in one go."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(
        "kernel.ApiClient", null=True, on_delete=models.PROTECT, related_name="+"
    )
    warehouse = models.ForeignKey("inventory.Warehouse", on_delete=models.PROTECT, related_name="+")
    notice = models.ForeignKey(
        "inventory.ShipmentNotice", null=True, on_delete=models.PROTECT, related_name="receipts"
    )
    received_at = models.DateTimeField()
    created_at = models.DateTimeField()
    request_id = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class ReceiptLine(models.Model):
    """A line of a receipt as it was booked, in stock units, and what about it was not right."""

    receipt = models.ForeignKey("inventory.Receipt", on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    client = models.ForeignKey(
        "kernel.ApiClient", null=True, on_delete=models.PROTECT, related_name="+"
    )
    external_id = models.CharField(max_length=64)
    stock_level = models.ForeignKey(
        "inventory.StockLevel", on_delete=models.PROTECT, related_name="+"
    )
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    serials = models.JSONField(default=list)
    discrepancies = models.JSONField(
        default=list, help_text="Each with its code and a sentence; with any the lot is on hold."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["receipt", "position"], name="receipt_line_position_unique"
            ),
            models.UniqueConstraint(
                fields=["client", "external_id"], name="receipt_line_external_id_unique"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="receipt_line_quantity"),
        ]

    def __str__(self) -> str:
        return self.external_id
