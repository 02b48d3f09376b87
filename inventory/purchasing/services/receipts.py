"""Whole receipts, as other systems report them: announced or not, in one transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import plain
from config.kernel.alerts import AlertDraft, AlertSeverity, raise_alerts
from config.kernel.context import current_request_id
from config.kernel.errors import FieldError, InvalidInput
from config.kernel.locks import advisory_lock
from inventory.lots.models import HoldReason
from inventory.lots.rules import day_in
from inventory.lots.selectors import lots_by_code
from inventory.purchasing.errors import (
    AmbiguousOrderNumber,
    DeliveryCancelled,
    InvalidReceipt,
    NotInDelivery,
    UnknownOrderNumber,
)
from inventory.purchasing.models import (
    Receipt,
    ReceiptLine,
    ShipmentNotice,
    ShipmentNoticeLine,
    ShipmentStatus,
)
from inventory.purchasing.rules import (
    line_for,
)
from inventory.purchasing.selectors import receipt_lines_known
from inventory.purchasing.services.announcing import LineDraft, problems_of_lines
from inventory.purchasing.services.notices import (
    ALERT_KIND,
    BUYER_PERMISSION,
    advance,
    lock_notice,
    notice_url,
    tell_shop_window,
)
from inventory.purchasing.services.receipt_lines import (
    Line,
    ReceivedGoods,
    as_announced,
    complete,
    findings_of,
    wrong_serials,
)
from inventory.stock import services as stock
from inventory.stock.errors import HappensInFuture
from inventory.stock.models import StockLevel, StockMovement
from inventory.warehouses.errors import UnknownWarehouse
from inventory.warehouses.models import Warehouse
from inventory.warehouses.selectors import receiving_location, warehouse_by_id

RECEIPT_LINES_MAX = 1000
FIELDS = {"lot_code": "lot", "expiry_date": "expires_on", "variant_id": "sku"}


@transaction.atomic
def receive_goods(
    *,
    warehouse_id: int,
    goods: Sequence[ReceivedGoods],
    now: datetime,
    client_id: int,
    order: str = "",
    happened_at: datetime | None = None,
) -> tuple[list[ReceiptLine], bool]:
    """Take what came in into stock, all lines or none: each as it is booked, and if any is new.

    With `order`, against the announced delivery of this number: what is not as announced, and what
    has too little life left, comes in on hold, and the buyer is alerted. A line whose external id
    the client has used before is the one already there. Raises UnknownWarehouse,
    UnknownOrderNumber, AmbiguousOrderNumber, DeliveryCancelled, InvalidReceipt (naming each wrong
    line), HappensInFuture, SerialInStock, CostDiffers.
    """
    warehouse = warehouse_by_id(warehouse_id)
    dock = receiving_location(warehouse_id)
    if warehouse is None or dock is None:
        raise UnknownWarehouse(f"There is no place to put goods in warehouse {warehouse_id}.")
    happened_at = happened_at or now
    if happened_at > now:
        detail = f"received_at {happened_at.isoformat()} is later than now ({now.isoformat()})."
        raise HappensInFuture(
            detail, errors=[FieldError("/received_at", HappensInFuture.code, detail)]
        )
    if not 1 <= len(goods) <= RECEIPT_LINES_MAX:
        raise InvalidInput(f"A receipt has 1 to {RECEIPT_LINES_MAX} lines.")
    # Two reports of one receipt: the second waits here and then finds what the first wrote.
    advisory_lock(f"receipts:{client_id}")
    ids = [one.external_id for one in goods]
    known = receipt_lines_known(client_id=client_id, external_ids=ids)
    first = {external_id: position for position, external_id in reversed(list(enumerate(ids)))}
    new = [
        Line(position=position, goods=one)
        for position, one in enumerate(goods)
        if one.external_id not in known and first[one.external_id] == position
    ]
    if new:
        notice = _notice(order, warehouse) if order else None
        variants = variants_by_id({line.goods.variant_id for line in new})
        day = day_in(warehouse.time_zone, happened_at)
        lines = _looked_at(new, notice, variants, day)
        movements = _book(lines, notice, dock.pk, happened_at, now)
        if notice is not None:
            _advance(notice, lines, variants, movements, now)
        receipt = Receipt.objects.create(
            client_id=client_id,
            warehouse=warehouse,
            notice=notice,
            received_at=happened_at,
            created_at=now,
            request_id=current_request_id(),
        )
        _write_lines(receipt, lines, movements)
        known = receipt_lines_known(client_id=client_id, external_ids=ids)
    return [known[external_id] for external_id in ids], bool(new)


def _notice(order: str, warehouse: Warehouse) -> ShipmentNotice:
    """The delivery of this number that goes to this warehouse, locked."""
    found = list(
        ShipmentNotice.objects.filter(reference=order, warehouse=warehouse)
        .order_by("pk")
        .values_list("pk", "status")
    )
    live = [pk for pk, status in found if status != ShipmentStatus.CANCELLED]
    if not found:
        detail = f"Nothing is expected in {warehouse.code} under {order}."
        error = FieldError("/order", UnknownOrderNumber.code, detail)
        raise UnknownOrderNumber(detail, errors=[error])
    if not live:
        raise DeliveryCancelled(f"Delivery {order} was cancelled.")
    if len(live) > 1:
        raise AmbiguousOrderNumber(f"Several suppliers have announced a delivery {order}.")
    return lock_notice(live[0])


def _looked_at(
    new: Sequence[Line],
    notice: ShipmentNotice | None,
    variants: Mapping[int, VariantRef],
    day: date,
) -> list[Line]:
    """The lines with what is known of them, and with what is not right. Raises InvalidReceipt."""
    lots = lots_by_code(
        {(ln.goods.variant_id, ln.goods.lot_code) for ln in new if ln.goods.lot_code}
    )
    errors = []
    lines = list(new)
    if notice is not None:
        errors += _announce(lines, notice, variants)
    for line in lines:
        complete(line, lots)
    drafts = [
        LineDraft(
            variant_id=line.goods.variant_id,
            quantity=line.goods.quantity,
            lot_code=line.goods.lot_code,
            production_date=line.production_date,
            expiry_date=line.goods.expiry_date,
            unit_cost=line.goods.unit_cost,
        )
        for line in lines
    ]
    problems = problems_of_lines(drafts, on=day)
    for number, found in problems.items():
        errors += [
            FieldError(f"/lines/{lines[number].position}/{FIELDS.get(name, name)}", code, detail)
            for name, code, detail in found
        ]
    errors += wrong_serials(lines, variants)
    if errors:
        raise InvalidReceipt("Some lines cannot have come in.", errors=errors)
    received: dict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        line.found = findings_of(line, variants[line.goods.variant_id], received, day)
    return lines


def _announce(
    lines: Sequence[Line], notice: ShipmentNotice, variants: Mapping[int, VariantRef]
) -> list[FieldError]:
    """Say of which line of the delivery each is; what is wrong where it is of none."""
    rows = {row.pk: row for row in ShipmentNoticeLine.objects.filter(notice=notice)}
    announced = [as_announced(row) for row in rows.values()]
    errors = []
    for line in lines:
        found = line_for(announced, variant_id=line.goods.variant_id, lot_code=line.goods.lot_code)
        if found is None:
            sku = variants[line.goods.variant_id].sku
            detail = f"{sku} is not in delivery {notice.reference} of {notice.supplier.code}."
            errors.append(FieldError(f"/lines/{line.position}/sku", NotInDelivery.code, detail))
        else:
            line.notice_line = rows[found.line_id]
    return errors


def _book(
    lines: Sequence[Line],
    notice: ShipmentNotice | None,
    dock_id: int,
    happened_at: datetime,
    now: datetime,
) -> dict[str, StockMovement]:
    """Take the goods in, what is on hold for one reason together; each movement by its goods."""
    by_note: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_note[line.note].append(line)
    booked: dict[str, StockMovement] = {}
    for note, own in sorted(by_note.items()):
        movements = stock.receive_delivery(
            goods=[
                stock.GoodsIn(
                    variant_id=line.goods.variant_id,
                    location_id=line.goods.location_id or dock_id,
                    quantity=line.goods.quantity,
                    lot_code=line.goods.lot_code,
                    expiry_date=line.goods.expiry_date,
                    production_date=line.production_date,
                    unit_cost=line.goods.unit_cost,
                    supplier_id=notice.supplier_id if notice else None,
                    serials=tuple(line.goods.serials),
                )
                for line in own
            ],
            happened_at=happened_at,
            now=now,
            reference=notice.reference if notice else "",
            hold=HoldReason.QUARANTINE if note else None,
            hold_note=note,
        )
        by_id = {movement.stock_level_id: movement for movement in movements}
        levels = StockLevel.objects.select_related("lot").filter(pk__in=by_id)
        places = {(lv.variant_id, lv.location_id, lv.lot.code): by_id[lv.pk] for lv in levels}
        for line in own:
            place = line.goods.location_id or dock_id
            key = (line.goods.variant_id, place, line.goods.lot_code)
            booked[line.goods.external_id] = places[key]
    return booked


def _advance(
    notice: ShipmentNotice,
    lines: Sequence[Line],
    variants: Mapping[int, VariantRef],
    movements: Mapping[str, StockMovement],
    now: datetime,
) -> None:
    rows: dict[int, ShipmentNoticeLine] = {}
    for line in lines:
        assert line.notice_line is not None, "it is of the delivery"
        row = rows.setdefault(line.notice_line.pk, line.notice_line)
        row.received_quantity += line.goods.quantity
    ShipmentNoticeLine.objects.bulk_update(rows.values(), ["received_quantity"])
    advance(notice, now)
    tell_shop_window(notice)
    raise_alerts(
        [
            AlertDraft(
                kind=ALERT_KIND,
                key=f"delivery:{notice.pk}:{movements[line.goods.external_id].pk}:{line.position}",
                severity=AlertSeverity.WARNING,
                title=f"Delivery {notice.reference}: {variants[line.goods.variant_id].sku} lot "
                f"{line.goods.lot_code or '-'} is on hold",
                detail=f"{plain(line.goods.quantity)} "
                f"{variants[line.goods.variant_id].stock_unit} of "
                f"{variants[line.goods.variant_id].product_name} came in, but {line.note}.",
                url=notice_url(notice.pk),
                subject=variants[line.goods.variant_id].sku,
                permission=BUYER_PERMISSION,
                payload={
                    "notice_id": notice.pk,
                    "discrepancies": [str(finding.kind) for finding in line.found],
                },
            )
            for line in lines
            if line.found
        ],
        now=now,
    )


def _write_lines(
    receipt: Receipt,
    lines: Sequence[Line],
    movements: Mapping[str, StockMovement],
) -> None:
    ReceiptLine.objects.bulk_create(
        [
            ReceiptLine(
                receipt=receipt,
                position=line.position,
                client_id=receipt.client_id,
                external_id=line.goods.external_id,
                stock_level_id=movements[line.goods.external_id].stock_level_id,
                quantity=line.goods.quantity,
                serials=[serial.strip() for serial in line.goods.serials],
                discrepancies=[
                    {"code": str(finding.kind), "detail": finding.detail} for finding in line.found
                ],
            )
            for line in lines
        ]
    )
