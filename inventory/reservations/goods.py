"""Goods as a request names them, understood: for every endpoint that takes lines of goods."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalog.products.errors import UnknownProduct
from catalog.products.selectors import VariantRef
from catalog.units.errors import UnitMismatch
from catalog.units.rules import plain
from config.kernel.errors import DomainError, FieldError, InvalidInput
from inventory.reservations.quantities import as_kept, in_stock_units
from inventory.reservations.selectors import ItemCode, resolve_items
from inventory.reservations.services.wanted import unknown_item
from inventory.stock.errors import InvalidQuantity
from inventory.stock.rules import QUANTITY_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedGoods:
    """An item by any of its codes, a quantity, and its unit."""

    item: ItemCode
    quantity: Decimal
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """The same, understood: the variant, the quantity in stock units, and what was asked."""

    variant: VariantRef
    quantity: Decimal
    asked_quantity: Decimal
    asked_unit: str


def understand(lines: Sequence[NamedGoods], *, pointer: str = "/lines/{}") -> list[Goods]:
    """The lines with their variants and in stock units; every line that is wrong is named.

    `pointer` leads to a line in the request, by its number. Raises UnknownProduct, UnitMismatch,
    InvalidQuantity, InvalidInput.
    """
    variants = resolve_items([line.item for line in lines])
    found: list[Goods] = []
    unknown: list[FieldError] = []
    refusals: list[DomainError] = []
    for number, (line, variant) in enumerate(zip(lines, variants, strict=True)):
        at = pointer.format(number)
        if variant is None:
            unknown.append(unknown_item(line.item, at))
            continue
        try:
            found.append(_understood(line, variant))
        except (UnitMismatch, InvalidInput) as error:
            field = "unit" if error.code == UnitMismatch.code else "quantity"
            error.errors = (FieldError(f"{at}/{field}", error.code, error.detail),)
            refusals.append(error)
    if unknown:
        raise UnknownProduct("Some lines name no product of ours.", errors=unknown)
    if refusals:
        errors = [field_error for refusal in refusals for field_error in refusal.errors]
        raise _of_kind(refusals[0])("Some quantities cannot be used.", errors=errors)
    return found


def _of_kind(refusal: DomainError) -> type[DomainError]:
    return UnitMismatch if refusal.code == UnitMismatch.code else InvalidInput


def _understood(line: NamedGoods, variant: VariantRef) -> Goods:
    quantity = in_stock_units(line.quantity, line.unit, variant)
    if not 0 < quantity <= QUANTITY_MAX:
        raise InvalidQuantity(
            f"{plain(line.quantity)} {line.unit} of {variant.sku} is out of bounds: more than "
            f"zero and at most {QUANTITY_MAX:,} {variant.stock_unit}."
        )
    asked, unit = as_kept(line.quantity, line.unit, variant)
    return Goods(variant=variant, quantity=quantity, asked_quantity=asked, asked_unit=unit)
