"""POST /stock-updates: what a warehouse's system says lies there."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.kernel import clock
from config.kernel.api import (
    ItemSerializer,
    LotField,
    QuantityField,
    UnitField,
    client_of,
    idempotent,
    item_codes,
    read_body,
)
from inventory.integration import services
from inventory.integration.models import EXTERNAL_ID_LENGTH_MAX, SOURCE_LENGTH_MAX
from inventory.integration.rules import UpdateMode, UpdateResult
from inventory.reservations.selectors import ItemCode
from inventory.stock.reasons import StockReason


class UpdateLineSerializer(ItemSerializer):
    """How much lies of a lot in a warehouse, or by how much that changed, and why."""

    warehouse = serializers.CharField(max_length=20, help_text="Such as BER.")
    location = serializers.CharField(
        max_length=30,
        required=False,
        allow_null=True,
        help_text="A place in the warehouse; absent or null: the line is about all of them.",
    )
    lot = LotField()
    expires_on = serializers.DateField(
        required=False, allow_null=True, help_text="An unknown lot is made where this is given."
    )
    mode = serializers.ChoiceField([mode.value for mode in UpdateMode])
    quantity = QuantityField(
        allow_negative=True, help_text="What lies there, or by how much it changed."
    )
    unit = UnitField()
    expected_quantity = QuantityField(
        required=False,
        allow_null=True,
        help_text="What you think lies there, in the same unit; else the line is stale.",
    )
    reason = serializers.ChoiceField([reason.value for reason in StockReason])
    external_id = serializers.CharField(
        max_length=EXTERNAL_ID_LENGTH_MAX,
        help_text="Your own key of this line: it is applied once for each source.",
    )


class StockUpdateSerializer(serializers.Serializer[Any]):
    """Who says so, and what."""

    source = serializers.CharField(  # type: ignore[assignment]
        max_length=SOURCE_LENGTH_MAX, help_text="What the sending system calls itself."
    )
    atomic = serializers.BooleanField(default=False, help_text="All lines or none.")
    lines = UpdateLineSerializer(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=services.LINES_MAX
    )


class LineErrorSerializer(serializers.Serializer[Any]):
    """Why a line was rejected."""

    code = serializers.CharField()
    detail = serializers.CharField()
    pointer = serializers.CharField(help_text="JSON pointer into the request.")


class LineResultSerializer(serializers.Serializer[Any]):
    """What became of one line."""

    external_id = serializers.CharField()
    result = serializers.ChoiceField([result.value for result in UpdateResult])
    error = LineErrorSerializer(required=False, help_text="Where the line was rejected.")


class StockUpdateResultSerializer(serializers.Serializer[Any]):
    """One result for each line, in their order."""

    results = LineResultSerializer(many=True)


class StockUpdatesView(APIView):
    """What warehouses' systems report."""

    scope = "stock:write"

    @extend_schema(
        operation_id="update_stock",
        request=StockUpdateSerializer,
        responses=StockUpdateResultSerializer,
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Set or change what lies in warehouses; what is gone is taken back from promises."""
        asked = read_body(request, StockUpdateSerializer)
        client = client_of(request)
        results = services.update_stock(
            source=asked["source"],
            lines=[_line(line) for line in asked["lines"]],
            atomic=asked["atomic"],
            client=client,
            now=clock.now(),
        )
        answer = {"results": [_shown(result) for result in results]}
        return Response(StockUpdateResultSerializer(answer).data)


def _line(line: dict[str, Any]) -> services.UpdateLine:
    return services.UpdateLine(
        external_id=line["external_id"],
        warehouse=line["warehouse"],
        item=ItemCode(**item_codes(line)),
        mode=UpdateMode(line["mode"]),
        quantity=line["quantity"],
        unit=line["unit"],
        reason=StockReason(line["reason"]),
        lot=line.get("lot") or "",
        expires_on=line.get("expires_on"),
        expected_quantity=line.get("expected_quantity"),
        location=line.get("location") or "",
    )


def _shown(result: services.LineResult) -> dict[str, Any]:
    shown: dict[str, Any] = {"external_id": result.external_id, "result": result.result}
    if result.error is not None:
        error = result.error
        shown["error"] = {"code": error.code, "detail": error.detail, "pointer": error.pointer}
    return shown
