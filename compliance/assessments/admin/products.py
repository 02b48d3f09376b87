"""The compliance of one product: its clearances, its formula, its label sheets."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from catalog.units.rules import plain
from compliance.assessments import services
from compliance.assessments.admin import words
from compliance.assessments.admin.evidence import facts_of
from compliance.assessments.admin.forms import FormulaForm
from compliance.assessments.admin.labels import label_url
from compliance.assessments.admin.page import VIEW, papers
from compliance.assessments.models import Clearance, FormulaLine
from compliance.assessments.selectors.queue import exposures
from compliance.assessments.selectors.review import (
    clearances_of,
    cosmetic_of,
    formula_of,
    product_names,
    skus_of,
)
from config.kernel import clock
from config.kernel.errors import DomainError

CHANGE_FORMULA = "compliance.change_formulaline"


class ProductPage:
    """GET shows a product's standing; POST puts a formula in the place of the one before."""

    def __init__(self, admin_site: AdminSite) -> None:
        self.admin_site = admin_site
        self.__name__ = type(self).__name__

    def __call__(self, request: HttpRequest, product_id: int) -> HttpResponse:
        """The page, for those who may see clearances."""
        if not request.user.has_perm(VIEW):
            raise PermissionDenied
        name = product_names([product_id]).get(product_id)
        if name is None:
            raise Http404(f"no product {product_id}")
        form = FormulaForm(initial={"text": formula_text(formula_of(product_id))})
        if request.method == "POST":
            form = FormulaForm(request.POST)
            if self._saved(request, product_id, form):
                return HttpResponseRedirect(reverse("admin:compliance_product", args=[product_id]))
        return self._page(request, product_id, name, form)

    def _saved(self, request: HttpRequest, product_id: int, form: FormulaForm) -> bool:
        if not request.user.has_perm(CHANGE_FORMULA):
            raise PermissionDenied
        if not form.is_valid():
            return False
        try:
            lines = services.read_formula(form.cleaned_data["text"])
            services.set_formula(product_id=product_id, lines=lines, now=clock.now())
        except DomainError as error:
            form.refuse(error)
            return False
        said = f"Saved: {len(lines)} lines." if lines else "The formula was taken away."
        messages.success(request, f"{said} The product has been judged again.")
        return True

    def _page(
        self, request: HttpRequest, product_id: int, name: str, form: FormulaForm
    ) -> HttpResponse:
        now = clock.now()
        cosmetic = cosmetic_of(product_id)
        lines = formula_of(product_id)
        behind = exposures([product_id]).get(product_id)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": name,
            "subtitle": "Compliance",
            "product_id": product_id,
            "skus": skus_of(product_id),
            "cosmetic": cosmetic,
            "facts": facts_of(cosmetic) if cosmetic else [],
            "clearances": [
                self._row(request, row, now, is_cosmetic=cosmetic is not None)
                for row in clearances_of(product_id)
            ],
            "worth": words.worth(behind),
            "reservations": behind.open_reservations if behind else 0,
            "documents": papers(product_id, now.date()),
            "lines": [(line.name, share(line)) for line in lines],
            "least": plain(sum((line.percent_min for line in lines), Decimal(0))),
            "most": plain(sum((line.percent_max for line in lines), Decimal(0))),
            "form": form if cosmetic and request.user.has_perm(CHANGE_FORMULA) else None,
            "catalogue_url": reverse("admin:catalog_product_change", args=[product_id])
            if request.user.has_perm("catalog.view_product")
            else "",
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/compliance/assessments/product.html", context)

    def _row(
        self, request: HttpRequest, row: Clearance, now: Any, *, is_cosmetic: bool
    ) -> dict[str, Any]:
        return {
            "market": f"{row.market.code} · {row.market.name}",
            "url": reverse("admin:compliance_clearance_change", args=[row.pk]),
            "status": words.status_label(row.status),
            "severity": words.severity_label(row.severity),
            "sale": words.sale_label(row, now),
            "reason": row.reason,
            "label_url": label_url(request, row.product_id, row.market.code) if is_cosmetic else "",
        }


def share(line: FormulaLine) -> str:
    """`5`, `0.1 - 0.5` or `< 10`: as it is typed."""
    low, high = plain(line.percent_min), plain(line.percent_max)
    if low == high:
        return low
    return f"< {high}" if line.percent_min == 0 else f"{low} - {high}"


def formula_text(lines: list[FormulaLine]) -> str:
    """The formula as it is typed."""
    return "\n".join(f"{line.name}; {share(line)}" for line in lines)
