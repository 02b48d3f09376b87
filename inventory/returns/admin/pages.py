"""The pages on which a return is authorised, received and inspected."""

from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from catalog.identifiers.errors import InvalidIdentifier
from catalog.products.models import Variant
from catalog.products.selectors import variants_by_id
from config.kernel import clock
from config.kernel.errors import DomainError
from inventory.lots.models import Lot
from inventory.lots.rules import day_in
from inventory.lots.selectors import resolve_code
from inventory.reservations.selectors import ItemCode
from inventory.returns import services
from inventory.returns.admin.forms import (
    ArrivedRow,
    BenchRow,
    BlindForm,
    ExchangeRow,
    SoldRow,
    WarehouseForm,
    words,
)
from inventory.returns.models import Disposition, ReturnAuthorization, ReturnReason
from inventory.returns.selectors import (
    OPEN,
    held_for,
    obstacles_of,
    orders_called,
    return_with_everything,
    sold_lines,
    waiting_items,
)
from inventory.stock import display as shown
from inventory.stock.selectors.serials import serial_tracked_ids
from inventory.warehouses.selectors import locations_by_code

SHOWN_MAX = 10


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
                problems = _sentences(error)
            else:
                if found is not None:
                    messages.success(request, f"Return {found.reference} is authorised.")
                    return HttpResponseRedirect(_page_of(found))
                if blind is None and all(row.is_valid() for row in rows):
                    problems = ["Say how much of one item at least comes back."]
        return _page(
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
        found = _open_return(request, return_id, "inventory.receive_return")
        if found.status not in OPEN:
            return _has_ended(request, found)
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
                problems = _sentences(error)
            else:
                messages.success(request, f"Return {found.reference} is received.")
                return HttpResponseRedirect(_page_of(found))
        return _page(
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
            back_url=_page_of(found),
        )


class BenchPage:
    """The bench: each lot that waits, how it is found, and how much of it goes where."""

    def __init__(self, admin_site: AdminSite) -> None:
        self.admin_site = admin_site

    def __call__(self, request: HttpRequest, return_id: UUID) -> HttpResponse:
        """GET asks, with a scan for one item alone; POST decides."""
        found = _open_return(request, return_id, "inventory.inspect_return")
        if found.status not in OPEN:
            return _has_ended(request, found)
        data = request.POST if request.method == "POST" else None
        scan = (request.GET.get("scan") or "").strip()
        sku, lot, problems = _scanned(scan)
        rows = [
            row
            for row in _bench_rows(found, data, lot)
            if not sku or row.item.line.variant.sku == sku
        ]
        if sku and not rows:
            problems = [f"Nothing of {sku} waits in this return."]
        exchanges = [
            ExchangeRow(data, line=line)
            for line in found.lines.all()
            if line.exchange_reservation_id and line.is_exchange_approved is None
        ]
        if data is not None and all(form.is_valid() for form in [*rows, *exchanges]):
            problems = _decide(request, found, rows, exchanges)
            if not problems:
                rest = waiting_items(found.pk)
                url = request.path if rest else _page_of(found)
                return HttpResponseRedirect(url)
        return _page(
            self.admin_site,
            request,
            "inspect.html",
            f"Inspect {found.reference}",
            rows=_shown_bench(rows),
            dispositions=[disposition.label for disposition in Disposition],
            exchanges=[
                {
                    "form": row,
                    "what": shown.product_link(row.line.exchange_variant),  # type: ignore[arg-type]
                    "quantity": shown.quantity(
                        row.line.exchange_quantity,
                        row.line.exchange_variant.product.stock_unit,  # type: ignore[union-attr]
                    ),
                    "status": row.line.exchange_reservation.get_status_display(),  # type: ignore[union-attr]
                    "line": row.line.position,
                }
                for row in exchanges
            ],
            scan=scan,
            problems=problems,
            back_url=_page_of(found),
        )


def _sold_rows(order: str, data: Any) -> list[SoldRow]:
    """A row for each item of the order that can still come back."""
    left: dict[int, Decimal] = defaultdict(Decimal)
    lot_ids: dict[int, set[int]] = defaultdict(set)
    for line in sold_lines(list(orders_called(order).values_list("pk", flat=True))):
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


def _scanned(scan: str) -> tuple[str, str, list[str]]:
    """The SKU and the lot that a scan names, and what is wrong with it."""
    if not scan:
        return "", "", []
    try:
        said = resolve_code(scan, today=clock.today("UTC", clock.now()))
    except InvalidIdentifier as error:
        return "", "", [error.detail]
    if said.sku is None:
        return (
            "",
            "",
            [warning.detail for warning in said.warnings] or [f"Nothing is called {scan}."],
        )
    return said.sku, said.lot or "", []


def _bench_rows(found: ReturnAuthorization, data: Any, lot: str) -> list[BenchRow]:
    items = waiting_items(found.pk)
    places = locations_by_code({item.stock_level.location.warehouse_id for item in items})
    tracked = serial_tracked_ids({item.line.variant_id for item in items})
    return [
        BenchRow(
            data,
            item=item,
            places={
                code.upper(): place
                for (warehouse_id, code), place in places.items()
                if warehouse_id == item.stock_level.location.warehouse_id
            },
            is_tracked=item.line.variant_id in tracked,
            lot=lot if lot != item.stock_level.lot.code else "",
        )
        for item in items
    ]


def _shown_bench(rows: list[BenchRow]) -> list[dict[str, Any]]:
    """Each row with why it cannot go back on sale, however well it is sealed."""
    variants = variants_by_id({row.item.line.variant_id for row in rows})
    holds = held_for({row.item.stock_level.lot_id for row in rows})
    shown_rows = []
    for row in rows:
        item, level = row.item, row.item.stock_level
        variant = variants[item.line.variant_id]
        reasons = obstacles_of(
            level.lot,
            variant,
            holds=holds.get(level.lot_id, set()),
            is_sealed=True,
            is_lot_known=item.is_identified,
            today=day_in(level.location.warehouse.time_zone, clock.now()),
        )
        shown_rows.append(
            {
                "form": row,
                "product": shown.product_link(item.line.variant),
                "lot": shown.lot_link(level.lot) if item.is_identified else "unknown",
                "expires": shown.day(level.lot.expiry_date) if item.is_identified else "",
                "waiting": shown.quantity(item.waiting, variant.stock_unit),
                "reason": item.line.get_reason_display(),
                "note": item.line.note,
                "obstacles": [reason.detail for reason in reasons],
                "needs_seal": variant.is_lot_tracked,
            }
        )
    return shown_rows


def _decide(
    request: HttpRequest,
    found: ReturnAuthorization,
    rows: list[BenchRow],
    exchanges: list[ExchangeRow],
) -> list[str]:
    """Carry out what the bench says; what is wrong with it."""
    verdicts = [verdict for row in rows for verdict in _verdicts(row)]
    decided = {
        row.line.position: row.cleaned_data["decision"] == "approved"
        for row in exchanges
        if row.cleaned_data["decision"]
    }
    try:
        services.inspect_return(
            return_id=found.pk, verdicts=verdicts, exchanges=decided, now=clock.now()
        )
    except DomainError as error:
        return _sentences(error)
    messages.success(request, f"Return {found.reference}: what you decided is done.")
    return []


def _verdicts(row: BenchRow) -> list[services.Verdict]:
    data, item = row.cleaned_data, row.item
    serials = words(data.get("serials", ""))
    # A row is about one lot: what waits of the line in others is not meant.
    lot = data["lot"].strip() or (item.stock_level.lot.code if item.is_identified else None)
    verdicts = []
    for disposition in Disposition:
        quantity = data[disposition.name.lower()]
        if not quantity:
            continue
        own, serials = serials[: int(quantity)], serials[int(quantity) :]
        verdicts.append(
            services.Verdict(
                position=item.line.position,
                quantity=quantity,
                disposition=disposition,
                lot_code=lot,
                is_sealed={"yes": True, "no": False}.get(data["sealed"]),
                condition=data["condition"],
                serials=own,
                location_id=data["location"].pk if data["location"] else None,
            )
        )
    return verdicts


def _open_return(request: HttpRequest, return_id: UUID, permission: str) -> ReturnAuthorization:
    if not request.user.has_perm(permission):
        raise PermissionDenied
    found = return_with_everything(return_id)
    if found is None:
        raise Http404(f"no return {return_id}")
    return found


def _has_ended(request: HttpRequest, found: ReturnAuthorization) -> HttpResponse:
    messages.error(request, f"Return {found.reference} is {found.get_status_display().lower()}.")
    return HttpResponseRedirect(_page_of(found))


def _sentences(error: DomainError) -> list[str]:
    details = [problem.detail for problem in error.errors] or [error.detail]
    details += [
        f"{short['sku']}: {short['available']} of {short['requested']} are free."
        for short in error.extra.get("shortages", ())
    ]
    return details[:SHOWN_MAX]


def _page_of(found: ReturnAuthorization) -> str:
    return reverse("admin:inventory_returnauthorization_change", args=[found.pk])


def _page(
    admin_site: AdminSite, request: HttpRequest, template: str, title: str, **context: Any
) -> HttpResponse:
    request.current_app = admin_site.name
    return TemplateResponse(
        request,
        f"admin/inventory/returns/{template}",
        {**admin_site.each_context(request), "title": title, **context},
    )
