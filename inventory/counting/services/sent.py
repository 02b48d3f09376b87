"""Counts that a warehouse's system made itself: compared, booked within tolerance, or to decide."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from catalog.products.selectors import VariantRef
from catalog.units.errors import UnitMismatch
from catalog.units.rules import plain
from config.kernel.clients import ApiClient
from config.kernel.context import actor_name
from config.kernel.errors import DomainError, FieldError, InvalidInput, LinesRefused
from config.kernel.locks import advisory_lock
from config.kernel.words import counted
from inventory.counting.errors import (
    BeingCounted,
    LocationRequired,
    ReferenceInUse,
)
from inventory.counting.models import CountLine, CountStatus, CycleCount, LineStatus
from inventory.counting.rules import TOLERANCE_PERCENT_DEFAULT
from inventory.counting.selectors.counts import (
    Noted,
    books_now,
    count_of_client,
    moved_after,
    open_line_keys,
)
from inventory.counting.services.deciding import move_on, settle
from inventory.counting.services.entering import (
    NOTHING_NOTED,
    keep_entries,
    note,
)
from inventory.counting.services.pieces import scan_line
from inventory.counting.services.planning import LINES_MAX, check_tolerance, insert_lines
from inventory.lots.errors import LotDatesDiffer, UnknownLot
from inventory.lots.models import Lot
from inventory.lots.rules import check_new_lot
from inventory.lots.selectors import lots_by_code
from inventory.reservations.quantities import in_stock_units
from inventory.reservations.selectors import ItemCode, resolve_items
from inventory.reservations.services.wanted import unknown_item
from inventory.stock.errors import HappensInFuture, InvalidQuantity, InvalidSerial
from inventory.stock.locks import lock_levels
from inventory.stock.models import StockLevel
from inventory.stock.rules import QUANTITY_MAX
from inventory.stock.selectors.pieces import serials_at
from inventory.stock.selectors.serials import serial_tracked_ids
from inventory.warehouses.errors import UnknownLocation, UnknownWarehouse
from inventory.warehouses.models import KEPT_APART, Location, Warehouse
from inventory.warehouses.selectors import (
    locations_by_code,
    receiving_location,
    warehouse_by_code,
)

COUNTED_AT_MOST_AGO = timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLine:
    """What a system counted of one lot; without a location where the lot lies, if that is one.

    `serials` are the pieces among them that were scanned, where goods carry numbers.
    """

    item: ItemCode
    quantity: Decimal
    unit: str
    lot: str = ""
    expires_on: date | None = None
    location: str = ""
    counted_at: datetime | None = None
    external_id: str = ""
    serials: Sequence[str] = ()


@transaction.atomic
def take_count(
    *,
    client: ApiClient,
    reference: str,
    warehouse: str,
    lines: Sequence[SentLine],
    now: datetime,
    tolerance_units: Decimal = Decimal(0),
    tolerance_percent: Decimal = TOLERANCE_PERCENT_DEFAULT,
) -> tuple[CycleCount, bool]:
    """Take in a finished count: what is within tolerance is booked at once, the rest waits.

    Each figure is compared with the books at its own `counted_at` (now, where it is not given). The
    same reference and lines again: the count already there, and False. All lines or none.
    Raises UnknownWarehouse, ReferenceInUse, InvalidInput, and LinesRefused with what is wrong with
    each line: its product, place, lot, unit, quantity or time, or that it is being counted already.
    """
    if not 1 <= len(lines) <= LINES_MAX:
        raise InvalidInput(f"A count has 1 to {LINES_MAX} lines.")
    check_tolerance(tolerance_units, tolerance_percent)
    fingerprint = _fingerprint(warehouse, lines, tolerance_units, tolerance_percent)
    advisory_lock(f"counting:{client.pk}:{reference}")
    known = count_of_client(client_id=client.pk, reference=reference)
    if known is not None:
        if known.fingerprint != fingerprint:
            raise ReferenceInUse(f"You sent another count under the reference {reference}.")
        return known, False
    place = warehouse_by_code(warehouse)
    if place is None:
        detail = f'There is no warehouse "{warehouse}".'
        raise UnknownWarehouse(
            detail, errors=[FieldError("/warehouse", UnknownWarehouse.code, detail)]
        )
    count = CycleCount(
        reference=reference,
        client=client,
        fingerprint=fingerprint,
        warehouse=place,
        scope=f"Sent by {client.name}",
        status=CountStatus.SECOND_COUNT,
        tolerance_units=tolerance_units,
        tolerance_percent=tolerance_percent,
        created_at=now,
        created_by_name=actor_name(),
        started_at=now,
        counted_at=now,
    )
    found = _Reading(count, lines, now).lines()
    count.save(force_insert=True)
    settle(found, count, otherwise=LineStatus.DIFFERENCE, now=now)
    insert_lines(found)
    keep_entries(found, now)
    move_on(count, now)
    return count, True


class _Reading:
    """The lines of one count understood together; everything that is wrong is told at once."""

    def __init__(self, count: CycleCount, sent: Sequence[SentLine], now: datetime) -> None:
        self.count, self.sent, self.now = count, sent, now
        self.warehouse: Warehouse = count.warehouse
        self.places = locations_by_code([self.warehouse.pk])
        self.errors: list[FieldError] = []
        self.tracked: set[int] = set()
        self.scanned: set[tuple[int, str]] = set()

    def lines(self) -> list[CountLine]:
        """The lines with their figures, not written yet; their stock is locked."""
        variants = resolve_items([line.item for line in self.sent])
        known = {variant.id for variant in variants if variant is not None}
        levels = self._levels(known)
        self.tracked = serial_tracked_ids(known)
        lots = lots_by_code(
            {(v.id, line.lot) for v, line in zip(variants, self.sent, strict=True) if v}
        )
        found: list[CountLine] = []
        for index, (line, variant) in enumerate(zip(self.sent, variants, strict=True)):
            try:
                if variant is None:
                    problem = unknown_item(line.item, "")
                    raise InvalidInput(problem.detail, errors=[problem])
                found.append(self._line(index, line, variant, lots, levels))
            except DomainError as error:
                self._refuse(index, error)
        self._refuse_what_is_counted_twice(found)
        if self.errors:
            raise LinesRefused(
                f"{counted(len(self.errors), 'line')} cannot be taken in, so none was.",
                errors=self.errors,
            )
        self._give_figures(found)
        return found

    def _levels(self, variant_ids: set[int]) -> dict[tuple[int, str], list[StockLevel]]:
        by_lot: dict[tuple[int, str], list[StockLevel]] = defaultdict(list)
        for level in lock_levels(variant_ids=variant_ids, with_names=True):
            location = level.location
            if location.warehouse_id == self.warehouse.pk and location.kind not in KEPT_APART:
                by_lot[level.variant_id, level.lot.code].append(level)
        return by_lot

    def _line(
        self,
        index: int,
        line: SentLine,
        variant: VariantRef,
        lots: Mapping[tuple[int, str], Lot],
        levels: Mapping[tuple[int, str], list[StockLevel]],
    ) -> CountLine:
        quantity = _in_stock_units(line, variant)
        counted_at = self._counted_at(line)
        lot = lots.get((variant.id, line.lot))
        _check_lot(line, variant, lot)
        here = levels.get((variant.id, line.lot), [])
        location = self._location(line, variant, here)
        level = next((lv for lv in here if lv.location_id == location.pk), None)
        found = CountLine(
            count=self.count,
            position=index + 1,
            variant_id=variant.id,
            location=location,
            lot_code=line.lot,
            expiry_date=lot.expiry_date if lot else line.expires_on,
            stock_level=level,
            is_found=level is None,
            external_id=line.external_id,
            quantity=quantity,
            counted_at=counted_at,
        )
        self._scan(found, line, variant)
        return found

    def _scan(self, found: CountLine, line: SentLine, variant: VariantRef) -> None:
        """Its pieces, each in one line of the count. Raises InvalidSerial."""
        scan_line(
            found,
            found.quantity or Decimal(0),
            line.serials,
            sku=variant.sku,
            is_tracked=variant.id in self.tracked,
        )
        for serial in found.serials or ():
            if (variant.id, serial) in self.scanned:
                raise InvalidSerial(
                    f"Serial number {serial} of {variant.sku} stands in another line too: a piece "
                    "lies in one place."
                )
            self.scanned.add((variant.id, serial))

    def _counted_at(self, line: SentLine) -> datetime:
        at = line.counted_at or self.now
        if at > self.now:
            raise _refusal(HappensInFuture, "/counted_at", f"{at.isoformat()} is later than now.")
        if at < self.now - COUNTED_AT_MOST_AGO:
            raise _refusal(
                InvalidInput,
                "/counted_at",
                f"{at.isoformat()} is more than {COUNTED_AT_MOST_AGO.days} days ago: count again.",
            )
        return at

    def _location(
        self, line: SentLine, variant: VariantRef, here: Sequence[StockLevel]
    ) -> Location:
        if line.location:
            location = self.places.get((self.warehouse.pk, line.location))
            if location is None:
                detail = f'{self.warehouse.code} has no open place "{line.location}".'
                raise _refusal(UnknownLocation, "/location", detail)
            return location
        filled = [level for level in here if level.on_hand > 0] or list(here)
        if len(filled) > 1:
            codes = ", ".join(sorted(level.location.code for level in filled))
            raise _refusal(
                LocationRequired,
                "/location",
                f"{variant.sku} {_lot_phrase(line)} lies in {codes}: say which was counted.",
            )
        if filled:
            return filled[0].location
        location = receiving_location(self.warehouse.pk)
        if location is None:
            raise UnknownWarehouse(f"There is no place for goods in {self.warehouse.code}.")
        return location

    def _refuse_what_is_counted_twice(self, lines: Sequence[CountLine]) -> None:
        taken = open_line_keys({line.location_id for line in lines})
        for line in lines:
            key = (line.location_id, line.variant_id, line.lot_code)
            if key in taken:
                sent = self.sent[line.position - 1]
                what = f"{sent.item} {_lot_phrase(sent)} in {line.location.code}"
                self._refuse(line.position - 1, BeingCounted(f"{what} is being counted already."))
            taken.add(key)

    def _refuse(self, index: int, error: DomainError) -> None:
        inner = error.errors[0] if error.errors else FieldError("", error.code, error.detail)
        name = {"/lot_code": "/lot", "/expiry_date": "/expires_on"}.get(
            inner.pointer, inner.pointer
        )
        self.errors.append(FieldError(f"/lines/{index}{name}", inner.code, inner.detail))

    def _give_figures(self, lines: Sequence[CountLine]) -> None:
        ids = [line.stock_level_id for line in lines if line.stock_level_id is not None]
        noted = books_now(ids)
        then_there = serials_at(
            {
                line.stock_level_id: line.counted_at
                for line in lines
                if line.stock_level_id and line.counted_at and line.variant_id in self.tracked
            }
        )
        oldest = min((line.counted_at for line in lines if line.counted_at), default=self.now)
        later = moved_after(ids, at=oldest)
        for line in lines:
            quantity, counted_at = line.quantity, line.counted_at
            assert quantity is not None, "read above"
            assert counted_at is not None, "read above"
            line.quantity = None
            if line.variant_id in self.tracked:
                line.book_serials = sorted(then_there.get(line.stock_level_id or 0, ()))
            noted_now = noted.get(line.stock_level_id or 0, NOTHING_NOTED)
            after = sum(
                (moved for moved, at in later.get(line.stock_level_id or 0, ()) if at > counted_at),
                Decimal(0),
            )
            then = Noted(
                on_hand=noted_now.on_hand - after, last_movement_id=noted_now.last_movement_id
            )
            note(line, quantity, then, counted_at)


def _check_lot(line: SentLine, variant: VariantRef, lot: Lot | None) -> None:
    if lot is not None:
        if line.expires_on is not None and line.expires_on != lot.expiry_date:
            raise LotDatesDiffer(
                f"{variant.sku} lot {line.lot} is on file with the expiry date "
                f"{lot.expiry_date or 'none'}; {line.expires_on} was given."
            )
        return
    if line.lot and line.expires_on is None:
        raise UnknownLot(
            f"{variant.sku} has no lot {line.lot} on file: give expires_on to make it."
        )
    check_new_lot(
        code=line.lot,
        production_date=None,
        expiry_date=line.expires_on,
        is_lot_tracked=variant.is_lot_tracked,
        sku=variant.sku,
    )


def _in_stock_units(line: SentLine, variant: VariantRef) -> Decimal:
    try:
        quantity = in_stock_units(line.quantity, line.unit, variant)
    except UnitMismatch as error:
        raise _refusal(type(error), "/unit", error.detail) from error
    if not 0 <= quantity <= QUANTITY_MAX:
        raise InvalidQuantity(f"{variant.sku}: {plain(quantity)} cannot lie there.")
    return quantity


def _lot_phrase(line: SentLine) -> str:
    return f"lot {line.lot}" if line.lot else "open lot"


def _refusal(kind: type[DomainError], pointer: str, detail: str) -> DomainError:
    return kind(detail, errors=[FieldError(pointer, kind.code, detail)])


def _fingerprint(
    warehouse: str, lines: Sequence[SentLine], units: Decimal, percent: Decimal
) -> str:
    told = repr((warehouse, [repr(line) for line in lines], plain(units), plain(percent)))
    return hashlib.sha256(told.encode()).hexdigest()
