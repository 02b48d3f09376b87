"""What a shipment says, checked and understood, and what was booked for its order."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from catalog.products.selectors import VariantRef
from catalog.units.rules import UNITS, plain
from config.kernel.errors import FieldError, InvalidInput
from inventory.lots.errors import UnknownLot
from inventory.lots.models import Lot
from inventory.lots.selectors import lots_by_code
from inventory.reservations.errors import (
    AmbiguousOrder,
    DuplicateLine,
    MoreThanOrdered,
    ShipmentReferenceTaken,
    UnknownOrder,
)
from inventory.reservations.matching import ZERO, Booked, Match, Sent
from inventory.reservations.models import (
    Allocation,
    Reservation,
    ReservationStatus,
    Shipment,
    ShipmentLine,
    ShipmentPart,
)
from inventory.reservations.services.ending import commit
from inventory.stock.errors import InvalidText, UnknownSerial
from inventory.stock.models import SerialNumber, StockLevel
from inventory.stock.rules import check_quantity, check_serials
from inventory.warehouses.errors import UnknownWarehouse
from inventory.warehouses.models import KEPT_APART, Warehouse
from inventory.warehouses.selectors import warehouse_by_id

SHIPPED_LINES_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLine:
    """So much of one lot that has left, in stock units; `serials` name the pieces."""

    variant_id: int
    lot_code: str
    quantity: Decimal
    serials: Sequence[str] = ()
    external_id: str = ""


def warehouse_of(warehouse_id: int) -> Warehouse:
    """The warehouse. Raises UnknownWarehouse."""
    warehouse = warehouse_by_id(warehouse_id)
    if warehouse is None:
        raise UnknownWarehouse(f"There is no warehouse {warehouse_id}.")
    return warehouse


def checked_reference(reference: str) -> str:
    """The sender's number, trimmed. Raises InvalidText."""
    reference = reference.strip()
    if not 1 <= len(reference) <= 100:
        raise InvalidText(
            "A shipment needs the sender's number of 1 to 100 characters.", field="reference"
        )
    return reference


def checked_lots(lines: Sequence[SentLine], variants: Mapping[int, VariantRef]) -> list[Lot]:
    """The lot of each line; every line that is wrong is named. Raises InvalidInput."""
    if not 1 <= len(lines) <= SHIPPED_LINES_MAX:
        raise InvalidInput(f"A shipment has 1 to {SHIPPED_LINES_MAX} lines.")
    known = lots_by_code({(line.variant_id, line.lot_code.strip()) for line in lines})
    lots, errors = [], []
    for number, line in enumerate(lines):
        variant = variants[line.variant_id]
        lot = known.get((line.variant_id, line.lot_code.strip()))
        name = f"lot {line.lot_code}" if line.lot_code else "open lot"
        try:
            if lot is None:
                detail = f"{variant.sku} has no {name} on file."
                errors.append(FieldError(f"/lines/{number}/lot", UnknownLot.code, detail))
                continue
            check_quantity(line.quantity, UNITS[variant.stock_unit], what=f"{variant.sku} {name}")
            check_serials(line.serials, quantity=line.quantity, what=variant.sku)
        except InvalidInput as error:
            pointer = error.errors[0].pointer
            errors.append(FieldError(f"/lines/{number}{pointer}", error.code, error.detail))
        else:
            lots.append(lot)
    if errors:
        raise InvalidInput("Some lines cannot have been sent.", errors=errors)
    return lots


def check_same(
    known: Shipment, warehouse: Warehouse, lines: Sequence[SentLine], lots: Sequence[Lot]
) -> None:
    """Raises ShipmentReferenceTaken where the one on file says something else."""
    asked = [
        (line.variant_id, lot.pk, line.quantity, [s.strip() for s in line.serials])
        for line, lot in zip(lines, lots, strict=True)
    ]
    told = ShipmentLine.objects.filter(shipment=known).order_by("position")
    if (
        list(told.values_list("variant_id", "lot_id", "quantity", "serials")) != asked
        or known.warehouse_id != warehouse.pk
    ):
        detail = f"You have reported another shipment {known.reference}."
        error = FieldError("/reference", ShipmentReferenceTaken.code, detail)
        raise ShipmentReferenceTaken(detail, errors=[error])


def check_external_ids(lines: Sequence[SentLine], client_id: int | None) -> None:
    """Raises DuplicateLine where a line was reported before, naming each."""
    given = [line.external_id for line in lines if line.external_id]
    known = set(
        ShipmentLine.objects.filter(client_id=client_id, external_id__in=given).values_list(
            "external_id", flat=True
        )
    )
    errors, seen = [], set(known)
    for number, line in enumerate(lines):
        if line.external_id and line.external_id in seen:
            detail = f"Line {line.external_id} was reported before."
            pointer = f"/lines/{number}/external_id"
            errors.append(FieldError(pointer, DuplicateLine.code, detail))
        seen.add(line.external_id)
    if errors:
        raise DuplicateLine("Some lines were reported before.", errors=errors)


def lock_orders(reservation_id: UUID | None, order_reference: str) -> list[Reservation]:
    """What was reserved for the order, locked. Raises UnknownOrder, AmbiguousOrder."""
    reservations = Reservation.objects.select_for_update(no_key=True)
    if reservation_id is not None:
        found = list(reservations.filter(pk=reservation_id))
        field, name = "reservation", str(reservation_id)
    else:
        found = list(
            reservations.filter(
                order_reference=order_reference, status=ReservationStatus.COMMITTED
            ).order_by("pk")
        )
        field, name = "order_reference", order_reference
    if not found:
        detail = f"Nothing was sold under {name}."
        error = FieldError(f"/{field}", UnknownOrder.code, detail)
        raise UnknownOrder(detail, errors=[error])
    if len({one.client_id for one in found}) > 1:
        detail = f"Several clients have an order {name}: name the reservation."
        error = FieldError("/order_reference", AmbiguousOrder.code, detail)
        raise AmbiguousOrder(detail, errors=[error])
    return found


def commit_held(
    orders: Sequence[Reservation], order_reference: str, now: datetime
) -> list[Reservation]:
    """The same, committed if they were not; for the order named, else under their own reference.

    What one is short of is no reason not to: some of it has left, as it seems.
    """
    return [
        one
        if one.status == ReservationStatus.COMMITTED
        and order_reference in ("", one.order_reference)
        else commit(
            reservation_id=one.pk,
            order_reference=order_reference or one.reference,
            may_be_short=True,
            now=now,
        )
        for one in orders
    ]


def booked_for(orders: Sequence[Reservation], variants: Mapping[int, VariantRef]) -> list[Booked]:
    """What was taken for these orders and no shipment has confirmed yet."""
    allocations = (
        Allocation.objects.filter(
            line__reservation__in=orders, line__variant_id__in=variants, is_open=False
        )
        .select_related("line", "stock_level__location")
        .order_by("line__reservation_id", "line__position", "pk")
    )
    seen = dict.fromkeys(((a.line_id, a.stock_level_id) for a in allocations), ZERO)
    shipped = (
        ShipmentPart.objects.filter(reservation_line__reservation__in=orders)
        .values_list("reservation_line_id", "stock_level_id")
        .annotate(total=Sum("quantity"))
        .order_by()
    )
    gone = seen | {(line_id, level_id): total for line_id, level_id, total in shipped}
    booked = []
    for a in allocations:
        key = (a.line_id, a.stock_level_id)
        confirmed = min(gone[key], a.quantity)
        gone[key] -= confirmed
        if a.quantity > confirmed:
            booked.append(
                Booked(
                    line_id=a.line_id,
                    stock_level_id=a.stock_level_id,
                    variant_id=a.line.variant_id,
                    lot_id=a.stock_level.lot_id,
                    warehouse_id=a.stock_level.location.warehouse_id,
                    quantity=a.quantity - confirmed,
                )
            )
    return booked


def understand_sent(
    lines: Sequence[SentLine],
    lots: Sequence[Lot],
    levels: Mapping[int, StockLevel],
    warehouse: Warehouse,
) -> tuple[list[Sent], dict[tuple[int, int | None], list[str]]]:
    """What left, from which place where the pieces tell; and the pieces by line and place."""
    here = {
        pk
        for pk, lv in levels.items()
        if lv.location.warehouse_id == warehouse.pk and lv.location.kind not in KEPT_APART
    }
    sent: list[Sent] = []
    named: dict[tuple[int, int | None], list[str]] = defaultdict(list)
    for position, (line, lot) in enumerate(zip(lines, lots, strict=True)):
        places = _places_of_pieces(position, line, lot, here, warehouse)
        for serial, level_id in places.items():
            named[position, level_id].append(serial)
        by_level: dict[int | None, Decimal] = defaultdict(Decimal)
        for level_id in places.values():
            by_level[level_id] += 1
        if len(places) < line.quantity:
            by_level[None] += line.quantity - len(places)
        sent += [
            Sent(
                position=position,
                variant_id=line.variant_id,
                lot_id=lot.pk,
                quantity=quantity,
                stock_level_id=level_id,
            )
            for level_id, quantity in by_level.items()
        ]
    return sent, named


def _places_of_pieces(
    position: int, line: SentLine, lot: Lot, here: set[int], warehouse: Warehouse
) -> dict[str, int]:
    serials = [serial.strip() for serial in line.serials]
    if not serials:
        return {}
    pieces = dict(
        SerialNumber.objects.filter(
            variant_id=line.variant_id, lot=lot, serial__in=serials, stock_level_id__in=here
        ).values_list("serial", "stock_level_id")
    )
    missing = sorted(set(serials) - pieces.keys())
    if missing:
        detail = f"Serial number {missing[0]} does not lie in {warehouse.code}."
        error = FieldError(f"/lines/{position}/serials", UnknownSerial.code, detail)
        refusal = UnknownSerial(detail)
        refusal.errors = (error,)
        raise refusal
    return pieces


def check_excess(
    found: Match,
    lines: Sequence[SentLine],
    variants: Mapping[int, VariantRef],
    order: Reservation,
) -> None:
    """Raises MoreThanOrdered where more left than was sold, naming each line."""
    errors = []
    for position, excess in sorted(found.excess.items()):
        variant = variants[lines[position].variant_id]
        detail = (
            f"{variant.sku}: {plain(lines[position].quantity)} {variant.stock_unit} were sent, "
            f"{plain(excess)} more than {order.order_reference} still waits for."
        )
        pointer = f"/lines/{position}/quantity"
        errors.append(FieldError(pointer, MoreThanOrdered.code, detail))
    if errors:
        raise MoreThanOrdered("More was sent than was ordered and not sent yet.", errors=errors)
