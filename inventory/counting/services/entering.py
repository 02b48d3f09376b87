"""Figures come in: blind, line by line, each with what the books said at that moment."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import UNITS
from config.kernel.context import actor_id, actor_name, current_request_id
from inventory.counting.errors import SamePersonCounts, UnknownCount, WrongStage
from inventory.counting.models import (
    OPEN_LINE,
    CountEntry,
    CountLine,
    CountStatus,
    CycleCount,
    LineStatus,
)
from inventory.counting.selectors.counts import Noted, books_now, somebody_else_counts
from inventory.counting.services.pieces import scan_in
from inventory.counting.services.planning import insert_lines, lock_count, require
from inventory.lots.errors import UnknownLot
from inventory.lots.rules import check_new_lot
from inventory.lots.selectors import find_lot
from inventory.stock.errors import InvalidQuantity, UnknownVariant
from inventory.stock.rules import check_quantity
from inventory.stock.selectors import level_at
from inventory.warehouses.errors import UnknownLocation
from inventory.warehouses.models import KEPT_APART, Location
from inventory.warehouses.selectors import location_by_id

NOTHING_NOTED = Noted(on_hand=Decimal(0), last_movement_id=None)
COUNTING = (CountStatus.COUNTING, CountStatus.SECOND_COUNT)


@transaction.atomic
def enter(
    *,
    count_id: UUID,
    quantities: Mapping[int, Decimal],
    now: datetime,
    serials: Mapping[int, Sequence[str]] | None = None,
    may_repeat: bool = False,
) -> list[CountLine]:
    """Note what was counted, by line, in stock units; a slip is mended by entering it again.

    `serials` are the pieces among them that were scanned, where goods carry numbers; where none is
    given only their quantity counts. The books are read at this moment, so that what is sold later
    changes no difference. In a second count somebody else counts, unless nobody else can or
    `may_repeat`. All or nothing. Raises UnknownCount, WrongStage, InvalidQuantity, InvalidSerial,
    SamePersonCounts.
    """
    count = lock_count(count_id)
    require(count, *COUNTING)
    lines = list(
        CountLine.objects.select_related("variant__product", "location")
        .filter(count=count, pk__in=quantities)
        .order_by("pk")
    )
    if len(lines) < len(quantities):
        raise UnknownCount(f"{count} has no such line.")
    for line in lines:
        _check_may_be_counted(count, line)
        _check_figure(line, quantities[line.pk])
    scanned = serials or {}
    scan_in(count, [(line, quantities[line.pk], scanned.get(line.pk, ())) for line in lines])
    if not may_repeat:
        _check_somebody_else(count, lines)
    noted = books_now({line.stock_level_id for line in lines if line.stock_level_id is not None})
    for line in lines:
        key = line.stock_level_id
        note(
            line, quantities[line.pk], noted.get(key, NOTHING_NOTED) if key else NOTHING_NOTED, now
        )
    write_figures(lines, now)
    return lines


@transaction.atomic
def enter_found(
    *,
    count_id: UUID,
    variant_id: int,
    location_id: int,
    quantity: Decimal,
    now: datetime,
    lot_code: str = "",
    expiry_date: date | None = None,
    serials: Sequence[str] = (),
) -> CountLine:
    """Note goods that lie there and stand on no list; the lot is made when they are booked.

    Where the line is on the list after all, it is counted. Raises UnknownCount, WrongStage,
    UnknownVariant, UnknownLocation, UnknownLot, InvalidQuantity, InvalidSerial, BeingCounted and
    what a new lot lacks (LotRequired, ExpiryRequired).
    """
    count = lock_count(count_id)
    require(count, *COUNTING)
    variant = variants_by_id([variant_id]).get(variant_id)
    if variant is None:
        raise UnknownVariant(f"There is no variant {variant_id}.")
    location = _place(count, location_id)
    lot_code = lot_code.strip()
    same = CountLine.objects.filter(
        count=count, variant_id=variant_id, location=location, lot_code=lot_code
    )
    if line := same.filter(status__in=OPEN_LINE).first():
        return enter(
            count_id=count_id, quantities={line.pk: quantity}, serials={line.pk: serials}, now=now
        )[0]
    line = found_line(
        count,
        variant=variant,
        location=location,
        lot_code=lot_code,
        expiry_date=expiry_date,
        position=next_position(count),
    )
    _check_figure(line, quantity)
    scan_in(count, [(line, quantity, serials)])
    noted = books_now([line.stock_level_id]) if line.stock_level_id else {}
    note(line, quantity, noted.get(line.stock_level_id or 0, NOTHING_NOTED), now)
    insert_lines([line])
    keep_entries([line], now)
    return line


def found_line(
    count: CycleCount,
    *,
    variant: VariantRef,
    location: Location,
    lot_code: str,
    expiry_date: date | None,
    position: int,
) -> CountLine:
    """A line for goods that no list names; not written yet.

    Raises UnknownLot and what a new lot lacks.
    """
    lot = find_lot(variant_id=variant.id, code=lot_code)
    if lot is None:
        if lot_code and expiry_date is None:
            raise UnknownLot(f"{variant.sku} has no lot {lot_code} on file: give its expiry date.")
        check_new_lot(
            code=lot_code,
            production_date=None,
            expiry_date=expiry_date,
            is_lot_tracked=variant.is_lot_tracked,
            sku=variant.sku,
        )
    level = level_at(lot_id=lot.pk, location_id=location.pk) if lot else None
    return CountLine(
        count=count,
        position=position,
        variant_id=variant.id,
        location=location,
        lot_code=lot_code,
        expiry_date=lot.expiry_date if lot else expiry_date,
        stock_level=level,
        is_found=True,
    )


def next_position(count: CycleCount) -> int:
    """Behind the last line."""
    last: int | None = count.lines.aggregate(last=Max("position"))["last"]
    return (last or 0) + 1


def note(line: CountLine, quantity: Decimal, noted: Noted, counted_at: datetime) -> None:
    """Give a line its figure, with what the books said; the caller writes it."""
    is_new_round = line.status in (LineStatus.TO_COUNT, LineStatus.RECOUNT)
    if is_new_round:
        line.rounds += 1
        line.first_quantity = line.quantity
    line.quantity, line.counted_at = quantity, counted_at
    line.counted_by_id, line.counted_by_name = actor_id(), actor_name()
    line.book_quantity, line.last_movement_id = noted.on_hand, noted.last_movement_id
    line.difference = None
    line.status = LineStatus.COUNTED


def write_figures(lines: list[CountLine], now: datetime) -> None:
    """Write what `note` changed, and every figure to the record of who counted what."""
    CountLine.objects.bulk_update(
        lines,
        [
            "rounds",
            "first_quantity",
            "quantity",
            "serials",
            "counted_at",
            "counted_by",
            "counted_by_name",
            "book_quantity",
            "book_serials",
            "last_movement_id",
            "difference",
            "status",
        ],
        batch_size=200,
    )
    keep_entries(lines, now)


def keep_entries(lines: list[CountLine], now: datetime) -> None:
    """Add the lines' figures to the record, which nobody changes."""
    request_id = current_request_id()
    CountEntry.objects.bulk_create(
        [
            CountEntry(
                line=line,
                round=line.rounds,
                quantity=line.figure.quantity,
                serials=line.serials,
                book_quantity=line.figure.book_quantity,
                counted_at=line.figure.counted_at,
                entered_at=now,
                counted_by_id=line.counted_by_id,
                counted_by_name=line.counted_by_name,
                request_id=request_id,
            )
            for line in lines
        ],
        batch_size=500,
    )


def _check_may_be_counted(count: CycleCount, line: CountLine) -> None:
    fitting = (
        (LineStatus.TO_COUNT, LineStatus.COUNTED)
        if count.status == CountStatus.COUNTING
        else (LineStatus.RECOUNT, LineStatus.COUNTED)
    )
    if line.status not in fitting:
        raise WrongStage(
            f"{line.variant.sku} in {line.location.code} is not to be counted now: "
            f"{line.get_status_display().lower()}."
        )


def _check_figure(line: CountLine, quantity: Decimal) -> None:
    """Zero is a figure: nothing lies there. Raises InvalidQuantity."""
    sku = line.variant.sku
    if not quantity.is_finite() or quantity < 0:
        raise InvalidQuantity(f"{sku}: {quantity} cannot lie there.")
    if quantity:
        check_quantity(quantity, UNITS[line.variant.product.stock_unit], what=sku)


def _check_somebody_else(count: CycleCount, lines: list[CountLine]) -> None:
    me = actor_id()
    if count.status != CountStatus.SECOND_COUNT or me is None:
        return
    mine = [
        line for line in lines if line.status == LineStatus.RECOUNT and line.counted_by_id == me
    ]
    if mine and somebody_else_counts(me):
        line = mine[0]
        raise SamePersonCounts(
            f"You counted {line.variant.sku} in {line.location.code} the first time: "
            "let somebody else count it again."
        )


def _place(count: CycleCount, location_id: int) -> Location:
    location = location_by_id(location_id)
    if location is None or location.warehouse_id != count.warehouse_id:
        raise UnknownLocation(f"{count.warehouse.code} has no location {location_id}.")
    if not location.is_active or location.kind in KEPT_APART:
        raise UnknownLocation(f"{count.warehouse.code} {location.code} takes no goods.")
    return location
