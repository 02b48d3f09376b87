"""The page where a recall begins or grows: choose lots, see who would lose what, freeze."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse

from catalog.partners.models import Partner
from catalog.units.rules import plain
from config.kernel import clock
from config.kernel.errors import DomainError
from config.kernel.money import format_money
from config.kernel.words import counted
from inventory.recalls import services
from inventory.recalls.admin import tables
from inventory.recalls.admin.forms import AddForm, CriteriaForm, RefusableForm, StartForm
from inventory.recalls.models import Recall, RecallStatus
from inventory.recalls.selectors.preview import LyingLot, Scanned, lots_by_id, lying_lots, read_scan
from inventory.reservations.selectors import ItemCode
from inventory.stock.filters import number
from inventory.stock.losses import consequences_of

SEEN_FIELD = "_seen"
SUPPLIERS_OFFERED_MAX = 500
CRITERIA = ("supplier", "produced_from", "produced_to", "sku")


class StartRecall:
    """GET adds a scan or shows what was chosen; POST shows who would lose, then freezes."""

    def __init__(self, admin_site: AdminSite) -> None:
        self.admin_site = admin_site

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """One scan after the other, or everything of a supplier, of some days."""
        if not request.user.has_perm("inventory.start_recall"):
            raise PermissionDenied
        given = request.POST if request.method == "POST" else request.GET
        ids = [key for key in dict.fromkeys(map(number, given.getlist("lot"))) if key is not None]
        ids = ids[: services.LOTS_MAX]
        if request.method == "POST":
            return self._start(request, ids)
        code = request.GET.get("code", "").replace("\0", "").strip()
        if code:
            scanned = read_scan(code, today=clock.now().date())
            if scanned.lot is not None:
                return HttpResponseRedirect(_url([*ids, scanned.lot.pk], _joined(request)))
            return self._page(request, ids, code=code, scanned=scanned)
        return self._page(request, ids)

    def _start(self, request: HttpRequest, ids: list[int]) -> HttpResponse:
        joined, now = _joined(request), clock.now()
        form: RefusableForm = AddForm(request.POST) if joined else StartForm(request.POST)
        choice, _ = _choice(request.POST, ids)
        if choice is None or not form.is_valid():
            return self._page(request, ids, form=form)

        def freeze() -> tuple[Recall, bool]:
            assert choice is not None, "it is checked above"
            return _freeze(choice, form.cleaned_data, joined, now)

        try:
            consequences = consequences_of(freeze)
            if consequences and request.POST.get(SEEN_FIELD) != consequences.seal:
                return self._page(request, ids, form=form, consequences=consequences)
            recall, is_new = freeze()
        except DomainError as error:
            form.refuse(error)
            return self._page(request, ids, form=form)
        if is_new:
            frozen = counted(recall.lots.filter(added_at=now).count(), "lot")
            messages.success(request, f"{frozen} frozen. Nobody can sell any of it now.")
        else:
            messages.info(request, f"Recall {recall.reference} was begun before with these lots.")
        return HttpResponseRedirect(reverse("admin:inventory_recall_change", args=[recall.pk]))

    def _page(
        self,
        request: HttpRequest,
        ids: list[int],
        *,
        code: str = "",
        scanned: Scanned | None = None,
        form: RefusableForm | None = None,
        consequences: Any = None,
    ) -> HttpResponse:
        given = request.POST if request.method == "POST" else request.GET
        joined = _joined(request)
        choice, criteria = _choice(given, ids)
        lying: list[LyingLot] = []
        problem, passed_over = (scanned.problem if scanned else ""), 0
        if choice is not None:
            try:
                chosen = services.choose_lots(choice)
            except DomainError as error:
                problem = problem or error.detail
            else:
                lying, passed_over = lying_lots(chosen.lots), chosen.without_production_date
        remove = {key: _url([other for other in ids if other != key], joined) for key in ids}
        context = {
            **self.admin_site.each_context(request),
            "title": f"Add lots to recall {joined.reference}" if joined else "Recall lots",
            "joined": joined,
            "ids": ids,
            "code": code,
            "problem": problem,
            "offered": [
                (lot, _url([*ids, lot.pk], joined)) for lot in (scanned.offered if scanned else ())
            ],
            "criteria": criteria,
            "criteria_values": [
                (name, criteria[name].value() or "") for name in CRITERIA if not ids
            ],
            "suppliers": Partner.objects.filter(is_supplier=True).order_by("code")[
                :SUPPLIERS_OFFERED_MAX
            ],
            "table": tables.preview_table(lying, remove) if lying else None,
            "summary": _summary(lying),
            "passed_over": passed_over,
            "form": form or (AddForm() if joined else StartForm()),
            "consequences": consequences,
            "seen_field": SEEN_FIELD,
            "button": f"Freeze {counted(len(lying), 'lot')}",
            "start_url": _url([], joined),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/inventory/recalls/start.html", context)


def _url(ids: list[int], joined: Recall | None) -> str:
    """The page with these lots chosen, for a new recall or one that they join."""
    chosen: list[tuple[str, object]] = [("recall", joined.pk)] if joined else []
    query = urlencode([*chosen, *(("lot", key) for key in dict.fromkeys(ids))])
    return reverse("admin:recall_start") + (f"?{query}" if query else "")


def _joined(request: HttpRequest) -> Recall | None:
    """The open recall that the lots are to join; None: they begin a new one."""
    given = request.POST if request.method == "POST" else request.GET
    try:
        key = UUID(given.get("recall", ""))
    except ValueError:
        return None
    return Recall.objects.filter(pk=key, status=RecallStatus.OPEN).first()


def _choice(given: QueryDict, ids: list[int]) -> tuple[services.Choice | None, CriteriaForm]:
    """The lots that were scanned, else those that fit; None where nothing is chosen yet."""
    is_asked = not ids and any(given.get(name) for name in CRITERIA)
    criteria = CriteriaForm(given if is_asked else None)
    if ids:
        named = [
            services.NamedLot(item=ItemCode(sku=lot.variant.sku), lot=lot.code)
            for lot in lots_by_id(ids)
        ]
        return (services.Choice(lots=named) if named else None), criteria
    if not is_asked or not criteria.is_valid():
        return None, criteria
    data = criteria.cleaned_data
    choice = services.Choice(
        supplier=data["supplier"],
        produced_from=data["produced_from"],
        produced_to=data["produced_to"],
        item=ItemCode(sku=data["sku"]) if data["sku"] else None,
    )
    return choice, criteria


def _freeze(
    choice: services.Choice, data: dict[str, Any], joined: Recall | None, now: datetime
) -> tuple[Recall, bool]:
    if joined is not None:
        services.add_lots(recall_id=joined.pk, choice=choice, now=now)
        return joined, True
    return services.start_recall(
        reference=data["reference"], reason=data["reason"], choice=choice, now=now
    )


def _summary(lots: list[LyingLot]) -> list[tuple[str, str]]:
    """What is at stake, in a few figures."""
    if not lots:
        return []
    values: dict[str, Decimal] = {}
    for found in lots:
        if found.value is not None:
            currency = found.lot.currency
            values[currency] = values.get(currency, Decimal(0)) + found.value
    unknown = sum(found.value is None and found.balance.on_hand > 0 for found in lots)
    value = " + ".join(format_money(total, currency) for currency, total in sorted(values.items()))
    if unknown:
        value = f"{value or 'unknown'} ({counted(unknown, 'lot')} without cost)"
    return [
        ("Lots", str(len(lots))),
        ("On hand", _by_unit(lots, lambda found: found.balance.on_hand)),
        ("Promised", _by_unit(lots, lambda found: found.promised)),
        ("Sold and not returned", _by_unit(lots, lambda found: found.balance.with_customers)),
        ("Value at cost", value),
        ("Warehouses", ", ".join(sorted({code for found in lots for code, _ in found.places}))),
    ]


def _by_unit(lots: list[LyingLot], figure: Callable[[LyingLot], Decimal]) -> str:
    sums: dict[str, Decimal] = {}
    for found in lots:
        sums[found.unit] = sums.get(found.unit, Decimal(0)) + figure(found)
    return ", ".join(f"{plain(total)} {unit}" for unit, total in sorted(sums.items()) if total)
