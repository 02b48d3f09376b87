"""Endpoints that exist for the kernel's tests alone, under the paths of the real API."""

from typing import Any
from uuid import uuid4

from django.db import OperationalError
from django.urls import path
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from config.kernel.alerts import Alert
from config.kernel.api import (
    ConditionalMixin,
    CursorPages,
    MoneyField,
    QuantityField,
    idempotent,
    read_query,
)
from config.kernel.clock import now
from config.kernel.errors import DomainError, FieldError, InvalidInput, NotFound


class Shortage(DomainError):
    code = "insufficient-stock"
    title = "Not enough stock"


class LineInput(serializers.Serializer):
    sku = serializers.CharField()
    quantity = QuantityField(allow_zero=False)
    mode = serializers.ChoiceField(choices=["set", "delta"], required=False)
    price = MoneyField(required=False)


class OrderInput(serializers.Serializer):
    reference = serializers.CharField(max_length=20)
    lines = LineInput(many=True, allow_empty=False)


class ListQuery(serializers.Serializer):
    market = serializers.CharField(max_length=5)
    sku = serializers.ListField(child=serializers.CharField(max_length=5), required=False)


class Orders(APIView):
    """Makes an alert for each order, so that tests can count effects."""

    required_scopes = {"GET": "stock:read", "POST": "reservations:write"}

    def get(self, request):
        query = read_query(request, ListQuery)
        return Response(query)

    @idempotent
    def post(self, request):
        order = OrderInput(data=request.data)
        order.is_valid(raise_exception=True)
        reference = order.validated_data["reference"]
        alert = Alert.objects.create(
            kind="order",
            key=f"order:{uuid4()}",
            severity="info",
            title=reference,
            created_at=now(),
        )
        match reference:
            case "shortage":
                raise Shortage("Too few.", shortages=[{"sku": "A"}])
            case "unknown":
                raise InvalidInput("No.", errors=[FieldError("/lines/0/sku", "unknown", "No.")])
            case "missing":
                raise NotFound("No such warehouse.")
            case "answered-refusal":
                return Response({"code": "refused"}, status=409)
            case "explode":
                raise RuntimeError("secret detail")
            case "outage":
                raise OperationalError("server closed the connection unexpectedly")
        return Response(
            {"id": alert.pk, "lines": OrderInput(order.validated_data).data["lines"]},
            status=201,
            headers={"Location": f"/api/v1/orders/{alert.pk}"},
        )


class Levels(ConditionalMixin, APIView):
    scope = "stock:read"
    vary = ["Accept-Language"]
    content: dict[str, Any] = {"available": "5"}

    def get(self, request):
        return Response({"as_of": now().isoformat(), **self.content})


class Alerts(APIView):
    scope = "stock:read"

    def get(self, request):
        pages = CursorPages()
        rows = pages.paginate_queryset(Alert.objects.all(), request, self)
        return pages.get_paginated_response([row.key for row in rows or []])


class Nested(APIView):
    scope = "reservations:write"

    def post(self, request):
        raise ValidationError({"a/b": {"c~d": ["wrong"]}})


class Prices(APIView):
    scope = "prices:write"

    def put(self, request):
        return Response({})


class Closed(APIView):
    def get(self, request):
        return Response({})


urlpatterns = [
    path("api/v1/orders", Orders.as_view()),
    path("api/v1/levels", Levels.as_view()),
    path("api/v1/alerts", Alerts.as_view()),
    path("api/v1/nested", Nested.as_view()),
    path("api/v1/prices", Prices.as_view()),
    path("api/v1/closed", Closed.as_view()),
    path("api/v1/items/<str:sku>", Levels.as_view()),
]
handler400 = "config.kernel.problems.problem_400"
handler404 = "config.kernel.problems.problem_404"
handler500 = "config.kernel.problems.problem_500"
