"""Substances with their names and numbers, and what people said of printed names."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from compliance.substances.rules.names import name_key
from config.kernel.history import record_history

NAME_LENGTH_MAX = 2_000
NUMBER_LENGTH_MAX = 20


class NameKind(models.TextChoices):
    """What kind of name it is."""

    INCI = "inci", "INCI name"
    SYNONYM = "synonym", "Other name"
    COLOUR_INDEX = "colour_index", "Colour index"


class NumberKind(models.TextChoices):
    """Whose number it is."""

    CAS = "cas", "CAS"
    EC = "ec", "EC"


class Substance(models.Model):
    """A cosmetic ingredient under its standard name."""

    inci_name = models.CharField("INCI name", max_length=NAME_LENGTH_MAX)
    inci_key = models.CharField(max_length=NAME_LENGTH_MAX, unique=True, editable=False)
    functions = models.JSONField(default=list, blank=True, help_text="As CosIng names them.")
    note = models.CharField(max_length=500, blank=True)
    updated_at = models.DateTimeField(editable=False)

    history = record_history()

    class Meta:
        permissions = [("import_substances", "Can import an inventory of substances")]

    def __str__(self) -> str:
        return self.inci_name

    def clean(self) -> None:
        """A name must say something once case and signs are taken away."""
        self.inci_key = name_key(self.inci_name)
        if not self.inci_key:
            raise ValidationError({"inci_name": "The name holds no letter or digit."})


class SubstanceName(models.Model):
    """A name by which labels call a substance; a key names one substance."""

    substance = models.ForeignKey(Substance, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(max_length=NAME_LENGTH_MAX)
    key = models.CharField(max_length=NAME_LENGTH_MAX, unique=True, editable=False)
    kind = models.CharField(
        max_length=12, choices=NameKind.choices, default=NameKind.SYNONYM, editable=False
    )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A name that means another substance already cannot mean this one, too."""
        self.key = name_key(self.name)
        if not self.key:
            raise ValidationError({"name": "The name holds no letter or digit."})
        others = SubstanceName.objects.filter(key=self.key).exclude(pk=self.pk)
        other = others.select_related("substance").first()
        if other is not None:
            raise ValidationError(
                {"name": f"“{self.name}” already names {other.substance.inci_name}."}
            )


class SubstanceNumber(models.Model):
    """A registry number of a substance; the same number may stand at several."""

    substance = models.ForeignKey(
        Substance, on_delete=models.CASCADE, related_name="numbers", db_index=False
    )
    kind = models.CharField(max_length=3, choices=NumberKind.choices)
    value = models.CharField(max_length=NUMBER_LENGTH_MAX)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["substance", "kind", "value"], name="substance_number_unique"
            )
        ]
        indexes = [models.Index(fields=["value"], name="substance_number_value_idx")]

    def __str__(self) -> str:
        return self.value


class NameAnswer(models.Model):
    """What a person said of a printed name, once and for all lists.

    Without a substance: that it is no ingredient.
    """

    key = models.CharField(max_length=NAME_LENGTH_MAX, unique=True)
    text = models.CharField("printed name", max_length=NAME_LENGTH_MAX)
    substance = models.ForeignKey(
        Substance, on_delete=models.PROTECT, null=True, related_name="answers"
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField()

    history = record_history()

    class Meta:
        verbose_name = "answer about a name"
        verbose_name_plural = "answers about names"

    def __str__(self) -> str:
        return self.text


class UnknownName(models.Model):
    """A printed name that nobody has recognised yet, until a person settles it."""

    key = models.CharField(max_length=NAME_LENGTH_MAX, unique=True)
    text = models.CharField("printed name", max_length=NAME_LENGTH_MAX)
    times_seen = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["-times_seen", "id"],
                name="unknown_name_open_idx",
                condition=Q(settled_at__isnull=True),
            )
        ]
        permissions = [("settle_name", "Can settle what a printed name means")]

    def __str__(self) -> str:
        return self.text


class NamesStamp(models.Model):
    """One row whose value is another after every change of what names mean."""

    value = models.CharField(max_length=32)

    def __str__(self) -> str:
        return self.value
