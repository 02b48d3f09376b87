"""Brands, categories and products, on sale from the start."""

from collections.abc import Mapping
from decimal import Decimal

from catalog.identifiers.services import add_barcode
from catalog.pricing.services import tax_class
from catalog.products.selectors import VariantRef, variants_by_sku
from catalog.products.services import (
    ProductDraft,
    TextDraft,
    VariantDraft,
    brand_named,
    create_category,
    create_products,
)
from config.demo.content import PRODUCTS
from config.demo.content.categories import CATEGORIES
from config.demo.content.places import BRANDS
from config.demo.content.shapes import CosmeticFacts, ProductSpec, SportsFacts, VariantSpec

REASON = "Demo shop"


def create_catalogue(partners: Mapping[str, int]) -> dict[str, VariantRef]:
    """Everything the demo sells; its variants by SKU."""
    brands = {
        code: brand_named(name=brand.name, owner_id=partners[brand.owner], reason=REASON).pk
        for code, brand in BRANDS.items()
    }
    categories: dict[str, int] = {}
    for spec in CATEGORIES:
        categories[spec.code] = create_category(
            code=spec.code,
            name=spec.name,
            parent_id=categories[spec.parent] if spec.parent else None,
            attributes_schema=spec.schema,
            low_stock_quantity=spec.low_stock_quantity,
            expiry_alert_days=spec.alert_days or None,
        ).pk
    standard = tax_class(code="standard", name="Standard rate").pk
    create_products(
        drafts=[
            draft_of(product, brands[product.brand], categories[product.category], standard)
            for product in PRODUCTS
        ],
        stage="active",
        reason=REASON,
    )
    return variants_by_sku([v.sku for product in PRODUCTS for v in product.variants])


def add_case_barcodes(variants: Mapping[str, VariantRef]) -> None:
    """The barcodes on cases; those of single pieces come with the suppliers' lists."""
    for product in PRODUCTS:
        for variant in product.variants:
            if variant.case_gtin:
                add_barcode(
                    variant_id=variants[variant.sku].id,
                    gtin=variant.case_gtin,
                    packaging_level="case",
                    quantity=Decimal(variant.case_quantity),
                    reason=REASON,
                )


def draft_of(
    product: ProductSpec, brand_id: int, category_id: int, tax_class_id: int
) -> ProductDraft:
    """A product as its service wants it."""
    texts = [TextDraft(language="en", name=product.name, description=product.text_en)]
    texts.append(TextDraft(language="de", name=product.name_de, description=product.text_de))
    facts = product.cosmetic or product.sports
    assert facts is not None, f"{product.name} has the facts of its kind"
    return ProductDraft(
        kind=product.kind,
        name=product.name,
        brand_id=brand_id,
        category_id=category_id,
        stock_unit=product.stock_unit,
        tax_class_id=tax_class_id,
        attributes=product.attributes,
        facts=_cosmetic(facts) if isinstance(facts, CosmeticFacts) else _sports(facts),
        variants=[_variant(variant) for variant in product.variants],
        texts=texts,
    )


def _cosmetic(facts: CosmeticFacts) -> dict[str, object]:
    return {name: getattr(facts, name) for name in facts.__slots__}


def _sports(facts: SportsFacts) -> dict[str, object]:
    length, width, height = facts.dimensions_cm or (None, None, None)
    return {
        "sport": facts.sport,
        "length": length,
        "width": width,
        "height": height,
        "weight": facts.weight_g,
        "materials": [{"name": name, "share": share} for name, share in facts.materials],
        "size_system": facts.size_system,
        "customisation_options": list(facts.customisation),
        "season_months": list(facts.season_months),
    }


def _variant(variant: VariantSpec) -> VariantDraft:
    content = variant.content
    return VariantDraft(
        sku=variant.sku,
        size=variant.size,
        shade=variant.shade,
        colour=variant.colour,
        content_quantity=content.value if content else None,
        content_unit=content.unit if content else "",
    )
