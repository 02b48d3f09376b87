"""/api/v1/: every app's endpoints, their description, and the pages that show it."""

import importlib

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

_APPS = ("catalog", "compliance", "inventory", "promotions")


def _endpoints() -> list[URLPattern | URLResolver]:
    """The `api_urlpatterns` of each app that has a urls.py."""
    found: list[URLPattern | URLResolver] = []
    for name in _APPS:
        if importlib.util.find_spec(f"{name}.urls"):
            found += importlib.import_module(f"{name}.urls").api_urlpatterns
    return found


urlpatterns = [
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    *_endpoints(),
]
