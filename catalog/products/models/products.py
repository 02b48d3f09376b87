"""Products: one base table and one table for each kind."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from polymorphic.models import PolymorphicModel

from catalog.units.rules import UNITS
from config.kernel.history import record_history


class Stage(models.TextChoices):
    """Where a product stands in its life."""

    DRAFT = "draft", "Draft"
    IN_REVIEW = "in_review", "In review"
    ACTIVE = "active", "Active"
    DISCONTINUED = "discontinued", "Discontinued"


class ProductType(models.TextChoices):
    """Whether a cosmetic stays on the skin: limits of ingredients depend on it."""

    LEAVE_ON = "leave-on", "Leave-on"
    RINSE_OFF = "rinse-off", "Rinse-off"


class BodyArea(models.TextChoices):
    """Where a cosmetic is applied."""

    FACE = "face", "Face"
    EYES = "eyes", "Eyes"
    LIPS = "lips", "Lips"
    BODY = "body", "Body"
    HANDS = "hands", "Hands"
    FEET = "feet", "Feet"
    HAIR = "hair", "Hair and scalp"
    NAILS = "nails", "Nails"
    MOUTH = "mouth", "Teeth and mouth"
    INTIMATE = "intimate", "Intimate areas"


class Purpose(models.TextChoices):
    """What a cosmetic is for, as far as the law tells uses apart."""

    SKIN_CARE = "skin_care", "Skin care"
    SUN_CARE = "sun_care", "Sun protection"
    SELF_TANNING = "self_tanning", "Self-tanning"
    MAKE_UP = "make_up", "Make-up"
    FRAGRANCE = "fragrance", "Perfume and scented water"
    CLEANSING = "cleansing", "Washing, shower and bath"
    SHAVING = "shaving", "Shaving"
    DEPILATORY = "depilatory", "Hair removal"
    DEODORANT = "deodorant", "Deodorant"
    ANTIPERSPIRANT = "antiperspirant", "Antiperspirant"
    INTIMATE_CARE = "intimate_care", "Intimate care"
    CALLUS_REMOVER = "callus_remover", "Callus removal"
    HAIR_CARE = "hair_care", "Hair washing, care and styling"
    ANTI_DANDRUFF = "anti_dandruff", "Against dandruff"
    HAIR_DYE_OXIDATIVE = "hair_dye_oxidative", "Hair dye, oxidative"
    HAIR_DYE = "hair_dye", "Hair dye, not oxidative"
    HAIR_WAVING = "hair_waving", "Waving or straightening hair"
    EYELASH_DYE = "eyelash_dye", "Dye for eyelashes or eyebrows"
    EYELASH_WAVING = "eyelash_waving", "Waving eyelashes"
    TOOTHPASTE = "toothpaste", "Toothpaste"
    MOUTHWASH = "mouthwash", "Mouthwash"
    TOOTH_WHITENING = "tooth_whitening", "Tooth whitening"
    NAIL_CARE = "nail_care", "Nail polish, remover and care"
    NAIL_HARDENER = "nail_hardener", "Nail hardener"
    NAIL_SYSTEM = "nail_system", "Artificial nails"
    CUTICLE_REMOVER = "cuticle_remover", "Cuticle removal"


class Form(models.TextChoices):
    """How a cosmetic comes, as far as the law tells forms apart."""

    CREAM = "cream", "Cream, lotion, gel or liquid"
    SPRAY = "spray", "Spray"
    POWDER = "powder", "Powder"
    STICK = "stick", "Stick or bar"
    WIPE = "wipe", "Wipe or sheet"


class LengthUnit(models.TextChoices):
    """In what a length is given."""

    MILLIMETRE = "mm", "mm"
    CENTIMETRE = "cm", "cm"
    METRE = "m", "m"
    INCH = "in", "in"


class WeightUnit(models.TextChoices):
    """In what a weight is given."""

    GRAM = "g", "g"
    KILOGRAM = "kg", "kg"
    OUNCE = "oz", "oz"
    POUND = "lb", "lb"


def unit_choices() -> list[tuple[str, str]]:
    """The units a product can be stocked in."""
    return [(code, unit.name) for code, unit in UNITS.items()]


def validate_materials(value: object) -> None:
    """Refuse materials that are not names with shares in percent, together at most 100."""
    if not isinstance(value, list):
        raise ValidationError("Materials are a list.")
    total = 0.0
    for entry in value:
        if not isinstance(entry, dict) or not entry.get("name"):
            raise ValidationError(f"{entry} is not a material with a name and a share.")
        share = entry.get("share")
        if share is None:
            continue
        if not isinstance(share, int | float) or not 0 < share <= 100:
            raise ValidationError(f"{entry['name']}: {share} is not a share from 0 to 100 %.")
        total += share
    if total > 100.01:
        raise ValidationError(f"The shares of the materials sum to {total:g} %.")


def validate_names(value: object) -> None:
    """Refuse what is not a list of texts."""
    if not isinstance(value, list) or not all(isinstance(entry, str) and entry for entry in value):
        raise ValidationError("This is a list of texts.")


def validate_months(value: object) -> None:
    """Refuse what is not a list of months from 1 to 12, each once."""
    if (
        not isinstance(value, list)
        or not all(isinstance(month, int) and 1 <= month <= 12 for month in value)
        or len(set(value)) != len(value)
    ):
        raise ValidationError(f"{value} is not a list of months from 1 to 12.")


class Product(PolymorphicModel):
    """What the shop describes: what every kind of product has in common."""

    kind: ClassVar[str] = ""

    name = models.CharField(max_length=200)
    brand = models.ForeignKey(
        "catalog.Brand", null=True, blank=True, on_delete=models.PROTECT, related_name="products"
    )
    category = models.ForeignKey(
        "catalog.Category", null=True, blank=True, on_delete=models.PROTECT, related_name="products"
    )
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.DRAFT)
    stock_unit = models.CharField(
        max_length=8,
        choices=unit_choices,
        default="each",
        help_text="What a quantity of this product counts.",
    )
    tax_class = models.ForeignKey(
        "catalog.TaxClass",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="products",
        db_index=False,  # a handful of classes: an index would only slow down imports
    )
    attributes = models.JSONField(
        default=dict, blank=True, help_text="What only products of its category have."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    history = record_history()

    class Meta:
        indexes = [
            models.Index(fields=["updated_at", "id"], name="product_updated_idx"),
            models.Index(fields=["name"], name="product_name_idx"),
        ]
        permissions = [("activate_product", "Can put a product on sale or take it off")]

    def __str__(self) -> str:
        return self.name


class CosmeticProduct(Product):
    """A cosmetic: short-lived, lot-tracked, regulated by its ingredients."""

    kind = "cosmetic"

    ingredients = models.TextField(
        "ingredients (INCI)", blank=True, help_text="The list as printed on the pack."
    )
    product_type = models.CharField(max_length=10, choices=ProductType.choices, blank=True)
    body_area = models.CharField(max_length=10, choices=BodyArea.choices, blank=True)
    purpose = models.CharField(
        max_length=20,
        choices=Purpose.choices,
        blank=True,
        help_text="Limits of ingredients depend on it; blank: not known.",
    )
    form = models.CharField(
        max_length=10, choices=Form.choices, blank=True, help_text="Sprays may be breathed in."
    )
    is_for_under_threes = models.BooleanField(
        "for children under three",
        null=True,
        blank=True,
        help_text="Whether it is intended for them; unknown: not said.",
    )
    is_professional = models.BooleanField(
        "for professional use only", default=False, help_text="Not for shoppers, as in salons."
    )
    label_text = models.TextField(
        "warnings and directions",
        blank=True,
        help_text="As printed on the pack, beside the ingredients.",
    )
    period_after_opening_months = models.PositiveSmallIntegerField(
        "period after opening (months)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
    )
    shelf_life_days = models.PositiveIntegerField(
        "shelf life (days)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(36500)],
        help_text="From making to expiry.",
    )
    remaining_days_min = models.PositiveSmallIntegerField(
        "minimum remaining days to sell",
        default=0,
        help_text="Days of life a lot must have left to be sold.",
    )
    packaging = models.CharField(max_length=100, blank=True, help_text="Such as glass jar, tube.")

    class Meta:
        verbose_name = "cosmetic"


class SportsProduct(Product):
    """Sports equipment: durable, sized, seasonal, customised."""

    kind = "sports"

    sport = models.CharField(max_length=60, blank=True)
    length = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    width = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    height = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    dimension_unit = models.CharField(
        max_length=2, choices=LengthUnit.choices, default=LengthUnit.CENTIMETRE
    )
    weight = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)
    weight_unit = models.CharField(
        max_length=2, choices=WeightUnit.choices, default=WeightUnit.GRAM
    )
    materials = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_materials],
        help_text='Such as [{"name": "cotton", "share": 80}, {"name": "elastane", "share": 20}].',
    )
    size_system = models.CharField(
        max_length=20, blank=True, help_text="Such as EU, US, UK, cm, one size."
    )
    customisation_options = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_names],
        help_text='What a customer may have added, such as ["name print", "engraving"].',
    )
    season_months = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_months],
        help_text="Months in which it sells, such as [3, 4, 5]; empty: all year.",
    )
    is_serial_tracked = models.BooleanField(
        default=False, help_text="Each piece carries a serial number."
    )

    class Meta:
        verbose_name = "sports product"
        constraints = [
            models.CheckConstraint(
                condition=(Q(length__isnull=True) | Q(length__gt=0))
                & (Q(width__isnull=True) | Q(width__gt=0))
                & (Q(height__isnull=True) | Q(height__gt=0))
                & (Q(weight__isnull=True) | Q(weight__gt=0)),
                name="sports_product_measures_positive",
            )
        ]


class BundleProduct(Product):
    """Things sold together under one SKU: no stock of its own, it is put together from others.

    What goes into it is kept by the room of bundles, which leads here.
    """

    kind = "bundle"

    class Meta:
        verbose_name = "bundle"

    def clean(self) -> None:
        """Bundles are counted one by one."""
        super().clean()
        if self.stock_unit != "each":
            raise ValidationError({"stock_unit": "A bundle is counted in each."})


class ProductText(models.Model):
    """What a product is called and how it is described in one language."""

    product = models.ForeignKey("catalog.Product", on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(max_length=10, help_text="Such as de or en.")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    history = record_history()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "language"], name="product_text_unique")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"
