"""The calendar: what becomes unlawful, when, and what it hits."""

from datetime import date
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from catalog.markets.models import Market
from compliance.assessments.admin import words
from compliance.assessments.admin.filters import number
from compliance.assessments.admin.page import VIEW
from compliance.assessments.selectors.calendar import Coming, coming
from compliance.assessments.selectors.review import product_names
from config.kernel import clock
from config.kernel.admin.display import label
from config.kernel.words import counted

WITHIN = (30, 90, 180, 365, 730)
PRODUCTS_SHOWN = 50
INGREDIENTS_SHOWN = 5


class CalendarPage:
    """What is to come, by day and rule; one product's name leads to its page."""

    def __init__(self, admin_site: AdminSite) -> None:
        self.admin_site = admin_site
        self.__name__ = type(self).__name__

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The page, for those who may see clearances."""
        if not request.user.has_perm(VIEW):
            raise PermissionDenied
        now = clock.now()
        markets = list(Market.objects.filter(is_active=True).order_by("code"))
        market = request.GET.get("market", "")
        market = market if market in {own.code for own in markets} else ""
        within = number(request.GET.get("within"))
        within = within if within in WITHIN else None
        found = coming(now, market_code=market, within_days=within)
        shown = {pk for own in found.coming for pk in own.product_ids[:PRODUCTS_SHOWN]}
        names = product_names(shown)
        days: dict[date, list[dict[str, Any]]] = {}
        for own in found.coming:
            days.setdefault(own.from_date, []).append(_shown(own, names))
        context = {
            **self.admin_site.each_context(request),
            "title": "What becomes illegal, when",
            "days": [
                (day, _left((day - now.date()).days), _urgency((day - now.date()).days), rules)
                for day, rules in days.items()
            ],
            "markets": markets,
            "market": market,
            "within": within,
            "within_choices": WITHIN,
            "open_day": request.GET.get("open", ""),
            "is_cut": found.is_cut,
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/compliance/assessments/calendar.html", context)


def _left(days: int) -> str:
    return "tomorrow" if days == 1 else f"in {counted(days, 'day')}"


def _urgency(days: int) -> str:
    if days <= 30:
        return "danger"
    return "warning" if days <= 90 else "info"


def _shown(own: Coming, names: dict[int, str]) -> dict[str, Any]:
    return {
        "rule": own.rule,
        "what": _what(own),
        "ingredients": ", ".join(own.ingredients[:INGREDIENTS_SHOWN]),
        "more_ingredients": max(len(own.ingredients) - INGREDIENTS_SHOWN, 0),
        "message": own.message,
        "markets": ", ".join(own.markets),
        "count": len(own.product_ids),
        "products": [
            (names[pk], reverse("admin:compliance_product", args=[pk]))
            for pk in own.product_ids[:PRODUCTS_SHOWN]
            if pk in names
        ],
        "more": max(len(own.product_ids) - PRODUCTS_SHOWN, 0),
        "lots": own.lots,
        "worth": words.worth(own),
        "reservations": own.open_reservations,
        "added_up": own.added_up,
    }


def _what(own: Coming) -> Any:
    if own.is_placing:
        return label("No new goods", "info")
    if own.is_certificate:
        return label("Certificate runs out", "danger")
    if own.severity == "block":
        return label("Off sale, shelf included", "danger")
    return label("Only if settled", "warning")
