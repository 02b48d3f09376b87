"""Stock and allocations are made to say what really left."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from catalog.products.selectors import VariantRef
from catalog.units.rules import plain
from config.kernel.errors import FieldError
from inventory.reservations.matching import ZERO, Sent, Swap
from inventory.reservations.models import (
    Allocation,
    Shipment,
)
from inventory.stock import services as stock
from inventory.stock.errors import NotEnoughStock
from inventory.stock.models import StockLevel
from inventory.warehouses.models import KEPT_APART, Warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """From which level a swap was really sent; `is_found` where the books had none left there."""

    swap: Swap
    stock_level_id: int
    quantity: Decimal
    is_found: bool = False


def take_swaps(
    swaps: Sequence[Swap],
    sent: Sequence[Sent],
    levels: Mapping[int, StockLevel],
    warehouse: Warehouse,
    variants: Mapping[int, VariantRef],
) -> list[Taken]:
    """Where what was sent instead lay: free stock first, then what was promised.

    What a line was short of and has left all the same was found, where its lot had lain.
    """
    left = {pk: lv.on_hand for pk, lv in levels.items()}
    free = {pk: lv.on_hand - lv.reserved for pk, lv in levels.items()}
    by_place = {(one.position, one.stock_level_id): one for one in sent}
    pieces = {key: one.quantity for key, one in by_place.items() if key[1] is not None}
    taken: list[Taken] = []
    for swap in swaps:
        lot_id = next(one.lot_id for one in sent if one.position == swap.position)
        wanted = swap.quantity
        own = [pk for (position, pk) in pieces if position == swap.position and pk]
        shelf = [
            lv.pk
            for lv in levels.values()
            if lv.lot_id == lot_id
            and lv.location.warehouse_id == warehouse.pk
            and lv.location.kind not in KEPT_APART
        ]
        for most, places in ((left, own), (free, shelf), (left, shelf)):
            for pk in places:
                quantity = min(wanted, most[pk], left[pk])
                if places is own:
                    quantity = min(quantity, pieces[swap.position, pk])
                    pieces[swap.position, pk] -= max(quantity, ZERO)
                if quantity > 0:
                    taken.append(Taken(swap=swap, stock_level_id=pk, quantity=quantity))
                    wanted -= quantity
                    left[pk] -= quantity
                    free[pk] -= quantity
        if wanted and swap.booked_level_id is None and shelf:
            taken.append(
                Taken(
                    swap=swap,
                    stock_level_id=max(shelf, key=lambda pk: _used_last(levels[pk])),
                    quantity=wanted,
                    is_found=True,
                )
            )
        elif wanted:
            variant = next(variants[one.variant_id] for one in sent if one.lot_id == lot_id)
            raise _not_there(swap, wanted, levels, shelf, warehouse, variant)
    return taken


def _used_last(level: StockLevel) -> tuple[bool, datetime | None, int]:
    return (level.changed_at is not None, level.changed_at, level.pk)


def _not_there(
    swap: Swap,
    missing: Decimal,
    levels: Mapping[int, StockLevel],
    shelf: Sequence[int],
    warehouse: Warehouse,
    variant: VariantRef,
) -> NotEnoughStock:
    there = sum((levels[pk].on_hand for pk in shelf), ZERO)
    detail = (
        f"{variant.sku}: {plain(there)} {variant.stock_unit} of this lot are on hand in "
        f"{warehouse.code}, {plain(missing)} more are said to have left it. Correct it first."
    )
    error = FieldError(f"/lines/{swap.position}/quantity", NotEnoughStock.code, detail)
    return NotEnoughStock(detail, errors=[error])


def correct_books(
    swaps: Sequence[Swap],
    taken: Sequence[Taken],
    levels: Mapping[int, StockLevel],
    named: Mapping[tuple[int, int | None], Sequence[str]],
    shipment: Shipment,
    now: datetime,
) -> None:
    """Stock and allocations say what was really sent."""
    if not swaps:
        return
    not_sent: dict[int, Decimal] = defaultdict(Decimal)
    gone: dict[int, Decimal] = defaultdict(Decimal)
    pieces: dict[int, list[str]] = defaultdict(list)
    found: dict[int, Decimal] = defaultdict(Decimal)
    for swap in swaps:
        if swap.booked_level_id is not None:
            not_sent[swap.booked_level_id] += swap.quantity
    positions: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for one in taken:
        gone[one.stock_level_id] += one.quantity
        if one.is_found:
            found[one.stock_level_id] += one.quantity
        positions[one.swap.position, one.stock_level_id] += one.quantity
    for (position, pk), quantity in positions.items():
        own = named.get((position, pk), ())
        # Those at the end: what was booked from this place takes its pieces from the front.
        pieces[pk] += own[max(len(own) - int(quantity), 0) :]
    stock.correct_sale(
        not_sent=not_sent,
        sent={
            pk: stock.SentInstead(quantity=quantity, serials=tuple(pieces[pk]))
            for pk, quantity in gone.items()
        },
        found=found,
        levels=levels,
        reference=shipment.order_reference,
        happened_at=shipment.shipped_at,
        now=now,
    )
    _reallocate(swaps, taken)


def _reallocate(swaps: Sequence[Swap], taken: Sequence[Taken]) -> None:
    """The allocations of a committed order are what was taken for it."""
    change: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for swap in swaps:
        if swap.booked_level_id is not None:
            change[swap.line_id, swap.booked_level_id] -= swap.quantity
    for one in taken:
        change[one.swap.line_id, one.stock_level_id] += one.quantity
    known: dict[tuple[int, int], list[Allocation]] = defaultdict(list)
    for allocation in Allocation.objects.filter(
        line_id__in={line_id for line_id, _ in change}, is_open=False
    ).order_by("pk"):
        known[allocation.line_id, allocation.stock_level_id].append(allocation)
    for (line_id, level_id), quantity in change.items():
        rows = known[line_id, level_id]
        if quantity > 0 and rows:
            rows[0].quantity += quantity
            rows[0].save(update_fields=["quantity"])
        elif quantity > 0:
            Allocation.objects.create(
                line_id=line_id, stock_level_id=level_id, quantity=quantity, is_open=False
            )
        else:
            _shrink(rows, -quantity)


def _shrink(rows: Sequence[Allocation], quantity: Decimal) -> None:
    for row in rows:
        part = min(row.quantity, quantity)
        quantity -= part
        if part == row.quantity:
            row.delete()
        elif part:
            row.quantity -= part
            row.save(update_fields=["quantity"])
    assert not quantity, "no more comes back than was taken"
