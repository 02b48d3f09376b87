"""Every URL, from the rooms' and Django's."""

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from django.utils.crypto import constant_time_compare
from django.views.generic import RedirectView
from django_prometheus.exports import ExportToDjangoView

from config import health
from config.kernel.problems import problem_400, problem_404, problem_500
from config.scan import scan


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' figures: open on one's own machine, in production only with the token."""
    if not settings.EMBEDDED:
        expected = f"Bearer {settings.METRICS_TOKEN}"
        given = request.headers.get("Authorization", "")
        if not settings.METRICS_TOKEN or not constant_time_compare(given, expected):
            raise Http404
    response: HttpResponse = ExportToDjangoView(request)
    return response


handler400 = problem_400
handler404 = problem_404
handler500 = problem_500

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/", permanent=False)),
    path("admin/scan/", admin.site.admin_view(scan), name="scan"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api")),
    path("healthz/live", health.live),
    path("healthz/ready", health.ready),
    path("metrics", metrics),
]
