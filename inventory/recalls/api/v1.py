"""POST /recalls, GET /recalls: lots are called back, and what became of each unit of them."""

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.kernel import clock
from config.kernel.api import CursorPages, idempotent, item_codes, read_body, read_query
from config.kernel.errors import FieldError
from inventory.availability.selectors import trace
from inventory.recalls import services
from inventory.recalls.api import answers, asking, shown
from inventory.recalls.errors import NotInRecall, UnknownRecall
from inventory.recalls.models import ProgressKind, Recall
from inventory.recalls.selectors import progress_of, recall_by_id, recalled_lots, touched
from inventory.recalls.selectors.figures import LotProgress
from inventory.reservations.goods import NamedGoods, understand
from inventory.reservations.selectors import ItemCode
from inventory.warehouses.errors import UnknownWarehouse
from inventory.warehouses.selectors import warehouse_by_code

SCOPE = "stock:write"
SHOWN_MAX = 200


class _Newest(CursorPages):
    ordering = ("-started_at", "-id")


class _NewestOrders(CursorPages):
    ordering = "-id"


class RecallsView(GenericAPIView[Any]):
    """Recalls: making one, listing them."""

    scope = SCOPE
    serializer_class = answers.RecallHeadSerializer
    pagination_class = _Newest

    @extend_schema(
        operation_id="recalls",
        parameters=[asking.RecallsQuerySerializer],
        responses=answers.RecallHeadSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Recalls, page by page, the newest first."""
        asked = read_query(request, asking.RecallsQuerySerializer)
        found = Recall.objects.all()
        if "status" in asked:
            found = found.filter(status=asked["status"])
        page = self.paginate_queryset(found)
        assert page is not None, "the list has pages"
        rows = answers.RecallHeadSerializer([shown.head(recall) for recall in page], many=True)
        return self.get_paginated_response(rows.data)

    @extend_schema(
        operation_id="recall_lots",
        request=asking.StartRecallSerializer,
        responses={
            200: OpenApiResponse(answers.RecallSerializer, "There is exactly this recall already."),
            201: answers.RecallSerializer,
        },
        filters=False,
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Freeze lots at once, with all that was opened from them; promises of them give way."""
        asked = read_body(request, asking.StartRecallSerializer)
        recall, is_new = services.start_recall(
            reference=asked["reference"],
            reason=asked["reason"],
            choice=_choice(asked),
            now=clock.now(),
        )
        headers = {"Location": f"/api/v1/recalls/{recall.pk}"} if is_new else None
        body = _whole(self, recall, _NewestOrders())
        return Response(body, status=201 if is_new else 200, headers=headers)


class RecallView(GenericAPIView[Any]):
    """One recall."""

    scope = SCOPE
    serializer_class = answers.RecallSerializer
    pagination_class = _NewestOrders

    @extend_schema(
        operation_id="recall",
        parameters=[
            OpenApiParameter("cursor", OpenApiTypes.STR, description="The page of orders."),
            OpenApiParameter(
                "page_size",
                OpenApiTypes.INT,
                description="How many orders a page holds, from 1 to 200.",
            ),
        ],
        responses=answers.RecallSerializer,
        filters=False,
    )
    def get(self, request: Request, recall_id: UUID) -> Response:
        """Progress to the last unit, and every reservation, order, warehouse and partner touched.

        The orders come in pages by `cursor`; the rest stands in each of them.
        """
        pages = self.paginator
        assert isinstance(pages, CursorPages), "orders come in pages"
        return Response(_whole(self, _found(recall_id), pages))


class RecallProgressView(APIView):
    """What became of recalled goods."""

    scope = SCOPE

    @extend_schema(
        operation_id="record_recall_progress",
        request=asking.RecallProgressSerializer,
        responses=answers.RecalledLotSerializer,
    )
    @idempotent
    def post(self, request: Request, recall_id: UUID) -> Response:
        """Say what became of some units: booked in a warehouse, or confirmed by who had them."""
        asked = read_body(request, asking.RecallProgressSerializer)
        recall = _found(recall_id)
        (goods,) = _understood(asked)
        code = asked.get("lot") or ""
        recalled = (
            recalled_lots(recall.pk)
            .filter(lot__variant_id=goods.variant.id, lot__code=code)
            .first()
        )
        if recalled is None:
            raise NotInRecall(
                f"{goods.variant.sku} {f'lot {code}' if code else 'open lot'} is not in recall "
                f"{recall.reference}."
            )
        services.record_progress(
            recall_id=recall.pk,
            lot_id=recalled.lot_id,
            kind=ProgressKind(asked["kind"]),
            quantity=goods.quantity,
            warehouse_id=_warehouse_id(asked.get("warehouse")),
            reference=asked.get("reference", ""),
            note=asked.get("note", ""),
            now=clock.now(),
        )
        now_known, _ = progress_of(recall)
        (lot,) = (one for one in now_known if one.recalled.pk == recalled.pk)
        places = list(touched.places_of(recall.pk))
        return Response(answers.RecalledLotSerializer(_lot(lot, places)).data)


def _found(recall_id: UUID) -> Recall:
    recall = recall_by_id(recall_id)
    if recall is None:
        raise UnknownRecall("There is no such recall.")
    return recall


def _choice(asked: dict[str, Any]) -> services.Choice:
    produced = asked.get("produced") or {}
    codes = item_codes(asked)
    return services.Choice(
        lots=[
            services.NamedLot(item=ItemCode(**item_codes(lot)), lot=lot.get("lot") or "")
            for lot in asked.get("lots", ())
        ],
        supplier=asked.get("supplier", ""),
        produced_from=produced.get("from"),
        produced_to=produced.get("to"),
        item=ItemCode(**codes) if codes else None,
    )


def _understood(asked: dict[str, Any]) -> list[Any]:
    item = ItemCode(**item_codes(asked))
    goods = NamedGoods(item=item, quantity=asked["quantity"], unit=asked["unit"])
    return understand([goods], pointer="")


def _warehouse_id(code: str | None) -> int | None:
    if not code:
        return None
    warehouse = warehouse_by_code(code)
    if warehouse is None:
        detail = f'There is no warehouse "{code}".'
        error = FieldError("/warehouse", UnknownWarehouse.code, detail)
        raise UnknownWarehouse(detail, errors=[error])
    return warehouse.pk


def _whole(view: GenericAPIView[Any], recall: Recall, pages: CursorPages) -> dict[str, Any]:
    """All of a recall, each list bounded, the orders by page; some twenty queries at any size."""
    lots, sums = progress_of(recall)
    ids = [lot.recalled.lot_id for lot in lots]
    shortened: list[str] = []

    def first(name: str, rows: Any) -> list[Any]:
        found = list(rows[: SHOWN_MAX + 1])
        if len(found) > SHOWN_MAX:
            shortened.append(name)
        return found[:SHOWN_MAX]

    places = list(touched.places_of(recall.pk))
    arrivals = trace.with_notices(first("received", trace.arrivals(ids)))
    body = {
        **shown.head(recall),
        "is_complete": all(not total.outstanding for total in sums),
        "progress": [shown.total(total) for total in sums],
        "lots": [_lot(lot, places) for lot in lots],
        "reservations": [
            shown.loss(loss) for loss in first("reservations", touched.losses_of(recall.pk))
        ],
        "suppliers": [shown.source(source) for source in touched.sources_of(ids)],
        "received": [shown.arrival(arrival) for arrival in arrivals],
        "expected": [
            shown.expected(line) for line in first("expected", touched.expected_lines(ids))
        ],
        "warehouses": [shown.warehouse(warehouse) for warehouse in touched.warehouses_of(ids)],
        "stock": [shown.place(level) for level in first("stock", trace.whereabouts(ids))],
        "transfers": [
            shown.transfer(item) for item in first("transfers", touched.transfers_of(ids))
        ],
        "clients": [
            shown.buyer(buyer) for buyer in first("clients", touched.buyers_of(recall.pk, ids))
        ],
        "records": [
            shown.record(record) for record in first("records", touched.records_of(recall.pk))
        ],
        "shortened": shortened,
    }
    page = pages.paginate_queryset(touched.orders_of(ids), view.request, view=view)
    assert page is not None, "the list has pages"
    departures = [shown.departure(departure) for departure in trace.with_buyers(page)]
    body["orders"] = pages.get_paginated_response(departures).data
    return dict(answers.RecallSerializer(body).data)


def _lot(lot: LotProgress, places: list[Any]) -> dict[str, Any]:
    own = [place for place in places if place.recall_lot_id == lot.recalled.pk]
    return shown.recalled_lot(lot, own)
