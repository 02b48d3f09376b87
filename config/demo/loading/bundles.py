"""Sets of what the demo sells, on sale from the start."""

from collections.abc import Mapping
from decimal import Decimal

from catalog.pricing.services import tax_class
from catalog.products.selectors import VariantRef
from catalog.products.services import (
    ProductDraft,
    TextDraft,
    VariantDraft,
    brand_named,
    create_category,
    create_products,
)
from config.demo.content.bundles import BUNDLES, BundleSpec, SlotSpec
from config.demo.content.places import BRANDS
from config.demo.loading.catalogue import REASON
from promotions.bundles.services import OptionDraft, SlotDraft, set_composition


def create_bundles(variants: Mapping[str, VariantRef]) -> None:
    """The sets with their slots."""
    category = create_category(code="sets", name="Sets")
    standard = tax_class(code="standard", name="Standard rate")
    products = create_products(
        drafts=[_draft(bundle, category.pk, standard.pk) for bundle in BUNDLES],
        stage="active",
        reason=REASON,
    )
    for product, bundle in zip(products, BUNDLES, strict=True):
        slots = [_slot(slot, variants) for slot in bundle.slots]
        set_composition(bundle_id=product.pk, slots=slots, reason=REASON)


def _draft(bundle: BundleSpec, category_id: int, tax_class_id: int) -> ProductDraft:
    return ProductDraft(
        kind="bundle",
        name=bundle.name,
        brand_id=brand_named(name=BRANDS[bundle.brand].name).pk,
        category_id=category_id,
        tax_class_id=tax_class_id,
        variants=[VariantDraft(sku=bundle.sku)],
        texts=[
            TextDraft(language="en", name=bundle.name, description=bundle.text_en),
            TextDraft(language="de", name=bundle.name_de, description=bundle.text_de),
        ],
    )


def _slot(slot: SlotSpec, variants: Mapping[str, VariantRef]) -> SlotDraft:
    return SlotDraft(
        name=slot.name,
        is_optional=slot.is_optional,
        options=[
            OptionDraft(
                variant_id=variants[sku].id,
                quantity=Decimal(slot.quantity),
                is_default=place == 0 and not slot.is_optional,
            )
            for place, sku in enumerate(slot.skus)
        ],
    )
