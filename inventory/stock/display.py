"""How the admin writes stock: quantities with their unit, places, days left, links, a timeline."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.units.rules import plain
from config.kernel.admin.display import LINK_CLASSES as LINK_CLASSES
from config.kernel.admin.display import day as day
from config.kernel.admin.display import instant as instant
from config.kernel.admin.display import label as label
from config.kernel.admin.display import link as link
from config.kernel.admin.display import moment as moment
from config.kernel.admin.display import unbroken as unbroken
from inventory.lots.models import Lot
from inventory.lots.rules import days_left_sentence
from inventory.stock.models import MovementKind, StockMovement
from inventory.warehouses.models import Location

if TYPE_CHECKING:
    from catalog.products.models import Variant


def quantity(value: Decimal | None, unit: str) -> str:
    """`12 each`; blank where there is nothing to say."""
    return "" if value is None else f"{plain(value)} {unit}"


def figure(value: Decimal | None) -> Decimal | None:
    """The number alone, for an export: without zeros at the end, None where there is none."""
    return None if value is None else Decimal(plain(value))


def some(value: Decimal | None, unit: str) -> str:
    """The same, but blank for nothing: a column that only shows what stands out."""
    return quantity(value, unit) if value else ""


def signed(value: Decimal, unit: str) -> str:
    """A change with its sign, which is a real minus."""
    sign = "+" if value > 0 else "\N{MINUS SIGN}"
    return f"{sign}{plain(abs(value))} {unit}"


def place(location: Location) -> str:
    """`BER · A-01`."""
    return f"{location.warehouse.code} · {location.code}"


def lot_name(lot: Lot) -> str:
    """Its code, or that it is the open lot."""
    return lot.code or "open lot"


def lot_phrase(lot: Lot) -> str:
    """`lot L42` or `open lot`, inside a sentence."""
    return f"lot {lot.code}" if lot.code else "open lot"


def product_link(variant: "Variant") -> SafeString:
    """SKU and name, leading to the page of the SKU."""
    return format_html(
        '{}<br><span class="text-subtle">{}</span>',
        link("inventory_stockedvariant_change", variant.pk, variant.sku),
        variant.product.name,
    )


def lot_link(lot: Lot) -> SafeString:
    """The lot, leading to its page."""
    return link("inventory_lot_change", lot.pk, lot_name(lot))


def urgency(days_left: int | None) -> str:
    """The colour of so many days: none where there is no hurry."""
    if days_left is None or days_left > 90:
        return ""
    if days_left <= 7:
        return "danger"
    return "warning" if days_left <= 30 else "info"


def days_left_label(sell_by: date | None, today: date) -> SafeString:
    """How long a lot may still be sold, in words, coloured by how urgent it is."""
    if sell_by is None:
        return SafeString("")
    left = (sell_by - today).days
    return label(days_left_sentence(left), urgency(left))


KIND_COLOURS = {
    MovementKind.RECEIPT.label: "success",
    MovementKind.RETURN.label: "success",
    MovementKind.SALE.label: "info",
    MovementKind.ADJUSTMENT.label: "warning",
    MovementKind.COUNT.label: "warning",
    MovementKind.WRITE_OFF.label: "danger",
    MovementKind.SUPPLIER_RETURN.label: "danger",
}


def change(line: StockMovement) -> SafeString:
    """The signed quantity of a ledger line, coloured by its direction."""
    colours = (
        "text-green-700 dark:text-green-400"
        if line.quantity > 0
        else "text-red-700 dark:text-red-400"
    )
    text = signed(line.quantity, line.stock_level.variant.product.stock_unit)
    return format_html('<span class="font-semibold whitespace-nowrap {}">{}</span>', colours, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line of the ledger as a template shows it."""

    kind: SafeString
    change: SafeString
    lot: Lot
    place: str
    happened_at: datetime
    actor_name: str
    reason: str
    reference: str


def timeline(lines: Iterable[StockMovement]) -> list[TimelineEntry]:
    """The ledger as a story: what happened, who did it and why."""
    return [
        TimelineEntry(
            kind=label(line.get_kind_display(), KIND_COLOURS.get(line.get_kind_display(), "")),
            change=change(line),
            lot=line.stock_level.lot,
            place=place(line.stock_level.location),
            happened_at=line.happened_at,
            actor_name=line.actor_name,
            reason=line.reason,
            reference=line.reference,
        )
        for line in lines
    ]
