"""POST /reservations, GET /reservations/{id}, and what can be done with one."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.kernel import clock
from config.kernel.api import (
    PROBLEM_CONTENT_TYPE,
    ItemSerializer,
    MoneyField,
    QuantityField,
    UnitField,
    client_of,
    idempotent,
    item_codes,
    read_body,
)
from config.kernel.errors import NotFound
from config.kernel.openapi import ProblemSerializer
from inventory.reservations import services, shown
from inventory.reservations.models import Reservation, ReservationLine, ReservationStatus
from inventory.reservations.rules import requested_in
from inventory.reservations.selectors import (
    ItemCode,
    line_tree,
    reservation_of_client,
    shortage_of,
    shown_allocations,
)

SCOPE = "reservations:write"


class ChoiceSerializer(ItemSerializer):
    """What goes into a slot of a bundle: an item, by SKU, GTIN or alias with its scheme."""

    slot = serializers.CharField(max_length=40, help_text="The code of the slot, such as cap.")


class WantedLineSerializer(ItemSerializer):
    """An item, by SKU, GTIN or alias with its scheme, and how much of it."""

    quantity = QuantityField(allow_zero=False)
    unit = UnitField()
    choices = ChoiceSerializer(  # type: ignore[call-arg]  # every field has choices
        many=True,
        required=False,
        max_length=services.CHOICES_MAX,
        help_text="For bundles alone; a slot not named takes its default.",
    )


def _ttl(*, required: bool) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=1,
        max_value=services.HOLD_SECONDS_MAX,
        required=required,
        help_text="Seconds from now for which the stock is held.",
    )


class ReserveSerializer(serializers.Serializer[Any]):
    """What is to be held, where it is sold, and for how long."""

    reference = serializers.CharField(
        max_length=100, help_text="Your own name for it; unique among what you hold."
    )
    market = serializers.CharField(max_length=10, help_text="Such as DE.")
    channel = serializers.CharField(max_length=30, required=False, help_text="Such as web.")
    ttl_seconds = _ttl(required=False)
    partial = serializers.BooleanField(  # type: ignore[assignment]
        default=False, help_text="Take what there is instead of all or nothing."
    )
    deliver_on = serializers.DateField(
        required=False,
        help_text="The promised day, today where the goods lie or later; lots past their sell-by "
        "then are not taken.",
    )
    lines = WantedLineSerializer(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=services.LINES_MAX
    )


class ExtendSerializer(serializers.Serializer[Any]):
    """How long from now."""

    ttl_seconds = _ttl(required=True)


class CommitSerializer(serializers.Serializer[Any]):
    """For which order the stock leaves."""

    order_reference = serializers.CharField(max_length=100)
    unit_prices = serializers.DictField(
        child=MoneyField(),
        required=False,
        help_text="By SKU: what one of the line's unit was sold for. Kept for the forecast.",
    )


class AllocationSerializer(serializers.Serializer[Any]):
    """A quantity kept from one lot in one warehouse, in the line's unit."""

    warehouse = serializers.CharField()
    lot = serializers.CharField(allow_null=True, help_text="Null: the open lot.")
    expires_on = serializers.DateField(allow_null=True)
    quantity = QuantityField()


class ComponentSerializer(serializers.Serializer[Any]):
    """What bundles take of one variant together, in its stock unit."""

    slot = serializers.CharField()
    sku = serializers.CharField()
    quantity = QuantityField()
    unit = serializers.CharField()
    shortage = QuantityField(help_text="Promised, taken away since, and not found elsewhere.")
    allocations = AllocationSerializer(many=True)


class ReservationLineSerializer(serializers.Serializer[Any]):
    """What is promised of one variant, in its stock unit."""

    sku = serializers.CharField()
    requested = QuantityField(help_text="What was asked for, in the same unit.")
    quantity = QuantityField(
        help_text="What is promised: less than was requested where `partial` took what there was, "
        "or where a shortage was given up. Allocations and shortage add up to it."
    )
    unit = serializers.CharField()
    shortage = QuantityField(
        help_text="Promised, taken away since, and not found elsewhere; of bundles, how many "
        "cannot be made whole."
    )
    allocations = AllocationSerializer(
        many=True, help_text="None of a bundle: its components keep the stock."
    )
    components = ComponentSerializer(
        many=True, required=False, help_text="Of a bundle alone: what it is made of."
    )


class ReservationSerializer(serializers.Serializer[Any]):
    """A reservation as it stands."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(ReservationStatus.values)
    reference = serializers.CharField()
    order_reference = serializers.CharField(allow_null=True, help_text="Null until committed.")
    market = serializers.CharField()
    expires_at = serializers.DateTimeField()
    lines = ReservationLineSerializer(many=True)


class ReservationsView(APIView):
    """Making reservations."""

    scope = SCOPE

    @extend_schema(
        operation_id="reserve",
        request=ReserveSerializer,
        responses={
            200: OpenApiResponse(ReservationSerializer, "You hold exactly this already."),
            201: ReservationSerializer,
            (409, PROBLEM_CONTENT_TYPE): inline_serializer(
                "ReservationRefused",
                fields={
                    **ProblemSerializer().get_fields(),
                    "shortages": inline_serializer(
                        "Shortage",
                        fields={
                            "sku": serializers.CharField(),
                            "requested": QuantityField(),
                            "available": QuantityField(),
                        },
                        many=True,
                        required=False,
                    ),
                    "reasons": inline_serializer(
                        "NotSellableReason",
                        fields={
                            "sku": serializers.CharField(),
                            "component": serializers.CharField(
                                required=False, help_text="The component of a bundle it is about."
                            ),
                            "code": serializers.CharField(),
                            "detail": serializers.CharField(),
                        },
                        many=True,
                        required=False,
                    ),
                },
            ),
        },
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Hold stock for a time, first expired first out; every line or none, unless partial."""
        asked = read_body(request, ReserveSerializer)
        client_id = _client_id(request)
        seconds = asked.get("ttl_seconds")
        reservation, is_new = services.reserve(
            client_id=client_id,
            reference=asked["reference"],
            lines=[_wanted(line) for line in asked["lines"]],
            market=asked["market"],
            channel=asked.get("channel"),
            deliver_on=asked.get("deliver_on"),
            ttl=timedelta(seconds=seconds) if seconds else None,
            partial=asked["partial"],
            now=clock.now(),
        )
        return _answer(reservation.pk, client_id, status=201 if is_new else 200)


class ReservationView(APIView):
    """One reservation."""

    scope = SCOPE

    @extend_schema(operation_id="reservation", responses=ReservationSerializer)
    def get(self, request: Request, reservation_id: UUID) -> Response:
        """The reservation as it stands: what it keeps, and what it is short of."""
        return _answer(reservation_id, _client_id(request))


class ExtendView(APIView):
    """Keeping a reservation for longer."""

    scope = SCOPE

    @extend_schema(
        operation_id="extend_reservation", request=ExtendSerializer, responses=ReservationSerializer
    )
    @idempotent
    def post(self, request: Request, reservation_id: UUID) -> Response:
        """Hold it for so long from now; never for less than it is held already."""
        asked = read_body(request, ExtendSerializer)
        client_id = _client_id(request)
        services.extend(
            reservation_id=reservation_id,
            ttl=timedelta(seconds=asked["ttl_seconds"]),
            now=clock.now(),
            client_id=client_id,
        )
        return _answer(reservation_id, client_id)


class ReleaseView(APIView):
    """Giving a reservation up."""

    scope = SCOPE

    @extend_schema(
        operation_id="release_reservation", request=None, responses=ReservationSerializer
    )
    @idempotent
    def post(self, request: Request, reservation_id: UUID) -> Response:
        """Give the stock back; one that has ended without a sale stays as it is."""
        _ = request.data  # read so that a body that is no JSON is refused here as everywhere
        client_id = _client_id(request)
        services.release(reservation_id=reservation_id, now=clock.now(), client_id=client_id)
        return _answer(reservation_id, client_id)


class CommitView(APIView):
    """Turning a reservation into a sale."""

    scope = SCOPE

    @extend_schema(
        operation_id="commit_reservation", request=CommitSerializer, responses=ReservationSerializer
    )
    @idempotent
    def post(self, request: Request, reservation_id: UUID) -> Response:
        """The stock leaves for an order. After its time it is tried once more to take it."""
        asked = read_body(request, CommitSerializer)
        client_id = _client_id(request)
        services.commit(
            reservation_id=reservation_id,
            order_reference=asked["order_reference"],
            unit_prices=asked.get("unit_prices"),
            now=clock.now(),
            client_id=client_id,
        )
        return _answer(reservation_id, client_id)


def _client_id(request: Request) -> int:
    return client_of(request).pk


def _wanted(line: dict[str, Any]) -> services.WantedLine:
    return services.WantedLine(
        item=ItemCode(**item_codes(line)),
        quantity=line["quantity"],
        unit=line["unit"],
        choices=[
            services.WantedChoice(slot=choice["slot"], item=ItemCode(**item_codes(choice)))
            for choice in line.get("choices", ())
        ],
    )


def _answer(reservation_id: UUID, client_id: int, status: int = 200) -> Response:
    if shown.is_there():
        answer = shown.shown_reservation(reservation_id=reservation_id, client_id=client_id)
    else:
        answer = by_models(reservation_id, client_id)
    if answer is None:
        raise NotFound("There is no such reservation.")
    headers = {"Location": f"/api/v1/reservations/{reservation_id}"} if status == 201 else None
    return Response(answer, status=status, headers=headers)


def by_models(reservation_id: UUID, client_id: int) -> dict[str, Any] | None:
    """The reservation in the words of the contract, on every database."""
    reservation = reservation_of_client(reservation_id=reservation_id, client_id=client_id)
    if reservation is None:
        return None
    return dict(ReservationSerializer(_shown(reservation)).data)


def _shown(reservation: Reservation) -> dict[str, Any]:
    return {
        "id": reservation.pk,
        "status": reservation.status,
        "reference": reservation.reference,
        "order_reference": reservation.order_reference or None,
        "market": reservation.market.code,
        "expires_at": reservation.expires_at,
        "lines": [
            _shown_line(line, reservation.status, components)
            for line, components in line_tree(reservation.lines.all())
        ],
    }


def _shown_line(
    line: ReservationLine, status: str, components: Sequence[ReservationLine]
) -> dict[str, Any]:
    unit = line.variant.product.stock_unit
    requested = requested_in(unit, line.requested_quantity, line.requested_unit)
    if not line.is_bundle:
        return {"requested": requested, **_shown_leaf(line, status)}
    return {
        "sku": line.variant.sku,
        "requested": requested,
        "quantity": line.quantity,
        "unit": unit,
        "shortage": shortage_of(line, components),
        "allocations": [],
        "components": [{"slot": c.slot, **_shown_leaf(c, status)} for c in components],
    }


def _shown_leaf(line: ReservationLine, status: str) -> dict[str, Any]:
    return {
        "sku": line.variant.sku,
        "quantity": line.quantity,
        "unit": line.variant.product.stock_unit,
        "shortage": line.shortage,
        "allocations": [
            {
                "warehouse": allocation.stock_level.location.warehouse.code,
                "lot": allocation.stock_level.lot.code or None,
                "expires_on": allocation.stock_level.lot.expiry_date,
                "quantity": allocation.quantity,
            }
            for allocation in shown_allocations(line, status=status)
        ],
    }
