"""Returns: what customers may send back, what came, and what became of each unit of it."""

import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from config.kernel.db import append_only

if TYPE_CHECKING:
    from catalog.products.models import Variant

REFERENCE_LENGTH_MAX = 100
REASON_LENGTH_MAX = 300
NOTE_LENGTH_MAX = 300


class ReturnStatus(models.TextChoices):
    """Where a return stands; there is no way back from the last two."""

    AUTHORISED = "authorised", "Authorised"
    RECEIVED = "received", "Received"
    INSPECTED = "inspected", "Inspected"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"


class ReturnReason(models.TextChoices):
    """Why a customer sends goods back."""

    DAMAGED = "damaged", "Damaged"
    WRONG_ITEM = "wrong_item", "Wrong item"
    WRONG_SIZE = "wrong_size", "Wrong size"
    CHANGED_MIND = "changed_mind", "Changed mind"
    ALLERGIC_REACTION = "allergic_reaction", "Allergic reaction"
    EXPIRED = "expired", "Expired"
    OTHER = "other", "Other"


class Disposition(models.TextChoices):
    """What becomes of goods that came back."""

    RESTOCK = "restock", "Back on sale"
    REFURBISH = "refurbish", "Refurbish"
    QUARANTINE = "quarantine", "Quarantine"
    SCRAP = "scrap", "Scrap"
    SUPPLIER = "back_to_supplier", "Back to the supplier"


class ReturnAuthorization(models.Model):
    """Leave to send goods of one order back (RMA); a blind one is for an order we never saw."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(
        "kernel.ApiClient", null=True, on_delete=models.PROTECT, related_name="+"
    )
    reference = models.CharField(
        max_length=REFERENCE_LENGTH_MAX, help_text="Stands in the ledger beside its lines."
    )
    order_reference = models.CharField(max_length=REFERENCE_LENGTH_MAX, blank=True)
    is_blind = models.BooleanField(
        default=False, help_text="Nothing was sold under this order; a person said why it is taken."
    )
    blind_reason = models.CharField(max_length=REASON_LENGTH_MAX, blank=True)
    market = models.ForeignKey("catalog.Market", on_delete=models.PROTECT, related_name="+")
    warehouse = models.ForeignKey(
        "inventory.Warehouse",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Where it last came in.",
    )
    status = models.CharField(
        max_length=10, choices=ReturnStatus.choices, default=ReturnStatus.AUTHORISED
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_by_name = models.CharField(max_length=150, blank=True)
    received_at = models.DateTimeField(null=True, help_text="When goods last came in.")
    inspected_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "return"
        constraints = [
            models.CheckConstraint(condition=~Q(reference=""), name="return_has_reference"),
            models.UniqueConstraint(fields=["client", "reference"], name="return_reference_unique"),
            models.UniqueConstraint(
                fields=["reference"],
                condition=Q(client__isnull=True),
                name="return_own_reference_unique",
            ),
            models.CheckConstraint(
                condition=Q(is_blind=False, blind_reason="") & ~Q(order_reference="")
                | (Q(is_blind=True) & ~Q(blind_reason="")),
                name="return_of_an_order_or_blind_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["closed", "cancelled"], ended_at__isnull=False)
                | (~Q(status__in=["closed", "cancelled"]) & Q(ended_at__isnull=True)),
                name="return_ended_when_over",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["authorised", "cancelled"], received_at__isnull=True)
                | Q(
                    status__in=["received", "inspected", "closed"],
                    received_at__isnull=False,
                    warehouse__isnull=False,
                ),
                name="return_received_when_goods_came",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="return_created_idx"),
            models.Index(fields=["order_reference"], name="return_order_idx"),
            models.Index(
                fields=["created_at"],
                condition=Q(status__in=["authorised", "received", "inspected"]),
                name="return_open_idx",
            ),
        ]
        permissions = [
            ("authorise_return", "Can let customers send goods back, and cancel it"),
            ("authorise_blind_return", "Can take back goods of an order that we never saw"),
            ("receive_return", "Can receive what customers send back"),
            ("inspect_return", "Can say what becomes of what came back"),
            ("close_return", "Can close a return"),
        ]

    def __str__(self) -> str:
        return self.reference


class ReturnLine(models.Model):
    """What is to come back of one variant, why, and what is given for it."""

    authorization = models.ForeignKey(
        "inventory.ReturnAuthorization", on_delete=models.CASCADE, related_name="lines"
    )
    position = models.PositiveSmallIntegerField()
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    requested_quantity = models.DecimalField(max_digits=16, decimal_places=4)
    requested_unit = models.CharField(max_length=8)
    quantity = models.DecimalField(
        max_digits=16, decimal_places=4, help_text="Announced, in stock units."
    )
    received = models.DecimalField(max_digits=16, decimal_places=4, default=Decimal(0))
    reason = models.CharField(max_length=20, choices=ReturnReason.choices)
    note = models.CharField(max_length=NOTE_LENGTH_MAX, blank=True)
    lot = models.ForeignKey(
        "inventory.Lot",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="As claimed, or the only lot that was sold; null: nobody knows yet.",
    )
    serials = models.JSONField(default=list, help_text="Which pieces, where they carry numbers.")
    exchange_variant = models.ForeignKey(
        "catalog.Variant", null=True, on_delete=models.PROTECT, related_name="+"
    )
    exchange_quantity = models.DecimalField(
        max_digits=16, decimal_places=4, null=True, help_text="In the replacement's stock units."
    )
    exchange_reservation = models.ForeignKey(
        "inventory.Reservation", null=True, on_delete=models.PROTECT, related_name="+"
    )
    is_exchange_approved = models.BooleanField(null=True, help_text="Null: nobody has decided yet.")

    class Meta:
        verbose_name = "line of a return"
        verbose_name_plural = "lines of returns"
        constraints = [
            models.UniqueConstraint(
                fields=["authorization", "position"], name="return_line_position_unique"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(requested_quantity__gt=0) & Q(received__gte=0),
                name="return_line_quantities",
            ),
            models.CheckConstraint(
                condition=Q(
                    exchange_variant__isnull=True,
                    exchange_quantity__isnull=True,
                    exchange_reservation__isnull=True,
                    is_exchange_approved__isnull=True,
                )
                | Q(
                    exchange_variant__isnull=False,
                    exchange_quantity__gt=0,
                    exchange_reservation__isnull=False,
                ),
                name="return_line_exchange_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.position}"


class ReturnPart(models.Model):
    """How much of a returned line counts against which line of the sale.

    What is sold and has not come back is the sale's quantity less these, of all returns but
    cancelled ones; a closed return counts what came.
    """

    line = models.ForeignKey("inventory.ReturnLine", on_delete=models.CASCADE, related_name="parts")
    sold_line = models.ForeignKey(
        "inventory.ReservationLine", on_delete=models.PROTECT, related_name="returned"
    )
    quantity = models.DecimalField(max_digits=16, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "sold_line"], name="return_part_unique"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="return_part_quantity"),
        ]

    def __str__(self) -> str:
        return f"part {self.pk}"


class ReturnItem(models.Model):
    """What came back of a line in one lot: where it lies, and how much of it is decided."""

    line = models.ForeignKey("inventory.ReturnLine", on_delete=models.PROTECT, related_name="items")
    stock_level = models.ForeignKey(
        "inventory.StockLevel",
        on_delete=models.PROTECT,
        related_name="return_items",
        help_text="Where it lies until it is inspected.",
    )
    is_identified = models.BooleanField(
        default=True, help_text="Whether its lot is known; else it lies in a lot made for it."
    )
    received = models.DecimalField(max_digits=16, decimal_places=4)
    decided = models.DecimalField(max_digits=16, decimal_places=4, default=Decimal(0))

    class Meta:
        verbose_name = "goods of a return"
        verbose_name_plural = "goods of returns"
        constraints = [
            models.UniqueConstraint(fields=["line", "stock_level"], name="return_item_unique"),
            models.CheckConstraint(
                condition=Q(received__gt=0) & Q(decided__gte=0) & Q(decided__lte=F("received")),
                name="return_item_quantities",
            ),
        ]

    def __str__(self) -> str:
        return f"goods {self.pk}"

    @property
    def waiting(self) -> Decimal:
        """What nobody has decided about."""
        return self.received - self.decided


@append_only
class ReturnOutcome(models.Model):
    """What was decided about some units that came back, by whom, and how they were found."""

    line = models.ForeignKey(
        "inventory.ReturnLine", on_delete=models.PROTECT, related_name="outcomes"
    )
    disposition = models.CharField(max_length=16, choices=Disposition.choices)
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    lot = models.ForeignKey(
        "inventory.Lot",
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Of which they are as inspected.",
    )
    is_lot_known = models.BooleanField()
    stock_level = models.ForeignKey(
        "inventory.StockLevel",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Where they were put; null: they are gone.",
    )
    is_sealed = models.BooleanField(null=True, help_text="Null: nobody looked.")
    condition = models.CharField(max_length=NOTE_LENGTH_MAX, blank=True)
    reference = models.CharField(max_length=REFERENCE_LENGTH_MAX, blank=True)
    serials = models.JSONField(default=list)
    decided_at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True, help_text="Person or API client.")

    class Meta:
        verbose_name = "outcome of a return"
        verbose_name_plural = "outcomes of returns"
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="return_outcome_quantity"),
            models.CheckConstraint(
                condition=~Q(disposition="restock") | Q(is_lot_known=True),
                name="return_outcome_sold_again_of_known_lot",
            ),
        ]

    def __str__(self) -> str:
        return self.get_disposition_display()

    @property
    def became(self) -> "Variant | None":
        """The variant that the goods were refurbished into; None: they are what they were."""
        level = self.stock_level
        if level is None or level.variant_id == self.line.variant_id:
            return None
        return level.variant


class ReturnChangeKind(models.TextChoices):
    """What happened to a return."""

    AUTHORISED = "authorised", "Authorised"
    RECEIVED = "received", "Received"
    INSPECTED = "inspected", "Inspected"
    SENT = "sent", "Replacement sent"
    REFUSED = "refused", "Replacement refused"
    HELD_AGAIN = "held_again", "Replacement held again"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"


@append_only
class ReturnChange(models.Model):
    """One line of a return's history."""

    authorization = models.ForeignKey(
        "inventory.ReturnAuthorization", on_delete=models.PROTECT, related_name="changes"
    )
    kind = models.CharField(max_length=10, choices=ReturnChangeKind.choices)
    detail = models.CharField(max_length=500, blank=True)
    happened_at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True, help_text="Person or API client.")
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "change of a return"
        verbose_name_plural = "changes of returns"

    def __str__(self) -> str:
        return self.get_kind_display()
