"""Stock as it was: what lay where at an instant that has passed, beside what lies there now."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from catalog.products.selectors import AliasCode, resolve_codes
from config.kernel import clock
from inventory.stock import display as shown
from inventory.stock.filters import number
from inventory.stock.selectors.past import Moment, then_and_now, told
from inventory.warehouses.models import Warehouse

ROWS_SHOWN = 100
HEADERS = ("Product", "Lot", "Place", "Then", "Now", "Difference")


def _instant(label: str, help_text: str, *, required: bool) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        help_text=help_text,
        required=required,
        widget=UnfoldAdminTextInputWidget({"type": "datetime-local", "step": "1"}),
        input_formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"],
    )


class ThenForm(forms.Form):
    """Which instant, as of which knowledge, of what."""

    at = _instant("At", "In UTC, an instant that has passed.", required=True)
    known_at = _instant(
        "As known at", "Blank: as known now, with what was written later.", required=False
    )
    sku = forms.CharField(
        label="SKU", max_length=100, required=False, widget=UnfoldAdminTextInputWidget()
    )
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.order_by("code"),
        required=False,
        empty_label="All",
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, data: Any, *, now: datetime) -> None:
        self.now = now
        super().__init__(data)

    def clean_at(self) -> datetime:
        """An instant that has passed."""
        return self._passed("at")

    def clean_known_at(self) -> datetime | None:
        """The same, or none."""
        return self._passed("known_at") if self.cleaned_data["known_at"] else None

    def clean_sku(self) -> list[int]:
        """The variant of that SKU or former SKU; none named: all."""
        code = self.cleaned_data["sku"].replace("\0", "").strip()
        if not code:
            return []
        found = resolve_codes(skus=[code, code.upper()], aliases=[AliasCode("legacy", code)])
        if not found:
            raise forms.ValidationError(f'Nothing of ours is called "{code}".')
        return sorted({variant.id for variant in found.values()})

    def _passed(self, name: str) -> datetime:
        instant: datetime = self.cleaned_data[name]
        if instant > self.now:
            raise forms.ValidationError(f"{shown.instant(instant)} has not come yet.")
        return instant


class StockThen:
    """The page: choose an instant, see what lay where and what has become of it."""

    def __init__(self, admin_site: AdminSite) -> None:
        self.admin_site = admin_site

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The form, and below it what it asks for."""
        if not request.user.has_perm("inventory.view_stocklevel"):
            raise PermissionDenied
        form = ThenForm(request.GET if "at" in request.GET else None, now=clock.now())
        context: dict[str, Any] = {}
        if form.is_bound and form.is_valid():
            context = _answer(request, form.cleaned_data)
        elif not form.is_bound:
            form.initial = {"sku": request.GET.get("sku", "")}
        return TemplateResponse(
            request,
            "admin/inventory/stock/then.html",
            {
                **self.admin_site.each_context(request),
                "title": "Stock as it was",
                "form": form,
                **context,
            },
        )


def _answer(request: HttpRequest, asked: dict[str, Any]) -> dict[str, Any]:
    moment = Moment(at=asked["at"], known_at=asked["known_at"])
    found = then_and_now(
        moment,
        variant_ids=asked["sku"] or None,
        warehouse_id=asked["warehouse"].pk if asked["warehouse"] else None,
        after=number(request.GET.get("after")) or 0,
    )
    levels = list(found[: ROWS_SHOWN + 1])
    page = told(levels[:ROWS_SHOWN], moment)
    more = len(levels) > ROWS_SHOWN
    query = request.GET.copy()
    if more:
        query["after"] = str(page[-1].pk)
    return {
        "table": {"headers": HEADERS, "rows": [_row(level) for level in page]},
        "said": _said(moment),
        "totals": _totals(page) if asked["sku"] and not more else [],
        "next_url": f"?{query.urlencode()}" if more else "",
    }


def _row(level: Any) -> list[Any]:
    unit = level.variant.product.stock_unit
    return [
        shown.product_link(level.variant),
        shown.lot_link(level.lot),
        shown.place(level.location),
        shown.some(level.on_hand_then, unit),
        shown.some(level.on_hand, unit),
        _difference(level.on_hand - level.on_hand_then, unit),
    ]


def _difference(value: Decimal, unit: str) -> SafeString:
    if not value:
        return SafeString("")
    colour = "text-green-700 dark:text-green-400" if value > 0 else "text-red-700 dark:text-red-400"
    text = shown.signed(value, unit)
    return format_html('<span class="font-semibold whitespace-nowrap {}">{}</span>', colour, text)


def _totals(page: Sequence[Any]) -> list[tuple[str, Any]]:
    """The sums of one SKU: of all its places, when they stand on one page."""
    if not page:
        return []
    unit = page[0].variant.product.stock_unit
    then = sum((level.on_hand_then for level in page), Decimal(0))
    now = sum((level.on_hand for level in page), Decimal(0))
    return [
        ("Then", shown.quantity(then, unit)),
        ("Now", shown.quantity(now, unit)),
        ("Difference", _difference(now - then, unit)),
    ]


def _said(moment: Moment) -> str:
    known = "as known now"
    if moment.known_at is not None:
        known = f"as it was known on {shown.instant(moment.known_at)}"
    return f"{shown.instant(moment.at)}, {known}"
