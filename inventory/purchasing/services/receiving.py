"""Announced goods come in by scan."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import UNITS, plain
from config.kernel.alerts import AlertSeverity, raise_alert
from config.kernel.money import Money
from inventory.lots.models import HoldReason
from inventory.lots.rules import day_in
from inventory.lots.selectors import find_lot
from inventory.purchasing.errors import DeliveryCancelled, NotInDelivery, UnknownNotice
from inventory.purchasing.models import ShipmentNotice, ShipmentNoticeLine, ShipmentStatus
from inventory.purchasing.rules import AnnouncedLine, Finding, findings, line_for
from inventory.purchasing.services.notices import (
    ALERT_KIND,
    BUYER_PERMISSION,
    advance,
    lock_notice,
    notice_url,
)
from inventory.stock import services as stock
from inventory.stock.models import StockMovement
from inventory.stock.rules import check_quantity
from inventory.warehouses.errors import UnknownLocation
from inventory.warehouses.selectors import location_by_id


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
    serials: Sequence[str] = (),
) -> StockMovement:
    """Take goods of an announced delivery into stock, as the scan names them.

    What is not as announced (another lot or expiry, too little life, too many) comes in on hold,
    and the buyer is alerted. Raises UnknownNotice, DeliveryCancelled, NotInDelivery,
    UnknownLocation and what `stock.services.receive` raises.
    """
    notice = lock_notice(notice_id)
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
        serials=serials,
    )
    ShipmentNoticeLine.objects.filter(pk=line.pk).update(
        received_quantity=F("received_quantity") + quantity
    )
    advance(notice, now)
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
    serials: Sequence[str] = (),
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
        serials=serials,
        now=now,
    )


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
        url=notice_url(notice.pk),
        subject=variant.sku,
        permission=BUYER_PERMISSION,
        payload={
            "notice_id": notice.pk,
            "movement_id": movement.pk,
            "discrepancies": [str(finding.kind) for finding in found],
        },
        now=now,
    )
