"""What a test needs of transfers, by the public services."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from catalog.models import Variant
from inventory.stock.models import StockLevel
from inventory.transfers import services
from inventory.transfers.models import Transfer, TransferItem, TransferLine
from inventory.warehouses.models import LocationKind, Warehouse
from tests.factories import inventory

NOW = inventory.NOW


def line(variant: Variant, quantity: int | str, **fields: Any) -> services.LineDraft:
    """So much of a variant."""
    return services.LineDraft(variant_id=variant.pk, quantity=Decimal(quantity), **fields)


def planned(
    *lines: services.LineDraft, source: str = "BER", destination: str = "LAX", **fields: Any
) -> Transfer:
    """A transfer of these lines that has not left."""
    return services.plan_transfer(
        source_id=Warehouse.objects.get(code=source).pk,
        destination_id=Warehouse.objects.get(code=destination).pk,
        lines=lines,
        now=fields.pop("now", NOW),
        **fields,
    )


def sent(*lines: services.LineDraft, now: datetime = NOW, **fields: Any) -> Transfer:
    """A transfer of these lines that is on the road."""
    may_take_promised = fields.pop("may_take_promised", False)
    transfer = planned(*lines, now=now, **fields)
    return services.dispatch_transfer(
        transfer_id=transfer.pk, now=now, may_take_promised=may_take_promised
    )


def arrival(variant: Variant, lot: str, quantity: int | str, **fields: Any) -> services.Arrival:
    """So much of one lot that has arrived."""
    return services.Arrival(
        variant_id=variant.pk, lot_code=lot, quantity=Decimal(quantity), **fields
    )


def lying(warehouse_code: str) -> dict[tuple[str, str], Decimal]:
    """What lies in a warehouse, by lot and place; the road to it is a place."""
    levels = StockLevel.objects.filter(
        location__warehouse__code=warehouse_code, on_hand__gt=0
    ).order_by("pk")
    return {
        (lot, "road" if kind == LocationKind.IN_TRANSIT else place): quantity
        for lot, kind, place, quantity in levels.values_list(
            "lot__code", "location__kind", "location__code", "on_hand"
        )
    }


def state() -> dict[str, list[tuple[Any, ...]]]:
    """Everything a refusal must leave as it was."""
    return {
        **inventory.stock_state(),
        "transfers": list(Transfer.objects.order_by("pk").values_list()),
        "lines": list(TransferLine.objects.order_by("pk").values_list()),
        "items": list(TransferItem.objects.order_by("pk").values_list()),
    }
