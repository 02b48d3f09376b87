"""Every change of products and variants that has a rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Model
from django.db.models.functions import Greatest, Now

from catalog.identifiers.models import AliasScheme, SkuAlias
from catalog.identifiers.rules.sku import mint_sku
from catalog.products import gates
from catalog.products.errors import (
    InvalidProduct,
    ProductIncomplete,
    SkuFixed,
    StageNotAllowed,
)
from catalog.products.models import (
    Brand,
    BundleProduct,
    Category,
    CosmeticProduct,
    Product,
    ProductText,
    SportsProduct,
    Stage,
    Variant,
)
from catalog.products.rules import attribute_problems, may_follow, merged_schema, missing_facts
from catalog.products.selectors import (
    attributes_schema,
    categories_below,
    category_lineage,
)
from config.kernel.errors import FieldError, NotFound
from config.kernel.history import create_recorded, set_reason
from config.kernel.validation import refusal, save_checked

MODELS: Mapping[str, type[CosmeticProduct] | type[SportsProduct] | type[BundleProduct]] = {
    CosmeticProduct.kind: CosmeticProduct,
    SportsProduct.kind: SportsProduct,
    BundleProduct.kind: BundleProduct,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantDraft:
    """A variant to be made; without a SKU one is minted."""

    sku: str = ""
    size: str = ""
    shade: str = ""
    colour: str = ""
    content_quantity: Decimal | None = None
    content_unit: str = ""
    low_stock_quantity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDraft:
    """A product's name and description in one language."""

    language: str
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDraft:
    """A product to be made, with its variants; `facts` are the fields of its kind."""

    kind: str
    name: str
    brand_id: int | None = None
    category_id: int | None = None
    stock_unit: str = "each"
    tax_class_id: int | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    variants: Sequence[VariantDraft] = (VariantDraft(),)
    texts: Sequence[TextDraft] = ()


@transaction.atomic
def create_product(*, draft: ProductDraft, reason: str = "") -> Product:
    """Make a product in stage draft with its variants and texts.

    Raises InvalidProduct (each wrong field named; attributes against the category's JSON Schema).
    """
    product = _unsaved(draft, Stage.DRAFT)
    check_attributes(attributes=product.attributes, category_id=product.category_id)
    _save(product, reason)
    for variant in draft.variants or (VariantDraft(),):
        add_variant(product_id=product.pk, draft=variant, reason=reason)
    for text in draft.texts:
        _save(_text(product, text), reason)
    gates.facts_changed.all([product.pk])
    return product


@transaction.atomic
def create_products(
    *, drafts: Sequence[ProductDraft], stage: str = Stage.DRAFT, reason: str = ""
) -> list[Product]:
    """Make many products with variants and texts in one stage, all or none, in few queries.

    Every variant names its SKU. Raises InvalidProduct (a field is wrong, or a SKU is taken),
    ProductIncomplete (naming what lacks for the stage).
    """
    lineage = category_lineage()
    products = [_unsaved(draft, stage) for draft in drafts]
    for product in products:
        chain = lineage[product.category_id] if product.category_id else []
        schema = merged_schema([category.attributes_schema for category in chain])
        _check_against(schema, product.attributes)
        if stage == Stage.ACTIVE:
            _check_facts(product)
        _check_fields(product)
    try:
        with transaction.atomic():
            for product in products:
                set_reason(product, reason)
                product.save()
            pairs = list(zip(products, drafts, strict=True))
            variants = [_variant(p, v, v.sku) for p, draft in pairs for v in draft.variants]
            texts = [_text(p, text) for p, draft in pairs for text in draft.texts]
            for row in (*variants, *texts):
                _check_fields(row)
            create_recorded(variants, reason)
            create_recorded(texts, reason)
    except IntegrityError as error:
        raise InvalidProduct(f"The database refuses these products: {error}") from error
    gates.facts_changed.all([product.pk for product in products])
    return products


def _unsaved(draft: ProductDraft, stage: str) -> Product:
    return MODELS[draft.kind](
        name=draft.name,
        brand_id=draft.brand_id,
        category_id=draft.category_id,
        stage=stage,
        stock_unit=draft.stock_unit,
        tax_class_id=draft.tax_class_id,
        attributes=dict(draft.attributes),
        **draft.facts,
    )


def _variant(product: Product, draft: VariantDraft, sku: str) -> Variant:
    return Variant(
        product=product,
        sku=sku,
        size=draft.size,
        shade=draft.shade,
        colour=draft.colour,
        content_quantity=draft.content_quantity,
        content_unit=draft.content_unit,
        low_stock_quantity=draft.low_stock_quantity,
    )


def _text(product: Product, draft: TextDraft) -> ProductText:
    return ProductText(
        product=product, language=draft.language, name=draft.name, description=draft.description
    )


@transaction.atomic
def add_variant(*, product_id: int, draft: VariantDraft, reason: str = "") -> Variant:
    """Give a product one more variant; its SKU is minted if not named. Raises InvalidProduct."""
    product = Product.objects.select_related("brand").get(pk=product_id)
    sku = draft.sku or unused_sku(product=product, draft=draft)
    variant = _variant(product, draft, sku)
    _save(variant, reason)
    mark_changed(product_id=product_id)
    return variant


def mark_changed(*, product_id: int) -> None:
    """Let those who pull what has changed find the product whose variants or codes did."""
    _mark(pk=product_id)


def mark_variant_changed(variant_id: int) -> None:
    """The same for a variant whose barcodes or list prices are not what they were."""
    _mark(variants=variant_id)


def mark_brand_changed(*, brand_id: int) -> None:
    """The same for every product of a brand that is called otherwise."""
    _mark(brand=brand_id)


def mark_category_changed(*, category_id: int) -> None:
    """The same for every product that lies directly in a category whose code is another."""
    _mark(category=category_id)


def facts_changed(*, product_id: int) -> None:
    """Let those know who judge products that the facts of one have been written."""
    gates.facts_changed.all([product_id])


def category_moved(*, category_id: int) -> None:
    """The same of every product in a category, or below it, that lies elsewhere in the tree."""
    below = Product.objects.non_polymorphic().filter(category__in=categories_below(category_id))
    gates.facts_changed.all(list(below.order_by("pk").values_list("pk", flat=True)))


def _mark(**which: int) -> None:
    # Ahead of what it was, whichever clock wrote that: SQLite's own knows no microseconds.
    moved = Greatest(Now(), F("updated_at") + timedelta(microseconds=1))
    Product.objects.non_polymorphic().filter(**which).update(updated_at=moved)


def unused_sku(*, product: Product, draft: VariantDraft) -> str:
    """A SKU by our standard from brand, name and options that no variant has."""
    return mint_sku(
        product.kind,
        product.brand.name if product.brand else "",
        product.name,
        draft.size,
        draft.shade,
        draft.colour,
        taken=lambda sku: Variant.objects.filter(sku=sku).exists(),
    )


def name_variant(variant: Variant) -> None:
    """Give a variant that is about to be saved a SKU, where it has none."""
    if not variant.sku:
        draft = VariantDraft(size=variant.size, shade=variant.shade, colour=variant.colour)
        variant.sku = unused_sku(product=variant.product, draft=draft)


@transaction.atomic
def change_stage(*, product_id: int, stage: str, reason: str) -> Product:
    """Move a product along its life. Raises StageNotAllowed, ProductIncomplete (what lacks)."""
    product = (
        Product.objects.select_for_update(of=("self",), no_key=True).filter(pk=product_id).first()
    )
    if product is None:
        raise NotFound(f"There is no product {product_id}.")
    if product.stage == stage:
        return product
    if not may_follow(product.stage, stage):
        raise StageNotAllowed(
            f"{product.name} is {product.get_stage_display().lower()}: "
            f"it cannot become {Stage(stage).label.lower()}."
        )
    if stage == Stage.ACTIVE:
        _check_complete(product)
    product.stage = stage
    _save(product, reason)
    gates.facts_changed.all([product_id])
    return product


@transaction.atomic
def rename_sku(*, variant_id: int, sku: str, reason: str) -> Variant:
    """Give a variant another SKU; the old one lives on as an alias.

    Raises SkuFixed once stock has moved, InvalidProduct when the new SKU breaks the standard.
    """
    variant = Variant.objects.select_for_update().get(pk=variant_id)
    if variant.sku == sku:
        return variant
    if gates.stock_has_moved.ask(variant_id):
        raise SkuFixed(
            f"Stock of {variant.sku} has moved: its SKU stays. Give it an alias instead."
        )
    former, variant.sku = variant.sku, sku
    _save(variant, reason)
    _save(SkuAlias(variant=variant, scheme=AliasScheme.LEGACY, code=former), reason)
    mark_changed(product_id=variant.product_id)
    return variant


def check_attributes(*, attributes: object, category_id: int | None) -> None:
    """Raise InvalidProduct where attributes break the JSON Schema of their category."""
    _check_against(attributes_schema(category_id), attributes)


def _check_against(schema: Mapping[str, Any], attributes: object) -> None:
    problems = attribute_problems(attributes=attributes, schema=schema)
    if problems:
        raise InvalidProduct(
            "The attributes do not fit the category.",
            errors=[FieldError("/attributes", "invalid", problem) for problem in problems],
        )


@transaction.atomic
def brand_named(*, name: str, owner_id: int | None = None, reason: str = "") -> Brand:
    """The brand of this name, in any case; made, with its owner, when there is none."""
    brand = Brand.objects.filter(name__iexact=name.strip()).order_by("pk").first()
    if brand is None:
        brand = Brand(name=name.strip(), owner_id=owner_id)
        _save(brand, reason)
    return brand


@transaction.atomic
def create_category(
    *,
    code: str,
    name: str,
    parent_id: int | None = None,
    attributes_schema: Mapping[str, Any] | None = None,
    low_stock_quantity: Decimal | None = None,
    expiry_alert_days: Sequence[int] | None = None,
) -> Category:
    """Add a node to the category tree. Raises InvalidProduct."""
    category = Category(
        code=code,
        name=name,
        parent_id=parent_id,
        attributes_schema=dict(attributes_schema or {}),
        low_stock_quantity=low_stock_quantity,
        expiry_alert_days=None if expiry_alert_days is None else list(expiry_alert_days),
    )
    _save(category, "")
    return category


def _check_complete(product: Product) -> None:
    _check_facts(product)
    check_attributes(attributes=product.attributes, category_id=product.category_id)


def _check_facts(product: Product) -> None:
    fields = ("name", "brand", "category", "ingredients", "product_type")
    lacking = missing_facts(
        kind=product.kind, facts={name: getattr(product, name, None) for name in fields}
    )
    if lacking:
        raise ProductIncomplete(f"{product.name} lacks {', '.join(lacking)}.")


def _save(row: Model, reason: str) -> None:
    save_checked(row, reason=reason, error=InvalidProduct)


def _check_fields(row: Model) -> None:
    """Look at a row by itself: what else there is in the database is left to the database."""
    keys = [field.name for field in row._meta.concrete_fields if field.is_relation]
    try:
        row.full_clean(exclude=keys, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise refusal(row, error, InvalidProduct) from error
