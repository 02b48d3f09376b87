"""Stock levels and the ledger that explains them."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from catalog.units.rules import plain
from config.kernel.db import append_only


class StockLevel(models.Model):
    """How much of one lot lies in one location, and how much of it is promised."""

    lot = models.ForeignKey("inventory.Lot", on_delete=models.PROTECT, related_name="levels")
    location = models.ForeignKey(
        "inventory.Location", on_delete=models.PROTECT, related_name="levels"
    )
    variant = models.ForeignKey(
        "catalog.Variant",
        on_delete=models.PROTECT,
        related_name="stock_levels",
        help_text="The lot's variant, repeated here so that stock is locked and read by variant.",
    )
    on_hand = models.DecimalField(max_digits=16, decimal_places=4, default=Decimal(0))
    reserved = models.DecimalField(max_digits=16, decimal_places=4, default=Decimal(0))
    changed_at = models.DateTimeField(
        null=True, editable=False, help_text="When its last movement was written."
    )

    class Meta:
        verbose_name = "place with stock"
        verbose_name_plural = "stock by place"
        constraints = [
            models.UniqueConstraint(fields=["lot", "location"], name="stock_level_unique"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")),
                name="stock_level_reserved_within_on_hand",
            ),
        ]
        indexes = [
            models.Index(fields=["changed_at"], name="stock_level_changed_idx"),
            # What lies where: most places of a lot are empty in the end.
            models.Index(
                fields=["location"], condition=Q(on_hand__gt=0), name="stock_level_filled_idx"
            ),
            models.Index(
                fields=["variant"], condition=Q(on_hand__gt=0), name="stock_level_sku_filled_idx"
            ),
        ]
        permissions = [
            ("receive_stock", "Can receive goods into stock"),
            ("move_stock", "Can move stock between locations"),
            ("adjust_stock", "Can adjust stock with a reason"),
            ("write_off_stock", "Can write stock off"),
            ("open_containers", "Can open containers for decants and testers"),
            ("return_to_supplier", "Can send stock back to its supplier"),
        ]

    def __str__(self) -> str:
        where = f"{self.location.warehouse.code} · {self.location.code}"
        lot = f"lot {self.lot.code}" if self.lot.code else "open lot"
        return f"{where}: {self.variant.sku}, {lot}"


class MovementKind(models.TextChoices):
    """What kind of change a movement is."""

    RECEIPT = "receipt", "Receipt"
    SALE = "sale", "Sale"
    RETURN = "return", "Return"
    SUPPLIER_RETURN = "supplier_return", "Return to supplier"
    MOVE = "move", "Move"
    TRANSFER = "transfer", "Transfer"
    ADJUSTMENT = "adjustment", "Adjustment"
    COUNT = "count", "Count"
    WRITE_OFF = "write_off", "Write-off"
    DECANT = "decant", "Decant"


@append_only
class StockMovement(models.Model):
    """An immutable line of the ledger: one signed change of one stock level."""

    stock_level = models.ForeignKey(
        "inventory.StockLevel", on_delete=models.PROTECT, related_name="movements"
    )
    quantity = models.DecimalField(
        max_digits=16, decimal_places=4, help_text="Stock units; negative when goods leave."
    )
    on_hand_after = models.DecimalField(
        max_digits=16,
        decimal_places=4,
        help_text="On hand of its stock level after this line, in the order of writing.",
    )
    kind = models.CharField(max_length=16, choices=MovementKind.choices)
    reason = models.CharField(max_length=200, blank=True)
    reference = models.CharField(
        max_length=100, blank=True, help_text="Order, delivery note, count … that caused it."
    )
    step_id = models.UUIDField(
        null=True, help_text="The two lines of one move or transfer step carry the same."
    )
    happened_at = models.DateTimeField(help_text="When it happened in the warehouse.")
    recorded_at = models.DateTimeField(
        help_text="When it was written here; never before an earlier line of its stock level."
    )
    is_late = models.BooleanField(
        default=False, help_text="Written more than a day after it happened."
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True, help_text="Person or API client.")
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "movement"
        verbose_name_plural = "movements"
        constraints = [
            models.CheckConstraint(condition=~Q(quantity=0), name="movement_quantity_not_zero"),
            models.CheckConstraint(
                condition=Q(on_hand_after__gte=0), name="movement_leaves_no_less_than_nothing"
            ),
            models.CheckConstraint(
                condition=Q(happened_at__lte=F("recorded_at")),
                name="movement_recorded_when_it_has_happened",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["move", "transfer"]) | Q(step_id__isnull=False),
                name="movement_step_has_id",
            ),
        ]
        indexes = [
            models.Index(fields=["stock_level", "recorded_at", "id"], name="movement_level_idx"),
            models.Index(
                fields=["stock_level", "recorded_at"],
                condition=Q(is_late=True),
                name="movement_late_idx",
            ),
            models.Index(fields=["recorded_at", "id"], name="movement_recorded_idx"),
            models.Index(
                fields=["reference"], condition=~Q(reference=""), name="movement_reference_idx"
            ),
            models.Index(
                fields=["request_id"], condition=~Q(request_id=""), name="movement_request_idx"
            ),
            models.Index(fields=["actor_name", "id"], name="movement_actor_idx"),
        ]

    def __str__(self) -> str:
        sign = "+" if self.quantity > 0 else ""
        return f"{self.get_kind_display()} {sign}{plain(self.quantity)}"


class UnnamedMovement(StockMovement):
    """A line about pieces with serial numbers of which some are not named; on the work list."""

    class Meta:
        proxy = True
        verbose_name = "movement to be named"
        verbose_name_plural = "serial numbers to be named"


class SerialNumber(models.Model):
    """One piece that can be told from all others of its kind, and where it lies."""

    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="serials")
    serial = models.CharField(max_length=40, help_text="As on the piece; GS1 (21).")
    lot = models.ForeignKey("inventory.Lot", on_delete=models.PROTECT, related_name="serials")
    stock_level = models.ForeignKey(
        "inventory.StockLevel",
        null=True,
        on_delete=models.PROTECT,
        related_name="serials",
        help_text="Where it lies; null: it has left us.",
    )
    first_seen_at = models.DateTimeField()

    class Meta:
        verbose_name = "serial number"
        constraints = [
            models.UniqueConstraint(fields=["variant", "serial"], name="serial_unique"),
            models.CheckConstraint(condition=~Q(serial=""), name="serial_not_blank"),
        ]
        indexes = [models.Index(fields=["serial", "id"], name="serial_idx")]
        permissions = [("name_serialnumber", "Can say which serial numbers came or went")]

    def __str__(self) -> str:
        return self.serial


@append_only
class SerialMovement(models.Model):
    """Which piece a line of the ledger is about; some are named later than the line is written."""

    serial = models.ForeignKey(
        "inventory.SerialNumber", on_delete=models.PROTECT, related_name="passages"
    )
    movement = models.ForeignKey(
        "inventory.StockMovement", on_delete=models.PROTECT, related_name="serials"
    )
    named_at = models.DateTimeField()
    actor_name = models.CharField(max_length=150, blank=True, help_text="Person or API client.")

    class Meta:
        verbose_name = "passage of a serial number"
        verbose_name_plural = "passages of serial numbers"
        constraints = [
            models.UniqueConstraint(fields=["serial", "movement"], name="serial_movement_unique")
        ]

    def __str__(self) -> str:
        return f"serial {self.serial_id} in movement {self.movement_id}"
