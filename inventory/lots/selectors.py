"""Reads of lots: by name, what holds them, until when they may be sold, what a scan names."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    DateField,
    Exists,
    F,
    Func,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Coalesce
from django.db.models.sql.compiler import SQLCompiler

from catalog.identifiers.models import AliasScheme, Barcode
from catalog.identifiers.rules import Scan, clean_scan, is_sku, parse_scan
from catalog.products.errors import UnknownProduct
from catalog.products.models import CosmeticProduct
from catalog.products.selectors import AliasCode, VariantRef, resolve_codes
from config.kernel import clock
from inventory.lots.models import Lot, LotHold
from inventory.warehouses.selectors import time_zones

LOTS_SHOWN_MAX = 10


# SQLite binds a limited number of values in one statement.
KEYS_AT_ONCE_MAX = 400


class SellByDate(Func):
    """The last day of sale in SQL: an expiry date less a number of days; null stays null."""

    output_field = DateField()
    arity = 2

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: Any, **extra: Any
    ) -> Any:
        """Dates less whole days are dates: PostgreSQL."""
        return super().as_sql(compiler, connection, template="(%(expressions)s)", arg_joiner=" - ")

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **extra: Any) -> Any:
        """Dates are texts: SQLite."""
        return super().as_sql(
            compiler,
            connection,
            template="date(%(expressions)s || ' days')",
            arg_joiner=", '-' || ",
        )


def product_sell_by(prefix: str = "") -> SellByDate:
    """The last day of sale by the product's own minimum, of a lot that lies at `prefix`."""
    return SellByDate(
        F(f"{prefix}expiry_date"),
        Coalesce(F(f"{prefix}variant__product__cosmeticproduct__remaining_days_min"), Value(0)),
    )


def longest_minimum() -> int:
    """The most days of life left that any product asks for: what expires later is not due yet."""
    longest = CosmeticProduct.objects.aggregate(longest=Max("remaining_days_min"))["longest"]
    return longest or 0


def with_sell_by(lots: QuerySet[Lot]) -> QuerySet[Lot]:
    """Lots with `sell_by_date`, the last day of sale by the product's own minimum."""
    return lots.annotate(sell_by_date=product_sell_by())


def not_past(sell_by: str, time_zone: str, *, now: datetime) -> Q:
    """What may still be sold today: `sell_by` and `time_zone` name the columns that say so.

    Every warehouse has its own today; a lot without expiry has none to miss.
    """
    fresh = Q(**{f"{sell_by}__isnull": True})
    for zone, today in todays(now).items():
        fresh |= Q(**{time_zone: zone, f"{sell_by}__gte": today})
    return fresh


def todays(now: datetime) -> Mapping[str, date]:
    """Today in each time zone in which we have a warehouse."""
    return {zone: clock.today(zone, now) for zone in time_zones()}


def open_hold_of(lot: str = "pk") -> Exists:
    """Whether the lot at this place of the outer query is on hold."""
    return Exists(LotHold.objects.filter(lot_id=OuterRef(lot), released_at__isnull=True))


def with_hold(lots: QuerySet[Lot]) -> QuerySet[Lot]:
    """Lots with `is_on_hold`."""
    return lots.annotate(is_on_hold=open_hold_of())


def open_holds(lot_ids: Collection[int]) -> QuerySet[LotHold]:
    """The open holds of these lots, the oldest first."""
    return (
        LotHold.objects.select_related("lot")
        .filter(lot_id__in=lot_ids, released_at__isnull=True)
        .order_by("placed_at", "pk")
    )


def held_lot_ids(lot_ids: Collection[int]) -> set[int]:
    """Which of these lots are on hold."""
    return set(
        LotHold.objects.filter(lot_id__in=lot_ids, released_at__isnull=True).values_list(
            "lot_id", flat=True
        )
    )


def lots_named(code: str) -> QuerySet[Lot]:
    """The lots whose code is exactly this, of whatever product; the newest first."""
    return (
        Lot.objects.select_related("variant")
        .filter(code=code)
        .exclude(code="")
        .order_by("-received_at", "-pk")
    )


def find_lot(*, variant_id: int, code: str) -> Lot | None:
    """The lot of a variant with this code (blank: the open lot), or None."""
    return Lot.objects.select_related("variant").filter(variant_id=variant_id, code=code).first()


def lots_by_code(keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], Lot]:
    """The lots on file among these, each named by its variant and its code."""
    wanted = sorted(keys)
    found: dict[tuple[int, str], Lot] = {}
    for start in range(0, len(wanted), KEYS_AT_ONCE_MAX):
        chunk = set(wanted[start : start + KEYS_AT_ONCE_MAX])
        lots = Lot.objects.filter(
            variant_id__in={variant_id for variant_id, _ in chunk},
            code__in={code for _, code in chunk},
        )
        found |= {
            (lot.variant_id, lot.code): lot for lot in lots if (lot.variant_id, lot.code) in chunk
        }
    return found


def has_lots(variant_id: int) -> bool:
    """Whether goods of this variant ever came in: its SKU is printed on papers by then."""
    return Lot.objects.filter(variant_id=variant_id).exists()


@dataclass(frozen=True, slots=True)
class CodeWarning:
    """Something odd about a code that did not stop us from using the rest."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedCode:
    """What a code said and names; `quantity` is in stock units where the item is known."""

    gtin: str | None = None
    sku: str | None = None
    lot: str | None = None
    produced_on: date | None = None
    expires_on: date | None = None
    serial: str | None = None
    quantity: Decimal | None = None
    warnings: tuple[CodeWarning, ...] = ()


def resolve_code(code: str, *, today: date) -> ResolvedCode:
    """What a code names: a lot on file of exactly this name, our SKU, an alias, else a scan.

    `today` says which century two digits of a year mean. Raises InvalidIdentifier where it is none
    of these and no well-formed code.
    """
    text = clean_scan(code)
    lots = list(lots_named(text)[:LOTS_SHOWN_MAX])
    if lots:
        return _lot(lots)
    named = _named(text)
    if named is not None:
        return named
    if is_sku(text):
        return ResolvedCode(warnings=(_unknown(text),))
    return _scanned(parse_scan(code, today=today))


def _lot(lots: list[Lot]) -> ResolvedCode:
    newest = lots[0]
    if len(lots) == 1:
        return ResolvedCode(
            sku=newest.variant.sku,
            lot=newest.code,
            produced_on=newest.production_date,
            expires_on=newest.expiry_date,
        )
    skus = ", ".join(lot.variant.sku for lot in lots)
    warning = CodeWarning("ambiguous-lot", f"Several products have a lot {newest.code}: {skus}.")
    return ResolvedCode(lot=newest.code, warnings=(warning,))


def _named(text: str) -> ResolvedCode | None:
    """The variant that has this as its SKU or as an alias in any scheme."""
    aliases = [AliasCode(scheme, text) for scheme in AliasScheme.values]
    found = resolve_codes(skus=[text], aliases=aliases)
    if text in found:
        return _variant(found[text])
    variants = {variant.id: variant for variant in found.values()}
    if not variants:
        return None
    if len(variants) == 1:
        return _variant(variants.popitem()[1])
    skus = ", ".join(sorted(variant.sku for variant in variants.values()))
    detail = f"{text} means another product in each scheme: {skus}."
    return ResolvedCode(warnings=(CodeWarning("ambiguous-alias", detail),))


def _variant(variant: VariantRef) -> ResolvedCode:
    barcode = Barcode.objects.filter(variant_id=variant.id, quantity=1).order_by("gtin").first()
    return ResolvedCode(sku=variant.sku, gtin=barcode.gtin if barcode else None)


def _scanned(scan: Scan) -> ResolvedCode:
    said = ResolvedCode(
        gtin=scan.gtin,
        lot=scan.lot,
        produced_on=scan.produced_on,
        expires_on=scan.expires_on or scan.best_before_on,
        serial=scan.serial,
        quantity=scan.quantity,
        warnings=tuple(CodeWarning(w.code, w.detail) for w in scan.warnings),
    )
    barcode = (
        Barcode.objects.select_related("variant").filter(gtin=scan.gtin).first()
        if scan.gtin
        else None
    )
    if barcode is None:
        return replace(said, warnings=(*said.warnings, _unknown(scan.gtin or scan.text)))
    lot = find_lot(variant_id=barcode.variant_id, code=scan.lot) if scan.lot else None
    return replace(
        said,
        sku=barcode.variant.sku,
        produced_on=said.produced_on or (lot.production_date if lot else None),
        expires_on=said.expires_on or (lot.expiry_date if lot else None),
        quantity=(scan.quantity or Decimal(1)) * barcode.quantity,
        warnings=(*said.warnings, *_differences(said, lot)),
    )


def _differences(said: ResolvedCode, lot: Lot | None) -> list[CodeWarning]:
    if lot is None or said.expires_on is None or lot.expiry_date in (None, said.expires_on):
        return []
    detail = f"The code says {said.expires_on}, lot {lot.code} is on file with {lot.expiry_date}."
    return [CodeWarning("expiry-differs", detail)]


def _unknown(what: str) -> CodeWarning:
    return CodeWarning(UnknownProduct.code, f"Nothing of ours is called {what}.")
