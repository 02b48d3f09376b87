"""Who answers for a product where, the documents that prove it, and which ones the law asks for."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.db.models import F, Q

from compliance.dossiers.rules import papers
from compliance.jurisdictions.rules import JURISDICTIONS
from config.kernel.history import record_history

TITLE_LENGTH_MAX = 200
WHY_LENGTH_MAX = 200

validate_country = RegexValidator(r"^[A-Z]{2}$", "Write the country as two capitals, such as DE.")


def jurisdiction_choices() -> list[tuple[str, str]]:
    """Those whose law we know of."""
    return [(own.code, own.name) for own in JURISDICTIONS.values()]


def validate_cpnp_number(value: str) -> None:
    """Refuse what is no number of the notification portal: 7 digits today, 6 to 8 to be sure."""
    if not (value.isascii() and value.isdigit() and 6 <= len(value) <= 8):
        raise ValidationError(f"{value} is not a CPNP number: it has 7 digits, such as 1234567.")


class DocumentKind(models.TextChoices):
    """What a document is."""

    SAFETY_REPORT = papers.DocumentKind.SAFETY_REPORT.value, "Safety report (CPSR)"
    SDS = papers.DocumentKind.SDS.value, "Safety data sheet (SDS)"
    TEST_REPORT = papers.DocumentKind.TEST_REPORT.value, "Test report"
    CERTIFICATE = papers.DocumentKind.CERTIFICATE.value, "Certificate"
    DECLARATION = papers.DocumentKind.DECLARATION.value, "Declaration"
    CPNP_NOTIFICATION = papers.DocumentKind.CPNP_NOTIFICATION.value, "CPNP notification"
    LABEL_ARTWORK = papers.DocumentKind.LABEL_ARTWORK.value, "Label artwork"


class PpeCategory(models.TextChoices):
    """Against how grave a risk protective equipment protects (Regulation (EU) 2016/425)."""

    FIRST = "I", "I: slight risks"
    SECOND = "II", "II: neither slight nor very serious"
    THIRD = "III", "III: very serious risks"


class ResponsiblePerson(models.Model):
    """Who answers in a territory for what is placed on its market."""

    name = models.CharField(max_length=200)
    address = models.TextField(help_text="As it must stand on the label.")
    country = models.CharField(
        max_length=2, validators=[validate_country], help_text="ISO 3166-1 code, such as DE."
    )
    email = models.EmailField(blank=True)
    history = record_history()

    class Meta:
        verbose_name_plural = "responsible persons"
        constraints = [
            models.UniqueConstraint(fields=["name", "country"], name="responsible_person_unique")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.country})"

    @property
    def on_label(self) -> str:
        """Name and address in one line, as a label has them."""
        return ", ".join([self.name, *(line.strip() for line in self.address.splitlines() if line)])


class Dossier(models.Model):
    """What is known of a product's standing in one jurisdiction."""

    product = models.ForeignKey(
        "catalog.Product", on_delete=models.PROTECT, related_name="dossiers"
    )
    jurisdiction = models.CharField(max_length=5, choices=jurisdiction_choices)
    responsible_person = models.ForeignKey(
        ResponsiblePerson,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="dossiers",
    )
    cpnp_number = models.CharField(
        "CPNP number",
        max_length=8,
        blank=True,
        validators=[validate_cpnp_number],
        help_text="Of the notification portal of the EU: 7 digits.",
    )
    notes = models.TextField(blank=True)
    history = record_history()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "jurisdiction"], name="dossier_unique")
        ]

    def __str__(self) -> str:
        return f"{self.product} in {self.get_jurisdiction_display()}"


class CertificateRequirement(models.Model):
    """A document that the products of a category, and of those below it, need somewhere."""

    category = models.ForeignKey(
        "catalog.Category", on_delete=models.PROTECT, related_name="certificate_requirements"
    )
    jurisdiction = models.CharField(max_length=5, choices=jurisdiction_choices)
    name = models.CharField(max_length=200, help_text="Such as CE / EN 1078 bicycle helmet.")
    kind = models.CharField(
        "kind of document", max_length=20, choices=DocumentKind.choices, default="certificate"
    )
    standard = models.CharField(
        max_length=100, blank=True, help_text="Such as EN 1078; blank: no single one."
    )
    legal_basis = models.CharField(max_length=300, help_text="The law that asks for it.")
    url = models.CharField(
        "link to the law",
        max_length=300,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
    )
    ppe_category = models.CharField(
        "PPE category", max_length=3, choices=PpeCategory.choices, blank=True
    )
    valid_from_date = models.DateField(
        "valid from", null=True, blank=True, help_text="Blank: since ever."
    )
    is_needed_to_sell = models.BooleanField(
        "needed to sell",
        default=True,
        help_text="Without it the product is not sold there; else it is only asked for.",
    )
    is_active = models.BooleanField(default=True)
    history = record_history()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["category", "jurisdiction", "name"], name="certificate_requirement_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.jurisdiction})"


class Document(models.Model):
    """A file that proves something of a product, and until when. It is replaced, never changed."""

    product = models.ForeignKey(
        "catalog.Product", on_delete=models.PROTECT, related_name="documents"
    )
    kind = models.CharField(max_length=20, choices=DocumentKind.choices)
    title = models.CharField(max_length=TITLE_LENGTH_MAX)
    jurisdiction = models.CharField(
        max_length=5,
        choices=jurisdiction_choices,
        blank=True,
        help_text="Where it is valid; blank: everywhere.",
    )
    standard = models.CharField(max_length=100, blank=True, help_text="Such as EN 1078.")
    certificate_requirement = models.ForeignKey(
        CertificateRequirement,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="documents",
        help_text="The one requirement that it answers; blank: those that kind and standard fit.",
    )
    issued_date = models.DateField("issued", null=True, blank=True)
    expiry_date = models.DateField(
        "valid until", null=True, blank=True, help_text="Last day; blank: it does not run out."
    )
    file = models.FileField(upload_to="dossiers/%Y/%m/", max_length=255)
    file_name = models.CharField(max_length=200, editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)
    added_at = models.DateTimeField(editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_why = models.CharField(max_length=WHY_LENGTH_MAX, blank=True, editable=False)
    history = record_history()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expiry_date__isnull=True)
                | Q(issued_date__isnull=True)
                | Q(expiry_date__gte=F("issued_date")),
                name="document_expires_after_issue",
                violation_error_message="A document runs out after the day of its issue.",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_why="")
                | Q(withdrawn_at__isnull=False) & ~Q(withdrawn_why=""),
                name="document_withdrawn_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expiry_date"],
                name="document_expiry_idx",
                condition=Q(withdrawn_at__isnull=True, expiry_date__isnull=False),
            )
        ]
        permissions = [("withdraw_document", "Can withdraw a document")]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Refuse dates in the wrong order, and a requirement that asks for something else."""
        super().clean()
        if self.issued_date and self.expiry_date and self.expiry_date < self.issued_date:
            raise ValidationError(
                {"expiry_date": f"{self.expiry_date} is before its issue on {self.issued_date}."}
            )
        asked = self.certificate_requirement
        if asked is not None and asked.kind != self.kind:
            words = dict(DocumentKind.choices)
            raise ValidationError(
                {
                    "certificate_requirement": f"{asked} asks for another kind of document: "
                    f"{words[asked.kind]}."
                }
            )
