"""Put away: what waits on the dock goes into its bins, many places in one go."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextareaWidget

from catalog.identifiers.errors import InvalidIdentifier
from config.kernel import clock
from config.kernel.admin import QuantityField
from config.kernel.errors import DomainError
from config.kernel.words import counted
from inventory.stock import display as shown
from inventory.stock import services
from inventory.stock.filters import number
from inventory.stock.models import StockLevel
from inventory.stock.selectors.bins import suggested_bins, waiting_on_docks
from inventory.stock.selectors.codes import resolve_code
from inventory.stock.selectors.serials import serial_tracked_ids
from inventory.stock.widgets import CodeInput
from inventory.warehouses.models import Location, Warehouse
from inventory.warehouses.selectors import usable_locations

ROWS_SHOWN = 100
PLACES_OFFERED_MAX = 500
SESSION_KEY = "put_away_warehouse"


class RowForm(forms.Form):
    """How much of one place goes where; blank: it stays."""

    quantity = QuantityField(required=False, min_value=Decimal(0))
    to = forms.CharField(max_length=30, required=False, widget=CodeInput)
    serials = forms.CharField(required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}))

    def __init__(
        self,
        data: Any,
        *,
        level: StockLevel,
        places: dict[str, Location],
        suggestion: str,
        is_tracked: bool,
    ) -> None:
        super().__init__(data, prefix=f"level-{level.pk}")
        self.level, self.places = level, places
        sku = level.variant.sku
        self.fields["quantity"].initial = level.on_hand
        self.fields["quantity"].unit = level.variant.product.stock_unit  # type: ignore[attr-defined]
        self.fields["quantity"].widget.attrs.update(
            {"inputmode": "decimal", "aria-label": f"How much of {sku}"}
        )
        self.fields["to"].initial = suggestion
        self.fields["to"].widget.attrs["aria-label"] = f"Bin for {sku}"
        self.fields["to"].widget.offer(  # type: ignore[attr-defined]
            (place.code, place.get_kind_display())
            for place in list(places.values())[:PLACES_OFFERED_MAX]
        )
        if is_tracked:
            self.fields["serials"].widget.attrs["aria-label"] = f"Serial numbers of {sku}"
        else:
            del self.fields["serials"]

    def clean_to(self) -> Location | None:
        """The open place of this code, however its letters are written."""
        code = self.cleaned_data["to"].strip()
        if not code:
            return None
        place = self.places.get(code.upper())
        if place is None:
            raise forms.ValidationError(f"There is no open place {code}.")
        return place

    @property
    def step(self) -> services.Step | None:
        """The move that the row asks for; None: the goods stay."""
        data = self.cleaned_data
        if not data["quantity"] or data["to"] is None:
            return None
        return services.Step(
            stock_level_id=self.level.pk,
            to_location_id=data["to"].pk,
            quantity=data["quantity"],
            serials=data.get("serials", "").replace(",", " ").split(),
        )


class PutAway:
    """The page of a warehouse's docks. GET shows what waits, POST puts away what has a bin."""

    def __init__(self, admin_site: AdminSite) -> None:
        self.admin_site = admin_site

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """All of what is sent, or nothing."""
        if not request.user.has_perm("inventory.move_stock"):
            raise PermissionDenied
        warehouse = _warehouse(request)
        if warehouse is None:
            return self._page(request, None, [], problem="There is no warehouse yet.")
        request.session[SESSION_KEY] = warehouse.pk
        chosen = request.POST.getlist("level") if request.method == "POST" else None
        levels = waiting_on_docks(warehouse.pk)
        if chosen is not None:
            levels = levels.filter(pk__in=[pk for text in chosen if (pk := number(text))])
        rows, problem = _matching(list(levels[:ROWS_SHOWN]), request.GET.get("code", ""))
        forms_ = _forms(request, rows, warehouse)
        are_valid = [form.is_valid() for form in forms_]  # each of them shows what is wrong
        if request.method == "POST" and all(are_valid):
            problem = self._put_away(request, forms_)
            if not problem:
                return HttpResponseRedirect(f"{reverse('admin:put_away')}?warehouse={warehouse.pk}")
        return self._page(request, warehouse, forms_, problem=problem)

    def _put_away(self, request: HttpRequest, rows: list[RowForm]) -> str:
        """Why nothing was put away; blank where it was."""
        steps = [step for row in rows if (step := row.step)]
        if not steps:
            return "Say for one row at least into which bin it goes."
        try:
            services.move_many(steps=steps, reason="Put away", now=clock.now())
        except DomainError as error:
            return error.detail
        messages.success(request, f"{counted(len(steps), 'place')} put away.")
        return ""

    def _page(
        self,
        request: HttpRequest,
        warehouse: Warehouse | None,
        rows: list[RowForm],
        *,
        problem: str = "",
    ) -> HttpResponse:
        waiting = waiting_on_docks(warehouse.pk).count() if warehouse else 0
        context = {
            **self.admin_site.each_context(request),
            "title": "Put away",
            "warehouse": warehouse,
            "warehouses": Warehouse.objects.order_by("code"),
            "code": request.GET.get("code", ""),
            "rows": [_shown(form) for form in rows],
            "more": max(waiting - len(rows), 0),
            "problem": problem,
            "media": rows[0].media if rows else "",
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/inventory/stock/put_away.html", context)


def _warehouse(request: HttpRequest) -> Warehouse | None:
    given = request.POST if request.method == "POST" else request.GET
    for chosen in (number(given.get("warehouse")), request.session.get(SESSION_KEY)):
        warehouse = Warehouse.objects.filter(pk=chosen).first() if chosen else None
        if warehouse is not None:
            return warehouse
    return Warehouse.objects.order_by("code").first()


def _matching(levels: list[StockLevel], code: str) -> tuple[list[StockLevel], str]:
    """The rows that a scan names; without one all of them. And what is wrong with the scan."""
    code = code.replace("\0", "").strip()
    if not code:
        return levels, ""
    try:
        said = resolve_code(code, today=clock.today("UTC", clock.now()))
    except InvalidIdentifier as error:
        return levels, error.detail
    rows = [
        level
        for level in levels
        if level.variant.sku == said.sku and said.lot in (None, level.lot.code)
    ]
    if rows:
        return rows, ""
    return levels, f"Nothing on the dock is called {code}."


def _forms(request: HttpRequest, levels: list[StockLevel], warehouse: Warehouse) -> list[RowForm]:
    places = {place.code.upper(): place for place in usable_locations(warehouse.pk)}
    bins = suggested_bins(levels) if levels else {}
    tracked = serial_tracked_ids({level.variant_id for level in levels}) if levels else set()
    return [
        RowForm(
            request.POST if request.method == "POST" else None,
            level=level,
            places=places,
            suggestion=bins.get(level.pk, ""),
            is_tracked=level.variant_id in tracked,
        )
        for level in levels
    ]


def _shown(form: RowForm) -> dict[str, Any]:
    level = form.level
    return {
        "form": form,
        "pk": level.pk,
        "place": level.location.code,
        "product": shown.product_link(level.variant),
        "lot": shown.lot_link(level.lot),
        "on_hand": shown.quantity(level.on_hand, level.variant.product.stock_unit),
        "promised": shown.some(level.reserved, level.variant.product.stock_unit),
        "hold": shown.label("On hold" if level.is_on_hold else "", "warning"),  # type: ignore[attr-defined]
    }
