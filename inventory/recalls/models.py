"""Recalls: lots that must not reach anybody any more, and what becomes of each unit of them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from config.kernel.db import append_only

REFERENCE_LENGTH_MAX = 100
REASON_LENGTH_MAX = 300


class RecallStatus(models.TextChoices):
    """Where a recall stands; there is no way back from the last two."""

    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Recall(models.Model):
    """Lots that are called back together: why, who began it, how it ended."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=REFERENCE_LENGTH_MAX, unique=True)
    reason = models.CharField(max_length=REASON_LENGTH_MAX)
    chosen = models.JSONField(help_text="How the lots were named when it began.")
    status = models.CharField(
        max_length=10, choices=RecallStatus.choices, default=RecallStatus.OPEN
    )
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    started_by_name = models.CharField(max_length=150, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_by_name = models.CharField(max_length=150, blank=True)
    end_reason = models.CharField(max_length=REASON_LENGTH_MAX, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reference=""), name="recall_has_reference"),
            models.CheckConstraint(
                condition=Q(status="open", ended_at__isnull=True)
                | (~Q(status="open") & Q(ended_at__isnull=False)),
                name="recall_ended_when_not_open",
            ),
        ]
        indexes = [models.Index(fields=["started_at", "id"], name="recall_started_idx")]
        permissions = [
            ("start_recall", "Can recall lots"),
            ("record_recall", "Can say what became of recalled goods"),
            ("close_recall", "Can close a recall"),
            ("withdraw_recall", "Can withdraw a recall, which puts its lots on sale again"),
        ]

    def __str__(self) -> str:
        return self.reference


class RecallLot(models.Model):
    """A recalled lot: what keeps it from sale, and what there was of it when it was frozen."""

    recall = models.ForeignKey("inventory.Recall", on_delete=models.PROTECT, related_name="lots")
    lot = models.ForeignKey("inventory.Lot", on_delete=models.PROTECT, related_name="recalls")
    hold = models.ForeignKey("inventory.LotHold", on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    came_in = models.DecimalField(
        max_digits=16, decimal_places=4, help_text="All that ever came in of it by then."
    )
    on_hand = models.DecimalField(
        max_digits=16, decimal_places=4, help_text="What lay in our warehouses then."
    )
    with_customers = models.DecimalField(
        max_digits=16, decimal_places=4, help_text="Sold by then and not returned."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recall", "lot"], name="recall_lot_unique")]

    def __str__(self) -> str:
        return f"lot {self.lot_id}"


class RecallPlace(models.Model):
    """How much of a recalled lot lay in a warehouse when it was frozen, and was promised."""

    recall_lot = models.ForeignKey(
        "inventory.RecallLot", on_delete=models.PROTECT, related_name="places"
    )
    warehouse = models.ForeignKey("inventory.Warehouse", on_delete=models.PROTECT, related_name="+")
    on_hand = models.DecimalField(max_digits=16, decimal_places=4)
    reserved = models.DecimalField(max_digits=16, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recall_lot", "warehouse"], name="recall_place_unique"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")),
                name="recall_place_quantities",
            ),
        ]

    def __str__(self) -> str:
        return f"warehouse {self.warehouse_id}"


@append_only
class RecallLoss(models.Model):
    """What a reservation lost of one variant when lots were frozen, and what it found instead."""

    recall = models.ForeignKey("inventory.Recall", on_delete=models.PROTECT, related_name="losses")
    reservation = models.ForeignKey(
        "inventory.Reservation", on_delete=models.PROTECT, related_name="+"
    )
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    lost = models.DecimalField(max_digits=16, decimal_places=4)
    found = models.DecimalField(
        max_digits=16, decimal_places=4, help_text="From other lots or places."
    )
    short = models.DecimalField(max_digits=16, decimal_places=4, help_text="What it did not find.")
    lost_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lost__gt=0) & Q(found__gte=0) & Q(short__gte=0),
                name="recall_loss_quantities",
            )
        ]

    def __str__(self) -> str:
        return f"loss of reservation {self.reservation_id}"


class ProgressKind(models.TextChoices):
    """What became of some of the recalled goods."""

    RETURNED = "returned", "Came back from customers"
    WRITTEN_OFF = "written_off", "Destroyed in our warehouse"
    SENT_BACK = "sent_back", "Sent back to the supplier"
    DESTROYED = "destroyed", "Destroyed by the customer or partner"
    USED_UP = "used_up", "Used up or gone, as confirmed"


BOOKED = (ProgressKind.RETURNED, ProgressKind.WRITTEN_OFF, ProgressKind.SENT_BACK)
"""What changes our stock: the ledger counts it, the record only tells who said so."""


@append_only
class RecallProgress(models.Model):
    """What became of some units of a recalled lot: how many, who says so, by which paper."""

    recall_lot = models.ForeignKey(
        "inventory.RecallLot", on_delete=models.PROTECT, related_name="progress"
    )
    kind = models.CharField(max_length=12, choices=ProgressKind.choices)
    quantity = models.DecimalField(max_digits=16, decimal_places=4, help_text="In stock units.")
    warehouse = models.ForeignKey(
        "inventory.Warehouse",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Where it came in or left; null: it was not in our hands.",
    )
    reference = models.CharField(max_length=100, blank=True, help_text="Order, letter, return …")
    note = models.CharField(max_length=200, blank=True)
    reverses = models.OneToOneField(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="reversed_by",
        help_text="The record that this one takes back.",
    )
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True, help_text="Person or API client.")

    class Meta:
        verbose_name = "progress of a recall"
        verbose_name_plural = "progress of recalls"
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="recall_progress_quantity"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["returned", "written_off", "sent_back"],
                    warehouse__isnull=False,
                    reverses__isnull=True,
                )
                | Q(kind__in=["destroyed", "used_up"], warehouse__isnull=True),
                name="recall_progress_booked_in_a_warehouse",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
