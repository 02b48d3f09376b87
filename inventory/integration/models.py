"""The inbox: what warehouses' systems sent, and what became of every line of it."""

from django.db import models
from django.db.models import Q

from inventory.integration.rules import UpdateMode, UpdateResult
from inventory.stock.reasons import StockReason

SOURCE_LENGTH_MAX = 32
EXTERNAL_ID_LENGTH_MAX = 64


class InboundMessage(models.Model):
    """One message from another system: who sent it, when, and what became of its lines."""

    source = models.CharField(
        max_length=SOURCE_LENGTH_MAX, help_text="What the sender calls itself."
    )
    client = models.ForeignKey(
        "kernel.ApiClient", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    client_name = models.CharField(max_length=100, blank=True)
    received_at = models.DateTimeField()
    request_id = models.CharField(max_length=64, blank=True)
    is_atomic = models.BooleanField(default=False, help_text="All lines or none.")
    applied_count = models.PositiveIntegerField(default=0)
    duplicate_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "received stock update"
        indexes = [
            models.Index(fields=["received_at", "id"], name="inbound_received_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.source}, {self.received_at:%Y-%m-%d %H:%M:%S %Z}"


class StockUpdateLine(models.Model):
    """One line of a stock update as it was sent, what became of it and why."""

    message = models.ForeignKey(
        "inventory.InboundMessage", on_delete=models.PROTECT, related_name="lines"
    )
    position = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=SOURCE_LENGTH_MAX)
    external_id = models.CharField(max_length=EXTERNAL_ID_LENGTH_MAX)
    result = models.CharField(
        max_length=9, choices=[(r.value, r.capitalize()) for r in UpdateResult]
    )
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.TextField(blank=True)
    warehouse_code = models.CharField(max_length=20)
    location_code = models.CharField(max_length=30, blank=True)
    item = models.CharField(max_length=100, help_text="SKU, GTIN or alias, as it was sent.")
    variant = models.ForeignKey(
        "catalog.Variant", null=True, on_delete=models.PROTECT, related_name="+"
    )
    lot_code = models.CharField(max_length=40, blank=True, help_text="Blank: the open lot.")
    expires_on = models.DateField(null=True)
    mode = models.CharField(max_length=5, choices=[(m.value, m.capitalize()) for m in UpdateMode])
    quantity = models.DecimalField(max_digits=16, decimal_places=4, help_text="As it was sent.")
    unit = models.CharField(max_length=20)
    expected_quantity = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    reason = models.CharField(
        max_length=10, choices=[(r.value, r.capitalize()) for r in StockReason]
    )
    on_hand_before = models.DecimalField(
        max_digits=16, decimal_places=4, null=True, help_text="In stock units."
    )
    change = models.DecimalField(
        max_digits=16, decimal_places=4, null=True, help_text="In stock units; what was applied."
    )

    class Meta:
        verbose_name = "stock update line"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=Q(result="applied"),
                name="stock_update_applied_once",
            ),
            models.UniqueConstraint(
                fields=["message", "position"], name="stock_update_position_unique"
            ),
            models.CheckConstraint(
                condition=(Q(result="rejected") & ~Q(error_code=""))
                | (~Q(result="rejected") & Q(error_code="")),
                name="stock_update_error_if_rejected",
            ),
            models.CheckConstraint(
                condition=~Q(result="applied") | Q(change__isnull=False),
                name="stock_update_change_if_applied",
            ),
        ]
        indexes = [
            models.Index(fields=["source", "external_id"], name="stock_update_external_idx"),
            models.Index(
                fields=["id"], condition=Q(result="rejected"), name="stock_update_rejected_idx"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.external_id}"
