"""Files that suppliers send: how their columns are read, each run, and each row's fate."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.kernel.history import record_history


class FileKind(models.TextChoices):
    """What the rows of a file mean."""

    PRODUCT_LIST = "product_list", "Product list"
    DELIVERY_NOTE = "delivery_note", "Delivery note"


class ColumnMapping(models.Model):
    """How a supplier's headings translate into ours, recognised again by those headings."""

    supplier = models.ForeignKey(
        "catalog.Partner", on_delete=models.CASCADE, related_name="column_mappings"
    )
    kind = models.CharField(max_length=14, choices=FileKind.choices)
    fingerprint = models.CharField(max_length=64, help_text="Of the headings it was made for.")
    columns = models.JSONField(help_text="Our heading for each of theirs.")
    options = models.JSONField(
        default=dict, blank=True, help_text="Order of dates, decimal mark, defaults."
    )
    history = record_history()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "kind", "fingerprint"], name="column_mapping_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({len(self.columns)} columns)"


class RunStatus(models.TextChoices):
    """Where an import stands."""

    UPLOADED = "uploaded", "Uploaded"
    CHECKING = "checking", "Being checked"
    CHECKED = "checked", "Ready to apply"
    APPLYING = "applying", "Being applied"
    APPLIED = "applied", "Applied"
    UNDOING = "undoing", "Being undone"
    UNDONE = "undone", "Undone"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Failed"


class ImportRun(models.Model):
    """One file on its way in: uploaded, checked, applied, perhaps undone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    supplier = models.ForeignKey(
        "catalog.Partner", on_delete=models.PROTECT, related_name="import_runs"
    )
    kind = models.CharField(max_length=14, choices=FileKind.choices)
    file = models.FileField(upload_to="supplier_files/%Y/%m/", max_length=255)
    file_name = models.CharField(max_length=255, help_text="As the supplier called it.")
    sha256 = models.CharField(max_length=64)
    columns = models.JSONField(default=dict, help_text="Our heading for each of theirs.")
    options = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.UPLOADED)
    detail = models.TextField(blank=True, help_text="Why it failed or was cancelled.")
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0, help_text="Progress of the current step.")
    created_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    heartbeat_at = models.DateTimeField(
        null=True, help_text="Last sign of life of the worker that runs the current step."
    )
    worker = models.CharField(
        max_length=32, blank=True, help_text="Who runs the current step; others keep off."
    )
    attempt_count = models.PositiveSmallIntegerField(
        default=0, help_text="How often a worker has begun the current step."
    )
    applied_at = models.DateTimeField(null=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)
    is_cancel_requested = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="import_run_created_idx")]
        verbose_name = "supplier file"
        permissions = [
            ("apply_importrun", "Can apply a supplier file"),
            ("undo_importrun", "Can undo an applied supplier file"),
        ]

    def __str__(self) -> str:
        return self.file_name


class RowOutcome(models.TextChoices):
    """What a row did, or would do."""

    CREATED = "created", "New"
    UPDATED = "updated", "Changed"
    UNCHANGED = "unchanged", "Unchanged"
    REJECTED = "rejected", "Rejected"


class ImportRow(models.Model):
    """One row of a run: its cells as sent (or as mended), what it does, or why it cannot."""

    run = models.ForeignKey(
        "catalog.ImportRun", on_delete=models.CASCADE, related_name="rows", db_index=False
    )
    line_number = models.PositiveIntegerField(help_text="In the file, the heading being line 1.")
    cells = models.JSONField(help_text="By our heading.")
    outcome = models.CharField(max_length=10, choices=RowOutcome.choices)
    sku = models.CharField(max_length=40, blank=True)
    changes = models.JSONField(default=dict, help_text="Field: [before, after].")
    problems = models.JSONField(default=list, help_text="[{column, value, code, detail}].")
    is_mended = models.BooleanField(default=False, help_text="A person changed its cells here.")
    is_applied = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "line_number"], name="import_row_line_unique"),
            models.CheckConstraint(
                condition=~Q(outcome="rejected") | Q(is_applied=False),
                name="import_row_rejected_not_applied",
            ),
        ]
        indexes = [models.Index(fields=["run", "outcome", "id"], name="import_row_outcome_idx")]

    def __str__(self) -> str:
        return f"line {self.line_number}"
