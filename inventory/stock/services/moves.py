"""Goods go from one place to another: inside a warehouse, or over the road to the next one."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import UNITS, plain
from inventory.stock.claims import fill_shortages, give_way
from inventory.stock.errors import NotEnoughStock, UnknownStockLevel, WrongDestination
from inventory.stock.locks import lock_levels
from inventory.stock.models import MovementKind, StockLevel, StockMovement
from inventory.stock.rules import check_quantity
from inventory.stock.services.ledger import (
    Cause,
    check_off_the_road,
    checked_cause,
    describe,
    lower_on_hand,
    promised_ids,
    raise_on_hand,
    write_ledger,
)
from inventory.stock.services.receipts import find_or_make_levels
from inventory.stock.services.serials import Leaving, Named, choose_leaving, write_serials
from inventory.warehouses.models import KEPT_APART, Location
from inventory.warehouses.selectors import locations_by_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """So much of what lies on a level goes to a location; `serials` name the pieces."""

    stock_level_id: int
    to_location_id: int
    quantity: Decimal
    serials: Sequence[str] = ()


@transaction.atomic
def move(
    *,
    stock_level_id: int,
    to_location_id: int,
    quantity: Decimal,
    reason: str,
    now: datetime,
    serials: Sequence[str] = (),
) -> list[StockMovement]:
    """Move goods inside their warehouse: two ledger lines of one step that sum to zero.

    Promises on what moves are kept from other stock, if need be from where it has gone. Raises
    UnknownStockLevel, WrongDestination, InvalidQuantity, NotEnoughStock, ReasonRequired, OnTheRoad,
    SerialsRequired, InvalidSerial, UnknownSerial.
    """
    step = Step(
        stock_level_id=stock_level_id,
        to_location_id=to_location_id,
        quantity=quantity,
        serials=serials,
    )
    return move_many(steps=[step], reason=reason, now=now)


def put_away(
    *,
    stock_level_id: int,
    to_location_id: int,
    quantity: Decimal,
    now: datetime,
    reason: str = "Put away",
    serials: Sequence[str] = (),
) -> list[StockMovement]:
    """Bring goods from the dock to their bin. Raises what `move` raises."""
    return move(
        stock_level_id=stock_level_id,
        to_location_id=to_location_id,
        quantity=quantity,
        reason=reason,
        serials=serials,
        now=now,
    )


@transaction.atomic
def move_many(*, steps: Sequence[Step], reason: str, now: datetime) -> list[StockMovement]:
    """Move goods of many levels, each inside its warehouse: all of them or none.

    Raises what `move` raises.
    """
    cause = checked_cause(kind=MovementKind.MOVE, now=now, reason=reason, is_reason_required=True)
    levels = lock_sources([step.stock_level_id for step in steps])
    places = locations_by_id({step.to_location_id for step in steps})
    for step in steps:
        source = levels[step.stock_level_id]
        check_off_the_road(source)
        _check_destination(source, places.get(step.to_location_id), step.to_location_id)
    return shift(steps, levels=levels, cause=cause)


def lock_sources(stock_level_ids: Sequence[int]) -> dict[int, StockLevel]:
    """These levels by their keys; all levels of their variants are locked.

    Raises UnknownStockLevel.
    """
    known = dict(StockLevel.objects.filter(pk__in=stock_level_ids).values_list("pk", "variant_id"))
    missing = sorted(set(stock_level_ids) - known.keys())
    if missing:
        raise UnknownStockLevel(f"There is no stock level {missing[0]}.")
    locked = lock_levels(variant_ids=set(known.values()), with_names=True)
    return {level.pk: level for level in locked if level.pk in known}


def shift(
    steps: Sequence[Step],
    *,
    levels: Mapping[int, StockLevel],
    cause: Cause,
    may_take_promised: bool = True,
) -> list[StockMovement]:
    """Bring goods from their levels, which the caller has locked, to where they are to lie.

    Two ledger lines for each step that sum to zero; what was promised of them gives way at the end.
    Without `may_take_promised` only what is free goes. Raises InvalidQuantity, NotEnoughStock,
    SerialsRequired, InvalidSerial, UnknownSerial.
    """
    assert connection.in_atomic_block, "what leaves one place lies in the other"
    variants = variants_by_id({level.variant_id for level in levels.values()})
    for step in steps:
        source = levels[step.stock_level_id]
        variant = variants[source.variant_id]
        what = describe(source, variant)
        check_quantity(step.quantity, UNITS[variant.stock_unit], what=what)
    if not may_take_promised:
        _check_free(steps, levels, variants)
    lots = {level.lot_id: level.lot for level in levels.values()}
    keys = {(levels[step.stock_level_id].lot_id, step.to_location_id) for step in steps}
    targets = find_or_make_levels(sorted(keys), lots)
    movements: list[StockMovement] = []
    for wave in _waves(steps, levels):
        movements += _write_wave(wave, levels, targets, variants, cause)
    if promised := promised_ids(list(levels.values())):
        give_way.ask(stock_level_ids=promised, now=cause.now, because=cause.sentence)
    moved = {levels[step.stock_level_id].variant_id for step in steps}
    fill_shortages.ask(variant_ids=moved, now=cause.now)
    return movements


def _write_wave(
    wave: Sequence[Step],
    levels: Mapping[int, StockLevel],
    targets: Mapping[tuple[int, int], StockLevel],
    variants: Mapping[int, VariantRef],
    cause: Cause,
) -> list[StockMovement]:
    leaving = [
        Leaving(level=levels[step.stock_level_id], quantity=step.quantity, serials=step.serials)
        for step in wave
    ]
    pieces = choose_leaving(leaving, variants)
    changes: dict[int, Decimal] = {}
    causes: dict[int, Cause] = {}
    named: dict[int, tuple[StockLevel, Sequence[str]]] = {}
    for step, serials in sorted(
        zip(wave, pieces, strict=True), key=lambda pair: pair[0].stock_level_id
    ):
        source = levels[step.stock_level_id]
        target = targets[source.lot_id, step.to_location_id]
        lower_on_hand(source, variants[source.variant_id], step.quantity, now=cause.now)
        source.on_hand -= step.quantity
        why = cause.with_step(uuid.uuid4())
        for level, quantity in ((source, -step.quantity), (target, step.quantity)):
            changes[level.pk], causes[level.pk] = quantity, why
            named[level.pk] = level, serials
    raise_on_hand({pk: quantity for pk, quantity in changes.items() if quantity > 0}, now=cause.now)
    movements = write_ledger(changes, causes)
    write_serials(
        [
            Named(movement=line, level=level, serials=serials)
            for line in movements
            for level, serials in (named[line.stock_level_id],)
        ],
        now=cause.now,
    )
    return movements


def _waves(steps: Sequence[Step], levels: Mapping[int, StockLevel]) -> Iterable[list[Step]]:
    """Steps, so that no level is changed twice before its line is written."""
    waves: list[list[Step]] = []
    touched: Counter[tuple[int, int]] = Counter()
    for step in steps:
        source = levels[step.stock_level_id]
        ends = ((source.lot_id, source.location_id), (source.lot_id, step.to_location_id))
        turn = max(touched[end] for end in ends)
        for end in ends:
            touched[end] = turn + 1
        if turn == len(waves):
            waves.append([])
        waves[turn].append(step)
    return waves


def _check_free(
    steps: Sequence[Step], levels: Mapping[int, StockLevel], variants: Mapping[int, VariantRef]
) -> None:
    wanted: Counter[int] = Counter()
    for step in steps:
        wanted[step.stock_level_id] += step.quantity  # type: ignore[assignment]
    for level_id, quantity in wanted.items():
        level = levels[level_id]
        if quantity > level.on_hand - level.reserved:
            variant = variants[level.variant_id]
            raise NotEnoughStock(
                f"{describe(level, variant)}: {plain(level.on_hand)} {variant.stock_unit} on hand, "
                f"{plain(level.reserved)} of it promised, {plain(Decimal(quantity))} asked."
            )


def _check_destination(source: StockLevel, destination: Location | None, location_id: int) -> None:
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
    check_takes_goods(destination)


def check_takes_goods(destination: Location) -> None:
    """Raises WrongDestination where nothing may be put there."""
    if not destination.is_active or destination.kind in KEPT_APART:
        raise WrongDestination(f"{destination.warehouse.code} {destination.code} takes no goods.")
