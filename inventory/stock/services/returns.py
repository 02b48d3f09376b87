"""What customers sent back: it comes in where nothing is sold from, and leaves after inspection."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from catalog.products.selectors import VariantRef, variants_by_id
from inventory.lots.models import HoldReason, Lot
from inventory.stock.claims import fill_shortages
from inventory.stock.models import MovementKind, StockLevel, StockMovement
from inventory.stock.services.holds import hold_lots
from inventory.stock.services.ledger import (
    Cause,
    checked_cause,
    lower_on_hand,
    raise_on_hand,
    write_ledger,
)
from inventory.stock.services.moves import Step, check_takes_goods, shift
from inventory.stock.services.receipts import find_or_make_levels
from inventory.stock.services.removals import take
from inventory.stock.services.serials import Leaving, Named, choose_leaving, write_serials
from inventory.warehouses.models import Location, LocationKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBack:
    """So much of one lot that came back, in stock units; `serials` name the pieces."""

    lot: Lot
    quantity: Decimal
    serials: Sequence[str] = ()


def take_back(
    *,
    goods: Sequence[SentBack],
    location: Location,
    reference: str,
    reason: str,
    now: datetime,
    happened_at: datetime | None = None,
) -> list[StockLevel]:
    """Book what came back where returns lie; the level of each. The caller holds the locks.

    Raises HappensInFuture, UnknownSerial, SerialInStock.
    """
    assert connection.in_atomic_block, "what comes back stands on its return"
    assert location.kind == LocationKind.RETURNS, "nothing is sold before it is inspected"
    cause = checked_cause(
        kind=MovementKind.RETURN,
        now=now,
        happened_at=happened_at,
        reason=reason,
        reference=reference,
    )
    keys = {(one.lot.pk, location.pk) for one in goods}
    levels = find_or_make_levels(sorted(keys), {one.lot.pk: one.lot for one in goods})
    found = []
    for one in goods:
        level = levels[one.lot.pk, location.pk]
        raise_on_hand({level.pk: one.quantity}, now=now)
        (line,) = write_ledger({level.pk: one.quantity}, cause)
        write_serials([Named(movement=line, level=level, serials=one.serials)], now=now)
        found.append(level)
    return found


def put_back(
    *,
    level: StockLevel,
    to: Location,
    quantity: Decimal,
    reason: str,
    reference: str,
    now: datetime,
    serials: Sequence[str] = (),
) -> None:
    """Bring inspected goods to a place of their warehouse, in the lot they are of.

    The caller holds the locks. Raises NotEnoughStock, WrongDestination, SerialsRequired,
    UnknownSerial.
    """
    check_takes_goods(to)
    cause = checked_cause(kind=MovementKind.MOVE, now=now, reason=reason, reference=reference)
    step = Step(
        stock_level_id=level.pk, to_location_id=to.pk, quantity=quantity, serials=tuple(serials)
    )
    shift([step], levels={level.pk: level}, cause=cause)


def change_lot(
    *,
    level: StockLevel,
    lot: Lot,
    to: Location,
    quantity: Decimal,
    reason: str,
    reference: str,
    now: datetime,
    serials: Sequence[str] = (),
    is_recognised: bool = False,
) -> StockLevel:
    """Book goods from one lot to another, in two lines that sum to zero; where they lie now.

    `is_recognised`: they had been of that lot all along, so both lines tell of what came back. The
    lot may be one of another variant with the same stock unit; pieces go there with their numbers.
    The caller holds the locks. Raises NotEnoughStock, SerialsRequired, UnknownSerial,
    SerialInStock.
    """
    kind = MovementKind.RETURN if is_recognised else MovementKind.ADJUSTMENT
    cause = checked_cause(kind=kind, now=now, reason=reason, reference=reference).with_step(
        uuid.uuid4()
    )
    variant = variants_by_id([level.variant_id])[level.variant_id]
    leaving = Leaving(level=level, quantity=quantity, serials=serials)
    (pieces,) = choose_leaving([leaving], {variant.id: variant})
    target = find_or_make_levels([(lot.pk, to.pk)], {lot.pk: lot})[lot.pk, to.pk]
    lower_on_hand(level, variant, quantity, now=now)
    raise_on_hand({target.pk: quantity}, now=now)
    lines = write_ledger({level.pk: -quantity, target.pk: quantity}, cause)
    by_level = {level.pk: level, target.pk: target}
    write_serials(
        [
            Named(movement=line, level=by_level[line.stock_level_id], serials=pieces)
            for line in lines
        ],
        now=now,
    )
    if not is_recognised:
        fill_shortages.ask(variant_ids=[lot.variant_id], now=now)
    return target


def give_away(
    *,
    level: StockLevel,
    quantity: Decimal,
    reason: str,
    reference: str,
    now: datetime,
    serials: Sequence[str] = (),
    is_to_supplier: bool = False,
) -> StockMovement:
    """Inspected goods leave for good: thrown away, or sent back to who made them.

    The caller holds the locks. Raises NotEnoughStock, SerialsRequired, UnknownSerial.
    """
    kind = MovementKind.SUPPLIER_RETURN if is_to_supplier else MovementKind.WRITE_OFF
    cause: Cause = checked_cause(kind=kind, now=now, reason=reason, reference=reference)
    variant: VariantRef = variants_by_id([level.variant_id])[level.variant_id]
    return take(level, variant, quantity, cause, serials)


def keep_apart(*, lot: Lot, note: str, now: datetime, user_id: int | None) -> None:
    """Hold a lot that was made for returned goods; one that is held stays so."""
    hold_lots([lot], reason=HoldReason.QUALITY, note=note, now=now, user_id=user_id)
