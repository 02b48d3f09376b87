"""How the admin writes counts: badges, figures, differences with what they cost."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from catalog.units.rules import plain
from config.kernel.money import format_money
from inventory.counting.models import CountLine, CountStatus, CycleCount, LineStatus
from inventory.stock import display as shown

PIECES_SHOWN = 8
STATUS_COLOURS = {
    CountStatus.COUNTING.label: "info",
    CountStatus.SECOND_COUNT.label: "warning",
    CountStatus.TO_APPROVE.label: "warning",
    CountStatus.CLOSED.label: "success",
}
LINE_COLOURS = {
    LineStatus.COUNTED.label: "info",
    LineStatus.RECOUNT.label: "warning",
    LineStatus.DIFFERENCE.label: "warning",
    LineStatus.MATCHED.label: "success",
    LineStatus.APPLIED.label: "success",
    LineStatus.REJECTED.label: "danger",
}


def progress(count: Any) -> SafeString:
    """How many lines have a figure, as a bar with its numbers."""
    percent = int(count.counted_count * 100 / count.line_count) if count.line_count else 0
    bar = render_to_string(
        "admin/inventory/purchasing/progress.html",
        {"percent": percent, "width": percent, "colour": "bg-green-500" if percent == 100 else ""},
    )
    return format_html(
        '<span title="{} of {}">{}</span>', count.counted_count, count.line_count, SafeString(bar)
    )


def differences_url(count: CycleCount) -> str:
    """The list of this count's differences that wait for a decision."""
    query = urlencode({"count__id__exact": str(count.pk), "status__exact": "difference"})
    return f"{reverse('admin:inventory_countline_changelist')}?{query}"


def lot(line: CountLine) -> str:
    """Its code, or that it is the open lot."""
    return line.lot_code or "open lot"


def expected(line: CountLine) -> Decimal | None:
    """What the books said when it was counted; None before it was compared."""
    return None if line.difference is None else line.figure.quantity - line.difference


def difference(line: CountLine) -> SafeString:
    """Counted less expected, green for more, red for less; blank before it was compared."""
    if line.difference is None:
        return SafeString("")
    if not line.difference:
        return SafeString("0")
    colours = (
        "text-green-700 dark:text-green-400"
        if line.difference > 0
        else "text-red-700 dark:text-red-400"
    )
    text = shown.signed(line.difference, line.variant.product.stock_unit)
    return format_html('<span class="font-semibold whitespace-nowrap {}">{}</span>', colours, text)


def value(line: CountLine) -> SafeString | str:
    """What the difference cost us, by the lot's cost."""
    if not line.difference:
        return ""
    known = line.stock_level.lot if line.stock_level else None
    if known is None or known.unit_cost is None:
        return shown.unbroken("no cost known")
    amount = (line.difference * known.unit_cost).quantize(Decimal("0.01"))
    return shown.unbroken(format_money(amount, known.currency))


def value_heading(lines: Iterable[CountLine]) -> str:
    """`Value, -12.50 EUR together`: what these differences cost us, by currency."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        known = line.stock_level.lot if line.stock_level else None
        if line.difference and known is not None and known.unit_cost is not None:
            amount = line.difference * known.unit_cost
            sums[known.currency] = sums.get(known.currency, Decimal(0)) + amount
    together = ", ".join(format_money(amount, code) for code, amount in sorted(sums.items()))
    return f"Value, {together} together" if together else "Value"


def pieces(line: CountLine) -> list[str]:
    """Which pieces are missing, which were not expected, and where the books have these."""
    where = getattr(line, "whereabouts", {})
    elsewhere: dict[str, list[str]] = {}
    for serial in line.pieces.found:
        elsewhere.setdefault(where.get(serial, "not expected"), []).append(serial)
    told = [("missing", line.pieces.missing), *sorted(elsewhere.items())]
    return [f"{what}: {_some(serials)}" for what, serials in told if serials]


def _some(serials: Sequence[str]) -> str:
    more = f" and {len(serials) - PIECES_SHOWN} more" if len(serials) > PIECES_SHOWN else ""
    return ", ".join(serials[:PIECES_SHOWN]) + more


def counted_by(line: CountLine) -> str:
    """Who counted it last."""
    return line.counted_by_name


def line_headers(is_open_book: bool) -> list[str]:
    """The columns of a count's lines; what the books say is not for those who count."""
    figures = ["Expected", "Difference"] if is_open_book else []
    return ["Place", "Product", "Lot", "Expires", "Counted", *figures, "By", "Status"]


def line_cells(line: CountLine, is_open_book: bool) -> list[Any]:
    """One line of a count."""
    unit = line.variant.product.stock_unit
    figures = [shown.quantity(expected(line), unit), difference(line)] if is_open_book else []
    text = line.get_status_display()
    counted = "" if line.quantity is None else f"{plain(line.quantity)} {unit}"
    return [
        shown.unbroken(line.location.code),
        shown.product_link(line.variant),
        lot(line),
        shown.day(line.expiry_date),
        counted,
        *figures,
        counted_by(line),
        shown.label(text, LINE_COLOURS.get(text, "")),
    ]
