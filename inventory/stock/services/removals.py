"""Stock is corrected, written off, sent back: what is really there wins over what was promised."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import UNITS, plain
from inventory.lots.services import get_lots
from inventory.stock.claims import fill_shortages, give_way
from inventory.stock.errors import InvalidQuantity, NothingOnHand
from inventory.stock.locks import lock_levels
from inventory.stock.models import MovementKind, StockLevel, StockMovement
from inventory.stock.rules import QUANTITY_MAX, check_quantity
from inventory.stock.services.ledger import (
    Cause,
    check_off_the_road,
    checked_cause,
    describe,
    lock_one,
    lower_on_hand,
    promised_ids,
    raise_on_hand,
    write_ledger,
)
from inventory.stock.services.serials import (
    Leaving,
    Named,
    check_arrivals,
    choose_leaving,
    write_serials,
)
from inventory.warehouses.models import KEPT_APART


@transaction.atomic
def adjust(
    *,
    stock_level_id: int,
    quantity_delta: Decimal,
    reason: str,
    now: datetime,
    kind: MovementKind = MovementKind.ADJUSTMENT,
    reference: str = "",
    serials: Sequence[str] = (),
) -> StockMovement:
    """Correct what lies on a level by a signed quantity.

    `serials` are the pieces that came or went; those that nobody names are named later. Raises
    UnknownStockLevel, InvalidQuantity, NotEnoughStock, ReasonRequired, InvalidText, OnTheRoad,
    InvalidSerial, UnknownSerial, SerialInStock.
    """
    cause = checked_cause(
        kind=kind, now=now, reason=reason, reference=reference, is_reason_required=True
    )
    level, variant = lock_one(stock_level_id)
    check_off_the_road(level)
    what = describe(level, variant)
    if quantity_delta < 0:
        check_quantity(-quantity_delta, UNITS[variant.stock_unit], what=what)
        return take(level, variant, -quantity_delta, cause, serials, is_strict=False)
    quantity = check_quantity(quantity_delta, UNITS[variant.stock_unit], what=what)
    if level.on_hand + quantity > QUANTITY_MAX:
        raise InvalidQuantity(
            f"{what}: quantity {plain(quantity)} more than the {plain(level.on_hand)} there "
            f"would be more than {QUANTITY_MAX:,}."
        )
    (pieces,) = check_arrivals([(variant, quantity, serials, what)], is_strict=False)
    raise_on_hand({level.pk: quantity}, now=now)
    (movement,) = write_ledger({level.pk: quantity}, cause)
    write_serials([Named(movement=movement, level=level, serials=pieces)], now=now)
    fill_shortages.ask(variant_ids=[level.variant_id], now=now)
    return movement


@transaction.atomic
def write_off(
    *,
    stock_level_id: int,
    quantity: Decimal,
    reason: str,
    now: datetime,
    serials: Sequence[str] = (),
) -> StockMovement:
    """Remove goods for good, expired, held or promised as they may be.

    Raises UnknownStockLevel, InvalidQuantity, NotEnoughStock, ReasonRequired, InvalidText,
    OnTheRoad, SerialsRequired, InvalidSerial, UnknownSerial.
    """
    cause = checked_cause(
        kind=MovementKind.WRITE_OFF, now=now, reason=reason, is_reason_required=True
    )
    return _take_one(stock_level_id, quantity, cause, serials)


@transaction.atomic
def return_to_supplier(
    *,
    stock_level_id: int,
    quantity: Decimal,
    reason: str,
    reference: str,
    now: datetime,
    serials: Sequence[str] = (),
) -> StockMovement:
    """Send goods back to where they came from, expired, held or promised as they may be.

    Raises UnknownStockLevel, InvalidQuantity, NotEnoughStock, ReasonRequired, InvalidText,
    OnTheRoad, SerialsRequired, InvalidSerial, UnknownSerial.
    """
    cause = checked_cause(
        kind=MovementKind.SUPPLIER_RETURN,
        now=now,
        reason=reason,
        reference=reference,
        is_reason_required=True,
    )
    return _take_one(stock_level_id, quantity, cause, serials)


@transaction.atomic
def write_off_lots(
    *, lot_ids: Collection[int], reason: str, now: datetime, warehouse_id: int | None = None
) -> list[StockMovement]:
    """Remove for good all that lies of these lots, wherever it lies or in one warehouse.

    Raises UnknownLot, NothingOnHand, ReasonRequired, InvalidText.
    """
    cause = checked_cause(
        kind=MovementKind.WRITE_OFF, now=now, reason=reason, is_reason_required=True
    )
    return _take_lots(lot_ids, cause, warehouse_id)


@transaction.atomic
def return_lots_to_supplier(
    *,
    lot_ids: Collection[int],
    reason: str,
    reference: str,
    now: datetime,
    warehouse_id: int | None = None,
) -> list[StockMovement]:
    """Send back all that lies of these lots, wherever it lies or in one warehouse.

    Raises UnknownLot, NothingOnHand, ReasonRequired, InvalidText.
    """
    cause = checked_cause(
        kind=MovementKind.SUPPLIER_RETURN,
        now=now,
        reason=reason,
        reference=reference,
        is_reason_required=True,
    )
    return _take_lots(lot_ids, cause, warehouse_id)


def _take_one(
    stock_level_id: int, quantity: Decimal, cause: Cause, serials: Sequence[str]
) -> StockMovement:
    level, variant = lock_one(stock_level_id)
    check_off_the_road(level)
    quantity = check_quantity(quantity, UNITS[variant.stock_unit], what=describe(level, variant))
    return take(level, variant, quantity, cause, serials)


def take(
    level: StockLevel,
    variant: VariantRef,
    quantity: Decimal,
    cause: Cause,
    serials: Sequence[str],
    *,
    is_strict: bool = True,
) -> StockMovement:
    """Take so much from a level that the caller has locked; what was promised of it gives way."""
    leaving = Leaving(level=level, quantity=quantity, serials=serials)
    (pieces,) = choose_leaving([leaving], {variant.id: variant}, is_strict=is_strict)
    lower_on_hand(level, variant, quantity, now=cause.now)
    (movement,) = write_ledger({level.pk: -quantity}, cause)
    write_serials([Named(movement=movement, level=level, serials=pieces)], now=cause.now)
    if promised := promised_ids([level]):
        give_way.ask(stock_level_ids=promised, now=cause.now, because=cause.sentence)
    return movement


def _take_lots(
    lot_ids: Collection[int], cause: Cause, warehouse_id: int | None
) -> list[StockMovement]:
    """Take all of these lots; what is on the road is taken on its transfer."""
    lots = get_lots(lot_ids)
    variants = variants_by_id({lot.variant_id for lot in lots})
    levels = [
        level
        for level in lock_levels(variant_ids=set(variants), with_names=True)
        if level.lot_id in set(lot_ids)
        and level.on_hand > 0
        and level.location.kind not in KEPT_APART
        and warehouse_id in (None, level.location.warehouse_id)
    ]
    if not levels:
        names = ", ".join(f"{lot.variant.sku} {lot}" for lot in lots)
        raise NothingOnHand(f"Nothing is on hand of {names or 'no lot'}.")
    leaving = [Leaving(level=level, quantity=level.on_hand) for level in levels]
    pieces = choose_leaving(leaving, variants, is_strict=False)
    for level in levels:
        lower_on_hand(level, variants[level.variant_id], level.on_hand, now=cause.now)
    movements = write_ledger({level.pk: -level.on_hand for level in levels}, cause)
    gone = {one.level.pk: (one.level, own) for one, own in zip(leaving, pieces, strict=True)}
    write_serials(
        [
            Named(movement=line, level=level, serials=own)
            for line in movements
            for level, own in (gone[line.stock_level_id],)
        ],
        now=cause.now,
    )
    if promised := promised_ids(levels):
        give_way.ask(stock_level_ids=promised, now=cause.now, because=cause.sentence)
    return movements
