"""Reads for the shop window: products with all that a list page needs, in few queries."""

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.identifiers.models import Barcode
from catalog.products.models import (
    BundleProduct,
    Category,
    CosmeticProduct,
    Product,
    ProductText,
    SportsProduct,
    Stage,
    Variant,
)
from catalog.products.selectors import (
    VariantRef,
    categories_below,
    kinds_by_content_type,
    variants_by_id,
)
from inventory.availability.selectors import Availability, availability
from promotions.bundles.rules import Slot
from promotions.bundles.selectors import slots_of

if TYPE_CHECKING:
    from catalog.markets.models import Market

_OF_KIND = {
    CosmeticProduct.kind: Q(cosmeticproduct__isnull=False),
    SportsProduct.kind: Q(sportsproduct__isnull=False),
    BundleProduct.kind: Q(bundleproduct__isnull=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedVariant:
    """One thing that can be bought."""

    variant: VariantRef
    size: str
    shade: str
    colour: str
    gtins: Sequence[str]
    availability: Availability


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedProduct:
    """A product on sale with everything that can be bought of it."""

    product: Product
    kind: str
    variants: Sequence[OfferedVariant]
    slots: Sequence[Slot] = ()


def products_on_sale(
    *,
    kind: str | None = None,
    category: str | None = None,
    brand: str | None = None,
    search: str | None = None,
    updated_since: datetime | None = None,
    attributes: Mapping[str, str] | None = None,
) -> QuerySet[Product]:
    """The products that may be sold, by what a shop filters; a category means all below it too.

    `attributes` are those of categories, each with the text of its value.
    """
    products = (
        Product.objects.non_polymorphic()
        .filter(Exists(Variant.objects.filter(product=OuterRef("pk"))), stage=Stage.ACTIVE)
        .select_related("brand", "category")
    )
    if kind is not None:
        products = products.filter(_OF_KIND[kind])
    if category is not None:
        products = products.filter(category_id__in=_below(category))
    if brand is not None:
        products = products.filter(brand__name__iexact=brand)
    if search is not None:
        products = products.filter(_matches(search))
    if updated_since is not None:
        products = products.filter(updated_at__gte=updated_since)
    for name, text in (attributes or {}).items():
        products = products.filter(_has_attribute(name, text))
    return cast(QuerySet[Product], products)


def offered(
    products: Sequence[Product], *, market: "Market", now: datetime
) -> list[OfferedProduct]:
    """These products with their variants, codes and what a market could be promised of each."""
    rows = list(Variant.objects.filter(product__in=[p.pk for p in products]).order_by("pk"))
    refs = variants_by_id([row.pk for row in rows])
    gtins: dict[int, list[str]] = defaultdict(list)
    barcodes = Barcode.objects.filter(variant__in=[row.pk for row in rows])
    for variant_id, gtin in barcodes.order_by("pk").values_list("variant_id", "gtin"):
        gtins[variant_id].append(gtin)
    there = availability(variants=refs.values(), market=market, now=now)
    by_product: dict[int, list[OfferedVariant]] = defaultdict(list)
    for row in rows:
        by_product[row.product_id].append(
            OfferedVariant(
                variant=refs[row.pk],
                size=row.size,
                shade=row.shade,
                colour=row.colour,
                gtins=gtins[row.pk],
                availability=there[row.pk],
            )
        )
    kinds = kinds_by_content_type()
    kind_of = {product.pk: kinds.get(product.polymorphic_ctype_id or 0, "") for product in products}
    bundles = [pk for pk, kind in kind_of.items() if kind == BundleProduct.kind]
    slots = slots_of(bundles) if bundles else {}
    return [
        OfferedProduct(
            product=product,
            kind=kind_of[product.pk],
            variants=by_product[product.pk],
            slots=slots.get(product.pk, ()),
        )
        for product in products
    ]


def _below(category: str) -> list[int]:
    found = Category.objects.filter(code=category).values_list("pk", flat=True).first()
    return categories_below(found) if found is not None else []


def _has_attribute(name: str, text: str) -> Q:
    """Its attribute is the text, or the number or the yes or no that the text spells."""
    if not name.isidentifier() or "__" in name:
        return Q(pk__in=[])
    values: list[Any] = [text]
    with suppress(ValueError, RecursionError):
        spelt = json.loads(text)
        if isinstance(spelt, int | float) and math.isfinite(spelt):
            values.append(spelt)
    return Q(**{f"attributes__{name}__in": values})


def _matches(search: str) -> Q:
    """Its name in any language, its brand, or a SKU holds the text."""
    return (
        Q(name__icontains=search)
        | Q(brand__name__icontains=search)
        | Exists(ProductText.objects.filter(product=OuterRef("pk"), name__icontains=search))
        | Exists(Variant.objects.filter(product=OuterRef("pk"), sku__icontains=search))
    )
