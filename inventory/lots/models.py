"""Lots: goods made together, and what keeps them from being sold."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from config.kernel.history import record_history


class Lot(models.Model):
    """Goods of one variant with one lot code and one expiry; the open lot has neither."""

    variant = models.ForeignKey(
        "catalog.Variant",
        on_delete=models.PROTECT,
        related_name="lots",
        db_index=False,  # lot_code_unique begins with it
    )
    code = models.CharField(
        max_length=40, blank=True, help_text="As printed on the goods; blank: the open lot."
    )
    production_date = models.DateField(null=True, blank=True)
    expiry_date = models.DateField(
        null=True, blank=True, help_text="Last day of use, inclusive; blank: it does not expire."
    )
    supplier = models.ForeignKey(
        "catalog.Partner", null=True, blank=True, on_delete=models.PROTECT, related_name="lots"
    )
    unit_cost = models.DecimalField(
        max_digits=14, decimal_places=4, null=True, blank=True, help_text="Per stock unit."
    )
    currency = models.CharField(max_length=3, blank=True, help_text="ISO 4217 code of the cost.")
    received_at = models.DateTimeField(help_text="When the first of it came in.")
    opened_on_date = models.DateField(
        null=True, blank=True, help_text="When the container was opened; blank: it is sealed."
    )
    opened_from = models.ForeignKey(
        "inventory.Lot",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="openings",
        help_text="The lot of the container that was opened.",
    )
    split_from = models.ForeignKey(
        "inventory.Lot",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="splits",
        help_text="The lot of which these goods were set apart when they came back.",
    )
    is_refurbished = models.BooleanField(
        default=False, db_default=False, help_text="Came back from a customer and was made good."
    )
    updated_at = models.DateTimeField(
        db_default=Now(),
        editable=False,
        help_text="When something of it moved, was held, released or put right last.",
    )
    history = record_history()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "code"], name="lot_code_unique"),
            models.CheckConstraint(
                condition=Q(production_date__isnull=True)
                | Q(expiry_date__isnull=True)
                | Q(expiry_date__gte=models.F("production_date")),
                name="lot_expires_after_production",
            ),
            models.CheckConstraint(
                condition=~Q(code="") | Q(expiry_date__isnull=True), name="lot_open_never_expires"
            ),
            models.CheckConstraint(
                condition=Q(opened_on_date__isnull=True, opened_from__isnull=True)
                | Q(opened_on_date__isnull=False, opened_from__isnull=False),
                name="lot_opened_from_a_lot",
            ),
            models.CheckConstraint(
                condition=Q(unit_cost__isnull=True, currency="")
                | (Q(unit_cost__gte=0) & ~Q(currency="")),
                name="lot_cost_with_currency",
            ),
        ]
        indexes = [
            models.Index(fields=["expiry_date", "id"], name="lot_expiry_idx"),
            models.Index(fields=["received_at", "id"], name="lot_received_idx"),
            models.Index(fields=["updated_at", "id"], name="lot_updated_idx"),
            models.Index(fields=["variant", "expiry_date"], name="lot_variant_expiry_idx"),
            # Finds a code as a whole and by its beginning.
            models.Index(fields=["code"], opclasses=["varchar_pattern_ops"], name="lot_code_idx"),
        ]
        permissions = [("receive_expiry_digest", "Receives the daily expiry digest by e-mail")]

    def __str__(self) -> str:
        return self.code or "open lot"


class HoldReason(models.TextChoices):
    """Why a lot may not be sold."""

    QUARANTINE = "quarantine", "Quarantine on receipt"
    QUALITY = "quality", "Quality"
    RECALL = "recall", "Recall"
    COMPLIANCE = "compliance", "Compliance"
    DAMAGED = "damaged", "Damaged"


class LotHold(models.Model):
    """One reason for which a lot is kept from sale: who, when, why, and who let it go."""

    lot = models.ForeignKey("inventory.Lot", on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=12, choices=HoldReason.choices)
    note = models.CharField(max_length=500)
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    placed_by_name = models.CharField(max_length=150, blank=True, help_text="Person or API client.")
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    released_by_name = models.CharField(
        max_length=150, blank=True, help_text="Person or API client."
    )
    release_note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "reason"],
                condition=Q(released_at__isnull=True),
                name="lot_hold_open_once_per_reason",
            )
        ]
        permissions = [
            ("place_lothold", "Can put a lot on hold"),
            ("release_lothold", "Can release a lot from hold"),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}"
