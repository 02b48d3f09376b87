"""The two legs of a transfer: onto the road, and from it into the next warehouse."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from catalog.units.rules import UNITS
from inventory.stock.errors import WrongDestination
from inventory.stock.models import MovementKind, StockMovement
from inventory.stock.rules import check_quantity
from inventory.stock.services.ledger import check_off_the_road, checked_cause, describe, lock_one
from inventory.stock.services.moves import Step, check_takes_goods, lock_sources, shift
from inventory.stock.services.removals import take
from inventory.warehouses.models import LocationKind
from inventory.warehouses.selectors import locations_by_id


@transaction.atomic
def send_off(
    *,
    steps: Sequence[Step],
    reference: str,
    now: datetime,
    happened_at: datetime | None = None,
    may_take_promised: bool = False,
) -> list[StockMovement]:
    """Goods leave their places for the road: on hand there, and available nowhere.

    Two ledger lines for each step that sum to zero. What was promised stays, unless it may be
    taken; then the promises give way. Raises UnknownStockLevel, WrongDestination, InvalidQuantity,
    NotEnoughStock, HappensInFuture, SerialsRequired, InvalidSerial, UnknownSerial.
    """
    cause = checked_cause(
        kind=MovementKind.TRANSFER, now=now, happened_at=happened_at, reference=reference
    )
    levels = lock_sources([step.stock_level_id for step in steps])
    places = locations_by_id({step.to_location_id for step in steps})
    for step in steps:
        source, road = levels[step.stock_level_id], places.get(step.to_location_id)
        if road is None or road.kind != LocationKind.IN_TRANSIT:
            raise WrongDestination(f"Location {step.to_location_id} is no road.")
        if source.location.kind == LocationKind.IN_TRANSIT:
            raise WrongDestination("Goods on the road arrive before they are sent on.")
        check_off_the_road(source)
    return shift(steps, levels=levels, cause=cause, may_take_promised=may_take_promised)


@transaction.atomic
def arrive(
    *, steps: Sequence[Step], reference: str, now: datetime, happened_at: datetime | None = None
) -> list[StockMovement]:
    """Goods on the road come to their places in the warehouse that the road leads to.

    Two ledger lines for each step that sum to zero. Raises UnknownStockLevel, WrongDestination,
    InvalidQuantity, NotEnoughStock, HappensInFuture, SerialsRequired, InvalidSerial, UnknownSerial.
    """
    cause = checked_cause(
        kind=MovementKind.TRANSFER, now=now, happened_at=happened_at, reference=reference
    )
    levels = lock_sources([step.stock_level_id for step in steps])
    places = locations_by_id({step.to_location_id for step in steps})
    for step in steps:
        road, place = levels[step.stock_level_id].location, places.get(step.to_location_id)
        if road.kind != LocationKind.IN_TRANSIT:
            raise WrongDestination("These goods are not on the road.")
        if place is None or place.warehouse_id != road.warehouse_id:
            where = f"{place.warehouse.code} {place.code}" if place else step.to_location_id
            raise WrongDestination(
                f"{where} is no place in {road.warehouse.code}, where the goods are going."
            )
        check_takes_goods(place)
    return shift(steps, levels=levels, cause=cause)


@transaction.atomic
def write_off_on_the_road(
    *,
    stock_level_id: int,
    quantity: Decimal,
    reason: str,
    reference: str,
    now: datetime,
    serials: Sequence[str] = (),
) -> StockMovement:
    """What never arrived leaves the books for good.

    Raises UnknownStockLevel, InvalidQuantity, NotEnoughStock, ReasonRequired, InvalidText,
    SerialsRequired, InvalidSerial, UnknownSerial.
    """
    cause = checked_cause(
        kind=MovementKind.WRITE_OFF,
        now=now,
        reason=reason,
        reference=reference,
        is_reason_required=True,
    )
    level, variant = lock_one(stock_level_id)
    quantity = check_quantity(quantity, UNITS[variant.stock_unit], what=describe(level, variant))
    return take(level, variant, quantity, cause, serials)
