"""The endpoints of inventory, below /api/v1/."""

from django.urls import path

from inventory.availability.api.lots_v1 import LotsView, LotTraceView
from inventory.availability.api.stock_v1 import StockView
from inventory.availability.api.v1 import AvailabilityQueryView, AvailabilityView, ResolveView
from inventory.counting.api.v1 import CountsView, CountView
from inventory.integration.api.v1 import StockUpdatesView
from inventory.reservations.api.v1 import (
    CommitView,
    ExtendView,
    ReleaseView,
    ReservationsView,
    ReservationView,
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
]
