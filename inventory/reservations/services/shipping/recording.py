"""A shipment is written down, with all that follows from it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import plain
from config.kernel.context import current_request_id
from config.kernel.errors import FieldError
from config.kernel.locks import advisory_lock
from config.kernel.outbox import publish
from inventory.lots.models import Lot
from inventory.reservations.events import ShipmentRecorded, ShippedLot
from inventory.reservations.matching import Confirmed, Match, Swap, match
from inventory.reservations.models import (
    ChangeKind,
    Reservation,
    ReservationLine,
    ReservationStatus,
    Shipment,
    ShipmentLine,
    ShipmentPart,
)
from inventory.reservations.services.history import Change, record_changes
from inventory.reservations.services.shipping.correcting import Taken, correct_books, take_swaps
from inventory.reservations.services.shipping.owing import (
    cover,
    owed_of,
    short_lines,
    tell_what_is_owed,
)
from inventory.reservations.services.shipping.reading import (
    SentLine,
    booked_for,
    check_excess,
    check_external_ids,
    check_same,
    checked_lots,
    checked_reference,
    commit_held,
    lock_orders,
    understand_sent,
    warehouse_of,
)
from inventory.stock import services as stock
from inventory.stock.errors import HappensInFuture
from inventory.stock.locks import lock_levels
from inventory.stock.models import StockLevel


@transaction.atomic
def record_shipment(
    *,
    warehouse_id: int,
    lines: Sequence[SentLine],
    reference: str,
    now: datetime,
    client_id: int | None = None,
    reservation_id: UUID | None = None,
    order_reference: str = "",
    shipped_at: datetime | None = None,
) -> tuple[Shipment, bool]:
    """Note what a warehouse sent of an order, and say whether that is news.

    A reservation that is still held is committed, for the order named or under its own reference.
    What left from another lot than was booked is corrected: the booked lot comes back, the other
    goes, promised or not. What left of what a line is short of goes too, found if need be, and the
    rest of that stays owed. Nothing leaves twice: the same shipment again is the one already there,
    and parts of an order follow one another. Raises UnknownWarehouse, UnknownOrder, AmbiguousOrder,
    UnknownLot, InvalidQuantity, InvalidSerial, UnknownSerial, MoreThanOrdered, NotEnoughStock,
    ShipmentReferenceTaken, DuplicateLine, HappensInFuture, and what `commit` raises.
    """
    warehouse = warehouse_of(warehouse_id)
    reference = checked_reference(reference)
    shipped_at = shipped_at or now
    if shipped_at > now:
        detail = f"shipped_at {shipped_at.isoformat()} is later than now ({now.isoformat()})."
        error = FieldError("/shipped_at", HappensInFuture.code, detail)
        raise HappensInFuture(detail, errors=[error])
    # Two reports of one shipment: the second waits here and then finds what the first wrote.
    advisory_lock(f"shipment:{client_id}:{reference}")
    variants = variants_by_id({line.variant_id for line in lines})
    lots = checked_lots(lines, variants)
    known = Shipment.objects.filter(client_id=client_id, reference=reference).first()
    if known is not None:
        check_same(known, warehouse, lines, lots)
        return known, False
    check_external_ids(lines, client_id)
    orders = lock_orders(reservation_id, order_reference)
    held = {order.pk for order in orders if order.status == ReservationStatus.HELD}
    orders = commit_held(orders, order_reference, now)
    levels = {lv.pk: lv for lv in lock_levels(variant_ids=variants.keys(), with_names=True)}
    sent, named = understand_sent(lines, lots, levels, warehouse)
    short = short_lines(orders)
    found = match(sent, booked_for(orders, variants), owed_of(short), warehouse_id=warehouse.pk)
    check_excess(found, lines, variants, orders[0])
    shipment = Shipment.objects.create(
        client_id=client_id,
        reference=reference,
        warehouse=warehouse,
        order_reference=orders[0].order_reference,
        shipped_at=shipped_at,
        created_at=now,
        request_id=current_request_id(),
    )
    rows = _write_lines(shipment, lines, lots)
    taken = take_swaps(found.swaps, sent, levels, warehouse, variants)
    cover(short, found.swaps)
    correct_books(found.swaps, taken, levels, named, shipment, now)
    _confirm_pieces(found.confirmed, named, shipment, now)
    _write_parts(rows, found.confirmed, found.swaps, taken)
    _write_down(shipment, orders, found, taken, levels, now)
    tell_what_is_owed(short, found.swaps, shipment, now, newly=held)
    _tell(shipment, rows, found, variants)
    return shipment, True


def _write_lines(
    shipment: Shipment, lines: Sequence[SentLine], lots: Sequence[Lot]
) -> list[ShipmentLine]:
    return ShipmentLine.objects.bulk_create(
        [
            ShipmentLine(
                shipment=shipment,
                position=position,
                client_id=shipment.client_id,
                external_id=line.external_id,
                variant_id=line.variant_id,
                lot=lot,
                quantity=line.quantity,
                serials=[serial.strip() for serial in line.serials],
            )
            for position, (line, lot) in enumerate(zip(lines, lots, strict=True))
        ]
    )


def _confirm_pieces(
    confirmed: Sequence[Confirmed],
    named: Mapping[tuple[int, int | None], Sequence[str]],
    shipment: Shipment,
    now: datetime,
) -> None:
    """Name the pieces of what left from where it was booked."""
    counts: dict[tuple[int, int], int] = defaultdict(int)
    for one in confirmed:
        counts[one.position, one.stock_level_id] += int(one.quantity)
    serials: dict[int, list[str]] = defaultdict(list)
    for (position, pk), count in counts.items():
        serials[pk] += named.get((position, pk), ())[:count]
    stock.name_sold(reference=shipment.order_reference, serials=serials, now=now)


def _write_parts(
    rows: Sequence[ShipmentLine],
    confirmed: Sequence[Confirmed],
    swaps: Sequence[Swap],
    taken: Sequence[Taken],
) -> None:
    parts: dict[tuple[int, int, int, bool], Decimal] = defaultdict(Decimal)
    for fit in confirmed:
        parts[fit.position, fit.line_id, fit.stock_level_id, False] += fit.quantity
    for one in taken:
        is_correction = one.swap.booked_level_id is not None
        key = one.swap.position, one.swap.line_id, one.stock_level_id, is_correction
        parts[key] += one.quantity
    ShipmentPart.objects.bulk_create(
        [
            ShipmentPart(
                line=rows[position],
                reservation_line_id=line_id,
                stock_level_id=level_id,
                quantity=quantity,
                is_correction=is_correction,
            )
            for (position, line_id, level_id, is_correction), quantity in parts.items()
        ]
    )


def _write_down(
    shipment: Shipment,
    orders: Sequence[Reservation],
    found: Match,
    taken: Sequence[Taken],
    levels: Mapping[int, StockLevel],
    now: datetime,
) -> None:
    """In the history of each reservation: that it was sent, and what was sent instead of what."""
    line_ids = {c.line_id for c in found.confirmed} | {s.line_id for s in found.swaps}
    owner = dict(
        ReservationLine.objects.filter(pk__in=line_ids).values_list("pk", "reservation_id")
    )
    reason = f"Shipment {shipment.reference} from {shipment.warehouse.code}"
    total: dict[UUID, Decimal] = defaultdict(Decimal)
    for fit in found.confirmed:
        total[owner[fit.line_id]] += fit.quantity
    for swap in found.swaps:
        total[owner[swap.line_id]] += swap.quantity
    changes = [
        Change(
            reservation_id=order.pk,
            kind=ChangeKind.SHIPPED,
            reason=reason,
            detail=f"{plain(total[order.pk])} units left {shipment.warehouse.code}.",
        )
        for order in orders
        if total[order.pk]
    ]
    changes += [_told(one, owner[one.swap.line_id], levels, reason) for one in taken]
    record_changes(changes, now)


def _told(one: Taken, owner: UUID, levels: Mapping[int, StockLevel], reason: str) -> Change:
    """What was sent instead of what, or though the line was short of it."""
    place = stock.describe_place(levels[one.stock_level_id])
    if one.swap.booked_level_id is None:
        where = "where the books had none left" if one.is_found else "though it was short of it"
        return Change(
            reservation_id=owner,
            line_id=one.swap.line_id,
            kind=ChangeKind.FILLED,
            found=one.quantity,
            reason=reason,
            detail=f"{plain(one.quantity)} sent from {place}, {where}.",
        )
    booked = stock.describe_place(levels[one.swap.booked_level_id])
    return Change(
        reservation_id=owner,
        line_id=one.swap.line_id,
        kind=ChangeKind.CORRECTED,
        reason=reason,
        detail=f"{plain(one.quantity)} from {place} instead of {booked}.",
    )


def _tell(
    shipment: Shipment,
    rows: Sequence[ShipmentLine],
    found: Match,
    variants: Mapping[int, VariantRef],
) -> None:
    corrected: dict[int, Decimal] = defaultdict(Decimal)
    for swap in found.swaps:
        if swap.booked_level_id is not None:
            corrected[swap.position] += swap.quantity
    publish(
        ShipmentRecorded(
            occurred_at=shipment.shipped_at,
            shipment_id=shipment.pk,
            reference=shipment.reference,
            order_reference=shipment.order_reference,
            warehouse=shipment.warehouse.code,
            lines=tuple(
                ShippedLot(
                    sku=variants[row.variant_id].sku,
                    lot=row.lot.code,
                    quantity=row.quantity,
                    corrected=corrected[row.position],
                )
                for row in rows
            ),
        )
    )
