"""How products are grouped: brands and the tree of categories."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from jsonschema import Draft202012Validator, SchemaError

from config.kernel.history import record_history


def validate_json_schema(value: object) -> None:
    """Refuse what is not itself a valid JSON Schema (draft 2020-12)."""
    try:
        Draft202012Validator.check_schema(value)  # type: ignore[arg-type]
    except SchemaError as error:
        raise ValidationError(f"Not a JSON Schema: {error.message}") from error


def validate_alert_days(value: object) -> None:
    """Refuse alert thresholds that are not a list of whole days from 0 to 1,000."""
    if not isinstance(value, list) or not all(
        isinstance(days, int) and not isinstance(days, bool) and 0 <= days <= 1000 for days in value
    ):
        raise ValidationError(f"{value} is not a list of days such as [90, 60, 30, 7].")


class Brand(models.Model):
    """The name under which products are sold."""

    name = models.CharField(max_length=100, unique=True)
    owner = models.ForeignKey(
        "catalog.Partner", null=True, blank=True, on_delete=models.PROTECT, related_name="brands"
    )
    history = record_history()

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    """A node of the category tree, with the rules that its products share."""

    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    attributes_schema = models.JSONField(
        default=dict,
        blank=True,
        validators=[validate_json_schema],
        help_text="JSON Schema of the attributes that only products of this category have.",
    )
    low_stock_quantity = models.DecimalField(
        max_digits=16,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="Stock units at or below which a variant counts as low; blank: as the parent.",
    )
    expiry_alert_days = models.JSONField(
        null=True,
        blank=True,
        validators=[validate_alert_days],
        help_text="Days before the last day of sale at which we are alerted, such as "
        "[90, 60, 30, 7]; blank: as the parent.",
    )
    history = record_history()

    class Meta:
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="category_name_unique"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="category_not_its_own_parent",
            ),
            models.CheckConstraint(
                condition=Q(low_stock_quantity__isnull=True) | Q(low_stock_quantity__gte=0),
                name="category_low_stock_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a parent that lies below this category: the tree would become a ring."""
        seen, parent = {self.pk}, self.parent
        while parent is not None:
            if parent.pk in seen:
                raise ValidationError({"parent": f"{parent} lies below {self}."})
            seen.add(parent.pk)
            parent = parent.parent
