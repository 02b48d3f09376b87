"""The label sheet of a product for a market: a page, and a PDF."""

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import slugify

from catalog.markets.models import Market
from catalog.markets.selectors import market_by_code
from compliance.assessments.label_pdf import draw
from compliance.assessments.rules.labels import LabelSheet
from compliance.assessments.selectors.labels import label_of
from config.kernel import clock

PERMISSION = "compliance.export_label"


class LabelPages:
    """What must stand on the label, with what is missing marked."""

    def __init__(self, admin_site: AdminSite) -> None:
        self.admin_site = admin_site

    def urls(self) -> list[URLPattern]:
        """The page and the file."""
        view = self.admin_site.admin_view
        here = "product/<int:product_id>/label/<str:market_code>"
        return [
            path(f"{here}/", view(self.page), name="compliance_label"),
            path(f"{here}.pdf", view(self.pdf), name="compliance_label_pdf"),
        ]

    def page(self, request: HttpRequest, product_id: int, market_code: str) -> HttpResponse:
        """The sheet on the screen."""
        sheet, market = _sheet(request, product_id, market_code)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Label sheet: {sheet.product}",
            "subtitle": market.code,
            "sheet": sheet,
            "pdf_url": reverse("admin:compliance_label_pdf", args=[product_id, market.code]),
            "product_url": reverse("admin:compliance_product", args=[product_id]),
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/compliance/assessments/label.html", context)

    def pdf(self, request: HttpRequest, product_id: int, market_code: str) -> HttpResponse:
        """The sheet to hand on."""
        sheet, market = _sheet(request, product_id, market_code)
        name = f"label-{slugify(sheet.product)[:60] or product_id}-{market.code.lower()}.pdf"
        return HttpResponse(
            draw(sheet),
            content_type="application/pdf",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _sheet(request: HttpRequest, product_id: int, market_code: str) -> tuple[LabelSheet, Market]:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    market = market_by_code(market_code[:10])
    sheet = label_of(product_id, market, now=clock.now()) if market else None
    if market is None or sheet is None:
        raise Http404(f"no label of product {product_id} in {market_code}")
    return sheet, market


def label_url(request: HttpRequest, product_id: int, market_code: str) -> str:
    """The page of a sheet for those who may draw one, else nothing."""
    if not request.user.has_perm(PERMISSION):
        return ""
    return reverse("admin:compliance_label", args=[product_id, market_code])
