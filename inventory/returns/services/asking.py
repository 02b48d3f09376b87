"""What is asked to come back, understood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import UNITS
from config.kernel.errors import InvalidInput
from inventory.lots.errors import UnknownLot
from inventory.lots.models import Lot
from inventory.lots.selectors import lots_by_code
from inventory.reservations.selectors import ItemCode
from inventory.returns.errors import InvalidReturn
from inventory.returns.models import NOTE_LENGTH_MAX, ReturnReason
from inventory.returns.services.history import at_line, checked_text
from inventory.stock.rules import check_quantity, check_serials

LINES_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a customer wants to send back of one variant, in stock units, and why.

    `lot_code` None: nobody has said. `exchange_for` is the item that replaces it; as many of it,
    unless `exchange_quantity` says how many of its stock units.
    """

    variant_id: int
    quantity: Decimal
    reason: ReturnReason = ReturnReason.OTHER
    requested_quantity: Decimal | None = None
    requested_unit: str = ""
    note: str = ""
    lot_code: str | None = None
    serials: Sequence[str] = ()
    exchange_for: ItemCode | None = None
    exchange_quantity: Decimal | None = None


def checked_lines(
    lines: Sequence[Asked],
) -> tuple[dict[int, VariantRef], dict[tuple[int, str], Lot]]:
    """The variants and the claimed lots; every line that is wrong is named.

    Raises InvalidReturn.
    """
    if not 1 <= len(lines) <= LINES_MAX:
        raise InvalidInput(f"A return has 1 to {LINES_MAX} lines.")
    variants = variants_by_id({line.variant_id for line in lines})
    lots = lots_by_code({(ln.variant_id, ln.lot_code) for ln in lines if ln.lot_code is not None})
    errors = []
    for number, line in enumerate(lines):
        variant = variants[line.variant_id]
        if variant.is_bundle:
            detail = f"{variant.sku} is a bundle: name what of its contents comes back."
            errors.append(at_line(number, "sku", InvalidReturn.code, detail))
            continue
        try:
            check_quantity(line.quantity, UNITS[variant.stock_unit], what=variant.sku)
            check_serials(line.serials, quantity=line.quantity, what=variant.sku)
            checked_text(line.note, f"lines/{number}/note", NOTE_LENGTH_MAX)
        except InvalidInput as error:
            pointer = error.errors[0].pointer.rsplit("/", 1)[-1]
            errors.append(at_line(number, pointer, error.code, error.detail))
        if line.lot_code is not None and (line.variant_id, line.lot_code) not in lots:
            name = f"lot {line.lot_code}" if line.lot_code else "open lot"
            detail = f"{variant.sku} has no {name} on file."
            errors.append(at_line(number, "lot", UnknownLot.code, detail))
    if errors:
        raise InvalidReturn("Some lines cannot come back.", errors=errors)
    return variants, lots


def claimed_lot(line: Asked, lots: Mapping[tuple[int, str], Lot]) -> Lot | None:
    """The lot that the customer names, of those that `checked_lines` found."""
    return lots[line.variant_id, line.lot_code] if line.lot_code is not None else None
