"""Counted lines: the differences to decide about, and what was decided before."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from catalog.units.rules import plain
from config.kernel import clock
from config.kernel.admin import LedgerAdmin, ReasonActionMixin, reason_action
from config.kernel.admin.lists import PlainChangeList
from config.kernel.words import counted
from inventory.counting import services
from inventory.counting.admin import words
from inventory.counting.admin.forms import DecisionForm, NoQuestions
from inventory.counting.models import CountLine, LineStatus
from inventory.counting.rules import corrected_after
from inventory.counting.selectors.counts import movements_since
from inventory.stock import display as shown
from inventory.stock.filters import WarehouseFilter
from inventory.stock.losses import WhoLosesMixin
from inventory.stock.models import SerialNumber
from inventory.stock.reasons import StockReason
from inventory.stock.selectors.pieces import pieces_called


class CountedWarehouseFilter(WarehouseFilter):
    """Lines of counts in one warehouse."""

    path = "count__warehouse"


class LineChangeList(PlainChangeList):
    """Knows of each open line if the books were corrected since, and where they have its pieces."""

    def get_results(self, request: HttpRequest) -> None:
        """The page, with a query for all its open differences, and one for their pieces."""
        super().get_results(request)
        lines = [line for line in self.result_list if line.status == LineStatus.DIFFERENCE]
        since = movements_since(lines)
        say_where(lines)
        for line in lines:
            line.is_corrected_since = corrected_after(
                since.get(line.stock_level_id, ()), counted_at=line.figure.counted_at
            )


@admin.register(CountLine)
class CountLineAdmin(WhoLosesMixin, ReasonActionMixin, LedgerAdmin):
    """What was counted, line by line; differences are decided here, many at once."""

    nothing_here = "Nothing has been counted, so there are no differences to decide."
    list_display = [
        "count_link",
        "product",
        "lot_shown",
        "place",
        "figures",
        "difference_shown",
        "who",
        "outcome",
    ]
    list_display_links = None
    list_filter = [
        ("status", ChoicesDropdownFilter),
        CountedWarehouseFilter,
        ("reason", ChoicesDropdownFilter),
        ("counted_at", RangeDateTimeFilter),
    ]
    list_filter_submit = True
    list_fullwidth = True
    list_per_page = 100
    search_fields = ["count__reference", "variant__sku", "lot_code", "location__code"]
    search_help_text = "Count, SKU, lot or place"
    ordering = ["-count__created_at", "position", "id"]
    actions = ["approve", "recount", "reject"]
    export_columns = [
        "count",
        "sku",
        "lot_code",
        "location",
        "expected",
        "first_quantity",
        "quantity",
        "difference",
        "value",
        "unit",
        "missing_pieces",
        "unexpected_pieces",
        "status",
        "reason",
        "note",
        "counted_by_name",
        "counted_at",
        "decided_by_name",
        "decided_at",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CountLine]:
        """Lines with all their names in one query."""
        return (
            super()
            .get_queryset(request)
            .select_related("count__warehouse", "variant__product", "location", "stock_level__lot")
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LineChangeList]:
        """The list that knows what was corrected since."""
        return LineChangeList

    @display(description="Count", ordering="count__created_at")
    def count_link(self, line: CountLine) -> SafeString:
        """The count it belongs to, and where."""
        return format_html(
            '{}<br><span class="text-subtle">{}</span>',
            shown.link("inventory_cyclecount_change", line.count_id, str(line.count)),
            line.count.warehouse.code,
        )

    @display(description="Product", ordering="variant__sku")
    def product(self, line: CountLine) -> SafeString:
        """SKU and name."""
        return shown.product_link(line.variant)

    @display(description="Lot", ordering="lot_code")
    def lot_shown(self, line: CountLine) -> SafeString | str:
        """Its lot, which may not be on file yet."""
        known = line.stock_level.lot if line.stock_level else None
        return shown.lot_link(known) if known else words.lot(line)

    @display(description="Place", ordering="location__code")
    def place(self, line: CountLine) -> SafeString:
        """Where it was counted; found where no list had it."""
        code = shown.unbroken(line.location.code)
        if not line.is_found:
            return code
        return format_html("{}<br>{}", code, shown.label("on no list", "info"))

    @display(description="Expected")
    def expected(self, line: CountLine) -> str:
        """What the books said when it was counted."""
        return shown.quantity(words.expected(line), line.variant.product.stock_unit)

    @display(description="Counted, expected", ordering="quantity")
    def figures(self, line: CountLine) -> SafeString | str:
        """The last figure, and below it what the books said, and the figure before."""
        if line.quantity is None:
            return ""
        known = words.expected(line)
        below = [
            "" if known is None else f"expected {plain(known)}",
            "" if line.first_quantity is None else f"before: {plain(line.first_quantity)}",
        ]
        return _two_lines(
            shown.quantity(line.quantity, line.variant.product.stock_unit),
            ", ".join(part for part in below if part),
        )

    @display(description="Difference", ordering="difference")
    def difference_shown(self, line: CountLine) -> SafeString:
        """Counted less expected, what that cost us, and whether it may be in the books already."""
        text = _two_lines(words.difference(line), words.value(line))
        if named := words.pieces(line):
            text += format_html_join(
                "", '<br><span class="backroom-pieces">{}</span>', [(part,) for part in named]
            )
        if getattr(line, "is_corrected_since", False):
            return format_html("{}<br>{}", text, shown.label("corrected since", "danger"))
        return text

    @display(description="Value")
    def value(self, line: CountLine) -> SafeString | str:
        """What the difference cost us."""
        return words.value(line)

    @display(description="Counted by", ordering="counted_at")
    def who(self, line: CountLine) -> SafeString:
        """Who counted it last, and when."""
        return format_html(
            '{}<br><span class="text-subtle whitespace-nowrap">{}</span>',
            line.counted_by_name,
            shown.instant(line.counted_at),
        )

    @display(description="Status, decision", ordering="status")
    def outcome(self, line: CountLine) -> SafeString:
        """What became of it, why, and who decided."""
        text = line.get_status_display()
        badge = shown.label(text, words.LINE_COLOURS.get(text, ""))
        why = ": ".join(part for part in (line.get_reason_display(), line.note) if part)
        decided = " · ".join(part for part in (why, line.decided_by_name) if part)
        if not decided:
            return badge
        return format_html('{}<br><span class="text-subtle">{}</span>', badge, decided)

    @display(description="SKU")
    def sku(self, line: CountLine) -> str:
        """Of which SKU."""
        return line.variant.sku

    @display(description="Missing pieces")
    def missing_pieces(self, line: CountLine) -> str:
        """Those of the books that nobody scanned."""
        return ", ".join(line.pieces.missing)

    @display(description="Pieces not expected")
    def unexpected_pieces(self, line: CountLine) -> str:
        """Those that were scanned and the books had not there."""
        return ", ".join(line.pieces.found)

    @display(description="Unit")
    def unit(self, line: CountLine) -> str:
        """What the figures count."""
        return line.variant.product.stock_unit

    def to_decide(
        self, request: HttpRequest, queryset: QuerySet
    ) -> tuple[Sequence[str], list[list[Any]]]:
        """What a decision is about."""
        headings = ["Count", "Product", "Lot", "Place", "Expected", "Counted", "Difference"]
        lines = list(queryset)
        say_where(lines)
        has_pieces = any(line.pieces for line in lines)
        rows = [
            [
                str(line.count),
                line.variant.sku,
                words.lot(line),
                line.location.code,
                self.expected(line),
                shown.quantity(line.quantity, line.variant.product.stock_unit),
                words.difference(line),
                words.value(line),
                *(["; ".join(words.pieces(line))] if has_pieces else []),
            ]
            for line in lines
        ]
        more = ["Pieces"] if has_pieces else []
        return [*headings, words.value_heading(lines), *more], rows

    @reason_action(
        description="Book the differences",
        permission="inventory.approve_count",
        form_class=DecisionForm,
        icon="task_alt",
        preview="to_decide",
        note="This is final: the books become what was counted, less what was sold since. Pieces "
        "that are missing are no longer there, those that were found lie there and nowhere else. "
        "What is promised of stock that is not there is promised from other lots.",
        consequences="who_loses",
    )
    def approve(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """The count is right, the books were not."""
        lines = services.approve(
            line_ids=_ids(queryset),
            reason=StockReason(data["code"]),
            note=data["reason"],
            now=clock.now(),
        )
        return f"{counted(len(lines), 'difference')} booked."

    @reason_action(
        description="Count again",
        permission="inventory.approve_count",
        form_class=NoQuestions,
        icon="replay",
        preview="to_decide",
        note="They go back to those who count; nothing is booked.",
    )
    def recount(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Nobody can tell yet."""
        lines = services.count_again(line_ids=_ids(queryset), now=clock.now())
        return f"{counted(len(lines), 'line')} to be counted again."

    @reason_action(
        description="Do not book",
        permission="inventory.approve_count",
        icon="block",
        danger=True,
        preview="to_decide",
        note="This is final for this count: the books stay as they are.",
    )
    def reject(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """The books are right, the count was not."""
        lines = services.reject(line_ids=_ids(queryset), note=data["reason"], now=clock.now())
        return f"{counted(len(lines), 'difference')} not booked."


def say_where(lines: Sequence[CountLine]) -> None:
    """Note on each line where the books have the pieces that were not expected there."""
    found = {serial for line in lines for serial in line.pieces.found}
    if not found:
        return
    known = pieces_called({line.variant_id for line in lines}, found)
    for line in lines:
        line.whereabouts = {  # type: ignore[attr-defined]
            serial: _where(known.get((line.variant_id, serial)), line)
            for serial in line.pieces.found
        }


def _where(piece: SerialNumber | None, line: CountLine) -> str:
    if piece is None:
        return "new"
    if piece.stock_level is None:
        return "had left us"
    if piece.stock_level_id == line.stock_level_id:
        return "come since"
    level = piece.stock_level
    lot = f"{shown.lot_phrase(level.lot)}, " if level.lot.code != line.lot_code else ""
    return f"found, in the books in {lot}{level.location.warehouse.code} {level.location.code}"


def _two_lines(first: str, second: str) -> SafeString:
    return format_html(
        '<span class="whitespace-nowrap">{}</span><br>'
        '<span class="text-subtle whitespace-nowrap">{}</span>',
        first,
        second,
    )


def _ids(queryset: QuerySet) -> list[int]:
    return list(queryset.order_by("pk").values_list("pk", flat=True))
