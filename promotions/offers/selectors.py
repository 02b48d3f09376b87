"""Reads for the shop window: products with all that a list page needs, in few queries."""

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
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
from compliance.assessments.models import Clearance
from compliance.assessments.selectors.clearances import is_on_sale
from inventory.availability.selectors import Availability, availability
from inventory.availability.selectors.promised import compositions_of
from inventory.reservations.composition import Composition
from inventory.reservations.rules import Reason
from inventory.reservations.sellable import not_sellable_reasons, parts_not_sellable
from promotions.bundles.models import BundleOption, BundleSlot
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
    not_sellable: Sequence[Reason] = ()


def products_on_sale(
    *,
    market_id: int,
    now: datetime,
    kind: str | None = None,
    category: str | None = None,
    brand: str | None = None,
    search: str | None = None,
    updated_since: datetime | None = None,
    attributes: Mapping[str, str] | None = None,
) -> QuerySet[Product]:
    """The products that may be sold in a market, by what a shop filters.

    A bundle may where all that it takes may. A category means all below it too.
    `attributes` are those of categories, each with the text of its value.
    """
    products = (
        Product.objects.non_polymorphic()
        .filter(Exists(Variant.objects.filter(product=OuterRef("pk"))), stage=Stage.ACTIVE)
        .filter(_may_be_sold(market_id, now))
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


def product_of_sku(sku: str, *, market: "Market", now: datetime) -> OfferedProduct | None:
    """The product of this SKU at whatever stage, with what speaks against selling it there."""
    found = (
        Product.objects.non_polymorphic()
        .filter(variants__sku=sku)
        .select_related("brand", "category")
        .first()
    )
    if found is None:
        return None
    (offer,) = offered([cast(Product, found)], market=market, now=now)
    first = offer.variants[0].variant
    return replace(offer, not_sellable=_why_not_sold(first, market=market, now=now))


def _why_not_sold(variant: VariantRef, *, market: "Market", now: datetime) -> list[Reason]:
    made_of = compositions_of([variant]).get(variant.id, Composition(parts=()))
    options = [option for slot in made_of.open_slots for option in slot.options]
    goods = {v.id: v for v in (variant, *(p.variant for p in (*made_of.parts, *options)))}
    refusals = not_sellable_reasons(goods.values(), market_id=market.pk, now=now)
    reasons = list(refusals.of(variant))
    if not variant.is_bundle:
        return reasons
    if made_of.parts or not made_of.open_slots:
        reasons += [reason for reason, _ in parts_not_sellable(made_of.parts, refusals)]
    for slot in made_of.open_slots:
        if all(refusals.of(option.variant) for option in slot.options):
            detail = f'Nothing that may go into the slot "{slot.slot}" may be sold.'
            reasons.append(Reason("nothing-to-choose", detail))
    return reasons


def _may_be_sold(market_id: int, now: datetime) -> Q:
    """What is cleared for a market, and bundles of such things."""
    cleared = Clearance.objects.filter(is_on_sale(now), market=market_id)
    is_cleared = Exists(cleared.filter(product=OuterRef("variant__product")))
    own_options = BundleOption.objects.filter(slot=OuterRef("pk"))
    taken = BundleOption.objects.filter(slot__bundle=OuterRef("pk"), is_default=True)
    to_choose = BundleSlot.objects.filter(
        ~Exists(own_options.filter(is_default=True)),
        ~Exists(own_options.filter(is_cleared)),
        bundle=OuterRef("pk"),
        is_optional=False,
    )
    return Q(Exists(cleared.filter(product=OuterRef("pk")))) & Q(bundleproduct__isnull=True) | (
        Q(bundleproduct__isnull=False) & ~Exists(taken.filter(~is_cleared)) & ~Exists(to_choose)
    )


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
