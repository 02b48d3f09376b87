"""Which pieces can come back: those that we know, and that went to this customer."""

from collections.abc import Sequence

from catalog.products.selectors import VariantRef
from inventory.returns.services.history import at_line
from inventory.stock.errors import InvalidSerial, SerialInStock, UnknownSerial
from inventory.stock.models import MovementKind, SerialMovement, SerialNumber
from inventory.stock.selectors.serials import serial_tracked_ids


def check_pieces(
    lines: Sequence[tuple[VariantRef, Sequence[str]]], *, order_reference: str = ""
) -> None:
    """Each named piece has left us, and for this order where the sale names its pieces.

    Raises InvalidSerial (goods without serial numbers, or one sold to somebody else),
    UnknownSerial, SerialInStock.
    """
    named = {variant.id for variant, serials in lines if serials}
    if not named:
        return
    tracked = serial_tracked_ids(named)
    wanted = {serial.strip() for _, serials in lines for serial in serials}
    pieces = {
        (piece.variant_id, piece.serial): piece
        for piece in SerialNumber.objects.filter(variant_id__in=named, serial__in=wanted)
    }
    sold = SerialMovement.objects.filter(
        serial__in=[piece.pk for piece in pieces.values()], movement__kind=MovementKind.SALE
    ).order_by("pk")
    last_order = dict(sold.values_list("serial_id", "movement__reference"))
    for number, (variant, serials) in enumerate(lines):
        for text in (serial.strip() for serial in serials):
            error = _wrong(
                variant, text, tracked, pieces.get((variant.id, text)), last_order, order_reference
            )
            if error is not None:
                error.errors = (at_line(number, "serials", error.code, error.detail),)
                raise error


def _wrong(
    variant: VariantRef,
    text: str,
    tracked: set[int],
    piece: SerialNumber | None,
    last_order: dict[int, str],
    order_reference: str,
) -> InvalidSerial | UnknownSerial | SerialInStock | None:
    what = f"{variant.sku} {text}"
    if variant.id not in tracked:
        return InvalidSerial(f"{what}: these goods carry no serial numbers.")
    if piece is None:
        return UnknownSerial(f"{what}: we never had a piece of this serial number.")
    if piece.stock_level_id is not None:
        return SerialInStock(f"{what}: by our books this piece never left.")
    order = last_order.get(piece.pk, "")
    if order_reference and order != order_reference:
        return InvalidSerial(f"{what} was sold for {order or 'no order'}, not {order_reference}.")
    return None
