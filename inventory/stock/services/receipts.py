"""Goods come in."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
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
from inventory.lots.services import LotDraft, fill_gaps, find_or_make_lots, set_cost
from inventory.stock.claims import fill_shortages
from inventory.stock.errors import CostDiffers, InvalidQuantity, UnknownVariant
from inventory.stock.locks import lock_levels
from inventory.stock.models import MovementKind, StockLevel, StockMovement
from inventory.stock.rules import QUANTITY_MAX, Cost, blend_cost, check_cost, check_quantity
from inventory.stock.services.holds import hold_lots
from inventory.stock.services.ledger import (
    Cause,
    checked_cause,
    checked_reason,
    describe,
    raise_on_hand,
    write_ledger,
)
from inventory.stock.services.serials import Named, check_arrivals, write_serials
from inventory.warehouses.errors import UnknownLocation, UnknownWarehouse
from inventory.warehouses.models import KEPT_APART, Location
from inventory.warehouses.selectors import location_by_id, locations_by_id, receiving_location


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsIn:
    """Some of one lot that comes in at one place, in stock units."""

    variant_id: int
    location_id: int
    quantity: Decimal
    lot_code: str = ""
    expiry_date: date | None = None
    production_date: date | None = None
    unit_cost: Money | None = None
    supplier_id: int | None = None
    serials: tuple[str, ...] = ()


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
    serials: Sequence[str] = (),
) -> StockMovement:
    """Take goods into stock: find or make their lot, raise on hand, write the ledger line.

    `quantity` is in stock units; without a location the goods lie on the warehouse's dock. The
    first cost becomes the lot's; later ones are averaged with it, weighted by what is on hand.
    With `hold` the lot is on hold from the same moment. Goods that carry serial numbers come in
    with one for each piece. Raises UnknownVariant, UnknownWarehouse, UnknownLocation,
    InvalidQuantity, InvalidCost, CostDiffers, HappensInFuture, SerialsRequired, InvalidSerial,
    SerialInStock and what `lots.services.find_or_make_lots` raises.
    """
    location = _destination(warehouse_id, location_id)
    goods = GoodsIn(
        variant_id=variant_id,
        location_id=location.pk,
        quantity=quantity,
        lot_code=lot_code,
        expiry_date=expiry_date,
        production_date=production_date,
        unit_cost=unit_cost,
        supplier_id=supplier_id,
        serials=tuple(serials),
    )
    (movement,) = _take_in(
        [goods],
        places={location.pk: location},
        cause=_cause(happened_at, now, reference, reason),
        hold=hold,
        hold_note=checked_reason(hold_note, length_max=500) if hold else "",
    )
    return movement


@transaction.atomic
def receive_delivery(
    *,
    goods: Sequence[GoodsIn],
    happened_at: datetime,
    now: datetime,
    reference: str = "",
    reason: str = "",
    hold: HoldReason | None = None,
    hold_note: str = "",
) -> list[StockMovement]:
    """Take a whole delivery into stock, all of it or nothing, in as many queries as one line.

    What shares lot and place becomes one movement; with `hold` all of its lots are on hold from the
    same moment. Raises what `receive` raises.
    """
    ids = sorted({line.location_id for line in goods})
    found = locations_by_id(ids)
    return _take_in(
        goods,
        places={pk: _usable(found.get(pk), pk) for pk in ids},
        cause=_cause(happened_at, now, reference, reason),
        hold=hold,
        hold_note=checked_reason(hold_note, length_max=500) if hold else "",
    )


def _take_in(
    goods: Sequence[GoodsIn],
    *,
    places: Mapping[int, Location],
    cause: Cause,
    hold: HoldReason | None = None,
    hold_note: str = "",
) -> list[StockMovement]:
    variants = variants_by_id({line.variant_id for line in goods})
    lines = _with_serials(
        [_checked(line, variants.get(line.variant_id)) for line in goods], variants
    )
    locked = {level.pk for level in lock_levels(variant_ids=variants.keys())}
    drafts = [
        LotDraft(
            variant=variants[line.variant_id],
            code=line.lot_code,
            production_date=line.production_date,
            expiry_date=line.expiry_date,
            supplier_id=line.supplier_id,
            unit_cost=line.unit_cost.amount if line.unit_cost is not None else None,
            currency=line.unit_cost.currency.code if line.unit_cost is not None else "",
            on=day_in(places[line.location_id].warehouse.time_zone, cause.happened_at),
        )
        for line in lines
    ]
    lots, new_ids = find_or_make_lots(drafts, received_at=cause.happened_at)
    quantities: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for line, lot in zip(lines, lots, strict=True):
        quantities[lot.pk, line.location_id] += line.quantity
    levels = find_or_make_levels(quantities, {lot.pk: lot for lot in lots})
    if any(level.pk not in locked and level.lot_id not in new_ids for level in levels.values()):
        # Another receipt made the lot or its level meanwhile: levels are locked before lots.
        again = lock_levels(variant_ids=variants.keys(), with_names=True)
        levels |= {key: lv for lv in again if (key := (lv.lot_id, lv.location_id)) in levels}
    for lot, draft in zip(lots, drafts, strict=True):
        fill_gaps(lot, draft)
    _blend_costs(lines, lots, new_ids, variants, cause.now)
    for key, level in levels.items():
        if level.on_hand + quantities[key] > QUANTITY_MAX:
            variant = variants[level.variant_id]
            raise InvalidQuantity(
                f"{describe(level, variant)}: quantity {plain(quantities[key])} more than the "
                f"{plain(level.on_hand)} there would be more than {QUANTITY_MAX:,}."
            )
    changes = {level.pk: quantities[key] for key, level in levels.items()}
    raise_on_hand(changes, now=cause.now)
    movements = write_ledger(changes, cause)
    _name_pieces(lines, lots, levels, movements, cause.now)
    if hold is not None:
        hold_lots(lots, reason=hold, note=hold_note, now=cause.now, user_id=actor_id())
    fill_shortages.ask(variant_ids=variants.keys(), now=cause.now)
    return movements


def _with_serials(lines: Sequence[GoodsIn], variants: Mapping[int, VariantRef]) -> list[GoodsIn]:
    arrivals = [
        (variants[line.variant_id], line.quantity, line.serials, variants[line.variant_id].sku)
        for line in lines
    ]
    return [
        replace(line, serials=serials)
        for line, serials in zip(lines, check_arrivals(arrivals), strict=True)
    ]


def _name_pieces(
    lines: Sequence[GoodsIn],
    lots: Sequence[Lot],
    levels: Mapping[tuple[int, int], StockLevel],
    movements: Sequence[StockMovement],
    now: datetime,
) -> None:
    by_level = {movement.stock_level_id: movement for movement in movements}
    named = []
    for line, lot in zip(lines, lots, strict=True):
        level = levels[lot.pk, line.location_id]
        named.append(Named(movement=by_level[level.pk], level=level, serials=line.serials))
    write_serials(named, now=now)


def _cause(happened_at: datetime, now: datetime, reference: str, reason: str) -> Cause:
    return checked_cause(
        kind=MovementKind.RECEIPT,
        now=now,
        happened_at=happened_at,
        reason=reason,
        reference=reference,
    )


def _checked(line: GoodsIn, variant: VariantRef | None) -> GoodsIn:
    """The line, tidied. Raises UnknownVariant, InvalidQuantity, InvalidCost."""
    if variant is None:
        raise UnknownVariant(f"There is no variant {line.variant_id}.")
    code = line.lot_code.strip()
    what = f"{variant.sku} lot {code}" if code else variant.sku
    quantity = check_quantity(line.quantity, UNITS[variant.stock_unit], what=what)
    if line.unit_cost is not None:
        check_cost(line.unit_cost.amount, what=what)
    return replace(line, lot_code=code, quantity=quantity)


def find_or_make_levels(
    keys: Collection[tuple[int, int]], lots: Mapping[int, Lot]
) -> dict[tuple[int, int], StockLevel]:
    """The levels of these lots at these places; those that are missing are made."""
    levels = (
        StockLevel.objects.select_related("lot", "location__warehouse")
        .filter(lot_id__in=lots.keys(), location_id__in={place for _, place in keys})
        .order_by("pk")
    )
    found = {(level.lot_id, level.location_id): level for level in levels.all()}
    missing = [key for key in keys if key not in found]
    if missing:
        # Whoever made one of them meanwhile made the same.
        StockLevel.objects.bulk_create(
            [
                StockLevel(lot_id=lot_id, location_id=place, variant_id=lots[lot_id].variant_id)
                for lot_id, place in sorted(missing)
            ],
            ignore_conflicts=True,
        )
        found = {(level.lot_id, level.location_id): level for level in levels.all()}
    return {key: found[key] for key in keys}


def _destination(warehouse_id: int | None, location_id: int | None) -> Location:
    assert (warehouse_id is None) != (location_id is None), "give a warehouse or a location"
    if location_id is None:
        assert warehouse_id is not None
        location = receiving_location(warehouse_id)
        if location is None:
            raise UnknownWarehouse(f"There is no place to put goods in warehouse {warehouse_id}.")
        return location
    return _usable(location_by_id(location_id), location_id)


def _usable(location: Location | None, location_id: int) -> Location:
    if location is None:
        raise UnknownLocation(f"There is no location {location_id}.")
    if not location.is_active or location.kind in KEPT_APART:
        raise UnknownLocation(f"{location.warehouse.code} {location.code} takes no goods.")
    return location


def _blend_costs(
    lines: Sequence[GoodsIn],
    lots: Sequence[Lot],
    new_ids: Collection[int],
    variants: Mapping[int, VariantRef],
    now: datetime,
) -> None:
    """Average the costs of lots on file; their rows are locked, for two receipts of a lot.

    A new lot has the cost of its first line already.
    """
    on_hand: dict[int, Decimal] = defaultdict(Decimal)
    known = {lot.pk: lot for lot in lots if lot.pk in new_ids}
    older = {lot.pk for line, lot in zip(lines, lots, strict=True) if line.unit_cost is not None}
    older -= known.keys()
    if older:
        locked = Lot.objects.select_for_update(no_key=True).filter(pk__in=older).order_by("pk")
        known |= {lot.pk: lot for lot in locked}
        sums = StockLevel.objects.filter(lot_id__in=older).values("lot_id")
        rows = sums.annotate(sum=Sum("on_hand")).order_by("lot_id")
        on_hand |= {row["lot_id"]: row["sum"] for row in rows}
    for line, lot in zip(lines, lots, strict=True):
        if line.unit_cost is not None:
            _blend_cost(known[lot.pk], line, on_hand[lot.pk], variants[line.variant_id], now)
        on_hand[lot.pk] += line.quantity


def _blend_cost(
    lot: Lot, line: GoodsIn, on_hand: Decimal, variant: VariantRef, now: datetime
) -> None:
    assert line.unit_cost is not None, "only a cost can be averaged"
    known = None
    if lot.unit_cost is not None:
        known = Cost(amount=lot.unit_cost, currency=lot.currency)
    added = Cost(amount=line.unit_cost.amount, currency=line.unit_cost.currency.code)
    cost = blend_cost(known, on_hand=on_hand, added=added, quantity=line.quantity)
    if cost is None:
        raise CostDiffers(
            f"{variant.sku} {lot}: unit_cost {plain(added.amount)} {added.currency} cannot be "
            f"averaged with the {plain(lot.unit_cost or Decimal(0))} {lot.currency} on file."
        )
    set_cost(
        lot=lot, amount=cost.amount, currency=cost.currency, reason="Cost of a receipt.", now=now
    )
