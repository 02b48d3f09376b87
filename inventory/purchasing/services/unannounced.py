"""Goods come in that nobody announced."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from catalog.products.selectors import variants_by_id
from config.kernel.money import Money
from inventory.lots.models import HoldReason
from inventory.lots.rules import day_in, is_past_sell_by
from inventory.lots.selectors import find_lot
from inventory.purchasing.rules import short_shelf_life
from inventory.stock import services as stock
from inventory.stock.models import StockMovement
from inventory.warehouses.errors import UnknownLocation
from inventory.warehouses.selectors import location_by_id


@transaction.atomic
def receive_unannounced(
    *,
    variant_id: int,
    location_id: int,
    quantity: Decimal,
    now: datetime,
    lot_code: str = "",
    expiry_date: date | None = None,
    production_date: date | None = None,
    unit_cost: Money | None = None,
    reference: str = "",
    serials: Sequence[str] = (),
) -> StockMovement:
    """Take goods into stock without a delivery; with too little life left they come in on hold.

    Raises UnknownLocation and what `stock.services.receive` raises.
    """
    location = location_by_id(location_id)
    if location is None:
        raise UnknownLocation(f"There is no location {location_id}.")
    known = find_lot(variant_id=variant_id, code=lot_code.strip())
    expires = expiry_date or (known.expiry_date if known else None)
    variant = variants_by_id([variant_id]).get(variant_id)
    days_min = variant.remaining_days_min if variant else 0
    is_short = is_past_sell_by(expires, days_min, on=day_in(location.warehouse.time_zone, now))
    return stock.receive(
        location_id=location_id,
        variant_id=variant_id,
        quantity=quantity,
        lot_code=lot_code,
        expiry_date=expiry_date,
        production_date=production_date,
        unit_cost=unit_cost,
        reference=reference,
        happened_at=now,
        now=now,
        hold=HoldReason.QUARANTINE if is_short else None,
        hold_note=short_shelf_life(expires, days_min) if is_short else "",
        serials=serials,
    )
