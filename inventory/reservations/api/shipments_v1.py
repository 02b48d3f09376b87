"""POST /shipments: what a warehouse really sent."""

from typing import Any
from uuid import UUID

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
    QuantityField,
    SerialsField,
    UnitField,
    client_of,
    idempotent,
    item_codes,
    read_body,
)
from config.kernel.errors import FieldError, NotFound
from inventory.reservations import services
from inventory.reservations.goods import NamedGoods, understand
from inventory.reservations.models import Shipment, ShipmentLine
from inventory.reservations.selectors import ItemCode, shipment_with_lines
from inventory.warehouses.errors import UnknownWarehouse
from inventory.warehouses.models import Warehouse
from inventory.warehouses.selectors import warehouse_by_code


class ShippedLineSerializer(ItemSerializer):
    """So much of one lot that has left."""

    lot = LotField()
    quantity = QuantityField(allow_zero=False)
    unit = UnitField()
    serials = SerialsField(
        help_text="Which pieces, where they carry serial numbers; unnamed ones are named later."
    )
    external_id = serializers.CharField(
        max_length=64, required=False, help_text="Your own key of this line; used once."
    )


class ShipSerializer(serializers.Serializer[Any]):
    """For which order, from where, and what."""

    reservation = serializers.UUIDField(
        required=False, help_text="The reservation's id; one that is still held is committed."
    )
    order_reference = serializers.CharField(
        max_length=100,
        required=False,
        help_text="The order; beside a reservation that is held, the order it is committed for.",
    )
    warehouse = serializers.CharField(max_length=20, help_text="Such as BER.")
    reference = serializers.CharField(
        max_length=100, help_text="Your own number of this shipment: it is recorded once."
    )
    shipped_at = InstantField(
        required=False, allow_null=True, help_text="When it left; absent: now."
    )
    lines = ShippedLineSerializer(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=services.SHIPPED_LINES_MAX
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A reservation or an order."""
        if "reservation" not in attrs and "order_reference" not in attrs:
            raise serializers.ValidationError(
                {"reservation": "Name the reservation or the order_reference."}, code="required"
            )
        return attrs


class RecordedLineSerializer(serializers.Serializer[Any]):
    """A line as it is recorded, in stock units."""

    sku = serializers.CharField()
    lot = serializers.CharField(allow_null=True, help_text="Null: the open lot.")
    quantity = QuantityField()
    unit = serializers.CharField()
    corrected = QuantityField(help_text="So much of it had been booked from other lots or places.")
    serials = serializers.ListField(child=serializers.CharField())
    external_id = serializers.CharField(allow_null=True)


class ShipmentSerializer(serializers.Serializer[Any]):
    """What a warehouse sent."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    order_reference = serializers.CharField()
    reservations = serializers.ListField(child=serializers.UUIDField())
    warehouse = serializers.CharField()
    shipped_at = serializers.DateTimeField()
    lines = RecordedLineSerializer(many=True)


class ShipmentsView(APIView):
    """Warehouses report what they sent."""

    scope = "stock:write"

    @extend_schema(
        operation_id="ship",
        request=ShipSerializer,
        responses={
            200: OpenApiResponse(ShipmentSerializer, "You have reported exactly this already."),
            201: ShipmentSerializer,
        },
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Record what left for an order: a held reservation is committed, other lots corrected."""
        asked = read_body(request, ShipSerializer)
        client = client_of(request)
        shipment, is_new = services.record_shipment(
            warehouse_id=_warehouse(asked["warehouse"]).pk,
            lines=_lines(asked["lines"]),
            reference=asked["reference"],
            reservation_id=asked.get("reservation"),
            order_reference=asked.get("order_reference", ""),
            shipped_at=asked.get("shipped_at"),
            client_id=client.pk,
            now=clock.now(),
        )
        return _answer(shipment.pk, status=201 if is_new else 200)


class ShipmentView(APIView):
    """One shipment."""

    scope = "stock:write"

    @extend_schema(operation_id="shipment", responses=ShipmentSerializer)
    def get(self, request: Request, shipment_id: UUID) -> Response:
        """What a warehouse sent, by line."""
        return _answer(shipment_id)


def _warehouse(code: str) -> Warehouse:
    warehouse = warehouse_by_code(code)
    if warehouse is None:
        detail = f'There is no warehouse "{code}".'
        error = FieldError("/warehouse", UnknownWarehouse.code, detail)
        raise UnknownWarehouse(detail, errors=[error])
    return warehouse


def _lines(lines: list[dict[str, Any]]) -> list[services.SentLine]:
    named = [
        NamedGoods(item=ItemCode(**item_codes(line)), quantity=line["quantity"], unit=line["unit"])
        for line in lines
    ]
    return [
        services.SentLine(
            variant_id=goods.variant.id,
            lot_code=line.get("lot") or "",
            quantity=goods.quantity,
            serials=line.get("serials", ()),
            external_id=line.get("external_id", ""),
        )
        for line, goods in zip(lines, understand(named), strict=True)
    ]


def _answer(shipment_id: UUID, status: int = 200) -> Response:
    shipment = shipment_with_lines(shipment_id)
    if shipment is None:
        raise NotFound("There is no such shipment.")
    headers = {"Location": f"/api/v1/shipments/{shipment_id}"} if status == 201 else None
    return Response(ShipmentSerializer(_shown(shipment)).data, status=status, headers=headers)


def _shown(shipment: Shipment) -> dict[str, Any]:
    lines = list(shipment.lines.all())
    parts = [part for line in lines for part in line.parts.all()]
    return {
        "id": shipment.pk,
        "reference": shipment.reference,
        "order_reference": shipment.order_reference,
        "reservations": sorted({part.reservation_line.reservation_id for part in parts}),
        "warehouse": shipment.warehouse.code,
        "shipped_at": shipment.shipped_at,
        "lines": [_shown_line(line) for line in lines],
    }


def _shown_line(line: ShipmentLine) -> dict[str, Any]:
    return {
        "sku": line.variant.sku,
        "lot": line.lot.code or None,
        "quantity": line.quantity,
        "unit": line.variant.product.stock_unit,
        "corrected": sum(part.quantity for part in line.parts.all() if part.is_correction),
        "serials": line.serials,
        "external_id": line.external_id or None,
    }
