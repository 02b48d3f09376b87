"""The pages on which a transfer is planned and received, made for a scanner and a keyboard."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from config.kernel import clock
from config.kernel.errors import DomainError
from inventory.stock import display as shown
from inventory.stock.selectors.serials import serial_tracked_ids
from inventory.transfers import services
from inventory.transfers.admin.forms import ArrivalRow, PlanForm, ReceiveForm, places_of
from inventory.transfers.models import Transfer
from inventory.transfers.selectors import ON_THE_ROAD, transfer_with_everything


class PlanPage:
    """From where to where, and the goods: one scan a line."""

    def __init__(self, admin_site: AdminSite) -> None:
        self.admin_site = admin_site

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """GET asks, POST plans and leads to the transfer."""
        if not request.user.has_perm("inventory.plan_transfer"):
            raise PermissionDenied
        now = clock.now()
        form = PlanForm(request.POST if request.method == "POST" else None, now=now)
        if form.is_valid():
            data = form.cleaned_data
            try:
                transfer = services.plan_transfer(
                    source_id=data["source"].pk,
                    destination_id=data["destination"].pk,
                    lines=[
                        services.LineDraft(
                            variant_id=goods.variant.id,
                            quantity=goods.quantity,
                            lot_code=goods.lot_code,
                            serials=goods.serials,
                        )
                        for goods in form.scanned
                    ],
                    reference=data["reference"],
                    expected_date=data["expected_date"],
                    now=now,
                )
            except DomainError as error:
                details = [problem.detail for problem in error.errors] or [str(error)]
                for detail in details[:20]:
                    form.add_error(None, detail)
            else:
                messages.success(
                    request,
                    f"Transfer {transfer.reference} is planned. Send it off when it leaves.",
                )
                return HttpResponseRedirect(_page_of(transfer))
        return _page(self.admin_site, request, "plan.html", "New transfer", form=form)


class ReceivePage:
    """What of a transfer has arrived, lot by lot."""

    def __init__(self, admin_site: AdminSite) -> None:
        self.admin_site = admin_site

    def __call__(self, request: HttpRequest, transfer_id: UUID) -> HttpResponse:
        """GET asks, POST receives and leads back to the transfer."""
        if not request.user.has_perm("inventory.receive_transfer"):
            raise PermissionDenied
        transfer = transfer_with_everything(transfer_id)
        if transfer is None:
            raise Http404(f"no transfer {transfer_id}")
        if transfer.status not in ON_THE_ROAD:
            messages.error(
                request,
                f"Transfer {transfer.reference} is {transfer.get_status_display().lower()}.",
            )
            return HttpResponseRedirect(_page_of(transfer))
        data = request.POST if request.method == "POST" else None
        rows = _rows(transfer, data)
        form = ReceiveForm(data)
        if data is not None and all([form.is_valid(), *(row.is_valid() for row in rows)]):
            told = _receive(request, transfer, rows, form)
            if told:
                messages.success(request, told)
                return HttpResponseRedirect(_page_of(transfer))
        return _page(
            self.admin_site,
            request,
            "receive.html",
            f"Receive {transfer.reference}",
            form=form,
            transfer=transfer,
            rows=[_shown(row) for row in rows],
            back_url=_page_of(transfer),
        )


def _rows(transfer: Transfer, data: Any) -> list[ArrivalRow]:
    places = places_of(transfer)
    items = [item for item in transfer.items.all() if item.on_the_road]
    tracked = serial_tracked_ids({item.variant_id for item in items})
    return [
        ArrivalRow(data, item=item, places=places, is_tracked=item.variant_id in tracked)
        for item in items
    ]


def _receive(
    request: HttpRequest, transfer: Transfer, rows: list[ArrivalRow], form: ReceiveForm
) -> str:
    """What to tell where it went well; blank where the form says what is wrong."""
    arrivals = [
        services.Arrival(
            variant_id=row.item.variant_id,
            lot_code=row.item.road_level.lot.code,
            quantity=row.cleaned_data["quantity"],
            location_id=place.pk if (place := row.cleaned_data["location"]) else None,
            serials=row.cleaned_data.get("serials", ()),
        )
        for row in rows
        if row.cleaned_data["quantity"]
    ]
    if not arrivals and not form.cleaned_data["is_all"]:
        form.add_error(None, "Say how much has arrived of one line at least.")
        return ""
    try:
        received = services.receive_transfer(
            transfer_id=transfer.pk,
            arrivals=arrivals,
            is_all=form.cleaned_data["is_all"],
            may_find_more=form.cleaned_data["may_find_more"],
            now=clock.now(),
        )
    except DomainError as error:
        form.add_error(None, error.detail)
        return ""
    return f"Transfer {received.reference}: {received.get_status_display().lower()}."


def _shown(row: ArrivalRow) -> dict[str, Any]:
    item = row.item
    lot = item.road_level.lot
    return {
        "form": row,
        "product": shown.product_link(item.variant),
        "lot": shown.lot_link(lot),
        "expires": shown.day(lot.expiry_date),
        "road": shown.quantity(item.on_the_road, item.variant.product.stock_unit),
    }


def _page_of(transfer: Transfer) -> str:
    return reverse("admin:inventory_transfer_change", args=[transfer.pk])


def _page(
    admin_site: AdminSite, request: HttpRequest, template: str, title: str, **context: Any
) -> HttpResponse:
    request.current_app = admin_site.name
    return TemplateResponse(
        request,
        f"admin/inventory/transfers/{template}",
        {**admin_site.each_context(request), "title": title, **context},
    )
