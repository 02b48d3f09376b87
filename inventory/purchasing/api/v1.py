"""POST /receipts: goods in, as a warehouse's system reports them."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.kernel import clock
from config.kernel.api import (
    InstantField,
    ItemSerializer,
    LotField,
    MoneyField,
    QuantityField,
    SerialsField,
    UnitField,
    client_of,
    idempotent,
    item_codes,
    read_body,
)
from config.kernel.errors import FieldError
from inventory.purchasing import services
from inventory.purchasing.models import ReceiptLine
from inventory.purchasing.rules import Discrepancy
from inventory.reservations.goods import NamedGoods, understand
from inventory.reservations.selectors import ItemCode
from inventory.warehouses.errors import UnknownLocation, UnknownWarehouse
from inventory.warehouses.models import Warehouse
from inventory.warehouses.selectors import locations_by_code, warehouse_by_code


class GoodsInSerializer(ItemSerializer):
    """Some of one lot that has come in."""

    lot = LotField(help_text="As printed on the goods; absent, null or blank: the open lot.")
    expires_on = serializers.DateField(
        required=False, allow_null=True, help_text="The last day of use; a new lot needs it."
    )
    quantity = QuantityField(allow_zero=False)
    unit = UnitField()
    unit_cost = MoneyField(
        required=False,
        allow_null=True,
        help_text="Of one stock unit; what the delivery note says goes before it.",
    )
    serials = SerialsField(help_text="One for each piece, where goods carry serial numbers.")
    location = serializers.CharField(
        max_length=30, required=False, allow_null=True, help_text="Absent: the dock."
    )
    external_id = serializers.CharField(
        max_length=64, help_text="Your own key of this line: it is booked once."
    )


class ReceiveSerializer(serializers.Serializer[Any]):
    """Where goods came in, perhaps of an announced delivery, and what."""

    warehouse = serializers.CharField(max_length=20, help_text="Such as BER.")
    order = serializers.CharField(
        max_length=100,
        required=False,
        allow_null=True,
        help_text="The number of an announced delivery to this warehouse.",
    )
    received_at = InstantField(
        required=False, allow_null=True, help_text="When they came in; absent: now."
    )
    lines = GoodsInSerializer(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=services.RECEIPT_LINES_MAX
    )


class DiscrepancySerializer(serializers.Serializer[Any]):
    """What about the goods is not right."""

    code = serializers.ChoiceField([kind.value for kind in Discrepancy])
    detail = serializers.CharField()


class BookedLineSerializer(serializers.Serializer[Any]):
    """A line as it is booked, in stock units."""

    external_id = serializers.CharField()
    result = serializers.ChoiceField(
        ["received", "duplicate"], help_text="A duplicate is the line booked before."
    )
    receipt = serializers.UUIDField()
    sku = serializers.CharField()
    lot = serializers.CharField(allow_null=True, help_text="Null: the open lot.")
    expires_on = serializers.DateField(allow_null=True)
    quantity = QuantityField()
    unit = serializers.CharField()
    location = serializers.CharField()
    serials = serializers.ListField(child=serializers.CharField())
    on_hold = serializers.BooleanField(help_text="It came in on hold, for these discrepancies.")
    discrepancies = DiscrepancySerializer(many=True)


class ReceiptSerializer(serializers.Serializer[Any]):
    """What was booked, one line for each that was sent, in their order."""

    id = serializers.UUIDField()
    warehouse = serializers.CharField()
    order = serializers.CharField(allow_null=True)
    received_at = serializers.DateTimeField()
    lines = BookedLineSerializer(many=True)


class ReceiptsView(APIView):
    """Goods in."""

    scope = "stock:write"

    @extend_schema(
        operation_id="receive",
        request=ReceiveSerializer,
        responses={
            200: OpenApiResponse(ReceiptSerializer, "All lines were booked before."),
            201: ReceiptSerializer,
        },
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Take goods into stock, all lines or none; what is not as announced comes in on hold."""
        asked = read_body(request, ReceiveSerializer)
        client = client_of(request)
        warehouse = _warehouse(asked["warehouse"])
        now = clock.now()
        booked, is_new = services.receive_goods(
            warehouse_id=warehouse.pk,
            goods=_goods(asked["lines"], warehouse),
            order=asked.get("order") or "",
            happened_at=asked.get("received_at"),
            client_id=client.pk,
            now=now,
        )
        answer = ReceiptSerializer(_shown(booked, is_new=is_new)).data
        return Response(answer, status=201 if is_new else 200)


def _warehouse(code: str) -> Warehouse:
    warehouse = warehouse_by_code(code)
    if warehouse is None:
        detail = f'There is no warehouse "{code}".'
        error = FieldError("/warehouse", UnknownWarehouse.code, detail)
        raise UnknownWarehouse(detail, errors=[error])
    return warehouse


def _goods(lines: list[dict[str, Any]], warehouse: Warehouse) -> list[services.ReceivedGoods]:
    named = [
        NamedGoods(item=ItemCode(**item_codes(line)), quantity=line["quantity"], unit=line["unit"])
        for line in lines
    ]
    places = locations_by_code([warehouse.pk]) if any(ln.get("location") for ln in lines) else {}
    goods = []
    for number, (line, one) in enumerate(zip(lines, understand(named), strict=True)):
        code = line.get("location") or ""
        place = places.get((warehouse.pk, code))
        if code and place is None:
            detail = f'{warehouse.code} has no open place "{code}".'
            error = FieldError(f"/lines/{number}/location", UnknownLocation.code, detail)
            raise UnknownLocation(detail, errors=[error])
        goods.append(
            services.ReceivedGoods(
                external_id=line["external_id"],
                variant_id=one.variant.id,
                quantity=one.quantity,
                lot_code=line.get("lot") or "",
                expiry_date=line.get("expires_on"),
                unit_cost=line.get("unit_cost"),
                serials=tuple(line.get("serials", ())),
                location_id=place.pk if place else None,
            )
        )
    return goods


def _shown(booked: list[ReceiptLine], *, is_new: bool) -> dict[str, Any]:
    """The newest receipt among the lines is the one that was made now, if any was."""
    receipt = max((line.receipt for line in booked), key=lambda one: (one.created_at, str(one.pk)))
    fresh: set[int] = set()
    lines = []
    for line in booked:
        is_first = line.pk not in fresh
        fresh.add(line.pk)
        received = is_new and is_first and line.receipt_id == receipt.pk
        lines.append(_shown_line(line, "received" if received else "duplicate"))
    return {
        "id": receipt.pk,
        "warehouse": receipt.warehouse.code,
        "order": receipt.notice.reference if receipt.notice else None,
        "received_at": receipt.received_at,
        "lines": lines,
    }


def _shown_line(line: ReceiptLine, result: str) -> dict[str, Any]:
    level = line.stock_level
    return {
        "external_id": line.external_id,
        "result": result,
        "receipt": line.receipt_id,
        "sku": level.variant.sku,
        "lot": level.lot.code or None,
        "expires_on": level.lot.expiry_date,
        "quantity": line.quantity,
        "unit": level.variant.product.stock_unit,
        "location": level.location.code,
        "serials": line.serials,
        "on_hold": bool(line.discrepancies),
        "discrepancies": line.discrepancies,
    }
