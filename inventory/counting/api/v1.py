"""POST /counts and GET /counts/{id}: what a warehouse's system counted, and what became of it."""

from decimal import Decimal
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
from config.kernel.errors import NotFound
from inventory.counting import services
from inventory.counting.models import CountLine, CountStatus, CycleCount, LineStatus
from inventory.counting.rules import TOLERANCE_PERCENT_DEFAULT
from inventory.counting.selectors.counts import count_by_id, lines_of
from inventory.reservations.selectors import ItemCode

SCOPE = "stock:write"


class CountedLineSerializer(ItemSerializer):
    """How much of a lot was counted in a place."""

    location = serializers.CharField(
        max_length=30,
        required=False,
        allow_null=True,
        help_text="A place in the warehouse; needed where the lot lies in several.",
    )
    lot = LotField()
    expires_on = serializers.DateField(
        required=False, allow_null=True, help_text="An unknown lot is made where this is given."
    )
    quantity = QuantityField(help_text="What was counted; zero is a figure.")
    unit = UnitField()
    serials = SerialsField(
        help_text="Which pieces these are, where goods carry serial numbers: those of the books "
        "that are not among them are missing. Absent: they are named later."
    )
    counted_at = InstantField(
        required=False, allow_null=True, help_text="Absent: now. At most 31 days ago."
    )
    external_id = serializers.CharField(
        max_length=64, required=False, allow_blank=True, help_text="Your own key of this line."
    )


class CountRequestSerializer(serializers.Serializer[Any]):
    """A finished count of some of a warehouse."""

    warehouse = serializers.CharField(max_length=20, help_text="Such as BER.")
    reference = serializers.CharField(
        max_length=60, help_text="Your own name for it; unique among your counts."
    )
    tolerance_units = QuantityField(
        required=False, help_text="A difference up to this is booked at once. Absent: 0."
    )
    tolerance_percent = serializers.DecimalField(
        max_digits=5,
        decimal_places=2,
        min_value=Decimal(0),
        max_value=Decimal(100),
        required=False,
        help_text=f"The same in percent of the books. Absent: {TOLERANCE_PERCENT_DEFAULT}.",
    )
    lines = CountedLineSerializer(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=services.LINES_MAX
    )


class CountLineSerializer(serializers.Serializer[Any]):
    """What was counted, what the books said at that moment, and what became of it."""

    external_id = serializers.CharField(allow_null=True)
    sku = serializers.CharField()
    location = serializers.CharField()
    lot = serializers.CharField(allow_null=True, help_text="Null: the open lot.")
    expires_on = serializers.DateField(allow_null=True)
    unit = serializers.CharField()
    counted = QuantityField(allow_null=True, help_text="Null: not counted.")
    expected = QuantityField(
        allow_null=True, help_text="What the books said when it was counted; null: not compared."
    )
    difference = QuantityField(
        allow_null=True, allow_negative=True, help_text="Counted less expected."
    )
    serials = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="The pieces that were scanned; null: nobody said which.",
    )
    missing_serials = serializers.ListField(
        child=serializers.CharField(),
        help_text="Pieces that the books had there and nobody scanned; once compared.",
    )
    unexpected_serials = serializers.ListField(
        child=serializers.CharField(),
        help_text="Pieces that were scanned and the books did not have there; once compared.",
    )
    counted_at = serializers.DateTimeField(allow_null=True)
    status = serializers.ChoiceField(
        LineStatus.values,
        help_text="matched and applied are done; difference waits for a decision.",
    )


class CountSerializer(serializers.Serializer[Any]):
    """A count as it stands."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    warehouse = serializers.CharField()
    status = serializers.ChoiceField(CountStatus.values)
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    lines = CountLineSerializer(many=True)


class CountsView(APIView):
    """Counts that warehouses' systems send."""

    scope = SCOPE

    @extend_schema(
        operation_id="send_count",
        request=CountRequestSerializer,
        responses={
            200: OpenApiResponse(CountSerializer, "You sent exactly this already."),
            201: CountSerializer,
        },
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Compare what was counted with the books; small differences are booked at once."""
        asked = read_body(request, CountRequestSerializer)
        client = client_of(request)
        count, is_new = services.take_count(
            client=client,
            reference=asked["reference"],
            warehouse=asked["warehouse"],
            lines=[_sent(line) for line in asked["lines"]],
            tolerance_units=asked.get("tolerance_units", Decimal(0)),
            tolerance_percent=asked.get("tolerance_percent", TOLERANCE_PERCENT_DEFAULT),
            now=clock.now(),
        )
        return _answer(count, status=201 if is_new else 200)


class CountView(APIView):
    """One count."""

    scope = SCOPE

    @extend_schema(operation_id="count", responses=CountSerializer)
    def get(self, request: Request, count_id: UUID) -> Response:
        """The count as it stands, with what became of each line."""
        count = count_by_id(count_id)
        if count is None:
            raise NotFound("There is no such count.")
        return _answer(count)


def _sent(line: dict[str, Any]) -> services.SentLine:
    return services.SentLine(
        item=ItemCode(**item_codes(line)),
        quantity=line["quantity"],
        unit=line["unit"],
        lot=line.get("lot") or "",
        expires_on=line.get("expires_on"),
        location=line.get("location") or "",
        counted_at=line.get("counted_at"),
        external_id=line.get("external_id") or "",
        serials=line.get("serials", ()),
    )


def _answer(count: CycleCount, status: int = 200) -> Response:
    headers = {"Location": f"/api/v1/counts/{count.pk}"} if status == 201 else None
    shown = {
        "id": count.pk,
        "reference": count.reference,
        "warehouse": count.warehouse.code,
        "status": count.status,
        "created_at": count.created_at,
        "closed_at": count.closed_at,
        "lines": [_shown(line) for line in lines_of(count.pk)],
    }
    return Response(CountSerializer(shown).data, status=status, headers=headers)


def _shown(line: CountLine) -> dict[str, Any]:
    is_blind = line.difference is None
    return {
        "external_id": line.external_id or None,
        "sku": line.variant.sku,
        "location": line.location.code,
        "lot": line.lot_code or None,
        "expires_on": line.expiry_date,
        "unit": line.variant.product.stock_unit,
        "counted": line.quantity,
        "expected": None if is_blind else line.figure.quantity - (line.difference or 0),
        "difference": line.difference,
        "serials": line.scanned,
        "missing_serials": [] if is_blind else line.pieces.missing,
        "unexpected_serials": [] if is_blind else line.pieces.found,
        "counted_at": line.counted_at,
        "status": line.status,
    }
