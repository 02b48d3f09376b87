"""The endpoints of inventory, below /api/v1/."""

from django.urls import path

from inventory.availability.api.lots_v1 import LotsView, LotTraceView
from inventory.availability.api.stock_v1 import StockView
from inventory.availability.api.v1 import AvailabilityQueryView, AvailabilityView, ResolveView
from inventory.counting.api.v1 import CountsView, CountView
from inventory.integration.api.v1 import StockUpdatesView
from inventory.purchasing.api.v1 import ReceiptsView
from inventory.recalls.api.v1 import RecallProgressView, RecallsView, RecallView
from inventory.reservations.api.shipments_v1 import ShipmentsView, ShipmentView
from inventory.reservations.api.v1 import (
    CommitView,
    ExtendView,
    ReleaseView,
    ReservationsView,
    ReservationView,
)
from inventory.returns.api.v1 import (
    CancelReturnView,
    CloseReturnView,
    InspectReturnView,
    ReceiveReturnView,
    ReturnsView,
    ReturnView,
)
from inventory.transfers.api.v1 import (
    CancelTransferView,
    DispatchTransferView,
    ReceiveTransferView,
    TransfersView,
    TransferView,
)

api_urlpatterns = [
    path("resolve", ResolveView.as_view(), name="resolve"),
    path("availability", AvailabilityView.as_view(), name="availability"),
    path("availability/query", AvailabilityQueryView.as_view(), name="availability-query"),
    path("lots", LotsView.as_view(), name="lots"),
    path("lots/<int:lot_id>/trace", LotTraceView.as_view(), name="lot-trace"),
    path("stock", StockView.as_view(), name="stock"),
    path("counts", CountsView.as_view(), name="counts"),
    path("counts/<uuid:count_id>", CountView.as_view(), name="count"),
    path("stock-updates", StockUpdatesView.as_view(), name="stock-updates"),
    path("reservations", ReservationsView.as_view(), name="reservations"),
    path("reservations/<uuid:reservation_id>", ReservationView.as_view(), name="reservation"),
    path(
        "reservations/<uuid:reservation_id>/extend",
        ExtendView.as_view(),
        name="reservation-extend",
    ),
    path(
        "reservations/<uuid:reservation_id>/release",
        ReleaseView.as_view(),
        name="reservation-release",
    ),
    path(
        "reservations/<uuid:reservation_id>/commit",
        CommitView.as_view(),
        name="reservation-commit",
    ),
    path("recalls", RecallsView.as_view(), name="recalls"),
    path("recalls/<uuid:recall_id>", RecallView.as_view(), name="recall"),
    path("recalls/<uuid:recall_id>/progress", RecallProgressView.as_view(), name="recall-progress"),
    path("returns", ReturnsView.as_view(), name="returns"),
    path("returns/<uuid:return_id>", ReturnView.as_view(), name="return"),
    path("returns/<uuid:return_id>/receive", ReceiveReturnView.as_view(), name="return-receive"),
    path("returns/<uuid:return_id>/inspect", InspectReturnView.as_view(), name="return-inspect"),
    path("returns/<uuid:return_id>/close", CloseReturnView.as_view(), name="return-close"),
    path("returns/<uuid:return_id>/cancel", CancelReturnView.as_view(), name="return-cancel"),
    path("transfers", TransfersView.as_view(), name="transfers"),
    path("transfers/<uuid:transfer_id>", TransferView.as_view(), name="transfer"),
    path(
        "transfers/<uuid:transfer_id>/dispatch",
        DispatchTransferView.as_view(),
        name="transfer-dispatch",
    ),
    path(
        "transfers/<uuid:transfer_id>/cancel",
        CancelTransferView.as_view(),
        name="transfer-cancel",
    ),
    path(
        "transfers/<uuid:transfer_id>/receive",
        ReceiveTransferView.as_view(),
        name="transfer-receive",
    ),
    path("receipts", ReceiptsView.as_view(), name="receipts"),
    path("shipments", ShipmentsView.as_view(), name="shipments"),
    path("shipments/<uuid:shipment_id>", ShipmentView.as_view(), name="shipment"),
]
