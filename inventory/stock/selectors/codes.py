"""What a code names: goods by lot, SKU, alias or scan, or one piece by its serial number."""

from dataclasses import replace
from datetime import date

from catalog.identifiers.errors import InvalidIdentifier
from catalog.identifiers.rules import clean_scan
from inventory.lots.selectors import CodeWarning, ResolvedCode
from inventory.lots.selectors import resolve_code as resolve_goods
from inventory.stock.models import SerialNumber
from inventory.stock.selectors.serials import serials_called, was_once

PIECES_SHOWN_MAX = 10


def resolve_code(code: str, *, today: date) -> ResolvedCode:
    """What a code names; one that names no goods may be the serial number of a piece.

    A GS1 string that names a piece on file says its lot, too. Raises InvalidIdentifier.
    """
    try:
        found = resolve_goods(code, today=today)
    except InvalidIdentifier:
        pieces = _pieces(clean_scan(code))
        if not pieces:
            raise
        return _named(pieces)
    if found.sku is None and not found.lot and not found.gtin:
        pieces = _pieces(clean_scan(code))
        return _named(pieces) if pieces else found
    if found.sku and found.serial and not found.lot:
        piece = piece_named(found)
        if piece is not None and piece.variant.sku == found.sku:
            return replace(found, lot=piece.lot.code or None)
        if piece is not None:
            detail = f"This piece was refurbished and is {piece.variant.sku} now."
            warning = CodeWarning("refurbished", detail)
            return replace(found, warnings=(*found.warnings, warning))
    return found


def piece_named(found: ResolvedCode) -> SerialNumber | None:
    """The piece on file that a resolved code names, or None.

    One that was of this SKU until it was refurbished is still the same piece.
    """
    if not (found.sku and found.serial):
        return None
    pieces = _pieces(found.serial)
    own = (piece for piece in pieces if piece.variant.sku == found.sku)
    return next(own, None) or (was_once(pieces, found.sku) if pieces else None)


def _pieces(serial: str) -> list[SerialNumber]:
    return list(serials_called(serial)[:PIECES_SHOWN_MAX])


def _named(pieces: list[SerialNumber]) -> ResolvedCode:
    first = pieces[0]
    if len(pieces) == 1:
        return ResolvedCode(
            sku=first.variant.sku,
            lot=first.lot.code or None,
            expires_on=first.lot.expiry_date,
            serial=first.serial,
        )
    skus = ", ".join(piece.variant.sku for piece in pieces)
    detail = f"Several products have a piece {first.serial}: {skus}."
    return ResolvedCode(serial=first.serial, warnings=(CodeWarning("ambiguous-serial", detail),))
