"""The bench: what came back is looked at, and somebody decides."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from catalog.identifiers.errors import InvalidIdentifier
from catalog.products.selectors import variants_by_id
from config.kernel import clock
from config.kernel.errors import DomainError
from inventory.lots.rules import day_in
from inventory.lots.selectors import resolve_code
from inventory.returns import services
from inventory.returns.admin.forms import (
    BenchRow,
    ExchangeRow,
    words,
)
from inventory.returns.admin.replacements import standings
from inventory.returns.admin.shared import has_ended, open_return, page_of, sentences, show_page
from inventory.returns.models import Disposition, ReturnAuthorization
from inventory.returns.selectors import (
    OPEN,
    held_for,
    obstacles_of,
    refurbished_before,
    waiting_items,
)
from inventory.stock import display as shown
from inventory.stock.selectors.serials import serial_tracked_ids
from inventory.warehouses.selectors import locations_by_code


class BenchPage:
    """The bench: each lot that waits, how it is found, and how much of it goes where."""

    def __init__(self, admin_site: AdminSite) -> None:
        self.admin_site = admin_site

    def __call__(self, request: HttpRequest, return_id: UUID) -> HttpResponse:
        """GET asks, with a scan for one item alone; POST decides."""
        found = open_return(request, return_id, "inventory.inspect_return")
        if found.status not in OPEN:
            return has_ended(request, found)
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
        standing = standings([row.line for row in exchanges], now=clock.now())
        if data is not None and all(form.is_valid() for form in [*rows, *exchanges]):
            problems = _decide(request, found, rows, exchanges)
            if not problems:
                rest = waiting_items(found.pk)
                url = request.path if rest else page_of(found)
                return HttpResponseRedirect(url)
        return show_page(
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
                    "standing": standing[row.line.pk],
                    "line": row.line.position,
                }
                for row in exchanges
            ],
            scan=scan,
            problems=problems,
            back_url=page_of(found),
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
    offers = refurbished_before({item.line.variant for item in items})
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
            offers=offers.get(item.line.variant_id, ()),
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
        return sentences(error)
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
        is_refurbished = disposition == Disposition.REFURBISH
        into = data["refurbish_into"] if is_refurbished else None
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
                into_variant_id=into.id if into else None,
                is_for_sale=is_refurbished and data["for_sale"] == "yes",
            )
        )
    return verdicts
