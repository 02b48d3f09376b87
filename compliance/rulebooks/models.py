"""Rulebooks: what a law says of each substance, by version, beside the source's own words."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from compliance.rulebooks.rules.shapes import Duty, EntryKind
from config.kernel.db import append_only

NOTE_LENGTH_MAX = 500


class Coverage(models.TextChoices):
    """How much of a law a rulebook holds."""

    COMPLETE = "complete", "Complete"
    PARTIAL = "partial", "Partial"
    NONE = "none", "Nothing yet"


class VersionStatus(models.TextChoices):
    """Where a version stands; what was superseded stays to be read."""

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    SUPERSEDED = "superseded", "Superseded"


class ReviewState(models.TextChoices):
    """Who vouches for the reading of an entry."""

    MACHINE_CHECKED = "machine_checked", "Read for sure"
    NEEDS_REVIEW = "needs_review", "Needs review"
    REVIEWED = "reviewed", "Reviewed by a person"


class Kind(models.TextChoices):
    """What a list does to the substances on it."""

    PROHIBITED = EntryKind.PROHIBITED.value, "Prohibited"
    RESTRICTED = EntryKind.RESTRICTED.value, "Restricted"
    COLORANT = EntryKind.COLORANT.value, "Colorant allowed"
    PRESERVATIVE = EntryKind.PRESERVATIVE.value, "Preservative allowed"
    UV_FILTER = EntryKind.UV_FILTER.value, "UV filter allowed"


class DutyKind(models.TextChoices):
    """What a date is about."""

    USE = Duty.USE.value, "Use"
    DECLARE = Duty.DECLARE.value, "Naming on the label"


class Rulebook(models.Model):
    """A law for cosmetics in one jurisdiction; its stamp moves whenever its active rules do."""

    code = models.CharField(max_length=30, unique=True)
    jurisdiction = models.CharField(max_length=10)
    name = models.CharField(max_length=200)
    coverage = models.CharField(max_length=10, choices=Coverage.choices)
    coverage_note = models.CharField(max_length=500, blank=True)
    url = models.URLField(max_length=300, blank=True)
    stamp = models.CharField(max_length=32, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(code=""), name="rulebook_has_code"),
        ]

    def __str__(self) -> str:
        return self.code


class RulebookVersion(models.Model):
    """The content of a rulebook as it stood on a day. One version of a rulebook is active."""

    rulebook = models.ForeignKey(
        "compliance.Rulebook", on_delete=models.PROTECT, related_name="versions"
    )
    label = models.CharField(max_length=30)
    effective_from = models.DateField()
    status = models.CharField(
        max_length=10, choices=VersionStatus.choices, default=VersionStatus.DRAFT
    )
    source = models.CharField(max_length=300)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content.")
    entry_count = models.PositiveIntegerField()
    loaded_at = models.DateTimeField()
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    loaded_by_name = models.CharField(max_length=150, blank=True)
    activated_at = models.DateTimeField(null=True)
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    activated_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rulebook", "label"], name="rulebook_version_unique"),
            models.UniqueConstraint(
                fields=["rulebook"],
                condition=Q(status="active"),
                name="rulebook_one_active_version",
            ),
            models.CheckConstraint(
                condition=Q(status="draft", activated_at__isnull=True)
                | (~Q(status="draft") & Q(activated_at__isnull=False)),
                name="rulebook_version_activated",
            ),
        ]
        permissions = [
            ("activate_rulebook", "Can activate a version of a rulebook"),
            ("import_rulebook", "Can import a version of a rulebook"),
        ]

    def __str__(self) -> str:
        return f"{self.rulebook} {self.label}"


class RuleEntry(models.Model):
    """One entry of a version: the source's words, and what of them was read."""

    version = models.ForeignKey(
        "compliance.RulebookVersion", on_delete=models.PROTECT, related_name="entries"
    )
    position = models.PositiveIntegerField(help_text="From 1, in the order of the source.")
    section = models.CharField(max_length=80)
    number = models.CharField(max_length=20)
    occurrence = models.PositiveSmallIntegerField(
        default=1, help_text="The source uses some numbers twice."
    )
    kind = models.CharField(max_length=15, choices=Kind.choices)
    substance = models.TextField()
    names = models.JSONField(default=list, blank=True)
    cas_numbers = models.JSONField(default=list, blank=True)
    ec_numbers = models.JSONField(default=list, blank=True)
    scope = models.JSONField(default=dict, blank=True)
    product_type_text = models.TextField(blank=True)
    concentration_text = models.TextField(blank=True)
    other_text = models.TextField(blank=True)
    wording_text = models.TextField(blank=True)
    regulation = models.CharField(max_length=200, blank=True)
    notice_text = models.TextField(
        blank=True, help_text="The same entry as an amending regulation words it."
    )
    unless = models.TextField(blank=True)
    is_nano = models.BooleanField(null=True)
    declare_leave_on = models.DecimalField(max_digits=12, decimal_places=8, null=True)
    declare_rinse_off = models.DecimalField(max_digits=12, decimal_places=8, null=True)
    conditions = models.TextField(blank=True)
    reference = models.CharField(max_length=200)
    url = models.URLField(max_length=300, blank=True)
    review_state = models.CharField(max_length=15, choices=ReviewState.choices)
    doubts = models.JSONField(default=list, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_by_name = models.CharField(max_length=150, blank=True)
    review_note = models.CharField(max_length=NOTE_LENGTH_MAX, blank=True)

    class Meta:
        verbose_name = "rule"
        constraints = [
            models.UniqueConstraint(
                fields=["version", "section", "number", "occurrence"], name="rule_entry_unique"
            ),
            models.CheckConstraint(
                condition=~Q(review_state="reviewed") | Q(reviewed_at__isnull=False),
                name="rule_entry_reviewed_at",
            ),
        ]
        indexes = [
            models.Index(fields=["version", "review_state"], name="rule_entry_review_idx"),
            models.Index(fields=["version", "position"], name="rule_entry_position_idx"),
        ]
        permissions = [("review_rule", "Can confirm or correct how a rule was read")]

    def __str__(self) -> str:
        return self.reference


class RuleLimit(models.Model):
    """How much may be in the products of a scope, by one part of an entry's text."""

    entry = models.ForeignKey(
        "compliance.RuleEntry", on_delete=models.CASCADE, related_name="limits"
    )
    position = models.PositiveSmallIntegerField()
    scope = models.JSONField(default=dict, blank=True)
    max_percent = models.DecimalField(max_digits=12, decimal_places=8, null=True)
    is_allowed = models.BooleanField(default=True)
    basis = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    is_certain = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "position"], name="rule_limit_unique"),
            models.CheckConstraint(
                condition=Q(max_percent__isnull=True)
                | Q(max_percent__gte=0, max_percent__lte=100, is_allowed=True),
                name="rule_limit_percent",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class RuleProvision(models.Model):
    """From when a duty of an entry holds, for new goods and for those on the shelf."""

    entry = models.ForeignKey(
        "compliance.RuleEntry", on_delete=models.CASCADE, related_name="provisions"
    )
    position = models.PositiveSmallIntegerField()
    duty = models.CharField(max_length=10, choices=DutyKind.choices)
    placing_from = models.DateField(null=True)
    available_from = models.DateField(null=True)
    regulation = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "position"], name="rule_provision_unique"),
            models.CheckConstraint(
                condition=Q(placing_from__isnull=False) | Q(available_from__isnull=False),
                name="rule_provision_dated",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class RuleWarning(models.Model):
    """Words that must stand on the label of the products of a scope."""

    entry = models.ForeignKey(
        "compliance.RuleEntry", on_delete=models.CASCADE, related_name="warnings"
    )
    position = models.PositiveSmallIntegerField()
    scope = models.JSONField(default=dict, blank=True)
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "position"], name="rule_warning_unique"),
        ]

    def __str__(self) -> str:
        return self.text


@append_only
class RuleReview(models.Model):
    """What a person confirmed or corrected of an entry: before, after, why."""

    entry = models.ForeignKey(
        "compliance.RuleEntry", on_delete=models.PROTECT, related_name="reviews"
    )
    reviewed_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_by_name = models.CharField(max_length=150, blank=True)
    note = models.CharField(max_length=NOTE_LENGTH_MAX)
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        verbose_name = "review of a rule"
        verbose_name_plural = "reviews of rules"
        indexes = [models.Index(fields=["entry", "reviewed_at"], name="rule_review_idx")]

    def __str__(self) -> str:
        return self.note
