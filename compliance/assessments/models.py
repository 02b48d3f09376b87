"""What was judged of each product, and the leave to sell it in each market."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from compliance.assessments.rules.findings import Severity
from config.kernel.context import current_request_id
from config.kernel.db import append_only

REASON_LENGTH_MAX = 300
JURISDICTIONS_LENGTH_MAX = 40


class SeverityChoice(models.TextChoices):
    """How much a finding weighs; `NOTHING` where there is none."""

    BLOCK = Severity.BLOCK.value, "Block"
    WARN = Severity.WARN.value, "Warning"
    INFO = Severity.INFO.value, "Info"
    NOTHING = Severity.NOTHING.value, "Nothing found"


class Evidence(models.TextChoices):
    """What a judgement stands on, the best first."""

    FORMULA = "formula", "Formula"
    LABEL = "label", "Ingredient list of the label"
    CERTIFICATES = "certificates", "Certificates"
    NOTHING = "nothing", "Nothing"


class Status(models.TextChoices):
    """Whether a product may be sold in a market."""

    NEEDS_REVIEW = "needs_review", "Needs review"
    ASKED = "asked", "Supplier asked"
    APPROVED = "approved", "Approved"
    WAIVED = "waived", "Waived until"
    REJECTED = "rejected", "Rejected"


class How(models.TextChoices):
    """Who changed a clearance."""

    MACHINE = "machine", "Judged again"
    POLICY = "policy", "By policy"
    PERSON = "person", "By a person"


class FormulaLine(models.Model):
    """One substance of a product's formula: better evidence than its label."""

    product = models.ForeignKey(
        "catalog.CosmeticProduct", on_delete=models.CASCADE, related_name="formula_lines"
    )
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=300, help_text="As the supplier wrote it.")
    percent_min = models.DecimalField(max_digits=10, decimal_places=7)
    percent_max = models.DecimalField(max_digits=10, decimal_places=7)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "position"], name="formula_line_unique"),
            models.CheckConstraint(
                condition=Q(percent_min__gte=0)
                & Q(percent_max__lte=100)
                & Q(percent_min__lte=F("percent_max")),
                name="formula_line_percent_bounds",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Assessment(models.Model):
    """One judgement of one product by the law of one or more jurisdictions; never changed."""

    product = models.ForeignKey(
        "catalog.Product", on_delete=models.CASCADE, related_name="assessments"
    )
    jurisdictions = models.CharField(
        max_length=JURISDICTIONS_LENGTH_MAX, help_text="Codes, widest first: US US-CA."
    )
    on_date = models.DateField()
    assessed_at = models.DateTimeField()
    inputs_hash = models.CharField(max_length=64)
    rulebook_versions = models.JSONField(default=list)
    evidence = models.CharField(max_length=12, choices=Evidence.choices)
    severity = models.CharField(max_length=8, choices=SeverityChoice.choices)
    ingredients = models.JSONField(default=list)
    findings = models.JSONField(default=list)
    next_date = models.DateField(
        null=True, help_text="From this day the same product is judged otherwise."
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["product", "jurisdictions", "-assessed_at"], name="assessment_latest_idx"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.jurisdictions} {self.on_date}"


class Finding(models.Model):
    """A finding that asks for something now or on a day to come, of the latest judgement."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="rows")
    product = models.ForeignKey(
        "catalog.Product", on_delete=models.CASCADE, related_name="findings", db_index=False
    )
    key = models.CharField(max_length=200, help_text="The same for the same matter of any product.")
    code = models.CharField(max_length=40)
    severity = models.CharField(max_length=8, choices=SeverityChoice.choices)
    ingredient = models.CharField(max_length=300, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    message = models.TextField()
    from_date = models.DateField(null=True)
    later_severity = models.CharField(max_length=8, choices=SeverityChoice.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "key"], name="finding_unique_in_assessment"
            )
        ]
        indexes = [
            models.Index(fields=["key", "product"], name="finding_key_idx"),
            models.Index(fields=["product"], name="finding_product_idx"),
            models.Index(
                fields=["from_date", "id"],
                name="finding_coming_idx",
                condition=Q(from_date__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.message


class Clearance(models.Model):
    """The leave to sell a product in a market. It is on sale before `off_sale_at`, null: open end.

    A product without this row may not be sold there either.
    """

    product = models.ForeignKey(
        "catalog.Product", on_delete=models.CASCADE, related_name="clearances", db_index=False
    )
    market = models.ForeignKey(
        "catalog.Market", on_delete=models.CASCADE, related_name="clearances"
    )
    status = models.CharField(max_length=12, choices=Status.choices)
    off_sale_at = models.DateTimeField(
        null=True, blank=True, help_text="From then on it is off sale there; empty: it is on sale."
    )
    is_told_off = models.BooleanField(
        default=False, help_text="Those who keep stock know that it is off sale."
    )
    assessment = models.ForeignKey(
        Assessment, null=True, on_delete=models.SET_NULL, related_name="clearances"
    )
    severity = models.CharField(max_length=8, choices=SeverityChoice.choices)
    new_keys = models.JSONField(default=list, help_text="Findings nobody has decided about yet.")
    settled_keys = models.JSONField(
        default=dict, help_text="Findings that a decision covers, each with its weight then."
    )
    waived_until = models.DateField(null=True, blank=True)
    queued_at = models.DateTimeField(null=True, blank=True)
    judged_at = models.DateTimeField(help_text="When the machine last looked.")
    product_updated_at = models.DateTimeField(help_text="Of which state of the product.")
    rules_stamp = models.CharField(max_length=64, help_text="Of which state of the rules.")
    next_date = models.DateField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_how = models.CharField(max_length=8, choices=How.choices)
    reason = models.CharField(max_length=REASON_LENGTH_MAX, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "market"], name="clearance_unique"),
            models.CheckConstraint(
                condition=~Q(status="waived") | Q(waived_until__isnull=False),
                name="clearance_waiver_has_end",
            ),
            models.CheckConstraint(
                condition=~Q(status="rejected") | Q(off_sale_at__isnull=False),
                name="clearance_rejected_is_off_sale",
            ),
        ]
        indexes = [
            models.Index(
                fields=["queued_at", "id"],
                name="clearance_queue_idx",
                condition=Q(status__in=["needs_review", "asked"]),
            ),
            models.Index(
                fields=["off_sale_at"],
                name="clearance_untold_idx",
                condition=Q(is_told_off=False, off_sale_at__isnull=False),
            ),
            models.Index(
                fields=["next_date"],
                name="clearance_next_idx",
                condition=Q(next_date__isnull=False),
            ),
        ]
        permissions = [
            ("decide_clearance", "Can approve, reject and waive products for a market"),
            ("export_label", "Can draw label sheets"),
        ]

    def __str__(self) -> str:
        return f"{self.product} in {self.market}: {self.get_status_display().lower()}"


class WaitingClearance(Clearance):
    """A clearance in the review queue: the same row, looked at by what it blocks."""

    class Meta:
        proxy = True
        verbose_name = "clearance to review"
        verbose_name_plural = "review queue"
        default_permissions = ()


@append_only
class Decision(models.Model):
    """One change of a clearance: who, when, why, on which evidence and which rules.

    It outlives its product and market, so it keeps their names beside their keys.
    """

    product = models.ForeignKey(
        "catalog.Product",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="decisions",
        db_index=False,
    )
    market_code = models.CharField(max_length=10)
    at = models.DateTimeField()
    how = models.CharField(max_length=8, choices=How.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    actor = models.CharField(max_length=150, blank=True)
    before = models.CharField(max_length=12, choices=Status.choices, blank=True)
    after = models.CharField(max_length=12, choices=Status.choices)
    reason = models.CharField(max_length=REASON_LENGTH_MAX, blank=True)
    waived_until = models.DateField(null=True)
    off_sale_at = models.DateTimeField(null=True)
    evidence = models.CharField(max_length=12, choices=Evidence.choices)
    rulebook_versions = models.JSONField(default=list)
    rulebook_versions_before = models.JSONField(default=list)
    findings = models.JSONField(default=list, help_text="Block and warn findings it was made on.")
    assessment_id = models.BigIntegerField(null=True)
    request_id = models.CharField(max_length=64, blank=True, default=current_request_id)

    class Meta:
        indexes = [
            models.Index(fields=["product", "market_code", "-at", "-id"], name="decision_of_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.market_code}: {self.get_after_display()}"
