"""Where a lot came from and where it went, as tables of its page."""

from typing import Any

from django.utils.html import format_html

from inventory.availability.admin.tables import Table
from inventory.availability.selectors import trace
from inventory.lots.models import Lot
from inventory.stock import display as shown

ARRIVALS_SHOWN = 50
DEPARTURES_SHOWN = 100


def trace_tables(lot: Lot, *, unit: str) -> list[Table]:
    """The receipts, the orders it went to, and the lots that were made of it or it of them."""
    arrivals = list(trace.arrivals([lot.pk])[: ARRIVALS_SHOWN + 1])
    departures = list(trace.departures([lot.pk])[: DEPARTURES_SHOWN + 1])
    return [
        Table(
            title="Came in",
            headers=["When", "Delivery", "Supplier", "Warehouse", "Quantity", "By"],
            rows=[_arrival(a, unit) for a in trace.with_notices(arrivals[:ARRIVALS_SHOWN])],
            empty="",
            more=max(len(arrivals) - ARRIVALS_SHOWN, 0),
        ),
        Table(
            title="Went to orders",
            headers=["When", "Order", "Reservation", "Client", "From", "Quantity"],
            rows=[_departure(d, unit) for d in trace.with_buyers(departures[:DEPARTURES_SHOWN])],
            empty="",
            more=max(len(departures) - DEPARTURES_SHOWN, 0),
        ),
        Table(
            title="Opened and set apart",
            headers=["", "Lot", "SKU"],
            rows=_kin(lot),
            empty="",
        ),
    ]


def _arrival(arrival: trace.Arrival, unit: str) -> list[Any]:
    line = arrival.line
    delivery: Any = line.reference
    if arrival.notice_id is not None:
        delivery = shown.link("inventory_shipmentnotice_change", arrival.notice_id, delivery)
    supplier = line.stock_level.lot.supplier
    return [
        shown.moment(line.happened_at),
        delivery,
        supplier.name if supplier else "",
        line.stock_level.location.warehouse.code,
        shown.quantity(line.quantity, unit),
        line.actor_name,
    ]


def _departure(departure: trace.Departure, unit: str) -> list[Any]:
    line = departure.line
    buyers = departure.buyers
    first = buyers[0] if buyers else None
    more = f" and {len(buyers) - 1} more" if len(buyers) > 1 else ""
    reservation: Any = ""
    if first is not None:
        link = shown.link("inventory_reservation_change", first.reservation_id, first.reference)
        reservation = format_html("{}{}", link, more)
    return [
        shown.moment(line.happened_at),
        line.reference,
        reservation,
        first.client if first else "",
        shown.place(line.stock_level.location),
        shown.quantity(departure.quantity, unit),
    ]


def _kin(lot: Lot) -> list[list[Any]]:
    kin = trace.kin([lot.pk])
    rows = [(f"{_made(lot, other)} from", other) for other in kin.opened_from]
    rows += [(f"{_made(other, lot)} into", other) for other in kin.opened_into]
    return [[label.strip(), shown.lot_link(other), other.variant.sku] for label, other in rows]


def _made(lot: Lot, source: Lot) -> str:
    """How a lot was made of another; blank: through lots between them."""
    if lot.split_from_id is not None:
        how = "refurbished" if lot.is_refurbished else "set apart"
        return how if lot.split_from_id == source.pk else ""
    return "opened" if lot.opened_from_id == source.pk else ""
