"""/api/v1/: every app's endpoints, their description, and the pages that show it."""

import importlib
import importlib.util
from typing import Any

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

_APPS = ("catalog", "compliance", "inventory", "promotions")


def _endpoints() -> list[URLPattern | URLResolver]:
    """The `api_urlpatterns` of each app that has a urls.py."""
    found: list[URLPattern | URLResolver] = []
    for name in _APPS:
        if importlib.util.find_spec(f"{name}.urls"):
            found += importlib.import_module(f"{name}.urls").api_urlpatterns
    return found


class DocsView(SpectacularSwaggerView):
    """The description as a page to browse; what it refuses, it refuses as the API does."""

    def handle_exception(self, exc: Exception) -> Response:
        """Answer in JSON: the page's own renderer would write HTML."""
        response = super().handle_exception(exc)
        request: Any = self.request
        request.accepted_renderer, request.accepted_media_type = JSONRenderer(), "application/json"
        return response


urlpatterns = [
    path("schema", SpectacularJSONAPIView.as_view(), name="schema"),
    path("docs", DocsView.as_view(url_name="schema"), name="docs"),
    *_endpoints(),
]
