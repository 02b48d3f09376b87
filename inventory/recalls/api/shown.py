"""Recalls and what they touch, as the endpoints write them."""

from collections.abc import Iterable
from typing import Any

from inventory.availability.selectors import trace
from inventory.purchasing.models import ShipmentNoticeLine
from inventory.recalls.models import Recall, RecallLoss, RecallPlace, RecallProgress
from inventory.recalls.rules import Total
from inventory.recalls.selectors.figures import LotProgress
from inventory.recalls.selectors.touched import Buyer, Source
from inventory.stock.models import StockLevel
from inventory.transfers.models import TransferItem
from inventory.warehouses.models import LocationKind, Warehouse


def head(recall: Recall) -> dict[str, Any]:
    """A recall without its goods."""
    return {
        "id": recall.pk,
        "reference": recall.reference,
        "reason": recall.reason,
        "status": recall.status,
        "chosen": recall.chosen,
        "started_at": recall.started_at,
        "started_by": recall.started_by_name,
        "ended_at": recall.ended_at,
        "ended_by": recall.ended_by_name or None,
        "end_reason": recall.end_reason or None,
    }


def total(sums: Total) -> dict[str, Any]:
    """The progress in one unit."""
    return {
        "unit": sums.unit,
        "total": sums.total,
        "accounted_for": sums.accounted_for,
        "on_hand": sums.on_hand,
        "gone": sums.gone,
        "confirmed": sums.confirmed,
        "outstanding": sums.outstanding,
        "percent": sums.percent,
    }


def recalled_lot(found: LotProgress, places: Iterable[RecallPlace]) -> dict[str, Any]:
    """A lot with its balance."""
    lot, balance = found.recalled.lot, found.balance
    return {
        "id": lot.pk,
        "sku": lot.variant.sku,
        "lot": lot.code or None,
        "unit": found.unit,
        "produced_on": lot.production_date,
        "expires_on": lot.expiry_date,
        "supplier": lot.supplier.code if lot.supplier else None,
        "opened_from": lot.opened_from_id,
        "is_frozen": found.is_frozen,
        "frozen_at": found.recalled.added_at,
        "at_start": [
            {
                "warehouse": place.warehouse.code,
                "on_hand": place.on_hand,
                "reserved": place.reserved,
            }
            for place in places
        ],
        "received": balance.came_in,
        "corrected": balance.corrected,
        "on_hand": balance.on_hand,
        "sold": balance.sold,
        "returned": balance.returned,
        "written_off": balance.written_off,
        "sent_back": balance.sent_back,
        "opened": balance.opened,
        "confirmed": balance.confirmed,
        "outstanding": balance.outstanding,
        "percent": balance.percent,
    }


def loss(found: RecallLoss) -> dict[str, Any]:
    """What a reservation lost."""
    reservation = found.reservation
    return {
        "reservation": reservation.pk,
        "reference": reservation.reference,
        "client": reservation.client.name if reservation.client else None,
        "status": reservation.status,
        "sku": found.variant.sku,
        "unit": found.variant.product.stock_unit,
        "lost": found.lost,
        "found": found.found,
        "short": found.short,
        "lost_at": found.lost_at,
    }


def source(found: Source) -> dict[str, Any]:
    """A supplier."""
    return {
        "code": found.partner.code,
        "name": found.partner.name,
        "lots": found.lot_count,
    }


def arrival(found: trace.Arrival) -> dict[str, Any]:
    """A receipt."""
    line = found.line
    return {
        "sku": line.stock_level.variant.sku,
        "lot": line.stock_level.lot.code or None,
        "happened_at": line.happened_at,
        "warehouse": line.stock_level.location.warehouse.code,
        "quantity": line.quantity,
        "delivery": line.reference or None,
        "announced": found.notice_id is not None,
    }


def expected(line: ShipmentNoticeLine) -> dict[str, Any]:
    """An announced line."""
    return {
        "sku": line.variant.sku,
        "lot": line.lot_code,
        "supplier": line.notice.supplier.code,
        "delivery": line.notice.reference,
        "warehouse": line.notice.warehouse.code,
        "quantity": line.quantity - line.received_quantity,
        "expected_on": line.notice.expected_date,
    }


def warehouse(found: Warehouse) -> dict[str, Any]:
    """A warehouse."""
    operator = found.operator.code if found.operator else None
    return {"code": found.code, "name": found.name, "operator": operator}


def place(level: StockLevel) -> dict[str, Any]:
    """What lies somewhere."""
    return {
        "sku": level.variant.sku,
        "lot": level.lot.code or None,
        "warehouse": level.location.warehouse.code,
        "location": level.location.code,
        "in_transit": level.location.kind == LocationKind.IN_TRANSIT,
        "on_hand": level.on_hand,
        "reserved": level.reserved,
    }


def transfer(item: TransferItem) -> dict[str, Any]:
    """What was transferred."""
    return {
        "transfer": item.transfer_id,
        "reference": item.transfer.reference,
        "status": item.transfer.status,
        "source": item.transfer.source.code,
        "destination": item.transfer.destination.code,
        "sku": item.variant.sku,
        "lot": item.road_level.lot.code or None,
        "sent": item.sent,
        "in_transit": item.on_the_road,
    }


def buyer(found: Buyer) -> dict[str, Any]:
    """A client."""
    return {
        "client": found.name or None,
        "partner": found.partner.code if found.partner else None,
        "orders": found.order_count,
        "reservations": found.loss_count,
    }


def record(found: RecallProgress) -> dict[str, Any]:
    """What somebody said."""
    lot = found.recall_lot.lot
    return {
        "sku": lot.variant.sku,
        "lot": lot.code or None,
        "kind": found.kind,
        "quantity": found.quantity,
        "warehouse": found.warehouse.code if found.warehouse else None,
        "reference": found.reference,
        "note": found.note,
        "takes_back": found.reverses_id is not None,
        "recorded_at": found.recorded_at,
        "actor": found.actor_name,
    }


def departure(found: trace.Departure) -> dict[str, Any]:
    """A sale."""
    level = found.line.stock_level
    return {
        "order_reference": found.line.reference,
        "sku": level.variant.sku,
        "lot": level.lot.code or None,
        "happened_at": found.line.happened_at,
        "warehouse": level.location.warehouse.code,
        "quantity": found.quantity,
        "unit": level.variant.product.stock_unit,
        "reservations": [
            {
                "reservation": bought.reservation_id,
                "reference": bought.reference,
                "client": bought.client or None,
            }
            for bought in found.buyers
        ],
    }
