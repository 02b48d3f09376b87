"""What a scan at goods in means, with the delivery that is being unloaded in mind."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from catalog.identifiers.errors import InvalidIdentifier
from catalog.identifiers.rules import clean_scan
from catalog.products.selectors import AliasCode, VariantRef, resolve_codes, variants_by_id
from inventory.lots.selectors import ResolvedCode, find_lot, resolve_code
from inventory.purchasing.errors import NotInDelivery, UnreadableScan
from inventory.purchasing.models import ShipmentNotice, ShipmentNoticeLine
from inventory.purchasing.selectors import notice_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedGoods:
    """The goods a scan names, as far as it, the lot on file and the delivery say."""

    variant: VariantRef
    lot_code: str = ""
    production_date: date | None = None
    expiry_date: date | None = None
    quantity: Decimal | None = None
    serial: str = ""
    notes: tuple[str, ...] = ()


def read_scan(text: str, *, notice: ShipmentNotice | None, today: date) -> ScannedGoods:
    """The goods behind a scanned or typed code.

    A lot announced in the delivery, a lot on file, a SKU, an alias, a GTIN or a GS1 string. Raises
    UnreadableScan, NotInDelivery.
    """
    code = clean_scan(text)
    if announced := _lines_of_lot(notice, code):
        return _announced_lot(announced, code)
    goods = _supplier_code(code, notice) or _resolved(code, notice, today)
    if notice is None:
        return _completed(goods, [])
    lines = list(notice_lines(notice.pk).filter(variant_id=goods.variant.id))
    if not lines:
        raise NotInDelivery(
            f"{goods.variant.sku} ({goods.variant.product_name}) is not in delivery "
            f"{notice.reference} of {notice.supplier.name}. Nothing was received."
        )
    return _completed(goods, lines)


def _lines_of_lot(notice: ShipmentNotice | None, lot_code: str) -> list[ShipmentNoticeLine]:
    """The lines of the delivery that announce a lot of this name."""
    if notice is None or not lot_code:
        return []
    return list(notice_lines(notice.pk).filter(lot_code=lot_code))


def _supplier_code(code: str, notice: ShipmentNotice | None) -> ScannedGoods | None:
    """The supplier's own code, which may mean something else to another supplier."""
    if notice is None:
        return None
    alias = AliasCode("supplier", code, notice.supplier_id)
    variant = resolve_codes(aliases=[alias]).get(alias)
    return ScannedGoods(variant=variant) if variant else None


def _resolved(code: str, notice: ShipmentNotice | None, today: date) -> ScannedGoods:
    try:
        found = resolve_code(code, today=today)
    except InvalidIdentifier as error:
        raise UnreadableScan(
            f"{error.detail} It is no lot, SKU or alias of ours either."
        ) from error
    if found.sku is None:
        return _without_item(code, found, notice)
    variant = resolve_codes(skus=[found.sku])[found.sku]
    return ScannedGoods(
        variant=variant,
        lot_code=found.lot or "",
        production_date=found.produced_on,
        expiry_date=found.expires_on,
        quantity=found.quantity,
        serial=found.serial or "",
        notes=tuple(warning.detail for warning in found.warnings),
    )


def _without_item(code: str, found: ResolvedCode, notice: ShipmentNotice | None) -> ScannedGoods:
    """A code that says a lot but no item: the delivery may know which."""
    if announced := _lines_of_lot(notice, found.lot or ""):
        goods = _announced_lot(announced, found.lot or "")
        return replace(
            goods,
            production_date=found.produced_on or goods.production_date,
            expiry_date=found.expires_on or goods.expiry_date,
            quantity=found.quantity or goods.quantity,
        )
    if found.lot and not found.gtin:
        said = " ".join(w.detail for w in found.warnings if w.code == "ambiguous-lot")
        raise UnreadableScan(
            f"{said or f'The code names lot {found.lot}, but no product.'} "
            "Scan the barcode of the product."
        )
    unknown = f"GTIN {found.gtin}" if found.gtin else f'"{code}"'
    raise UnreadableScan(f"{unknown} names none of our products. Nothing was received.")


def _announced_lot(lines: Sequence[ShipmentNoticeLine], code: str) -> ScannedGoods:
    variants = variants_by_id({line.variant_id for line in lines})
    if len(variants) > 1:
        skus = ", ".join(sorted(variant.sku for variant in variants.values()))
        raise UnreadableScan(
            f"Several products of this delivery have a lot {code}: {skus}. "
            "Scan the barcode of the product."
        )
    line = max(lines, key=lambda line: line.quantity - line.received_quantity)
    goods = ScannedGoods(variant=variants[line.variant_id], lot_code=code)
    return _as_announced(goods, line)


def _completed(goods: ScannedGoods, own: Sequence[ShipmentNoticeLine]) -> ScannedGoods:
    """What the scan left open, from the lot on file or the product's lines of the delivery."""
    if goods.lot_code:
        same = [line for line in own if line.lot_code == goods.lot_code]
        known = find_lot(variant_id=goods.variant.id, code=goods.lot_code)
        if known is not None:
            return replace(
                goods,
                production_date=goods.production_date or known.production_date,
                expiry_date=goods.expiry_date or known.expiry_date,
            )
        if same:
            quantity = goods.quantity
            return replace(_as_announced(goods, same[0]), quantity=quantity)
        return goods
    missing = [line for line in own if line.received_quantity < line.quantity]
    if len(missing) != 1 or not missing[0].lot_code:
        return goods
    note = "Lot and dates are those of the delivery note: compare them with the goods."
    filled = _as_announced(replace(goods, lot_code=missing[0].lot_code), missing[0])
    return replace(filled, quantity=goods.quantity or filled.quantity, notes=(*goods.notes, note))


def _as_announced(goods: ScannedGoods, line: ShipmentNoticeLine) -> ScannedGoods:
    """What the goods do not say, as the line says it; the quantity is what has not come in yet."""
    return replace(
        goods,
        production_date=goods.production_date or line.production_date,
        expiry_date=goods.expiry_date or line.expiry_date,
        quantity=goods.quantity or max(line.quantity - line.received_quantity, Decimal(0)) or None,
    )
