"""The pages on which a return is authorised and received."""

from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from catalog.products.models import Variant
from config.kernel import clock
from config.kernel.errors import DomainError
from inventory.lots.models import Lot
from inventory.reservations.selectors import ItemCode
from inventory.returns import services
from inventory.returns.admin.forms import (
    ArrivedRow,
    BlindForm,
    SoldRow,
    WarehouseForm,
    words,
)
from inventory.returns.admin.shared import has_ended, open_return, page_of, sentences, show_page
from inventory.returns.models import ReturnAuthorization, ReturnReason
from inventory.returns.selectors import (
    OPEN,
    orders_called,
    sold_lines,
)
from inventory.stock import display as shown
from inventory.stock.selectors.serials import serial_tracked_ids


class StartPage:
    """Which order, and what of it comes back; an order nobody knows needs a reason."""

    def __init__(self, admin_site: AdminSite) -> None:
        self.admin_site = admin_site

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """GET looks the order up, POST authorises and leads to the return."""
        if not request.user.has_perm("inventory.authorise_return"):
            raise PermissionDenied
        now = clock.now()
        order = (request.POST.get("order") or request.GET.get("order") or "").strip()
        data = request.POST if request.method == "POST" else None
        rows = _sold_rows(order, data) if order else []
        is_known = bool(rows) or (bool(order) and orders_called(order).exists())
        may_blind = request.user.has_perm("inventory.authorise_blind_return")
        blind = None
        if order and not is_known and may_blind:
            blind = BlindForm(data, now=now)
        problems: list[str] = []
        if data is not None:
            try:
                found = _authorise_blind(order, blind) if blind else _authorise(order, rows)
            except DomainError as error:
                problems = sentences(error)
            else:
                if found is not None:
                    messages.success(request, f"Return {found.reference} is authorised.")
                    return HttpResponseRedirect(page_of(found))
                if blind is None and all(row.is_valid() for row in rows):
                    problems = ["Say how much of one item at least comes back."]
        return show_page(
            self.admin_site,
            request,
            "start.html",
            "New return",
            order=order,
            is_known=is_known,
            may_blind=may_blind,
            rows=[_shown_sold(row) for row in rows],
            blind=blind,
            problems=problems,
        )


class ReceivePage:
    """What of a return has come."""

    def __init__(self, admin_site: AdminSite) -> None:
        self.admin_site = admin_site

    def __call__(self, request: HttpRequest, return_id: UUID) -> HttpResponse:
        """GET asks, POST receives and leads to the bench for those who inspect."""
        found = open_return(request, return_id, "inventory.receive_return")
        if found.status not in OPEN:
            return has_ended(request, found)
        data = request.POST if request.method == "POST" else None
        lines = list(found.lines.all())
        tracked = serial_tracked_ids({line.variant_id for line in lines})
        rows = [
            ArrivedRow(data, line=line, is_tracked=line.variant_id in tracked) for line in lines
        ]
        form = WarehouseForm(data)
        problems: list[str] = []
        if data is not None and all([form.is_valid(), *(row.is_valid() for row in rows)]):
            arrivals = [
                services.Arrived(
                    position=row.line.position,
                    quantity=row.cleaned_data["quantity"],
                    lot_code=row.cleaned_data["lot"].strip() or None,
                    serials=words(row.cleaned_data.get("serials", "")),
                )
                for row in rows
                if row.cleaned_data["quantity"]
            ]
            try:
                services.receive_return(
                    return_id=found.pk,
                    warehouse_id=form.cleaned_data["warehouse"].pk,
                    arrivals=arrivals,
                    now=clock.now(),
                )
            except DomainError as error:
                problems = sentences(error)
            else:
                messages.success(request, f"Return {found.reference} is received.")
                return HttpResponseRedirect(page_of(found))
        return show_page(
            self.admin_site,
            request,
            "receive.html",
            f"Receive {found.reference}",
            form=form,
            rows=[
                {
                    "form": row,
                    "product": shown.product_link(row.line.variant),
                    "announced": shown.quantity(
                        row.line.quantity, row.line.variant.product.stock_unit
                    ),
                    "come": shown.some(row.line.received, row.line.variant.product.stock_unit),
                    "reason": row.line.get_reason_display(),
                }
                for row in rows
            ],
            problems=problems,
            back_url=page_of(found),
        )


def _sold_rows(order: str, data: Any) -> list[SoldRow]:
    """A row for each item of the order that can still come back."""
    left: dict[int, Decimal] = defaultdict(Decimal)
    lot_ids: dict[int, set[int]] = defaultdict(set)
    for line in sold_lines(list(orders_called(order).values_list("pk", flat=True))):
        if line.left:
            left[line.variant_id] += line.left
            lot_ids[line.variant_id] |= line.lots
    lots = Lot.objects.in_bulk({lot_id for ids in lot_ids.values() for lot_id in ids})
    variants = Variant.objects.select_related("product").filter(pk__in=left).order_by("sku")
    return [
        SoldRow(
            data,
            variant=variant,
            lots=[lots[lot_id] for lot_id in sorted(lot_ids[variant.pk])],
            left=left[variant.pk],
        )
        for variant in variants
    ]


def _shown_sold(row: SoldRow) -> dict[str, Any]:
    return {
        "form": row,
        "product": shown.product_link(row.variant),
        "left": shown.quantity(row.left, row.variant.product.stock_unit),
    }


def _authorise(order: str, rows: list[SoldRow]) -> ReturnAuthorization | None:
    """The return; None where the forms say what is wrong. Raises what the service raises."""
    if not all([row.is_valid() for row in rows]):  # noqa: C419  # each row says what is wrong
        return None
    lines = [
        services.Asked(
            variant_id=row.variant.pk,
            quantity=row.cleaned_data["quantity"],
            reason=ReturnReason(row.cleaned_data["reason"] or ReturnReason.OTHER),
            lot_code=row.lot_code,
            exchange_for=ItemCode(sku=sku) if sku else None,
        )
        for row in rows
        if row.cleaned_data["quantity"]
        for sku in (row.cleaned_data["exchange_for"].strip(),)
    ]
    if not lines:
        return None
    found, _ = services.authorise_return(order_reference=order, lines=lines, now=clock.now())
    return found


def _authorise_blind(order: str, form: BlindForm) -> ReturnAuthorization | None:
    if not form.is_valid():
        return None
    data = form.cleaned_data
    return services.authorise_blind_return(
        market=data["market"].code,
        order_reference=order,
        reason=data["why"],
        lines=[
            services.Asked(
                variant_id=goods.variant.id,
                quantity=goods.quantity,
                reason=ReturnReason(data["reason"]),
                lot_code=goods.lot_code or None,
                serials=goods.serials,
            )
            for goods in form.scanned
        ],
        now=clock.now(),
    )
