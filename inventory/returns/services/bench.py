"""What lies on the bench, and what is said of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from catalog.products.selectors import VariantRef
from catalog.units.rules import UNITS
from config.kernel.errors import InvalidInput
from config.kernel.money import Money
from inventory.lots.errors import UnknownLot
from inventory.lots.models import Lot
from inventory.lots.selectors import lots_by_code
from inventory.returns.errors import InvalidReturn, NothingReceived, NotInReturn
from inventory.returns.models import (
    NOTE_LENGTH_MAX,
    REFERENCE_LENGTH_MAX,
    Disposition,
    ReturnAuthorization,
    ReturnItem,
    ReturnLine,
    ReturnStatus,
)
from inventory.returns.selectors import held_for, waiting_items
from inventory.returns.services.history import at_line, checked_text
from inventory.stock.rules import check_cost, check_quantity, check_serials
from inventory.warehouses.models import Location
from inventory.warehouses.selectors import locations_by_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of so much of a line, in stock units, and how it was found.

    `lot_code` is the lot as read on the goods; None: as it was received. `location_id` is where it
    is put, else where goods come in. `unit_cost` is what it is worth once refurbished, and
    `into_variant_id` as which variant it is sold then: at once, or after a second look.
    """

    position: int
    quantity: Decimal
    disposition: Disposition
    lot_code: str | None = None
    is_sealed: bool | None = None
    condition: str = ""
    serials: Sequence[str] = ()
    location_id: int | None = None
    reference: str = ""
    unit_cost: Money | None = None
    into_variant_id: int | None = None
    is_for_sale: bool = False


@dataclass(slots=True)
class Bench:
    """A return on the bench: what waits, and the names of what is spoken of."""

    found: ReturnAuthorization
    lines: Mapping[int, ReturnLine]
    items: list[ReturnItem]
    variants: Mapping[int, VariantRef]
    lots: Mapping[tuple[int, str], Lot]
    places: Mapping[int, Location]
    holds: Mapping[int, set[str]]
    now: datetime


def check_verdicts(
    found: ReturnAuthorization,
    verdicts: Sequence[Verdict],
    lines: Mapping[int, ReturnLine],
    variants: Mapping[int, VariantRef],
) -> None:
    """Raises NothingReceived, NotInReturn, InvalidReturn (naming each wrong line)."""
    if found.status == ReturnStatus.AUTHORISED:
        raise NothingReceived(f"Nothing of return {found.reference} has come in yet.")
    errors = []
    for number, one in enumerate(verdicts):
        line = lines.get(one.position)
        if line is None:
            detail = f"There is no line {one.position}."
            raise NotInReturn(detail, errors=[at_line(number, "line", NotInReturn.code, detail)])
        variant = variants[line.variant_id]
        try:
            check_quantity(one.quantity, UNITS[variant.stock_unit], what=variant.sku)
            check_serials(one.serials, quantity=one.quantity, what=variant.sku)
            checked_text(one.condition, "condition", NOTE_LENGTH_MAX)
            checked_text(one.reference, "reference", REFERENCE_LENGTH_MAX)
            if one.unit_cost is not None:
                check_cost(one.unit_cost.amount, what=variant.sku)
        except InvalidInput as error:
            field = error.errors[0].pointer.lstrip("/")
            errors.append(at_line(number, field, error.code, error.detail))
    if errors:
        raise InvalidReturn("Some lines cannot be decided like this.", errors=errors)


def lay_out(
    found: ReturnAuthorization,
    verdicts: Sequence[Verdict],
    lines: Mapping[int, ReturnLine],
    variants: Mapping[int, VariantRef],
    now: datetime,
) -> Bench:
    """What waits and what is spoken of. Raises InvalidReturn (lots that nobody knows)."""
    named = {
        (lines[one.position].variant_id, one.lot_code)
        for one in verdicts
        if one.lot_code is not None
    }
    lots = lots_by_code(named)
    errors = []
    for number, one in enumerate(verdicts):
        key = (lines[one.position].variant_id, one.lot_code)
        if one.lot_code is not None and key not in lots:
            sku = variants[key[0]].sku
            detail = f'{sku} has no lot "{one.lot_code}" on file.'
            errors.append(at_line(number, "lot", UnknownLot.code, detail))
    if errors:
        raise InvalidReturn("Some lots are unknown.", errors=errors)
    items = waiting_items(found.pk)
    lot_ids = {item.stock_level.lot_id for item in items} | {lot.pk for lot in lots.values()}
    return Bench(
        found=found,
        lines=lines,
        items=items,
        variants=variants,
        lots=lots,
        places=locations_by_id({one.location_id for one in verdicts if one.location_id}),
        holds=held_for(lot_ids),
        now=now,
    )


def shares_of(
    bench: Bench, one: Verdict, left: dict[int, Decimal]
) -> list[tuple[ReturnItem, Decimal]]:
    """From which goods a verdict takes, those of its lot first; less than asked: too few."""
    line = bench.lines[one.position]
    own = [item for item in bench.items if item.line_id == line.pk]
    read = bench.lots.get((line.variant_id, one.lot_code)) if one.lot_code is not None else None
    own.sort(
        key=lambda item: (
            item.is_identified if read is None else item.stock_level.lot_id != read.pk,
            item.pk,
        )
    )
    shares, quantity = [], one.quantity
    for item in own:
        part = min(left.get(item.pk, item.waiting), quantity)
        if part > 0:
            shares.append((item, part))
            left[item.pk] = left.get(item.pk, item.waiting) - part
            quantity -= part
    return shares
