"""/transfers: goods that go from one warehouse to another."""

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
from config.kernel.errors import FieldError
from inventory.reservations.goods import NamedGoods, understand
from inventory.reservations.selectors import ItemCode
from inventory.transfers import services
from inventory.transfers.errors import UnknownTransfer
from inventory.transfers.models import Transfer, TransferItem, TransferLine, TransferStatus
from inventory.transfers.selectors import transfer_with_everything
from inventory.warehouses.errors import UnknownLocation, UnknownWarehouse
from inventory.warehouses.models import Warehouse
from inventory.warehouses.selectors import locations_by_code, warehouse_by_code


class GoodsSerializer(ItemSerializer):
    """An item and how much of it, perhaps of one lot, perhaps piece by piece."""

    lot = LotField(help_text="Absent, null or blank: what expires first, or the open lot.")
    quantity = QuantityField(allow_zero=False)
    unit = UnitField()
    serials = SerialsField(help_text="Which pieces, where they carry serial numbers.")


class ArrivedSerializer(GoodsSerializer):
    """Goods that have arrived, and where they were put."""

    location = serializers.CharField(
        max_length=30, required=False, allow_null=True, help_text="Absent: the dock."
    )


class MakeTransferSerializer(serializers.Serializer[Any]):
    """What goes from where to where."""

    reference = serializers.CharField(
        max_length=100, required=False, help_text="Your own number; without one it gets one."
    )
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=20, help_text="The warehouse that sends, such as BER."
    )
    destination = serializers.CharField(max_length=20, help_text="The warehouse that receives.")
    expected_on = serializers.DateField(
        required=False, allow_null=True, help_text="When it should arrive."
    )
    dispatched_at = InstantField(
        required=False, allow_null=True, help_text="When it left; absent: now."
    )
    dispatch = serializers.BooleanField(
        default=True, help_text="False: only plan it; send it off later."
    )
    take_promised = serializers.BooleanField(
        default=False, help_text="Send what customers were promised, too; their promises give way."
    )
    lines = GoodsSerializer(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=services.LINES_MAX
    )


class DispatchSerializer(serializers.Serializer[Any]):
    """How a planned transfer leaves."""

    dispatched_at = InstantField(required=False, allow_null=True)
    take_promised = serializers.BooleanField(default=False)


class ReceiveTransferSerializer(serializers.Serializer[Any]):
    """What has arrived; without lines everything that is on the road."""

    received_at = InstantField(required=False, allow_null=True)
    complete = serializers.BooleanField(
        default=False, help_text="No more will come: what is missing is told to somebody."
    )
    accept_surplus = serializers.BooleanField(
        default=False, help_text="More than was sent is recorded as found, not refused."
    )
    lines = ArrivedSerializer(  # type: ignore[call-arg]
        many=True, required=False, allow_empty=False, max_length=services.LINES_MAX
    )


class PlannedLineSerializer(serializers.Serializer[Any]):
    """What was to be sent."""

    sku = serializers.CharField()
    lot = serializers.CharField(allow_null=True, help_text="Null: what expires first.")
    quantity = QuantityField()
    unit = serializers.CharField()
    serials = serializers.ListField(child=serializers.CharField())


class TransferItemSerializer(serializers.Serializer[Any]):
    """One lot that was sent, and what has become of it, in stock units."""

    sku = serializers.CharField()
    lot = serializers.CharField(allow_null=True, help_text="Null: the open lot.")
    expires_on = serializers.DateField(allow_null=True)
    unit = serializers.CharField()
    sent = QuantityField()
    received = QuantityField()
    written_off = QuantityField()
    surplus = QuantityField(help_text="Arrived beyond what was sent.")
    in_transit = QuantityField()


class TransferSerializer(serializers.Serializer[Any]):
    """A transfer as it stands."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    status = serializers.ChoiceField(TransferStatus.values)
    source = serializers.CharField()  # type: ignore[assignment]
    destination = serializers.CharField()
    expected_on = serializers.DateField(allow_null=True)
    created_at = serializers.DateTimeField()
    dispatched_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    lines = PlannedLineSerializer(many=True)
    items = TransferItemSerializer(many=True)


class TransfersView(APIView):
    """Making transfers."""

    scope = "stock:write"

    @extend_schema(
        operation_id="make_transfer",
        request=MakeTransferSerializer,
        responses={
            200: OpenApiResponse(TransferSerializer, "You made exactly this one already."),
            201: TransferSerializer,
        },
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Send free stock elsewhere, by lot or first expired first; all lines or none."""
        asked = read_body(request, MakeTransferSerializer)
        client = client_of(request)
        transfer, is_new = services.make_transfer(
            source_id=_warehouse(asked, "source").pk,
            destination_id=_warehouse(asked, "destination").pk,
            lines=_lines(asked["lines"]),
            reference=asked.get("reference", ""),
            expected_date=asked.get("expected_on"),
            happened_at=asked.get("dispatched_at"),
            is_sent=asked["dispatch"],
            may_take_promised=asked["take_promised"],
            client_id=client.pk,
            now=clock.now(),
        )
        return _answer(transfer.pk, status=201 if is_new else 200)


class TransferView(APIView):
    """One transfer."""

    scope = "stock:write"

    @extend_schema(operation_id="transfer", responses=TransferSerializer)
    def get(self, request: Request, transfer_id: UUID) -> Response:
        """The transfer as it stands: what was sent, what has arrived, what is on the road."""
        return _answer(transfer_id)


class DispatchTransferView(APIView):
    """Sending a planned transfer off."""

    scope = "stock:write"

    @extend_schema(
        operation_id="dispatch_transfer", request=DispatchSerializer, responses=TransferSerializer
    )
    @idempotent
    def post(self, request: Request, transfer_id: UUID) -> Response:
        """The goods leave; one that has left stays as it is."""
        asked = read_body(request, DispatchSerializer)
        services.dispatch_transfer(
            transfer_id=transfer_id,
            happened_at=asked.get("dispatched_at"),
            may_take_promised=asked["take_promised"],
            now=clock.now(),
        )
        return _answer(transfer_id)


class CancelTransferView(APIView):
    """Giving a planned transfer up."""

    scope = "stock:write"

    @extend_schema(operation_id="cancel_transfer", request=None, responses=TransferSerializer)
    @idempotent
    def post(self, request: Request, transfer_id: UUID) -> Response:
        """The goods stay where they are; refused once they have left."""
        _ = request.data  # read so that a body that is no JSON is refused here as everywhere
        services.cancel_transfer(transfer_id=transfer_id, now=clock.now())
        return _answer(transfer_id)


class ReceiveTransferView(APIView):
    """Goods arrive."""

    scope = "stock:write"

    @extend_schema(
        operation_id="receive_transfer",
        request=ReceiveTransferSerializer,
        responses=TransferSerializer,
    )
    @idempotent
    def post(self, request: Request, transfer_id: UUID) -> Response:
        """Take what has arrived into stock; what is missing stays on the road."""
        asked = read_body(request, ReceiveTransferSerializer)
        lines = asked.get("lines")
        services.receive_transfer(
            transfer_id=transfer_id,
            arrivals=None if lines is None else _arrivals(transfer_id, lines),
            happened_at=asked.get("received_at"),
            is_all=asked["complete"],
            may_find_more=asked["accept_surplus"],
            now=clock.now(),
        )
        return _answer(transfer_id)


def _warehouse(asked: dict[str, Any], field: str) -> Warehouse:
    warehouse = warehouse_by_code(asked[field])
    if warehouse is None:
        detail = f'There is no warehouse "{asked[field]}".'
        error = FieldError(f"/{field}", UnknownWarehouse.code, detail)
        raise UnknownWarehouse(detail, errors=[error])
    return warehouse


def _named(lines: list[dict[str, Any]]) -> list[NamedGoods]:
    return [
        NamedGoods(item=ItemCode(**item_codes(line)), quantity=line["quantity"], unit=line["unit"])
        for line in lines
    ]


def _lines(lines: list[dict[str, Any]]) -> list[services.LineDraft]:
    return [
        services.LineDraft(
            variant_id=goods.variant.id,
            quantity=goods.quantity,
            lot_code=line.get("lot") or "",
            serials=line.get("serials", ()),
        )
        for line, goods in zip(lines, understand(_named(lines)), strict=True)
    ]


def _arrivals(transfer_id: UUID, lines: list[dict[str, Any]]) -> list[services.Arrival]:
    transfer = _found(transfer_id)
    places = locations_by_code([transfer.destination_id])
    arrivals = []
    for number, (line, goods) in enumerate(zip(lines, understand(_named(lines)), strict=True)):
        code = line.get("location") or ""
        place = places.get((transfer.destination_id, code))
        if code and place is None:
            detail = f'{transfer.destination.code} has no open place "{code}".'
            error = FieldError(f"/lines/{number}/location", UnknownLocation.code, detail)
            raise UnknownLocation(detail, errors=[error])
        arrivals.append(
            services.Arrival(
                variant_id=goods.variant.id,
                lot_code=line.get("lot") or "",
                quantity=goods.quantity,
                location_id=place.pk if place else None,
                serials=line.get("serials", ()),
            )
        )
    return arrivals


def _found(transfer_id: UUID) -> Transfer:
    transfer = transfer_with_everything(transfer_id)
    if transfer is None:
        raise UnknownTransfer("There is no such transfer.")
    return transfer


def _answer(transfer_id: UUID, status: int = 200) -> Response:
    headers = {"Location": f"/api/v1/transfers/{transfer_id}"} if status == 201 else None
    body = TransferSerializer(_shown(_found(transfer_id))).data
    return Response(body, status=status, headers=headers)


def _shown(transfer: Transfer) -> dict[str, Any]:
    return {
        "id": transfer.pk,
        "reference": transfer.reference,
        "status": transfer.status,
        "source": transfer.source.code,
        "destination": transfer.destination.code,
        "expected_on": transfer.expected_date,
        "created_at": transfer.created_at,
        "dispatched_at": transfer.dispatched_at,
        "ended_at": transfer.ended_at,
        "lines": [_shown_line(line) for line in transfer.lines.all()],
        "items": [_shown_item(item) for item in transfer.items.all()],
    }


def _shown_line(line: TransferLine) -> dict[str, Any]:
    return {
        "sku": line.variant.sku,
        "lot": (line.lot.code or None) if line.lot else None,
        "quantity": line.quantity,
        "unit": line.variant.product.stock_unit,
        "serials": line.serials,
    }


def _shown_item(item: TransferItem) -> dict[str, Any]:
    lot = item.road_level.lot
    return {
        "sku": item.variant.sku,
        "lot": lot.code or None,
        "expires_on": lot.expiry_date,
        "unit": item.variant.product.stock_unit,
        "sent": item.sent,
        "received": item.received,
        "written_off": item.written_off,
        "surplus": item.surplus,
        "in_transit": item.on_the_road,
    }
