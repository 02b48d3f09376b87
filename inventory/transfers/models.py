"""Transfers: goods that go from one warehouse to another, and what of them has arrived."""

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class TransferStatus(models.TextChoices):
    """Where a transfer stands; there is no way back from the last two."""

    PLANNED = "planned", "Planned"
    DISPATCHED = "dispatched", "On the road"
    PARTLY_RECEIVED = "partly_received", "Partly received"
    RECEIVED = "received", "Received"
    CANCELLED = "cancelled", "Cancelled"


class Transfer(models.Model):
    """Some goods that go from one warehouse to another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(
        "kernel.ApiClient", null=True, on_delete=models.PROTECT, related_name="+"
    )
    reference = models.CharField(max_length=100, help_text="Stands in the ledger beside its lines.")
    source = models.ForeignKey(
        "inventory.Warehouse",
        on_delete=models.PROTECT,
        related_name="transfers_out",
        verbose_name="from",
    )
    destination = models.ForeignKey(
        "inventory.Warehouse",
        on_delete=models.PROTECT,
        related_name="transfers_in",
        verbose_name="to",
    )
    status = models.CharField(
        max_length=16, choices=TransferStatus.choices, default=TransferStatus.PLANNED
    )
    expected_date = models.DateField(
        null=True, blank=True, help_text="When it should arrive, in the destination's time zone."
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_by_name = models.CharField(max_length=150, blank=True)
    dispatched_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    short_at = models.DateTimeField(
        null=True, help_text="When it was said that no more comes though some is missing."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reference"],
                condition=~Q(status="cancelled"),
                name="transfer_reference_unique",
            ),
            models.CheckConstraint(
                condition=~Q(source=F("destination")), name="transfer_between_two_warehouses"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["planned", "cancelled"], dispatched_at__isnull=True)
                | Q(
                    status__in=["dispatched", "partly_received", "received"],
                    dispatched_at__isnull=False,
                ),
                name="transfer_dispatched_when_sent",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["received", "cancelled"], ended_at__isnull=False)
                | (~Q(status__in=["received", "cancelled"]) & Q(ended_at__isnull=True)),
                name="transfer_ended_when_over",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="transfer_created_idx"),
            models.Index(
                fields=["destination", "expected_date"],
                condition=Q(status__in=["dispatched", "partly_received"]),
                name="transfer_on_the_road_idx",
            ),
        ]
        permissions = [
            ("plan_transfer", "Can plan, date and cancel a transfer"),
            ("dispatch_transfer", "Can send a transfer off"),
            ("receive_transfer", "Can receive a transfer"),
        ]

    def __str__(self) -> str:
        return self.reference


class TransferLine(models.Model):
    """What is to be sent of one variant; without a lot what expires first."""

    transfer = models.ForeignKey(
        "inventory.Transfer", on_delete=models.CASCADE, related_name="lines"
    )
    position = models.PositiveSmallIntegerField()
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey("inventory.Lot", null=True, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=16, decimal_places=4, help_text="In stock units.")
    serials = models.JSONField(default=list, help_text="Which pieces, where they carry numbers.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["transfer", "position"], name="transfer_line_position_unique"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="transfer_line_quantity"),
        ]

    def __str__(self) -> str:
        return f"line {self.position}"


class TransferItem(models.Model):
    """One lot that was sent: how much, and what has become of it."""

    transfer = models.ForeignKey(
        "inventory.Transfer", on_delete=models.PROTECT, related_name="items"
    )
    road_level = models.ForeignKey(
        "inventory.StockLevel",
        on_delete=models.PROTECT,
        related_name="transfer_items",
        help_text="Where the lot lies between the two warehouses.",
    )
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    sent = models.DecimalField(max_digits=16, decimal_places=4)
    received = models.DecimalField(max_digits=16, decimal_places=4, default=Decimal(0))
    written_off = models.DecimalField(
        max_digits=16, decimal_places=4, default=Decimal(0), help_text="It never arrived."
    )
    surplus = models.DecimalField(
        max_digits=16,
        decimal_places=4,
        default=Decimal(0),
        help_text="Arrived beyond what was sent, and found so.",
    )

    class Meta:
        verbose_name = "goods on the road"
        verbose_name_plural = "goods on the road"
        constraints = [
            models.UniqueConstraint(
                fields=["transfer", "road_level"], name="transfer_item_lot_unique"
            ),
            models.CheckConstraint(
                condition=Q(sent__gt=0)
                & Q(received__gte=0)
                & Q(written_off__gte=0)
                & Q(surplus__gte=0)
                & Q(sent__gte=F("received") + F("written_off")),
                name="transfer_item_quantities",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant.sku} of {self.transfer.reference}"

    @property
    def on_the_road(self) -> Decimal:
        """What has neither arrived nor been written off."""
        return self.sent - self.received - self.written_off
