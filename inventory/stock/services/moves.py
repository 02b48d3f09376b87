"""Goods go from one place of a warehouse to another."""

import uuid
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from catalog.units.rules import UNITS
from inventory.stock.claims import fill_shortages, give_way
from inventory.stock.errors import WrongDestination
from inventory.stock.models import MovementKind, StockLevel, StockMovement
from inventory.stock.rules import check_quantity
from inventory.stock.services.ledger import (
    checked_cause,
    describe,
    lock_one,
    lower_on_hand,
    promised_ids,
    raise_on_hand,
    write_ledger,
)
from inventory.warehouses.models import Location, LocationKind
from inventory.warehouses.selectors import location_by_id


@transaction.atomic
def move(
    *, stock_level_id: int, to_location_id: int, quantity: Decimal, reason: str, now: datetime
) -> list[StockMovement]:
    """Move goods inside their warehouse: two ledger lines of one step that sum to zero.

    Promises on what moves are kept from other stock, if need be from where it has gone. Raises
    UnknownStockLevel, WrongDestination, InvalidQuantity, NotEnoughStock, ReasonRequired.
    """
    cause = checked_cause(
        kind=MovementKind.MOVE,
        now=now,
        reason=reason,
        step_id=uuid.uuid4(),
        is_reason_required=True,
    )
    source, variant = lock_one(stock_level_id)
    quantity = check_quantity(quantity, UNITS[variant.stock_unit], what=describe(source, variant))
    destination = _checked_destination(source, location_by_id(to_location_id), to_location_id)

    lower_on_hand(source, variant, quantity, now=now)
    target, _ = StockLevel.objects.get_or_create(
        lot_id=source.lot_id, location=destination, defaults={"variant_id": source.variant_id}
    )
    raise_on_hand({target.pk: quantity}, now=now)
    movements = write_ledger({source.pk: -quantity, target.pk: quantity}, cause)

    if promised := promised_ids([source]):
        give_way.ask(stock_level_ids=promised, now=now, because=cause.sentence)
    fill_shortages.ask(variant_ids=[source.variant_id], now=now)
    return movements


def put_away(
    *,
    stock_level_id: int,
    to_location_id: int,
    quantity: Decimal,
    now: datetime,
    reason: str = "Put away",
) -> list[StockMovement]:
    """Bring goods from the dock to their bin. Raises what `move` raises."""
    return move(
        stock_level_id=stock_level_id,
        to_location_id=to_location_id,
        quantity=quantity,
        reason=reason,
        now=now,
    )


def _checked_destination(
    source: StockLevel, destination: Location | None, location_id: int
) -> Location:
    if destination is None:
        raise WrongDestination(f"There is no location {location_id}.")
    here, there = source.location, f"{destination.warehouse.code} {destination.code}"
    if destination.warehouse_id != here.warehouse_id:
        raise WrongDestination(
            f"{there} is in another warehouse than {here.warehouse.code} {here.code}: "
            "goods are moved inside one warehouse only."
        )
    if destination.pk == here.pk:
        raise WrongDestination(f"The goods lie in {there} already.")
    if not destination.is_active or destination.kind == LocationKind.IN_TRANSIT:
        raise WrongDestination(f"{there} takes no goods.")
    return destination
