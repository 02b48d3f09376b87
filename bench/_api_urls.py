"""The product's URLs and two endpoints that do nearly nothing: what the others are measured by."""

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import Variant
from config.kernel.errors import NotFound
from config.urls import handler400, handler404, handler500
from config.urls import urlpatterns as _product

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]


class EmptyView(APIView):
    """Behind the token, the limits and the middleware there is nothing."""

    scope = "stock:read"

    def get(self, request: Request) -> Response:
        """Nothing."""
        return Response({})


class OneRowView(APIView):
    """Behind them there is one row, found by an index."""

    scope = "stock:read"

    def get(self, request: Request) -> Response:
        """The row."""
        row = (
            Variant.objects.filter(sku=request.query_params.get("sku", ""))
            .values("id", "sku", "size")
            .first()
        )
        if row is None:
            raise NotFound("There is no such row.")
        return Response(row)


urlpatterns = [
    path("api/v1/bench/empty", EmptyView.as_view()),
    path("api/v1/bench/row", OneRowView.as_view()),
    *_product,
]
