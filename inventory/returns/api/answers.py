"""What the endpoints of returns answer."""

from typing import Any

from rest_framework import serializers

from config.kernel.api import QuantityField
from inventory.returns.models import (
    Disposition,
    ReturnAuthorization,
    ReturnItem,
    ReturnLine,
    ReturnOutcome,
    ReturnReason,
    ReturnStatus,
)


class ReturnExchangeSerializer(serializers.Serializer[Any]):
    """What replaces a line."""

    sku = serializers.CharField()
    quantity = QuantityField()
    unit = serializers.CharField()
    reservation = serializers.UUIDField()
    status = serializers.ChoiceField(["held", "committed", "released", "expired"])
    decision = serializers.ChoiceField(["approved", "refused"], allow_null=True)


class ReturnItemSerializer(serializers.Serializer[Any]):
    """What came of a line in one lot."""

    lot = serializers.CharField(allow_null=True, help_text="Null: the open lot.")
    is_lot_known = serializers.BooleanField(
        help_text="False: it lies in a lot made for it, on hold."
    )
    expires_on = serializers.DateField(allow_null=True)
    warehouse = serializers.CharField()
    received = QuantityField()
    waiting = QuantityField(help_text="Nobody has said what becomes of it.")


class ReturnOutcomeSerializer(serializers.Serializer[Any]):
    """What became of some of a line."""

    disposition = serializers.ChoiceField(Disposition.values)
    quantity = QuantityField()
    lot = serializers.CharField(allow_null=True, help_text="As inspected; null: the open lot.")
    into_lot = serializers.CharField(
        allow_null=True, help_text="The lot in which it lies now; null: gone, or the open lot."
    )
    into_sku = serializers.CharField(
        allow_null=True, help_text="What it became by being refurbished; null: it is what it was."
    )
    warehouse = serializers.CharField(allow_null=True, help_text="Null: it is gone.")
    location = serializers.CharField(allow_null=True)
    sealed = serializers.BooleanField(allow_null=True)
    condition = serializers.CharField()
    decided_at = serializers.DateTimeField()


class ReturnLineSerializer(serializers.Serializer[Any]):
    """A line as it stands, in stock units."""

    line = serializers.IntegerField()
    sku = serializers.CharField()
    unit = serializers.CharField()
    quantity = QuantityField(help_text="Announced.")
    received = QuantityField()
    reason = serializers.ChoiceField(ReturnReason.values)
    note = serializers.CharField()
    lot = serializers.CharField(
        allow_null=True, help_text="As claimed or derived; null: unknown, or the open lot."
    )
    serials = serializers.ListField(child=serializers.CharField())
    exchange = ReturnExchangeSerializer(allow_null=True)
    items = ReturnItemSerializer(many=True)
    outcomes = ReturnOutcomeSerializer(many=True)


class ReturnSerializer(serializers.Serializer[Any]):
    """A return as it stands."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    order_reference = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(ReturnStatus.values)
    market = serializers.CharField()
    warehouse = serializers.CharField(allow_null=True, help_text="Where it last came in.")
    created_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField(allow_null=True)
    inspected_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    lines = ReturnLineSerializer(many=True)


def shown(found: ReturnAuthorization) -> dict[str, Any]:
    """The return, as it is answered."""
    return {
        "id": found.pk,
        "reference": found.reference,
        "order_reference": found.order_reference or None,
        "status": found.status,
        "market": found.market.code,
        "warehouse": found.warehouse.code if found.warehouse else None,
        "created_at": found.created_at,
        "received_at": found.received_at,
        "inspected_at": found.inspected_at,
        "ended_at": found.ended_at,
        "lines": [_line(line) for line in found.lines.all()],
    }


def _line(line: ReturnLine) -> dict[str, Any]:
    return {
        "line": line.position,
        "sku": line.variant.sku,
        "unit": line.variant.product.stock_unit,
        "quantity": line.quantity,
        "received": line.received,
        "reason": line.reason,
        "note": line.note,
        "lot": (line.lot.code or None) if line.lot else None,
        "serials": line.serials,
        "exchange": _exchange(line),
        "items": [_item(item) for item in line.items.all()],
        "outcomes": [_outcome(outcome) for outcome in line.outcomes.all()],
    }


def _exchange(line: ReturnLine) -> dict[str, Any] | None:
    variant, held = line.exchange_variant, line.exchange_reservation
    if variant is None or held is None:
        return None
    decisions = {None: None, True: "approved", False: "refused"}
    return {
        "sku": variant.sku,
        "quantity": line.exchange_quantity,
        "unit": variant.product.stock_unit,
        "reservation": held.pk,
        "status": held.status,
        "decision": decisions[line.is_exchange_approved],
    }


def _item(item: ReturnItem) -> dict[str, Any]:
    lot = item.stock_level.lot
    return {
        "lot": lot.code or None,
        "is_lot_known": item.is_identified,
        "expires_on": lot.expiry_date,
        "warehouse": item.stock_level.location.warehouse.code,
        "received": item.received,
        "waiting": item.waiting,
    }


def _outcome(outcome: ReturnOutcome) -> dict[str, Any]:
    level, became = outcome.stock_level, outcome.became
    return {
        "disposition": outcome.disposition,
        "quantity": outcome.quantity,
        "lot": outcome.lot.code or None,
        "into_lot": (level.lot.code or None) if level else None,
        "into_sku": became.sku if became else None,
        "warehouse": level.location.warehouse.code if level else None,
        "location": level.location.code if level else None,
        "sealed": outcome.is_sealed,
        "condition": outcome.condition,
        "decided_at": outcome.decided_at,
    }
