"""Goods come in."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import UNITS, plain
from config.kernel.context import actor_id
from config.kernel.money import Money
from inventory.lots.models import HoldReason, Lot
from inventory.lots.rules import day_in
from inventory.lots.services import find_or_make_lot, set_cost
from inventory.stock.claims import fill_shortages
from inventory.stock.errors import CostDiffers, InvalidQuantity, UnknownVariant
from inventory.stock.locks import lock_levels
from inventory.stock.models import MovementKind, StockLevel, StockMovement
from inventory.stock.rules import QUANTITY_MAX, Cost, blend_cost, check_cost, check_quantity
from inventory.stock.services.holds import hold_lots
from inventory.stock.services.ledger import (
    checked_cause,
    checked_reason,
    describe,
    raise_on_hand,
    write_ledger,
)
from inventory.warehouses.errors import UnknownLocation, UnknownWarehouse
from inventory.warehouses.models import Location, LocationKind
from inventory.warehouses.selectors import location_by_id, receiving_location


@transaction.atomic
def receive(
    *,
    variant_id: int,
    quantity: Decimal,
    happened_at: datetime,
    now: datetime,
    warehouse_id: int | None = None,
    location_id: int | None = None,
    lot_code: str = "",
    expiry_date: date | None = None,
    production_date: date | None = None,
    unit_cost: Money | None = None,
    supplier_id: int | None = None,
    reference: str = "",
    reason: str = "",
    hold: HoldReason | None = None,
    hold_note: str = "",
) -> StockMovement:
    """Take goods into stock: find or make their lot, raise on hand, write the ledger line.

    `quantity` is in stock units; without a location the goods lie on the warehouse's dock. The
    first cost becomes the lot's; later ones are averaged with it, weighted by what is on hand.
    With `hold` the lot is on hold from the same moment. Raises UnknownVariant, UnknownWarehouse,
    UnknownLocation, InvalidQuantity, InvalidCost, CostDiffers, HappensInFuture and what
    `lots.services.find_or_make_lot` raises.
    """
    variant = variants_by_id([variant_id]).get(variant_id)
    if variant is None:
        raise UnknownVariant(f"There is no variant {variant_id}.")
    what = f"{variant.sku} lot {lot_code}" if lot_code.strip() else variant.sku
    quantity = check_quantity(quantity, UNITS[variant.stock_unit], what=what)
    if unit_cost is not None:
        check_cost(unit_cost.amount, what=what)
    cause = checked_cause(
        kind=MovementKind.RECEIPT,
        now=now,
        happened_at=happened_at,
        reason=reason,
        reference=reference,
    )
    note = checked_reason(hold_note, length_max=500) if hold else ""
    location = _destination(warehouse_id, location_id)

    lock_levels(variant_ids=[variant_id])
    lot = find_or_make_lot(
        variant=variant,
        code=lot_code,
        production_date=production_date,
        expiry_date=expiry_date,
        supplier_id=supplier_id,
        received_at=happened_at,
        on=day_in(location.warehouse.time_zone, happened_at),
    )
    level, _ = StockLevel.objects.get_or_create(
        lot=lot, location=location, defaults={"variant_id": variant_id}
    )
    if level.on_hand + quantity > QUANTITY_MAX:
        raise InvalidQuantity(
            f"{describe(level, variant)}: quantity {plain(quantity)} more than the "
            f"{plain(level.on_hand)} there would be more than {QUANTITY_MAX:,}."
        )
    if unit_cost is not None:
        _blend_cost(lot, unit_cost, quantity, variant)
    raise_on_hand(level.pk, quantity)
    (movement,) = write_ledger({level.pk: quantity}, cause)

    if hold is not None:
        hold_lots([lot], reason=hold, note=note, now=now, user_id=actor_id())
    fill_shortages.ask(variant_ids=[variant_id], now=now)
    return movement


def _destination(warehouse_id: int | None, location_id: int | None) -> Location:
    assert (warehouse_id is None) != (location_id is None), "give a warehouse or a location"
    if location_id is None:
        assert warehouse_id is not None
        location = receiving_location(warehouse_id)
        if location is None:
            raise UnknownWarehouse(f"There is no place to put goods in warehouse {warehouse_id}.")
        return location
    location = location_by_id(location_id)
    if location is None:
        raise UnknownLocation(f"There is no location {location_id}.")
    if not location.is_active or location.kind == LocationKind.IN_TRANSIT:
        raise UnknownLocation(f"{location.warehouse.code} {location.code} takes no goods.")
    return location


def _blend_cost(lot: Lot, unit_cost: Money, quantity: Decimal, variant: VariantRef) -> None:
    """Average the lot's cost; its row is locked, for two receipts of a lot new to both."""
    lot = Lot.objects.select_for_update(no_key=True).get(pk=lot.pk)
    on_hand = StockLevel.objects.filter(lot=lot).aggregate(sum=Sum("on_hand"))["sum"] or Decimal(0)
    known = None
    if lot.unit_cost is not None:
        known = Cost(amount=lot.unit_cost, currency=lot.currency)
    added = Cost(amount=unit_cost.amount, currency=unit_cost.currency.code)
    cost = blend_cost(known, on_hand=on_hand, added=added, quantity=quantity)
    if cost is None:
        raise CostDiffers(
            f"{variant.sku} {lot}: unit_cost {plain(added.amount)} {added.currency} cannot be "
            f"averaged with the {plain(lot.unit_cost or Decimal(0))} {lot.currency} on file."
        )
    set_cost(lot=lot, amount=cost.amount, currency=cost.currency, reason="Cost of a receipt.")
