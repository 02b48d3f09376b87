"""What a typed or scanned code names: a lot, a variant, or something we do not know."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from catalog.identifiers.models import AliasScheme, Barcode
from catalog.identifiers.rules import Scan, clean_scan, is_sku, parse_scan
from catalog.products.errors import UnknownProduct
from catalog.products.selectors import AliasCode, VariantRef, resolve_codes
from inventory.lots.models import Lot
from inventory.lots.selectors import find_lot, lots_named

LOTS_SHOWN_MAX = 10


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
