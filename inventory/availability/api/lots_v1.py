"""GET /lots, GET /lots/{id}/trace: what lots there are, and where one came from and went."""

from typing import Any

from django.db.models import BigIntegerField
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from config.kernel import clock
from config.kernel.api import (
    ChangePages,
    ConditionalMixin,
    CursorPages,
    InstantField,
    MoneyField,
    QuantityField,
    read_query,
)
from config.kernel.errors import NotFound
from config.kernel.money import Money
from inventory.availability.api.asking import PULL_FROM, ItemsQuerySerializer, asked_variants
from inventory.availability.selectors import trace
from inventory.availability.selectors.lots import LotStatus, lots, told
from inventory.lots.models import Lot
from inventory.stock.models import MovementKind, StockMovement

SHOWN_MAX = 200
KEY_MAX = BigIntegerField.MAX_BIGINT


class LotsQuerySerializer(ItemsQuerySerializer):
    """Which lots."""

    status = serializers.ChoiceField([status.value for status in LotStatus], required=False)
    expires_before = serializers.DateField(
        required=False, help_text="Only lots whose last day of use is before this day."
    )
    updated_since = InstantField(
        required=False,
        help_text="Only lots of which something moved, was held, released or put right at this "
        f"instant or later, the latest change last. {PULL_FROM}",
    )


class SupplierSerializer(serializers.Serializer[Any]):
    """Who sent it."""

    code = serializers.CharField()
    name = serializers.CharField()


class LotSerializer(serializers.Serializer[Any]):
    """A lot: goods made together."""

    id = serializers.IntegerField()
    sku = serializers.CharField()
    lot = serializers.CharField(allow_null=True, help_text="Null: the open lot.")
    status = serializers.ChoiceField(
        [status.value for status in LotStatus],
        help_text="The first that is true of: on hold, nothing left, past its last day of sale.",
    )
    holds = serializers.ListField(
        child=serializers.CharField(), help_text="Why it is on hold, the oldest reason first."
    )
    produced_on = serializers.DateField(allow_null=True)
    expires_on = serializers.DateField(allow_null=True, help_text="The last day of use.")
    sell_by = serializers.DateField(
        allow_null=True, help_text="The last day of sale, by the product's own minimum."
    )
    opened_on = serializers.DateField(allow_null=True, help_text="Null: it is sealed.")
    on_hand = QuantityField()
    reserved = QuantityField()
    unit = serializers.CharField()
    supplier = SupplierSerializer(allow_null=True)
    received_at = serializers.DateTimeField(help_text="When the first of it came in.")
    updated_at = serializers.DateTimeField(
        help_text="When something of it moved, was held, released or put right last."
    )


class RelatedLotSerializer(serializers.Serializer[Any]):
    """Another lot, by opening, refurbishing or setting apart: goods of one went into the other."""

    id = serializers.IntegerField()
    sku = serializers.CharField()
    lot = serializers.CharField(allow_null=True)


class ArrivalSerializer(serializers.Serializer[Any]):
    """Some of it came in."""

    happened_at = serializers.DateTimeField()
    warehouse = serializers.CharField()
    quantity = QuantityField()
    delivery = serializers.CharField(allow_null=True, help_text="The delivery note or order.")
    announced = serializers.BooleanField(help_text="The supplier had announced this delivery.")


class PlaceSerializer(serializers.Serializer[Any]):
    """Where some of it lies."""

    warehouse = serializers.CharField()
    location = serializers.CharField()
    on_hand = QuantityField()
    reserved = QuantityField()


class PromiseSerializer(serializers.Serializer[Any]):
    """A held reservation that keeps some of it."""

    reservation = serializers.UUIDField()
    reference = serializers.CharField()
    client = serializers.CharField(allow_null=True)
    warehouse = serializers.CharField()
    quantity = QuantityField()
    expires_at = serializers.DateTimeField()


class HoldSerializer(serializers.Serializer[Any]):
    """What kept or keeps it from sale."""

    reason = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    placed_at = serializers.DateTimeField()
    placed_by = serializers.CharField(source="placed_by_name", allow_blank=True)
    released_at = serializers.DateTimeField(allow_null=True)
    released_by = serializers.CharField(
        source="released_by_name", allow_blank=True, help_text="Empty: nobody yet, or unknown."
    )


class MovementSerializer(serializers.Serializer[Any]):
    """What else happened: moved, transferred, returned, corrected, written off, opened."""

    kind = serializers.ChoiceField([kind.value for kind in MovementKind])
    happened_at = serializers.DateTimeField()
    warehouse = serializers.CharField()
    location = serializers.CharField()
    quantity = QuantityField(help_text="Negative: it left the place.")
    reason = serializers.CharField(allow_blank=True)
    reference = serializers.CharField(allow_blank=True)
    actor = serializers.CharField(allow_blank=True)


class BuyerSerializer(serializers.Serializer[Any]):
    """A reservation with which it left."""

    reservation = serializers.UUIDField()
    reference = serializers.CharField()
    client = serializers.CharField(allow_null=True)


class DepartureSerializer(serializers.Serializer[Any]):
    """Some of it left for an order."""

    order_reference = serializers.CharField(allow_blank=True)
    happened_at = serializers.DateTimeField()
    warehouse = serializers.CharField()
    quantity = QuantityField()
    reservations = BuyerSerializer(many=True)


class OrdersPageSerializer(serializers.Serializer[Any]):
    """A page of the orders it went to, the newest first."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = DepartureSerializer(many=True)


class TraceSerializer(serializers.Serializer[Any]):
    """A lot, where it came from, where it is, and where it went.

    Lists but that of orders hold the newest 200; `shortened` names those that have more.
    """

    lot = LotSerializer()
    unit_cost = MoneyField(allow_null=True, help_text="Per stock unit; null: not known.")
    received = ArrivalSerializer(many=True)
    opened_from = RelatedLotSerializer(many=True)
    opened_into = RelatedLotSerializer(many=True)
    stock = PlaceSerializer(many=True)
    reserved = PromiseSerializer(many=True)
    holds = HoldSerializer(many=True)
    movements = MovementSerializer(many=True)
    shortened = serializers.ListField(child=serializers.CharField())
    orders = OrdersPageSerializer()


class LotsView(ConditionalMixin, GenericAPIView[Any]):
    """The lots there are."""

    scope = "stock:read"
    serializer_class = LotSerializer
    pagination_class = CursorPages

    @extend_schema(
        operation_id="lots", parameters=[LotsQuerySerializer], responses=LotSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """Lots, page by page, with what lies of them in all warehouses together."""
        asked = read_query(request, LotsQuerySerializer)
        status, since = asked.get("status"), asked.get("updated_since")
        if since is not None:
            self.pagination_class = ChangePages
        now = clock.now()
        found = lots(
            now=now,
            variant_ids=asked_variants(asked),
            status=LotStatus(status) if status else None,
            expires_before=asked.get("expires_before"),
            changed_since=since,
        )
        page = self.paginate_queryset(found.only("pk", "updated_at"))
        assert page is not None, "the list has pages"
        shown = [_shown(lot) for lot in told(page, now=now)]
        return self.get_paginated_response(LotSerializer(shown, many=True).data)


class _Newest(CursorPages):
    ordering = "-id"


class LotTraceView(ConditionalMixin, GenericAPIView[Any]):
    """One lot's way."""

    scope = "stock:read"
    serializer_class = TraceSerializer
    pagination_class = _Newest

    @extend_schema(
        operation_id="lot_trace",
        parameters=[
            OpenApiParameter("cursor", OpenApiTypes.STR, description="The page of orders."),
            OpenApiParameter(
                "page_size",
                OpenApiTypes.INT,
                description="How many orders a page holds, from 1 to 200.",
            ),
        ],
        responses=TraceSerializer,
        filters=False,
    )
    def get(self, request: Request, lot_id: int) -> Response:
        """Where this lot came from, where it is, and every order reference it went to.

        The orders come in pages by `cursor`; the rest stands in each of them.
        """
        found = told([Lot(pk=lot_id)], now=clock.now()) if lot_id <= KEY_MAX else []
        if not found:
            raise NotFound(f"There is no lot {lot_id}.")
        (lot,) = found
        page = self.paginate_queryset(trace.departures([lot_id]))
        assert page is not None, "the list has pages"
        assert self.paginator is not None, "it has just made the page"
        departures = [_departure(departure) for departure in trace.with_buyers(page)]
        orders = self.paginator.get_paginated_response(departures).data
        return Response(TraceSerializer(_traced(lot) | {"orders": orders}).data)


def _traced(lot: Lot) -> dict[str, Any]:
    """All but the orders, each list bounded."""
    ids, shortened = [lot.pk], []

    def newest(name: str, rows: Any) -> list[Any]:
        found = list(rows[: SHOWN_MAX + 1])
        if len(found) > SHOWN_MAX:
            shortened.append(name)
        return found[:SHOWN_MAX]

    kin = trace.kin(ids)
    arrivals = trace.with_notices(newest("received", trace.arrivals(ids)))
    return {
        "lot": _shown(lot),
        "unit_cost": None if lot.unit_cost is None else Money(lot.unit_cost, lot.currency),
        "received": [_arrival(arrival) for arrival in arrivals],
        "opened_from": [_related(other) for other in kin.opened_from],
        "opened_into": [_related(other) for other in kin.opened_into],
        "stock": [
            {
                "warehouse": level.location.warehouse.code,
                "location": level.location.code,
                "on_hand": level.on_hand,
                "reserved": level.reserved,
            }
            for level in newest("stock", trace.whereabouts(ids))
        ],
        "reserved": [_promise(promise) for promise in newest("reserved", trace.promises(ids))],
        "holds": newest("holds", lot.holds.order_by("-placed_at", "-pk")),
        "movements": [_movement(line) for line in newest("movements", trace.other_movements(ids))],
        "shortened": shortened,
    }


def _shown(lot: Any) -> dict[str, Any]:
    return {
        "id": lot.pk,
        "sku": lot.variant.sku,
        "lot": lot.code or None,
        "status": lot.status,
        "holds": [hold.reason for hold in lot.open_holds],
        "produced_on": lot.production_date,
        "expires_on": lot.expiry_date,
        "sell_by": lot.sell_by_date,
        "opened_on": lot.opened_on_date,
        "on_hand": lot.on_hand,
        "reserved": lot.reserved,
        "unit": lot.variant.product.stock_unit,
        "supplier": lot.supplier,
        "received_at": lot.received_at,
        "updated_at": lot.updated_at,
    }


def _related(lot: Lot) -> dict[str, Any]:
    return {"id": lot.pk, "sku": lot.variant.sku, "lot": lot.code or None}


def _arrival(arrival: trace.Arrival) -> dict[str, Any]:
    line = arrival.line
    return {
        "happened_at": line.happened_at,
        "warehouse": line.stock_level.location.warehouse.code,
        "quantity": line.quantity,
        "delivery": line.reference or None,
        "announced": arrival.notice_id is not None,
    }


def _promise(promise: Any) -> dict[str, Any]:
    reservation = promise.line.reservation
    return {
        "reservation": reservation.pk,
        "reference": reservation.reference,
        "client": reservation.client.name if reservation.client else None,
        "warehouse": promise.stock_level.location.warehouse.code,
        "quantity": promise.quantity,
        "expires_at": reservation.expires_at,
    }


def _movement(line: StockMovement) -> dict[str, Any]:
    place = line.stock_level.location
    return {
        "kind": line.kind,
        "happened_at": line.happened_at,
        "warehouse": place.warehouse.code,
        "location": place.code,
        "quantity": line.quantity,
        "reason": line.reason,
        "reference": line.reference,
        "actor": line.actor_name,
    }


def _departure(departure: trace.Departure) -> dict[str, Any]:
    line = departure.line
    return {
        "order_reference": line.reference,
        "happened_at": line.happened_at,
        "warehouse": line.stock_level.location.warehouse.code,
        "quantity": departure.quantity,
        "reservations": [
            {
                "reservation": buyer.reservation_id,
                "reference": buyer.reference,
                "client": buyer.client or None,
            }
            for buyer in departure.buyers
        ],
    }
