"""What a request counts: stock units of an item, or whole packages of it."""

from decimal import Decimal

from catalog.products.selectors import VariantRef
from catalog.units.errors import UnitMismatch
from catalog.units.rules import convert_exactly, plain, resolve_unit

PACKAGE = "package"
_PACKAGE_CODES = (PACKAGE, "xpk")  # XPK: package, of UN/ECE Rec 21 as Rec 20 writes it


def in_stock_units(quantity: Decimal, unit: str, variant: VariantRef) -> Decimal:
    """A quantity of an item as it was named, in its stock units, exactly.

    An item named by the GTIN of a package is counted in packages, so nobody can take one case for
    one piece. Raises UnitMismatch.
    """
    stock_unit = resolve_unit(variant.stock_unit)
    if not _is_package(unit):
        if variant.pack_size != 1:
            raise UnitMismatch(
                f"That is the code of a package of {plain(variant.pack_size)} {stock_unit} of "
                f'{variant.sku}: give how many in the unit "{PACKAGE}", or name {variant.sku}.'
            )
        return convert_exactly(quantity, resolve_unit(unit), stock_unit)
    if variant.pack_size == 1:
        raise UnitMismatch(
            f'"{unit}" goes with the GTIN of a package; {variant.sku} is counted in {stock_unit}.'
        )
    return convert_exactly(quantity * variant.pack_size, stock_unit, stock_unit)


def as_kept(quantity: Decimal, unit: str, variant: VariantRef) -> tuple[Decimal, str]:
    """A quantity as it was asked, with our code of its unit; packages as what they hold today."""
    if _is_package(unit):
        return in_stock_units(quantity, unit, variant), variant.stock_unit
    return quantity, resolve_unit(unit).code


def _is_package(unit: str) -> bool:
    return unit.strip().casefold() in _PACKAGE_CODES
