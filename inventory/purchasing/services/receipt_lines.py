"""The lines of goods that came in: completed, checked, held against what was announced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from catalog.products.selectors import VariantRef
from catalog.units.rules import plain
from config.kernel.errors import FieldError, InvalidInput
from config.kernel.money import Money
from inventory.lots.models import Lot
from inventory.lots.rules import is_past_sell_by
from inventory.purchasing.models import (
    ShipmentNoticeLine,
)
from inventory.purchasing.rules import (
    AnnouncedLine,
    Discrepancy,
    Finding,
    findings,
    short_shelf_life,
)
from inventory.stock.errors import SerialsRequired
from inventory.stock.rules import check_serials
from inventory.stock.selectors.serials import serial_tracked_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedGoods:
    """Some of one lot that has come in, in stock units; without a location it lies on the dock."""

    external_id: str
    variant_id: int
    quantity: Decimal
    lot_code: str = ""
    expiry_date: date | None = None
    unit_cost: Money | None = None
    serials: Sequence[str] = ()
    location_id: int | None = None


@dataclass(slots=True, kw_only=True)
class Line:
    """Goods on their way into the books: what they are, and what about them is not right."""

    position: int
    goods: ReceivedGoods
    production_date: date | None = None
    notice_line: ShipmentNoticeLine | None = None
    found: list[Finding] = field(default_factory=list)

    @property
    def note(self) -> str:
        """Why the lot is on hold; blank: it is not."""
        return "; ".join(finding.detail for finding in self.found)[:500]


def as_announced(row: ShipmentNoticeLine, received: Decimal = Decimal(0)) -> AnnouncedLine:
    """A line of a delivery as the rules know it, with what has come of it by now."""
    return AnnouncedLine(
        line_id=row.pk,
        variant_id=row.variant_id,
        lot_code=row.lot_code,
        expiry_date=row.expiry_date,
        quantity=row.quantity,
        received_quantity=row.received_quantity + received,
    )


def complete(line: Line, lots: Mapping[tuple[int, str], Lot]) -> None:
    """What the line leaves open, as the lot on file and the delivery say it."""
    goods, row = line.goods, line.notice_line
    known = lots.get((goods.variant_id, goods.lot_code))
    expires = goods.expiry_date or (known.expiry_date if known else None)
    cost = goods.unit_cost
    if row is not None:
        if row.lot_code == goods.lot_code:
            expires = expires or row.expiry_date
            line.production_date = row.production_date
        if row.unit_cost is not None:
            cost = Money(row.unit_cost, row.currency)
    line.goods = replace(goods, expiry_date=expires, unit_cost=cost)


def wrong_serials(lines: Sequence[Line], variants: Mapping[int, VariantRef]) -> list[FieldError]:
    """What is wrong with the serial numbers that are given, line by line."""
    tracked = serial_tracked_ids(variants.keys())
    errors = []
    for line in lines:
        goods, sku = line.goods, variants[line.goods.variant_id].sku
        detail, code = "", SerialsRequired.code
        try:
            given = check_serials(goods.serials, quantity=goods.quantity, what=sku)
        except InvalidInput as error:
            detail, code = error.detail, error.code
        else:
            if given and goods.variant_id not in tracked:
                detail = f"{sku}: these goods carry no serial numbers; {given[0]} was given."
                code = "invalid-serial"
            elif goods.variant_id in tracked and len(given) < goods.quantity:
                detail = (
                    f"{sku}: {plain(goods.quantity)} pieces with serial numbers come in, and "
                    f"{len(given)} serial numbers are given."
                )
        if detail:
            errors.append(FieldError(f"/lines/{line.position}/serials", code, detail))
    return errors


def findings_of(
    line: Line, variant: VariantRef, received: dict[int, Decimal], day: date
) -> list[Finding]:
    """What is not as announced, or too old; `received` grows by what the lines before brought."""
    goods, row = line.goods, line.notice_line
    if row is not None:
        found = findings(
            as_announced(row, received[row.pk]),
            lot_code=goods.lot_code,
            expiry_date=goods.expiry_date,
            quantity=goods.quantity,
            remaining_days_min=variant.remaining_days_min,
            on=day,
        )
        received[row.pk] += goods.quantity
        return found
    if is_past_sell_by(goods.expiry_date, variant.remaining_days_min, on=day):
        detail = short_shelf_life(goods.expiry_date, variant.remaining_days_min)
        return [Finding(kind=Discrepancy.SHORT_SHELF_LIFE, detail=detail)]
    return []
