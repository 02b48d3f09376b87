"""What a client asks for, understood: markets, variants and quantities in stock units."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from catalog.identifiers.errors import InvalidGtin
from catalog.identifiers.rules import normalise_gtin
from catalog.markets.selectors import channel_by_code, market_by_code
from catalog.products.errors import UnknownProduct
from catalog.products.selectors import VariantRef
from catalog.units.errors import UnitMismatch
from catalog.units.rules import convert_exactly, plain, resolve_unit
from config.kernel.errors import FieldError, InvalidInput
from inventory.reservations.errors import NotSellable, UnknownChannel, UnknownMarket
from inventory.reservations.selectors import ItemCode, not_sellable_reasons, resolve_items

if TYPE_CHECKING:
    from catalog.markets.models import Channel, Market

HOLD_SECONDS_DEFAULT = 900
HOLD_SECONDS_MAX = 7 * 24 * 60 * 60
LINES_MAX = 1000
QUANTITY_MAX = Decimal("999999999999.9999")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLine:
    """What a client asks for: an item by any of its codes, a quantity, and its unit."""

    item: ItemCode
    quantity: Decimal
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The same, understood: the variant, what was asked, and that in stock units."""

    variant: VariantRef
    requested_quantity: Decimal
    requested_unit: str
    quantity: Decimal


def market_of(code: str) -> "Market":
    """The active market with this code. Raises UnknownMarket."""
    market = market_by_code(code)
    if market is None:
        detail = f'There is no market "{code}".'
        raise UnknownMarket(detail, errors=[FieldError("/market", UnknownMarket.code, detail)])
    return market


def channel_of(code: str | None) -> "Channel | None":
    """The channel with this code; without a code none. Raises UnknownChannel."""
    if not code:
        return None
    channel = channel_by_code(code)
    if channel is None:
        detail = f'There is no channel "{code}".'
        raise UnknownChannel(detail, errors=[FieldError("/channel", UnknownChannel.code, detail)])
    return channel


def hold_time(channel: "Channel | None") -> timedelta:
    """How long stock is held where nobody says otherwise."""
    seconds = channel.hold_seconds if channel else HOLD_SECONDS_DEFAULT
    return timedelta(seconds=min(max(seconds, 1), HOLD_SECONDS_MAX))


def understood(lines: Sequence[WantedLine]) -> list[Wanted]:
    """The lines with their variants and in stock units; every line that is wrong is named.

    Raises InvalidInput, UnknownProduct, UnitMismatch.
    """
    if not 1 <= len(lines) <= LINES_MAX:
        raise InvalidInput(f"A reservation has 1 to {LINES_MAX} lines.")
    variants = resolve_items([line.item for line in lines])
    unknown = [
        unknown_item(line.item, f"/lines/{index}")
        for index, (line, variant) in enumerate(zip(lines, variants, strict=True))
        if variant is None
    ]
    if unknown:
        raise UnknownProduct("Some lines name no product of ours.", errors=unknown)
    wanted: list[Wanted] = []
    errors: list[tuple[type[UnitMismatch] | type[InvalidInput], FieldError]] = []
    for index, (line, variant) in enumerate(zip(lines, variants, strict=True)):
        assert variant is not None, "unknown products are refused above"
        try:
            wanted.append(_in_stock_units(line, variant))
        except (UnitMismatch, InvalidInput) as error:
            field = "unit" if error.code == UnitMismatch.code else "quantity"
            errors.append(
                (type(error), FieldError(f"/lines/{index}/{field}", error.code, error.detail))
            )
    if errors:
        raise errors[0][0](
            "Some quantities cannot be reserved.", errors=[error for _, error in errors]
        )
    return wanted


def unknown_item(item: ItemCode, pointer: str) -> FieldError:
    """What is wrong with a code that names nothing of ours; `pointer` is of what it stands in."""
    if item.gtin:
        try:
            normalise_gtin(item.gtin)
        except InvalidGtin as error:
            return FieldError(f"{pointer}/gtin", error.code, error.detail)
    return FieldError(
        f"{pointer}/{item.field}", UnknownProduct.code, f'Nothing of ours is called "{item}".'
    )


def _in_stock_units(line: WantedLine, variant: VariantRef) -> Wanted:
    unit = resolve_unit(line.unit)
    quantity = convert_exactly(line.quantity, unit, resolve_unit(variant.stock_unit))
    if not 0 < quantity <= QUANTITY_MAX:
        raise InvalidInput(f"{plain(line.quantity)} {unit} of {variant.sku} is out of bounds.")
    return Wanted(
        variant=variant,
        requested_quantity=line.quantity,
        requested_unit=unit.code,
        quantity=quantity,
    )


def check_sellable(wanted: Sequence[Wanted]) -> None:
    """Refuse variants that may not be sold, with the reasons. Raises NotSellable."""
    reasons, errors = [], []
    for index, want in enumerate(wanted):
        for reason in not_sellable_reasons(want.variant):
            reasons.append({"sku": want.variant.sku, "code": reason.code, "detail": reason.detail})
            errors.append(FieldError(f"/lines/{index}", reason.code, reason.detail))
    if reasons:
        raise NotSellable("Some products may not be sold there.", reasons=reasons, errors=errors)
