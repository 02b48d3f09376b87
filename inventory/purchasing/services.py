"""Deliveries are announced, come in by scan, and end."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import UNITS, plain
from config.kernel.alerts import AlertSeverity, raise_alert
from config.kernel.errors import FieldError, InvalidInput
from config.kernel.money import Money
from config.kernel.outbox import publish
from inventory.lots.models import HoldReason
from inventory.lots.rules import check_dates_on_receipt, check_new_lot, day_in
from inventory.lots.selectors import find_lot
from inventory.purchasing.errors import (
    DeliveryCancelled,
    DeliveryUnderWay,
    InvalidNotice,
    NothingReceived,
    NotInDelivery,
    ReferenceTaken,
    UnknownNotice,
)
from inventory.purchasing.events import DeliveryAnnounced, DeliveryEnded
from inventory.purchasing.models import ShipmentNotice, ShipmentNoticeLine, ShipmentStatus
from inventory.purchasing.rules import AnnouncedLine, Finding, findings, line_for
from inventory.purchasing.selectors import OPEN_STATUSES, notice_by_reference, supplier_code
from inventory.stock import services as stock
from inventory.stock.models import StockMovement
from inventory.stock.rules import check_cost, check_quantity
from inventory.warehouses.errors import UnknownLocation, UnknownWarehouse
from inventory.warehouses.selectors import location_by_id, warehouse_by_id

ALERT_KIND = "delivery-discrepancy"
BUYER_PERMISSION = "inventory.cancel_shipmentnotice"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDraft:
    """One lot of a delivery as the supplier announces it, in stock units."""

    variant_id: int
    quantity: Decimal
    lot_code: str = ""
    production_date: date | None = None
    expiry_date: date | None = None
    unit_cost: Money | None = None


@transaction.atomic
def announce_shipment(
    *,
    supplier_id: int,
    warehouse_id: int,
    reference: str,
    lines: Sequence[LineDraft],
    now: datetime,
    user_id: int | None,
    import_run_id: uuid.UUID | None = None,
) -> ShipmentNotice:
    """Expect a delivery: goods-in will confirm its lines by scan.

    Raises InvalidNotice (naming each wrong line and field), ReferenceTaken, UnknownWarehouse,
    InvalidInput (no supplier, no reference, no lines).
    """
    supplier = supplier_code(supplier_id)
    if supplier is None:
        raise InvalidInput(f"There is no supplier {supplier_id}.")
    warehouse = warehouse_by_id(warehouse_id)
    if warehouse is None:
        raise UnknownWarehouse(f"There is no warehouse {warehouse_id}.")
    reference = reference.strip()
    if not 1 <= len(reference) <= 100:
        raise InvalidInput("A delivery needs the supplier's number of 1 to 100 characters.")
    if not lines:
        raise InvalidInput(f"Delivery {reference} has no lines.")
    _check_lines(lines, on=day_in(warehouse.time_zone, now))
    if notice_by_reference(supplier_id=supplier_id, reference=reference):
        raise ReferenceTaken(f"{supplier} has announced a delivery {reference} already.")

    notice = _create_notice(
        supplier_id=supplier_id,
        warehouse=warehouse,
        reference=reference,
        import_run_id=import_run_id,
        created_at=now,
        created_by_id=user_id,
    )
    ShipmentNoticeLine.objects.bulk_create(
        [
            ShipmentNoticeLine(
                notice=notice,
                position=position,
                variant_id=line.variant_id,
                lot_code=line.lot_code.strip(),
                production_date=line.production_date,
                expiry_date=line.expiry_date,
                quantity=line.quantity,
                unit_cost=line.unit_cost.amount if line.unit_cost is not None else None,
                currency=line.unit_cost.currency.code if line.unit_cost is not None else "",
            )
            for position, line in enumerate(lines, start=1)
        ],
        batch_size=1000,
    )
    publish(
        DeliveryAnnounced(
            occurred_at=now,
            notice_id=notice.pk,
            supplier=supplier,
            reference=reference,
            warehouse=warehouse.code,
            line_count=len(lines),
        )
    )
    return notice


@transaction.atomic
def receive_scan(
    *,
    notice_id: int,
    variant_id: int,
    quantity: Decimal,
    now: datetime,
    lot_code: str = "",
    expiry_date: date | None = None,
    production_date: date | None = None,
    location_id: int | None = None,
    happened_at: datetime | None = None,
) -> StockMovement:
    """Take goods of an announced delivery into stock, as the scan names them.

    What is not as announced (another lot or expiry, too little life, too many) comes in on hold,
    and the buyer is alerted. Raises UnknownNotice, DeliveryCancelled, NotInDelivery,
    UnknownLocation and what `stock.services.receive` raises.
    """
    notice = _lock_notice(notice_id)
    if notice.status == ShipmentStatus.CANCELLED:
        raise DeliveryCancelled(f"Delivery {notice.reference} was cancelled.")
    lot_code = lot_code.strip()
    variant = variants_by_id([variant_id]).get(variant_id)
    line = _find_line(notice, variant_id=variant_id, lot_code=lot_code, variant=variant)
    assert variant is not None, "the line holds it"
    check_quantity(quantity, UNITS[variant.stock_unit], what=f"{variant.sku} lot {lot_code}")
    if location_id is not None:
        _check_place(notice, location_id)
    if lot_code == line.lot_code:
        known = find_lot(variant_id=variant_id, code=lot_code)
        expiry_date = expiry_date or (known.expiry_date if known else None) or line.expiry_date
        production_date = production_date or line.production_date
    found = findings(
        _announced(line),
        lot_code=lot_code,
        expiry_date=expiry_date,
        quantity=quantity,
        remaining_days_min=variant.remaining_days_min,
        on=day_in(notice.warehouse.time_zone, happened_at or now),
    )

    movement = stock.receive(
        warehouse_id=notice.warehouse_id if location_id is None else None,
        location_id=location_id,
        variant_id=variant_id,
        quantity=quantity,
        lot_code=lot_code,
        expiry_date=expiry_date,
        production_date=production_date,
        unit_cost=_unit_cost(line),
        supplier_id=notice.supplier_id,
        reference=notice.reference,
        happened_at=happened_at or now,
        now=now,
        hold=HoldReason.QUARANTINE if found else None,
        hold_note=_sentence(found)[:500],
    )
    ShipmentNoticeLine.objects.filter(pk=line.pk).update(
        received_quantity=F("received_quantity") + quantity
    )
    _advance(notice, now)
    if found:
        _alert_buyer(notice, variant, lot_code, quantity, found, movement, now)
    return movement


@transaction.atomic
def receive_notice_line(
    *,
    line_id: int,
    quantity: Decimal,
    now: datetime,
    location_id: int | None = None,
    happened_at: datetime | None = None,
) -> StockMovement:
    """Take a line of a delivery into stock exactly as it was announced.

    Raises UnknownNotice (no such line) and what `receive_scan` raises.
    """
    line = ShipmentNoticeLine.objects.filter(pk=line_id).first()
    if line is None:
        raise UnknownNotice(f"There is no line {line_id} of a delivery.")
    return receive_scan(
        notice_id=line.notice_id,
        variant_id=line.variant_id,
        lot_code=line.lot_code,
        expiry_date=line.expiry_date,
        production_date=line.production_date,
        quantity=quantity,
        location_id=location_id,
        happened_at=happened_at,
        now=now,
    )


@transaction.atomic
def close_notice(*, notice_id: int, now: datetime) -> ShipmentNotice:
    """Expect nothing more of a delivery; what is missing goes to the buyer.

    Raises UnknownNotice, NothingReceived, DeliveryCancelled. A received delivery stays as it is.
    """
    notice = _lock_notice(notice_id)
    if notice.status == ShipmentStatus.CANCELLED:
        raise DeliveryCancelled(f"Delivery {notice.reference} was cancelled.")
    if notice.status == ShipmentStatus.EXPECTED:
        raise NothingReceived(
            f"Nothing has come in of delivery {notice.reference}: cancel it instead."
        )
    if notice.status == ShipmentStatus.RECEIVED:
        return notice
    missing = list(
        ShipmentNoticeLine.objects.select_related("variant")
        .filter(notice=notice, received_quantity__lt=F("quantity"))
        .order_by("position")
    )
    _end(notice, ShipmentStatus.RECEIVED, now)
    if missing:
        shown = "; ".join(
            f"{line.variant.sku} lot {line.lot_code or '-'}: {plain(line.received_quantity)} "
            f"of {plain(line.quantity)}"
            for line in missing[:20]
        )
        raise_alert(
            kind=ALERT_KIND,
            key=f"delivery:{notice.pk}:short",
            severity=AlertSeverity.WARNING,
            title=f"Delivery {notice.reference} came in short on {len(missing)} lines",
            detail=shown,
            subject=notice.reference,
            permission=BUYER_PERMISSION,
            payload={"notice_id": notice.pk, "discrepancies": ["short-delivery"]},
            now=now,
        )
    return notice


@transaction.atomic
def cancel_notice(*, notice_id: int, now: datetime) -> ShipmentNotice:
    """Expect a delivery no longer; its number is free again. Cancelled twice is cancelled.

    Raises UnknownNotice, DeliveryUnderWay (goods have come in).
    """
    notice = _lock_notice(notice_id)
    if notice.status == ShipmentStatus.CANCELLED:
        return notice
    if notice.status != ShipmentStatus.EXPECTED:
        raise DeliveryUnderWay(
            f"Goods have come in of delivery {notice.reference}: close it instead."
        )
    _end(notice, ShipmentStatus.CANCELLED, now)
    return notice


def line_problems(
    line: LineDraft, variant: VariantRef | None, *, on: date
) -> list[tuple[str, str, str]]:
    """What is wrong with an announced line, as (field, code, sentence)."""
    if variant is None:
        return [("variant_id", "unknown-product", f"There is no variant {line.variant_id}.")]
    code = line.lot_code.strip()
    what = f"{variant.sku} lot {code}" if code else variant.sku
    problems = []
    try:
        check_quantity(line.quantity, UNITS[variant.stock_unit], what=what)
    except InvalidInput as refusal:
        problems.append(("quantity", refusal.code, refusal.detail))
    try:
        if line.unit_cost is not None:
            check_cost(line.unit_cost.amount, what=what)
    except InvalidInput as refusal:
        problems.append(("unit_cost", refusal.code, refusal.detail))
    try:
        dates = {"production_date": line.production_date, "expiry_date": line.expiry_date}
        check_new_lot(code=code, is_lot_tracked=variant.is_lot_tracked, sku=variant.sku, **dates)
        check_dates_on_receipt(code=code, on=on, sku=variant.sku, **dates)
    except InvalidInput as refusal:
        field = refusal.errors[0].pointer.removeprefix("/")
        problems.append((field, refusal.code, refusal.detail))
    return problems


def _check_lines(lines: Sequence[LineDraft], *, on: date) -> None:
    variants = variants_by_id({line.variant_id for line in lines})
    errors = [
        FieldError(f"/lines/{number}/{field}", code, detail)
        for number, line in enumerate(lines)
        for field, code, detail in line_problems(line, variants.get(line.variant_id), on=on)
    ]
    if errors:
        raise InvalidNotice("The delivery cannot be announced.", errors=errors)


def _create_notice(**fields: object) -> ShipmentNotice:
    try:
        with transaction.atomic():
            return ShipmentNotice.objects.create(**fields)
    except IntegrityError as error:
        raise ReferenceTaken(
            f"A delivery {fields['reference']} has been announced meanwhile."
        ) from error


def _lock_notice(notice_id: int) -> ShipmentNotice:
    notice = (
        ShipmentNotice.objects.select_for_update(of=("self",))
        .select_related("warehouse", "supplier")
        .filter(pk=notice_id)
        .first()
    )
    if notice is None:
        raise UnknownNotice(f"There is no delivery {notice_id}.")
    return notice


def _find_line(
    notice: ShipmentNotice, *, variant_id: int, lot_code: str, variant: VariantRef | None
) -> ShipmentNoticeLine:
    lines = {line.pk: line for line in ShipmentNoticeLine.objects.filter(notice=notice)}
    found = line_for(
        [_announced(line) for line in lines.values()], variant_id=variant_id, lot_code=lot_code
    )
    if found is None:
        raise NotInDelivery(
            f"{variant.sku if variant else variant_id} is not in delivery {notice.reference} "
            f"of {notice.supplier.code}."
        )
    return lines[found.line_id]


def _announced(line: ShipmentNoticeLine) -> AnnouncedLine:
    return AnnouncedLine(
        line_id=line.pk,
        variant_id=line.variant_id,
        lot_code=line.lot_code,
        expiry_date=line.expiry_date,
        quantity=line.quantity,
        received_quantity=line.received_quantity,
    )


def _check_place(notice: ShipmentNotice, location_id: int) -> None:
    location = location_by_id(location_id)
    if location is None or location.warehouse_id != notice.warehouse_id:
        raise UnknownLocation(
            f"Delivery {notice.reference} goes to {notice.warehouse.code}, and location "
            f"{location or location_id} is not there."
        )


def _unit_cost(line: ShipmentNoticeLine) -> Money | None:
    return None if line.unit_cost is None else Money(line.unit_cost, line.currency)


def _advance(notice: ShipmentNotice, now: datetime) -> None:
    is_open = ShipmentNoticeLine.objects.filter(
        notice=notice, received_quantity__lt=F("quantity")
    ).exists()
    if not is_open and notice.status in OPEN_STATUSES:
        _end(notice, ShipmentStatus.RECEIVED, now)
    elif is_open and notice.status == ShipmentStatus.EXPECTED:
        notice.status = ShipmentStatus.PARTLY_RECEIVED
        notice.save(update_fields=["status"])


def _end(notice: ShipmentNotice, status: ShipmentStatus, now: datetime) -> None:
    notice.status, notice.closed_at = status, now
    notice.save(update_fields=["status", "closed_at"])
    publish(
        DeliveryEnded(
            occurred_at=now, notice_id=notice.pk, reference=notice.reference, status=str(status)
        )
    )


def _sentence(found: Sequence[Finding]) -> str:
    return "; ".join(finding.detail for finding in found)


def _alert_buyer(
    notice: ShipmentNotice,
    variant: VariantRef,
    lot_code: str,
    quantity: Decimal,
    found: Sequence[Finding],
    movement: StockMovement,
    now: datetime,
) -> None:
    raise_alert(
        kind=ALERT_KIND,
        key=f"delivery:{notice.pk}:{movement.pk}",
        severity=AlertSeverity.WARNING,
        title=f"Delivery {notice.reference}: {variant.sku} lot {lot_code or '-'} is on hold",
        detail=f"{plain(quantity)} {variant.stock_unit} of {variant.product_name} came in, but "
        f"{_sentence(found)}.",
        subject=variant.sku,
        permission=BUYER_PERMISSION,
        payload={
            "notice_id": notice.pk,
            "movement_id": movement.pk,
            "discrepancies": [str(finding.kind) for finding in found],
        },
        now=now,
    )
