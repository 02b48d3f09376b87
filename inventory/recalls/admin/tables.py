"""The tables of a recall's page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.units.rules import plain
from config.kernel.money import format_money
from inventory.availability.selectors import trace
from inventory.purchasing.models import ShipmentNoticeLine
from inventory.recalls.models import RecallLoss
from inventory.recalls.rules import Total
from inventory.recalls.selectors.figures import LotProgress
from inventory.recalls.selectors.preview import LyingLot
from inventory.recalls.selectors.touched import Buyer
from inventory.reservations.models import ReservationStatus
from inventory.stock import display as shown
from inventory.stock.models import StockLevel
from inventory.transfers.models import TransferItem, TransferStatus
from inventory.warehouses.models import LocationKind

ROWS_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A titled table as unfold's component shows it; `more` says that there are further rows."""

    title: str
    headers: Sequence[str]
    rows: list[list[Any]]
    empty: str
    more: bool = False

    @property
    def data(self) -> dict[str, Any]:
        """What the component asks for."""
        return {"headers": self.headers, "rows": self.rows}


def bar(percent: int) -> SafeString:
    """How much is accounted for."""
    return SafeString(
        render_to_string(
            "admin/inventory/purchasing/progress.html",
            {
                "percent": percent,
                "width": percent,
                "colour": "bg-green-500" if percent == 100 else "",
            },
        )
    )


def shares(total: Total) -> dict[str, Any]:
    """The progress in one unit as a bar of parts, and in words."""
    parts = [
        ("frozen in our warehouses", total.on_hand, "bg-primary-600"),
        ("destroyed, sent back or opened", total.gone, "bg-green-500"),
        ("ended with customers, as confirmed", total.confirmed, "bg-blue-500"),
        ("outstanding", total.outstanding, "bg-red-500"),
    ]
    whole = max(total.total, sum((value for _, value, _ in parts)), 1)
    return {
        "unit": total.unit,
        "total": shown.quantity(total.total, total.unit),
        "percent": total.percent,
        "parts": [
            {
                "name": name,
                "value": shown.quantity(value, total.unit),
                "width": f"{float(value / whole * 100):.2f}",
                "colour": colour,
            }
            for name, value, colour in parts
        ],
    }


def lots_table(lots: Sequence[LotProgress]) -> Table:
    """Each lot, and where its units are."""
    return Table(
        title="Lots",
        headers=[
            "Lot",
            "Product",
            "Came in",
            "On hand",
            "Destroyed or sent back",
            "Confirmed",
            "Outstanding",
            "Accounted for",
        ],
        rows=[_lot_row(found) for found in lots[:ROWS_SHOWN]],
        empty="No lot is in it.",
        more=len(lots) > ROWS_SHOWN,
    )


def _lot_row(found: LotProgress) -> list[Any]:
    balance, unit, lot = found.balance, found.unit, found.recalled.lot
    frozen = (
        shown.label("Frozen", "info") if found.is_frozen else shown.label("NOT FROZEN", "danger")
    )
    return [
        format_html("{}<br>{}", _lot(lot), frozen),
        shown.product_link(lot.variant),
        shown.unbroken(shown.quantity(balance.total, unit)),
        shown.unbroken(shown.quantity(balance.on_hand, unit)),
        shown.some(balance.written_off + balance.sent_back, unit),
        shown.some(balance.confirmed, unit),
        shown.label(shown.some(balance.outstanding, unit), "danger"),
        shown.unbroken(bar(balance.percent)),
    ]


def preview_table(lots: Sequence[LyingLot], remove: dict[int, str]) -> Table:
    """What would be frozen; `remove` leads to the page without a lot."""
    return Table(
        title="These lots will be frozen",
        headers=["Lot", "Product", "Expires", "Lies in", "Promised", "Sold", "Value at cost", ""],
        rows=[_preview_row(found, remove) for found in lots[:ROWS_SHOWN]],
        empty="",
        more=len(lots) > ROWS_SHOWN,
    )


def _preview_row(found: LyingLot, remove: dict[int, str]) -> list[Any]:
    lot = found.lot
    last: Any = ""
    if found.is_opened:
        last = shown.label("opened from it", "info")
    elif lot.pk in remove:
        last = format_html(
            '<a href="{}" class="{}">Take out</a>', remove[lot.pk], shown.LINK_CLASSES
        )
    value = found.value
    return [
        _lot(lot),
        shown.product_link(lot.variant),
        shown.day(lot.expiry_date),
        ", ".join(f"{code} {plain(lies)}" for code, lies in found.places) or "nowhere",
        shown.some(found.promised, found.unit),
        shown.some(found.balance.with_customers, found.unit),
        "no cost known" if value is None else format_money(value, lot.currency),
        last,
    ]


def losses_table(losses: Sequence[RecallLoss]) -> Table:
    """Which reservations lost some, and what became of them since."""
    return Table(
        title="Reservations that kept some",
        headers=["Reservation", "Client", "Product", "Lost", "Found elsewhere", "Missing", "Now"],
        rows=[
            [
                shown.link(
                    "inventory_reservation_change", loss.reservation_id, loss.reservation.reference
                ),
                loss.reservation.client.name if loss.reservation.client else "",
                loss.variant.sku,
                shown.quantity(loss.lost, loss.variant.product.stock_unit),
                shown.some(loss.found, loss.variant.product.stock_unit),
                shown.label(shown.some(loss.short, loss.variant.product.stock_unit), "danger"),
                ReservationStatus(loss.reservation.status).label,
            ]
            for loss in losses[:ROWS_SHOWN]
        ],
        empty="Nothing of it was promised.",
        more=len(losses) > ROWS_SHOWN,
    )


def orders_table(departures: Iterable[trace.Departure]) -> Table:
    """Which orders got some."""
    return Table(
        title="Orders that got some",
        headers=["Order", "Client", "Reservation", "Lot", "Product", "Quantity", "From", "Left"],
        rows=[_order_row(departure) for departure in departures],
        empty="None of it was sold.",
    )


def _order_row(departure: trace.Departure) -> list[Any]:
    line = departure.line
    level = line.stock_level
    links = [
        shown.link("inventory_reservation_change", bought.reservation_id, bought.reference)
        for bought in departure.buyers
    ]
    return [
        line.reference or "unnamed",
        ", ".join(sorted({bought.client for bought in departure.buyers if bought.client})),
        SafeString(" ".join(links)),
        _lot(level.lot),
        level.variant.sku,
        shown.quantity(departure.quantity, level.variant.product.stock_unit),
        shown.place(level.location),
        shown.moment(line.happened_at),
    ]


def buyers_table(buyers: Sequence[Buyer]) -> Table:
    """Who got some, by client and the company behind it."""
    rows: list[list[Any]] = [
        [
            buyer.name or "no client had reserved it",
            str(buyer.partner) if buyer.partner else "",
            str(buyer.order_count or ""),
            str(buyer.loss_count or ""),
        ]
        for buyer in buyers[:ROWS_SHOWN]
    ]
    return Table(
        title="Clients and partners",
        headers=["Client", "Partner", "Orders that got some", "Reservations that lost some"],
        rows=rows,
        empty="Nobody got any.",
        more=len(buyers) > ROWS_SHOWN,
    )


def arrivals_table(arrivals: Sequence[trace.Arrival], *, more: bool) -> Table:
    """With which deliveries it came."""
    return Table(
        title="Deliveries it came with",
        headers=["Delivery", "Supplier", "Lot", "Product", "Quantity", "Into", "Came in"],
        rows=[
            [
                _delivery(arrival),
                lot.supplier.name if lot.supplier else "",
                _lot(lot),
                arrival.line.stock_level.variant.sku,
                shown.change(arrival.line),
                shown.place(arrival.line.stock_level.location),
                shown.moment(arrival.line.happened_at),
            ]
            for arrival in arrivals
            for lot in (arrival.line.stock_level.lot,)
        ],
        empty="No receipt of it is on file.",
        more=more,
    )


def expected_table(lines: Sequence[ShipmentNoticeLine]) -> Table:
    """What of it is still announced."""
    return Table(
        title="Still announced by suppliers",
        headers=["Delivery", "Supplier", "Lot", "Product", "To come", "To", "Expected"],
        rows=[
            [
                shown.link(
                    "inventory_shipmentnotice_change", line.notice_id, line.notice.reference
                ),
                line.notice.supplier.name,
                line.lot_code,
                line.variant.sku,
                shown.quantity(
                    line.quantity - line.received_quantity, line.variant.product.stock_unit
                ),
                line.notice.warehouse.code,
                shown.day(line.notice.expected_date),
            ]
            for line in lines[:ROWS_SHOWN]
        ],
        empty="No more of it is announced.",
        more=len(lines) > ROWS_SHOWN,
    )


def places_table(levels: Sequence[StockLevel]) -> Table:
    """Where it lies now."""
    return Table(
        title="Where it lies",
        headers=["Place", "Lot", "Product", "On hand", "Promised"],
        rows=[
            [
                shown.link("inventory_stocklevel_change", level.pk, shown.place(level.location)),
                _lot(level.lot),
                level.variant.sku,
                format_html(
                    "{} {}",
                    shown.quantity(level.on_hand, level.variant.product.stock_unit),
                    shown.label("on the road", "warning")
                    if level.location.kind == LocationKind.IN_TRANSIT
                    else "",
                ),
                shown.label(shown.some(level.reserved, level.variant.product.stock_unit), "danger"),
            ]
            for level in levels[:ROWS_SHOWN]
        ],
        empty="Nothing of it lies in our warehouses.",
        more=len(levels) > ROWS_SHOWN,
    )


def transfers_table(items: Sequence[TransferItem]) -> Table:
    """With which transfers it went to another warehouse."""
    return Table(
        title="Transfers between warehouses",
        headers=["Transfer", "From", "To", "Lot", "Product", "Sent", "On the road", "State"],
        rows=[
            [
                item.transfer.reference,
                item.transfer.source.code,
                item.transfer.destination.code,
                _lot(item.road_level.lot),
                item.variant.sku,
                shown.quantity(item.sent, item.variant.product.stock_unit),
                shown.some(item.on_the_road, item.variant.product.stock_unit),
                TransferStatus(item.transfer.status).label,
            ]
            for item in items[:ROWS_SHOWN]
        ],
        empty="It was not sent between warehouses.",
        more=len(items) > ROWS_SHOWN,
    )


def _lot(lot: Any) -> SafeString:
    return shown.lot_link(lot)


def _delivery(arrival: trace.Arrival) -> Any:
    reference = arrival.line.reference
    if arrival.notice_id is None:
        return reference or "unnamed"
    return shown.link("inventory_shipmentnotice_change", arrival.notice_id, reference)
