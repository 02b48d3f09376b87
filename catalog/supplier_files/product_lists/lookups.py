"""What the database knows about a batch: read with few queries, as flat records."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models, transaction
from django.db.models.expressions import RawSQL

from catalog.identifiers.models import AliasScheme, Barcode, SkuAlias
from catalog.pricing.models import Price, PriceList, PriceListKind
from catalog.products.models import Product, Variant
from catalog.products.selectors import kinds_by_content_type
from catalog.supplier_files.product_lists.plan import Change, SourceRow
from catalog.supplier_files.product_lists.tables import PRODUCT_MODELS, Record, table
from catalog.supplier_files.rules.product_rows import ProductRow

VARIANT = table(Variant)
_VARIANT_PRODUCT = VARIANT.index["product_id"]
_VARIANT_SKU = VARIANT.index["sku"]
OPTION_POSITIONS = tuple(
    VARIANT.index[name] for name in ("size", "shade", "colour", "content_quantity", "content_unit")
)


@dataclass(slots=True)
class KnownProduct:
    """A product as it is or is about to be."""

    kind: str
    change: Change


@dataclass(slots=True)
class Found:
    """The rows of the database that a batch may concern."""

    by_sku: dict[str, int] = field(default_factory=dict)
    by_code: dict[str, int] = field(default_factory=dict)
    by_gtin: dict[str, int] = field(default_factory=dict)
    variants: dict[int, Change] = field(default_factory=dict)
    products: dict[int, KnownProduct] = field(default_factory=dict)
    prices: dict[tuple[int, int], Change] = field(default_factory=dict)
    products_named: dict[tuple[str, int | None, str], int] = field(default_factory=dict)
    by_options: dict[tuple[int, tuple[Any, ...]], int] = field(default_factory=dict)
    skus: dict[int, str] = field(default_factory=dict)
    codes: dict[int, list[str]] = field(default_factory=dict)
    gtins: dict[int, list[str]] = field(default_factory=dict)


@contextmanager
def by_index() -> Iterator[None]:
    """Have the keys of a batch found in indexes.

    PostgreSQL takes a thousand such searches for dearer than they are, and reads whole tables
    instead: the longer, the larger the catalogue.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield
        cursor.execute("SET LOCAL enable_seqscan TO DEFAULT")


def look(
    rows: Sequence[SourceRow], *, supplier_id: int, price_list_ids: Collection[int], lock: bool
) -> Found:
    """Read everything these rows may refer to.

    With `lock` the rows found stay locked until the transaction ends, in the order of their keys.
    """
    said = [row for source in rows if (row := source.product) is not None]
    found = Found()
    skus = {row.sku for row in said if row.sku}
    codes = {row.supplier_code for row in said if row.supplier_code}
    gtins = {row.gtin for row in said if row.gtin}
    if skus:
        found.by_sku = dict(among(Variant.objects.all(), "sku", skus).values_list("sku", "id"))
    if codes:
        found.by_code = dict(
            among(SkuAlias.objects.all(), "code", codes)
            .filter(scheme=AliasScheme.SUPPLIER, partner_id=supplier_id)
            .values_list("code", "variant_id")
        )
    if gtins:
        found.by_gtin = dict(
            among(Barcode.objects.all(), "gtin", gtins).values_list("gtin", "variant_id")
        )
    _find_codes(found, _only_by_gtin(said, found), supplier_id)
    ids = {*found.by_sku.values(), *found.by_code.values(), *found.by_gtin.values()}
    names = {row.name for row in said if row.name and known_variant_id(row, found) is None}
    _find_named(found, names, ids, supplier_id)
    if ids:
        _load(found, ids, price_list_ids, lock=lock)
        _find_siblings(found, said)
    return found


def _only_by_gtin(said: Sequence[ProductRow], found: Found) -> set[int]:
    """Variants that a row names by their barcode, under a supplier's code nobody knows."""
    return {
        found.by_gtin[row.gtin]
        for row in said
        if row.gtin in found.by_gtin
        and row.supplier_code
        and row.supplier_code not in found.by_code
        and row.sku not in found.by_sku
    }


def _find_codes(found: Found, variant_ids: Collection[int], supplier_id: int) -> None:
    """Note what this supplier calls these variants."""
    if not variant_ids:
        return
    for variant_id, code in (
        among(SkuAlias.objects.all(), "variant_id", variant_ids)
        .filter(scheme=AliasScheme.SUPPLIER, partner_id=supplier_id)
        .values_list("variant_id", "code")
    ):
        found.codes.setdefault(variant_id, []).append(code)


def known_variant_id(row: ProductRow, found: Found) -> int | None:
    """Give the variant that the first known code of a row names."""
    for value, known in (
        (row.sku, found.by_sku),
        (row.supplier_code, found.by_code),
        (row.gtin, found.by_gtin),
    ):
        if value and (variant_id := known.get(value)) is not None:
            return variant_id
    return None


def wanted_options(row: ProductRow, record: Record) -> list[Any]:
    """Give size, shade, colour and content of a variant as a row wants them."""
    options = [record[position] for position in OPTION_POSITIONS]
    wanted = [
        row.size or options[0],
        row.shade or options[1],
        row.colour or options[2],
        *options[3:],
    ]
    # A size read out of the name fills a blank content, it does not argue with a stated one.
    if row.content is not None and not (row.is_content_from_name and options[3] is not None):
        wanted[3:] = [row.content_quantity, row.content_unit]
    return wanted


def _find_siblings(found: Found, said: Iterable[ProductRow]) -> None:
    """Where a row changes size, shade, colour or content, find the variants it may collide with."""
    product_ids = set()
    for row in said:
        variant_id = known_variant_id(row, found)
        if variant_id is None:
            continue
        record = found.variants[variant_id].record
        if wanted_options(row, record) != [record[position] for position in OPTION_POSITIONS]:
            product_ids.add(record[_VARIANT_PRODUCT])
    if product_ids:
        rows = among(Variant.objects.all(), "product_id", product_ids)
        _note_options(found, rows.values_list(*VARIANT.attnames))


def _note_options(found: Found, records: Iterable[Sequence[Any]]) -> None:
    for record in records:
        key = (record[_VARIANT_PRODUCT], tuple(record[i] for i in OPTION_POSITIONS))
        found.by_options[key] = record[0]
        found.skus[record[0]] = record[_VARIANT_SKU]


def _find_named(found: Found, names: set[str], ids: set[int], supplier_id: int) -> None:
    """Find products of these names, and their variants by size, shade, colour and content."""
    if not names:
        return
    kinds = kinds_by_content_type()
    product_ids = []
    rows = among(Product.objects.non_polymorphic(), "name", names)
    # Of several, the oldest counts: it comes last. Sorted here, lest the index of keys be walked.
    for pk, content_type, brand_id, name in sorted(
        rows.values_list("id", "polymorphic_ctype_id", "brand_id", "name"), reverse=True
    ):
        found.products_named[kinds.get(content_type, ""), brand_id, name] = pk
        product_ids.append(pk)
    if not product_ids:
        return
    records = list(
        among(Variant.objects.all(), "product_id", product_ids).values_list(*VARIANT.attnames)
    )
    _note_options(found, records)
    variant_ids = [record[0] for record in records]
    ids.update(variant_ids)
    _find_codes(found, variant_ids, supplier_id)
    barcodes = among(Barcode.objects.all(), "variant_id", variant_ids)
    for variant_id, gtin in barcodes.values_list("variant_id", "gtin"):
        found.gtins.setdefault(variant_id, []).append(gtin)


def _load(
    found: Found, ids: Collection[int], price_list_ids: Collection[int], *, lock: bool
) -> None:
    variants = among(Variant.objects.all(), "id", ids)
    for *record, version in _records(variants, Variant, lock=lock):
        found.variants[record[0]] = Change(record, version)
        found.skus[record[0]] = record[_VARIANT_SKU]
    product_ids = {change.record[_VARIANT_PRODUCT] for change in found.variants.values()}
    product_ids.update(found.products_named.values())
    if lock:
        _lock(among(Product.objects.non_polymorphic(), "id", product_ids))
    missing = product_ids
    for kind, model in PRODUCT_MODELS.items():
        if not missing:
            break
        # Both keys, or the database reads one of the two tables to the end.
        products = among(model.objects.non_polymorphic(), "id", missing)
        products = among(products, "product_ptr_id", missing)
        for *record, version in _records(products, model, lock=False):
            found.products[record[0]] = KnownProduct(kind, Change(record, version))
        missing = missing - found.products.keys()
    if price_list_ids:
        _load_prices(found, price_list_ids, lock=lock)


def _load_prices(found: Found, price_list_ids: Collection[int], *, lock: bool) -> None:
    # By variant alone: an index on the few price lists would find every price there is.
    prices = among(Price.objects.all(), "variant_id", found.variants).filter(valid_from_date=None)
    target = table(Price)
    variant, price_list = target.index["variant_id"], target.index["price_list_id"]
    for *record, version in _records(prices, Price, lock=lock):
        if record[price_list] in price_list_ids:
            found.prices[record[variant], record[price_list]] = Change(record, version)


def _lock(rows: models.QuerySet[Any]) -> None:
    if connection.vendor == "postgresql":
        list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk"))


def _records(rows: models.QuerySet[Any], model: type[models.Model], *, lock: bool) -> Iterable[Any]:
    """Give full records, each with the version of its row (PostgreSQL's xmin) behind it."""
    if lock:
        _lock(rows)
    target = table(model)
    if connection.vendor != "postgresql":
        return ([*record, None] for record in rows.values_list(*target.attnames))
    base = target.parts[0].name
    version = RawSQL(f'"{base}"."xmin"::text::bigint', ())  # noqa: S611 - the name of our own table
    return (
        list(record)
        for record in rows.annotate(row_version=version).values_list(
            *target.attnames, "row_version"
        )
    )


def among(
    rows: models.QuerySet[Any], attname: str, values: Collection[Any]
) -> models.QuerySet[Any]:
    """Keep the rows whose column is one of these values.

    On PostgreSQL they go as one array: a thousand parameters of IN cost as much as the answer.
    """
    if connection.vendor != "postgresql":
        return rows.filter(**{f"{attname}__in": values})
    field = rows.model._meta.get_field(attname.removesuffix("_id") if attname != "id" else attname)
    column = f'"{field.model._meta.db_table}"."{field.column}"'
    test = RawSQL(f"{column} = ANY(%s)", (list(values),), models.BooleanField())  # noqa: S611 - the name of our own column
    return rows.filter(test)


def price_lists(supplier_id: int) -> dict[tuple[str, str], int]:
    """Give the lists an import may write by kind and currency: the supplier's, base lists."""
    rows = PriceList.objects.filter(
        models.Q(kind=PriceListKind.COST, partner_id=supplier_id)
        | models.Q(kind=PriceListKind.LIST, market__isnull=True)
    )
    return {
        (kind, currency): pk for pk, kind, currency in rows.values_list("id", "kind", "currency")
    }
