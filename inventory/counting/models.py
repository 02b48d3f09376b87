"""Cycle counts: what is to be counted, what was counted by whom, and what was decided about it."""

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.kernel.db import append_only
from inventory.counting.rules import NO_DIFFERENCE, Figure, PieceDifference, compare_pieces
from inventory.stock.reasons import StockReason


class CountStatus(models.TextChoices):
    """Where a count stands."""

    DRAFT = "draft", "Draft"
    COUNTING = "counting", "Counting"
    SECOND_COUNT = "second_count", "Second count"
    TO_APPROVE = "to_approve", "To approve"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"


class CycleCount(models.Model):
    """A part of a warehouse that is counted: blind, again where it differs, then decided."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=60, help_text="Stands in the ledger.")
    client = models.ForeignKey(
        "kernel.ApiClient",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The system that sent it; blank: planned here.",
    )
    fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    warehouse = models.ForeignKey(
        "inventory.Warehouse", on_delete=models.PROTECT, related_name="counts"
    )
    scope = models.CharField(max_length=300, help_text="What is counted, in words.")
    status = models.CharField(max_length=12, choices=CountStatus.choices, default=CountStatus.DRAFT)
    tolerance_units = models.DecimalField(max_digits=12, decimal_places=4, default=Decimal(0))
    tolerance_percent = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(0))
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_by_name = models.CharField(max_length=150, blank=True)
    started_at = models.DateTimeField(null=True)
    counted_at = models.DateTimeField(null=True, help_text="When its last round was finished.")
    closed_at = models.DateTimeField(null=True, help_text="When it was decided or cancelled.")
    closed_by_name = models.CharField(max_length=150, blank=True)
    cancel_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "count"
        constraints = [
            models.UniqueConstraint(
                fields=["client", "reference"],
                condition=Q(client__isnull=False),
                name="count_reference_unique_for_client",
            ),
            models.UniqueConstraint(
                fields=["reference"],
                condition=Q(client__isnull=True),
                name="count_reference_unique",
            ),
            models.CheckConstraint(
                condition=Q(tolerance_units__gte=0)
                & Q(tolerance_percent__gte=0)
                & Q(tolerance_percent__lte=100),
                name="count_tolerance_sensible",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["closed", "cancelled"], closed_at__isnull=False)
                | (~Q(status__in=["closed", "cancelled"]) & Q(closed_at__isnull=True)),
                name="count_closed_when_it_is",
            ),
        ]
        indexes = [models.Index(fields=["created_at", "id"], name="count_created_idx")]
        permissions = [
            ("plan_count", "Can plan, start and cancel counts"),
            ("enter_count", "Can enter what was counted"),
            ("approve_count", "Can decide about differences of a count"),
        ]

    def __str__(self) -> str:
        return self.reference


class LineStatus(models.TextChoices):
    """Where a line of a count stands."""

    TO_COUNT = "to_count", "To count"
    COUNTED = "counted", "Counted"
    RECOUNT = "recount", "Count again"
    DIFFERENCE = "difference", "To approve"
    MATCHED = "matched", "As in the books"
    APPLIED = "applied", "Booked"
    REJECTED = "rejected", "Not booked"
    LEFT = "left", "Not counted"


OPEN_LINE = ["to_count", "counted", "recount", "difference"]


class CountLine(models.Model):
    """One lot in one place that is counted; its figures are those of its last entry."""

    count = models.ForeignKey(
        "inventory.CycleCount", on_delete=models.PROTECT, related_name="lines"
    )
    position = models.PositiveIntegerField()
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey("inventory.Location", on_delete=models.PROTECT, related_name="+")
    lot_code = models.CharField(max_length=40, blank=True, help_text="Blank: the open lot.")
    expiry_date = models.DateField(null=True)
    stock_level = models.ForeignKey(
        "inventory.StockLevel",
        null=True,
        on_delete=models.PROTECT,
        related_name="count_lines",
        help_text="Null: nothing of it ever lay there, as far as we know.",
    )
    is_found = models.BooleanField(default=False, help_text="Was not on the list, but there.")
    external_id = models.CharField(max_length=64, blank=True)
    status = models.CharField(
        max_length=10, choices=LineStatus.choices, default=LineStatus.TO_COUNT
    )
    rounds = models.PositiveSmallIntegerField(default=0, help_text="How often it was counted.")
    first_quantity = models.DecimalField(
        max_digits=16, decimal_places=4, null=True, help_text="Of the round before, if any."
    )
    quantity = models.DecimalField(
        max_digits=16, decimal_places=4, null=True, help_text="Counted, in stock units."
    )
    serials = models.JSONField(
        null=True, help_text="The pieces that were scanned; null: only how many there were."
    )
    counted_at = models.DateTimeField(null=True)
    counted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    counted_by_name = models.CharField(max_length=150, blank=True)
    book_quantity = models.DecimalField(
        max_digits=16,
        decimal_places=4,
        null=True,
        help_text="What the books said lay there at that moment.",
    )
    book_serials = models.JSONField(
        null=True,
        help_text="The pieces that the books had there then; null: they carry no serial numbers.",
    )
    last_movement_id = models.BigIntegerField(
        null=True, help_text="Up to this line of the ledger the books were read; null: none."
    )
    difference = models.DecimalField(
        max_digits=16, decimal_places=4, null=True, help_text="Counted less book."
    )
    reason = models.CharField(
        max_length=10, blank=True, choices=[(r.value, r.capitalize()) for r in StockReason]
    )
    note = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_by_name = models.CharField(
        max_length=150, blank=True, help_text="Blank where the tolerance decided."
    )
    movement = models.ForeignKey(
        "inventory.StockMovement", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "counted line"
        constraints = [
            models.UniqueConstraint(
                fields=["count", "position"], name="count_line_position_unique"
            ),
            models.UniqueConstraint(
                fields=["location", "variant", "lot_code"],
                condition=Q(status__in=OPEN_LINE),
                name="count_line_open_once",
            ),
            models.CheckConstraint(
                condition=Q(quantity__isnull=True) | Q(quantity__gte=0),
                name="count_line_quantity_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["to_count", "left"])
                | (
                    Q(quantity__isnull=False)
                    & Q(counted_at__isnull=False)
                    & Q(book_quantity__isnull=False)
                ),
                name="count_line_has_a_figure",
            ),
        ]
        indexes = [
            models.Index(
                fields=["count", "position"],
                condition=Q(status="difference"),
                name="count_line_to_approve_idx",
            )
        ]

    def __str__(self) -> str:
        return f"{self.variant.sku} in {self.location.code}"

    @property
    def figure(self) -> Figure:
        """Its last figure; only of a line that was counted."""
        assert self.quantity is not None, "an empty field is not a zero"
        assert self.counted_at is not None, "a figure has a time"
        assert self.book_quantity is not None, "a figure is compared with the books"
        return Figure(
            quantity=self.quantity, counted_at=self.counted_at, book_quantity=self.book_quantity
        )

    @property
    def scanned(self) -> list[str] | None:
        """The pieces that were there; None: nobody said which, or they carry no numbers."""
        if self.book_serials is None or (self.serials is None and self.quantity):
            return None
        return self.serials or []

    @property
    def pieces(self) -> PieceDifference:
        """Which pieces are missing, and which were not expected."""
        if self.scanned is None:
            return NO_DIFFERENCE
        return compare_pieces(self.scanned, self.book_serials or [])


@append_only
class CountEntry(models.Model):
    """One figure as somebody entered it; a later one of the same round replaces a slip."""

    line = models.ForeignKey(
        "inventory.CountLine", on_delete=models.PROTECT, related_name="entries"
    )
    round = models.PositiveSmallIntegerField()
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    serials = models.JSONField(null=True)
    book_quantity = models.DecimalField(max_digits=16, decimal_places=4)
    counted_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    counted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    counted_by_name = models.CharField(max_length=150, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "figure of a count"
        verbose_name_plural = "figures of counts"
        indexes = [models.Index(fields=["line", "id"], name="count_entry_line_idx")]

    def __str__(self) -> str:
        return f"round {self.round}"
