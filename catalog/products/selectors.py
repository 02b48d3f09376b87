"""Reads of products: codes to variants, the category tree, the rules a variant inherits."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType

from catalog.identifiers.models import Barcode, SkuAlias
from catalog.products.models import (
    BundleProduct,
    Category,
    CosmeticProduct,
    SportsProduct,
    Variant,
)
from catalog.products.rules import merged_schema
from catalog.units.rules import Content, resolve_unit

LOW_STOCK_QUANTITY_DEFAULT = Decimal(5)
EXPIRY_ALERT_DAYS_DEFAULT = (90, 60, 30, 7)
CODES_AT_ONCE_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRef:
    """A variant as far as other rooms need to know it."""

    id: int
    sku: str
    product_id: int
    product_name: str
    kind: str
    stage: str
    category_id: int | None
    stock_unit: str
    content_quantity: Decimal | None
    content_unit: str
    remaining_days_min: int
    low_stock_quantity: Decimal | None
    pack_size: Decimal = Decimal(1)  # stock units in what a code named: 12 for that of a case of 12

    @property
    def is_lot_tracked(self) -> bool:
        """Whether every unit needs a lot code and an expiry date."""
        return self.kind == CosmeticProduct.kind

    @property
    def is_bundle(self) -> bool:
        """Whether it is put together from others, and never lies in stock itself."""
        return self.kind == BundleProduct.kind

    @property
    def content(self) -> Content | None:
        """What one piece holds, for conversions between dimensions."""
        if self.content_quantity is None:
            return None
        return Content(quantity=self.content_quantity, unit=resolve_unit(self.content_unit))


@dataclass(frozen=True, slots=True)
class AliasCode:
    """A code in a partner's language; without a partner the code must be unique in its scheme."""

    scheme: str
    code: str
    partner_id: int | None = None


_FIELDS = (
    "id",
    "sku",
    "product_id",
    "product__name",
    "product__polymorphic_ctype_id",
    "product__stage",
    "product__category_id",
    "product__stock_unit",
    "content_quantity",
    "content_unit",
    "product__cosmeticproduct__remaining_days_min",
    "low_stock_quantity",
)


def kinds_by_content_type() -> dict[int, str]:
    """Content type key of each product model, and the kind it stands for."""
    models = (CosmeticProduct, SportsProduct, BundleProduct)
    types = ContentType.objects.get_for_models(*models)
    return {types[model].pk: model.kind for model in models}


def _chunks(values: Iterable[Any]) -> Iterable[list[Any]]:
    # SQLite binds a limited number of values in one statement.
    distinct = sorted(set(values))
    for start in range(0, len(distinct), CODES_AT_ONCE_MAX):
        yield distinct[start : start + CODES_AT_ONCE_MAX]


def _refs(rows: Iterable[tuple[Any, ...]]) -> list[VariantRef]:
    kinds = kinds_by_content_type()
    return [
        VariantRef(
            id=row[0],
            sku=row[1],
            product_id=row[2],
            product_name=row[3],
            kind=kinds.get(row[4], ""),
            stage=row[5],
            category_id=row[6],
            stock_unit=row[7],
            content_quantity=row[8],
            content_unit=row[9],
            remaining_days_min=row[10] or 0,
            low_stock_quantity=row[11],
        )
        for row in rows
    ]


def variants_by_id(ids: Collection[int]) -> dict[int, VariantRef]:
    """The variants with these keys; those that do not exist are missing."""
    found: dict[int, VariantRef] = {}
    for chunk in _chunks(ids):
        rows = Variant.objects.filter(pk__in=chunk).values_list(*_FIELDS)
        found |= {ref.id: ref for ref in _refs(rows)}
    return found


def variants_by_sku(skus: Collection[str]) -> dict[str, VariantRef]:
    """The variants with these SKUs; those that do not exist are missing."""
    found: dict[str, VariantRef] = {}
    for chunk in _chunks(skus):
        rows = Variant.objects.filter(sku__in=chunk).values_list(*_FIELDS)
        found |= {ref.sku: ref for ref in _refs(rows)}
    return found


def opening_months(variant_ids: Collection[int]) -> dict[int, int]:
    """For how many months each of these keeps once opened, where the product says so."""
    rows = Variant.objects.filter(pk__in=variant_ids).values_list(
        "pk", "product__cosmeticproduct__period_after_opening_months"
    )
    return {pk: months for pk, months in rows if months is not None}


def packages_by_gtin(gtins: Collection[str]) -> dict[str, tuple[int, Decimal]]:
    """The variant that owns each GTIN of 14 digits, and how much of it the packaging holds."""
    found: dict[str, tuple[int, Decimal]] = {}
    for chunk in _chunks(gtins):
        rows = Barcode.objects.filter(gtin__in=chunk).values_list("gtin", "variant_id", "quantity")
        found |= {gtin: (variant_id, quantity) for gtin, variant_id, quantity in rows}
    return found


def variant_ids_by_alias(aliases: Collection[AliasCode]) -> dict[AliasCode, int]:
    """The variant behind each alias.

    A code that several partners use for different variants, asked without a partner, names none.
    """
    by_code: dict[tuple[str, str], list[tuple[int | None, int]]] = {}
    for chunk in _chunks(alias.code for alias in aliases):
        rows = SkuAlias.objects.filter(code__in=chunk).values_list(
            "scheme", "code", "partner_id", "variant_id"
        )
        for scheme, code, partner_id, variant_id in rows:
            by_code.setdefault((scheme, code), []).append((partner_id, variant_id))
    found = {}
    for alias in set(aliases):
        owners = by_code.get((alias.scheme, alias.code), [])
        if alias.partner_id is not None:
            owners = [owner for owner in owners if owner[0] == alias.partner_id]
        variant_ids = {variant_id for _, variant_id in owners}
        if len(variant_ids) == 1:
            found[alias] = variant_ids.pop()
    return found


def resolve_codes(
    *,
    skus: Collection[str] = (),
    gtins: Collection[str] = (),
    aliases: Collection[AliasCode] = (),
) -> dict[str | AliasCode, VariantRef]:
    """Codes of any kind to variants, in a bounded number of queries.

    SKUs answer as SKU, then as alias of any scheme; GTINs have 14 digits, and that of a package
    tells its `pack_size`. The unknown is missing.
    """
    by_sku = variants_by_sku(skus)
    ids: dict[str | AliasCode, int] = {}
    packages = packages_by_gtin(gtins)
    ids.update({gtin: variant_id for gtin, (variant_id, _) in packages.items()})
    former = {sku: AliasCode("legacy", sku) for sku in skus if sku not in by_sku}
    found_aliases = variant_ids_by_alias([*aliases, *former.values()])
    ids.update({alias: found_aliases[alias] for alias in aliases if alias in found_aliases})
    ids.update({sku: found_aliases[a] for sku, a in former.items() if a in found_aliases})
    refs = variants_by_id(set(ids.values())) if ids else {}
    resolved: dict[str | AliasCode, VariantRef] = {key: refs[pk] for key, pk in ids.items()}
    resolved.update(
        {
            gtin: replace(refs[variant_id], pack_size=size)
            for gtin, (variant_id, size) in packages.items()
            if size != 1
        }
    )
    resolved.update(by_sku)
    return resolved


def category_lineage() -> dict[int, list[Category]]:
    """Every category with those above it, outermost first and itself last. One query."""
    categories = {category.pk: category for category in Category.objects.order_by("pk")}
    lineage: dict[int, list[Category]] = {}
    for pk in categories:
        chain: list[Category] = []
        node: int | None = pk
        while node is not None and len(chain) <= len(categories):
            chain.append(categories[node])
            node = categories[node].parent_id
        lineage[pk] = chain[::-1]
    return lineage


def category_path(chain: list[Category]) -> str:
    """`Skin care > Face > Serum`."""
    return " > ".join(category.name for category in chain)


def categories_below(category_id: int) -> list[int]:
    """This category and all below it."""
    return [
        pk
        for pk, chain in category_lineage().items()
        if any(category.pk == category_id for category in chain)
    ]


def attributes_schema(category_id: int | None) -> dict[str, Any]:
    """The JSON Schema that a category and those above it make together."""
    if category_id is None:
        return {}
    return merged_schema([c.attributes_schema for c in category_lineage()[category_id]])


def low_stock_quantities(variants: Collection[VariantRef]) -> dict[int, Decimal]:
    """Stock units at or below which each variant counts as low: its own, its category's, else 5."""
    by_category = _inherited("low_stock_quantity")
    return {
        variant.id: variant.low_stock_quantity
        if variant.low_stock_quantity is not None
        else by_category.get(variant.category_id, LOW_STOCK_QUANTITY_DEFAULT)
        for variant in variants
    }


def expiry_alert_days() -> Mapping[int | None, tuple[int, ...]]:
    """Days before the last day of sale at which each category alerts; None: without category."""
    own = _inherited("expiry_alert_days")
    return {
        None: EXPIRY_ALERT_DAYS_DEFAULT,
        **dict.fromkeys(category_lineage(), EXPIRY_ALERT_DAYS_DEFAULT),
        **{pk: tuple(sorted(days, reverse=True)) for pk, days in own.items()},
    }


def _inherited(field: str) -> dict[int | None, Any]:
    """A field of each category, from itself or the nearest above that says something."""
    values: dict[int | None, Any] = {}
    for pk, chain in category_lineage().items():
        said = [getattr(c, field) for c in chain if getattr(c, field) is not None]
        if said:
            values[pk] = said[-1]
    return values


def last_editors(product_ids: Collection[int]) -> dict[int, int]:
    """The user who changed each of these products last, where it was a user."""
    found: dict[int, int] = {}
    for model in (CosmeticProduct, SportsProduct, BundleProduct):
        history = model.history.model.objects.filter(id__in=product_ids)
        rows = history.exclude(history_user=None).order_by("history_date", "history_id")
        found |= dict(rows.values_list("id", "history_user_id"))
    return found
