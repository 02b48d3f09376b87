"""Goods in: scan, confirm, next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import plain
from config.kernel import clock
from config.kernel.errors import DomainError
from inventory.lots.models import LotHold
from inventory.lots.selectors import open_holds
from inventory.purchasing import services
from inventory.purchasing.admin.forms import Place, ReceiveForm
from inventory.purchasing.models import ShipmentNotice, ShipmentNoticeLine
from inventory.purchasing.scans import ScannedGoods, read_scan
from inventory.purchasing.selectors import (
    missing_first,
    notice_lines,
    notices_expecting,
    open_notices,
    with_progress,
)
from inventory.stock import display as shown
from inventory.stock.filters import number
from inventory.stock.models import MovementKind, StockMovement
from inventory.stock.selectors import ledger
from inventory.stock.selectors.serials import serial_tracked_ids
from inventory.warehouses.models import Warehouse

SESSION_KEY = "goods_in_warehouse"
SHIFT = timedelta(hours=12)
RECEIPTS_SHOWN = 20
LINES_SHOWN = 200
NOTICES_OFFERED_MAX = 200


def progress_bar(received: Decimal, announced: Decimal) -> SafeString:
    """How much has come in, as a bar; more than announced is shown as such."""
    percent = int(received * 100 / announced) if announced else 0
    colour = "bg-orange-500" if percent > 100 else "bg-green-500" if percent == 100 else ""
    return SafeString(
        render_to_string(
            "admin/inventory/purchasing/progress.html",
            {"percent": percent, "width": min(percent, 100), "colour": colour},
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """Where the user receives: a warehouse, and perhaps a delivery."""

    warehouse: Warehouse
    notice: ShipmentNotice | None

    @property
    def query(self) -> dict[str, Any]:
        """The same as a query string says it."""
        chosen: dict[str, Any] = {"warehouse": self.warehouse.pk}
        return {**chosen, "notice": self.notice.pk} if self.notice else chosen

    @property
    def url(self) -> str:
        """The page of this place and delivery, ready for the next scan."""
        return f"{reverse('admin:goods_in')}?{urlencode(self.query)}"


class GoodsIn:
    """The page where goods come in. GET reads a scan, POST books what was confirmed."""

    def __init__(self, admin_site: AdminSite) -> None:
        self.admin_site = admin_site

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """One scan after the other."""
        if not request.user.has_perm("inventory.receive_stock"):
            raise PermissionDenied
        here = _here(request)
        if here is None:
            return self._page(request, None, problem="There is no warehouse yet. Open one first.")
        if request.session.get(SESSION_KEY) != here.warehouse.pk:
            request.session[SESSION_KEY] = here.warehouse.pk
        if request.method == "POST":
            return self._receive(request, here)
        code = request.GET.get("code", "").replace("\0", "").strip()
        if not code:
            return self._page(request, here)
        today = clock.today(here.warehouse.time_zone, clock.now())
        try:
            goods = read_scan(code, notice=here.notice, today=today)
        except DomainError as error:
            return self._page(request, here, code=code, problem=str(error))
        form = ReceiveForm(
            variant=goods.variant,
            place=Place.of(here.warehouse),
            notice=here.notice,
            goods=goods,
            is_serial_tracked=_is_serial_tracked(goods.variant),
        )
        return self._page(request, here, code=code, goods=goods, form=form)

    def _receive(self, request: HttpRequest, here: Here) -> HttpResponse:
        variant = variants_by_id([number(request.POST.get("variant")) or 0])
        if not variant:
            return self._page(request, here, problem="The product is gone; scan it again.")
        (goods,) = (ScannedGoods(variant=ref) for ref in variant.values())
        form = ReceiveForm(
            request.POST,
            variant=goods.variant,
            place=Place.of(here.warehouse),
            notice=here.notice,
            is_serial_tracked=_is_serial_tracked(goods.variant),
        )
        if form.is_valid():
            now = clock.now()
            try:
                movement = _book(here, goods.variant, form.cleaned_data, now)
            except DomainError as error:
                form.refuse(error)
            else:
                _tell(request, here, goods.variant, movement)
                return HttpResponseRedirect(here.url)
        return self._page(request, here, goods=goods, form=form)

    def _page(
        self,
        request: HttpRequest,
        here: Here | None,
        *,
        code: str = "",
        problem: str = "",
        goods: ScannedGoods | None = None,
        form: ReceiveForm | None = None,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Goods in",
            "here": here,
            "code": "" if goods else code,
            "problem": problem,
            "goods": goods,
            "form": form,
            "warehouses": Warehouse.objects.order_by("code"),
            "notices": open_notices()[:NOTICES_OFFERED_MAX],
        }
        if here is not None:
            context |= _progress_of(request, here)
            if goods is not None and here.notice is None:
                expecting = notices_expecting(goods.variant.id)
                context["expecting"] = [
                    (notice, _switch_url(notice, code))
                    for notice in expecting.filter(warehouse=here.warehouse)[:5]
                ]
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/inventory/purchasing/goods_in.html", context)


def _here(request: HttpRequest) -> Here | None:
    """The delivery that was chosen and its warehouse, else the one chosen now or last time."""
    given = request.POST if request.method == "POST" else request.GET
    notice_id = number(given.get("notice"))
    if notice_id is not None:
        notices = with_progress(ShipmentNotice.objects.select_related("supplier", "warehouse"))
        notice = notices.filter(pk=notice_id).first()
        if notice is not None:
            return Here(warehouse=notice.warehouse, notice=notice)
    for chosen in (number(given.get("warehouse")), request.session.get(SESSION_KEY)):
        warehouse = Warehouse.objects.filter(pk=chosen).first() if chosen else None
        if warehouse is not None:
            return Here(warehouse=warehouse, notice=None)
    first = Warehouse.objects.order_by("code").first()
    return Here(warehouse=first, notice=None) if first else None


def _is_serial_tracked(variant: VariantRef) -> bool:
    return bool(serial_tracked_ids([variant.id]))


def _book(here: Here, variant: VariantRef, data: dict[str, Any], now: datetime) -> StockMovement:
    goods = {
        "variant_id": variant.id,
        "location_id": data["location"].pk,
        "quantity": data["quantity"],
        "lot_code": data["lot_code"],
        "expiry_date": data["expiry_date"],
        "production_date": data["production_date"],
        "serials": data.get("serials", ()),
        "now": now,
    }
    if here.notice is not None:
        return services.receive_scan(notice_id=here.notice.pk, **goods)
    return services.receive_unannounced(
        unit_cost=data["unit_cost"], reference=data["reference"], **goods
    )


def _tell(request: HttpRequest, here: Here, variant: VariantRef, movement: StockMovement) -> None:
    """Say what was booked and how to take it back; loudly where it went on hold."""
    (line,) = ledger(stock_level_ids=[movement.stock_level_id]).filter(pk=movement.pk)
    lot = line.stock_level.lot
    amount = shown.quantity(line.quantity, variant.stock_unit)
    where = shown.place(line.stock_level.location)
    told = f"{amount} of {variant.sku} {variant.product_name}, {shown.lot_phrase(lot)}"
    adjust = f"{reverse('admin:inventory_stocklevel_adjust', args=[line.stock_level_id])}?" + (
        urlencode({"back": here.url})
    )
    undo = (
        format_html(' Wrong? <a href="{}" class="underline">Adjust it</a>.', adjust)
        if request.user.has_perm("inventory.adjust_stock")
        else ""
    )
    messages.success(request, format_html("Received {} in {}.{}", told, where, undo))
    holds = list(open_holds([lot.pk]))
    if holds:
        messages.warning(request, _hold_warning(variant, shown.lot_phrase(lot), holds))


def _hold_warning(variant: VariantRef, lot: str, holds: list[LotHold]) -> str:
    why = "; ".join(f"{hold.get_reason_display()}: {hold.note}" for hold in holds)
    return f"{variant.sku} {lot} is ON HOLD and cannot be sold. {why}."


def _progress_of(request: HttpRequest, here: Here) -> dict[str, Any]:
    """What has come in, of the delivery or by this user in this shift; and what is missing."""
    receipts = ledger().filter(
        kind=MovementKind.RECEIPT, stock_level__location__warehouse=here.warehouse
    )
    notice: Any = here.notice
    if notice is None:
        since = clock.now() - SHIFT
        receipts = receipts.filter(recorded_at__gte=since, actor=request.user.pk)
        return {"receipts": [_receipt(line) for line in receipts[:RECEIPTS_SHOWN]]}
    receipts = receipts.filter(recorded_at__gte=notice.created_at, reference=notice.reference)
    lines = missing_first(notice_lines(notice.pk))[:LINES_SHOWN]
    return {
        "receipts": [_receipt(line) for line in receipts[:RECEIPTS_SHOWN]],
        "lines": [_line(line) for line in lines],
        "more_lines": max(notice.line_count - LINES_SHOWN, 0),
        "line_progress": progress_bar(notice.received, notice.announced),
    }


def _receipt(line: StockMovement) -> dict[str, Any]:
    variant = line.stock_level.variant
    return {
        "change": shown.change(line),
        "product": shown.product_link(variant),
        "lot": shown.lot_link(line.stock_level.lot),
        "place": shown.place(line.stock_level.location),
        "at": line.recorded_at,
        "actor": line.actor_name,
    }


def _line(line: ShipmentNoticeLine) -> dict[str, Any]:
    unit = line.variant.product.stock_unit
    return {
        "sku": line.variant.sku,
        "name": line.variant.product.name,
        "lot": line.lot_code,
        "expiry_date": line.expiry_date,
        "received": plain(line.received_quantity),
        "announced": shown.quantity(line.quantity, unit),
        "bar": progress_bar(line.received_quantity, line.quantity),
        "is_complete": line.received_quantity >= line.quantity,
    }


def _switch_url(notice: ShipmentNotice, code: str) -> str:
    return f"{reverse('admin:goods_in')}?{urlencode([('notice', notice.pk), ('code', code)])}"
