"""The endpoints of promotions, below /api/v1/."""

from django.urls import path

from promotions.offers.api.v1 import ProductsView, ProductView

api_urlpatterns = [
    path("products", ProductsView.as_view(), name="products"),
    path("products/<str:sku>", ProductView.as_view(), name="product"),
]
