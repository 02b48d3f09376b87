"""The inbox in the admin: what other systems sent, and what became of every line."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from catalog.units.rules import plain
from config.kernel.admin import LedgerAdmin
from inventory.integration.models import InboundMessage, StockUpdateLine
from inventory.integration.rules import UpdateResult
from inventory.stock import display as shown

RESULT_COLOURS = {"Applied": "success", "Duplicate": "info", "Rejected": "danger"}


class AllOrNoneFilter(admin.BooleanFieldListFilter):
    """Whether all lines were to be applied or none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "all or none"


@admin.register(InboundMessage)
class InboundMessageAdmin(LedgerAdmin):
    """What came in, the newest first; each count leads to its lines."""

    nothing_here = "No warehouse system has sent a stock update yet."
    list_display = [
        "received",
        "source",
        "client_shown",
        "all_or_none",
        "applied",
        "duplicates",
        "rejected",
        "request_shown",
    ]
    list_display_links = None
    fields = [
        ("received_at", "source", "client_shown"),
        ("all_or_none", "request_shown"),
        ("applied", "duplicates", "rejected"),
    ]
    list_filter = [("received_at", RangeDateTimeFilter), ("is_atomic", AllOrNoneFilter)]
    list_filter_submit = True
    search_fields = ["source", "client_name", "request_id"]
    search_help_text = "Source, client or request id"
    ordering = ["-id"]
    export_columns = [
        "received_at",
        "source",
        "client_shown",
        "all_or_none",
        "applied_count",
        "duplicate_count",
        "rejected_count",
        "request_id",
    ]

    @display(description="Received", ordering="received_at")
    def received(self, message: InboundMessage) -> SafeString:
        """When, leading to its lines."""
        return _lines_link(message, shown.instant(message.received_at))

    @display(description="Client", ordering="client_name")
    def client_shown(self, message: InboundMessage) -> str:
        """Whose token it came with."""
        return message.client_name

    @display(description="All or none", ordering="is_atomic", boolean=True)
    def all_or_none(self, message: InboundMessage) -> bool:
        """Whether one bad line undoes all."""
        return message.is_atomic

    @display(description="Applied", ordering="applied_count")
    def applied(self, message: InboundMessage) -> SafeString:
        """How many lines changed the books, or found them right."""
        return _lines_link(message, str(message.applied_count), UpdateResult.APPLIED)

    @display(description="Duplicates", ordering="duplicate_count")
    def duplicates(self, message: InboundMessage) -> SafeString | str:
        """How many had been applied before."""
        if not message.duplicate_count:
            return ""
        return _lines_link(message, str(message.duplicate_count), UpdateResult.DUPLICATE)

    @display(description="Rejected", ordering="rejected_count")
    def rejected(self, message: InboundMessage) -> SafeString | str:
        """How many could not be applied."""
        if not message.rejected_count:
            return ""
        text = shown.label(str(message.rejected_count), "danger")
        return _lines_link(message, text, UpdateResult.REJECTED)

    @display(description="Request")
    def request_shown(self, message: InboundMessage) -> SafeString:
        """The request, which is in each line of the ledger that it caused."""
        url = f"{reverse('admin:inventory_stockmovement_changelist')}?" + urlencode(
            {"q": message.request_id}
        )
        return format_html(
            '<a href="{}" title="{}" class="backroom-code">{}</a>',
            url,
            message.request_id,
            message.request_id[:8],
        )


@admin.register(StockUpdateLine)
class StockUpdateLineAdmin(LedgerAdmin):
    """Line by line: what was sent, what it changed, or why it could not."""

    nothing_here = "No warehouse system has sent a stock update yet."
    list_display = [
        "received",
        "external",
        "item_shown",
        "lot_shown",
        "place",
        "asked",
        "result_label",
        "effect",
    ]
    list_display_links = None
    fields = [
        ("message_link", "external"),
        ("item_shown", "lot_shown", "place"),
        "asked",
        ("result_label", "effect"),
    ]
    list_filter = [
        ("result", ChoicesDropdownFilter),
        ("reason", ChoicesDropdownFilter),
        ("message__received_at", RangeDateTimeFilter),
    ]
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ["=external_id", "=source", "=variant__sku", "=item", "=lot_code"]
    search_help_text = "Exact external id, source, SKU or lot"
    ordering = ["-id"]
    export_columns = [
        "received_at",
        "source",
        "external_id",
        "warehouse_code",
        "location_code",
        "item",
        "lot_code",
        "mode",
        "quantity",
        "unit",
        "expected_quantity",
        "reason",
        "result",
        "error_code",
        "error_detail",
        "on_hand_before",
        "change",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockUpdateLine]:
        """Lines with message and product in one query."""
        return super().get_queryset(request).select_related("message", "variant__product")

    @display(description="Received", ordering="id")
    def received(self, line: StockUpdateLine) -> SafeString:
        """When, and by whom."""
        return _two_lines(shown.moment(line.message.received_at), line.message.client_name)

    @display(description="Received")
    def message_link(self, line: StockUpdateLine) -> SafeString:
        """When and from whom, leading to all lines of its message."""
        return _lines_link(line.message, shown.instant(line.message.received_at))

    @display(description="Received")
    def received_at(self, line: StockUpdateLine) -> Any:
        """When the message came."""
        return line.message.received_at

    @display(description="External id, source", ordering="external_id")
    def external(self, line: StockUpdateLine) -> SafeString:
        """The sender's key of the line; the ledger has it as its reference."""
        url = f"{reverse('admin:inventory_stockmovement_changelist')}?" + urlencode(
            {"q": f"{line.source} {line.external_id}"}
        )
        link = format_html('<a href="{}" class="backroom-code">{}</a>', url, line.external_id)
        return _two_lines(link, line.source)

    @display(description="Product", ordering="item")
    def item_shown(self, line: StockUpdateLine) -> SafeString | str:
        """What it is about; as it was sent where it names nothing of ours."""
        return shown.product_link(line.variant) if line.variant else line.item

    @display(description="Lot", ordering="lot_code")
    def lot_shown(self, line: StockUpdateLine) -> str:
        """Of which lot."""
        return line.lot_code or "open lot"

    @display(description="Place")
    def place(self, line: StockUpdateLine) -> SafeString:
        """Where: a warehouse, and a place in it if one was named."""
        named = f" · {line.location_code}" if line.location_code else ""
        return shown.unbroken(f"{line.warehouse_code}{named}")

    @display(description="Sent")
    def asked(self, line: StockUpdateLine) -> SafeString:
        """`set 12 each`, and below it the reason."""
        expected = (
            "" if line.expected_quantity is None else f", {plain(line.expected_quantity)} expected"
        )
        sent = shown.unbroken(f"{line.mode} {plain(line.quantity)} {line.unit}{expected}")
        return _two_lines(sent, line.get_reason_display())

    @display(description="Result", ordering="result", label=RESULT_COLOURS)
    def result_label(self, line: StockUpdateLine) -> str:
        """What became of it."""
        return line.get_result_display()

    @display(description="What it changed, or why not")
    def effect(self, line: StockUpdateLine) -> SafeString | str:
        """From what to what, or what was wrong."""
        if line.error_code:
            return _two_lines(line.error_detail, line.error_code)
        if line.change is None or line.on_hand_before is None:
            return ""
        unit = line.variant.product.stock_unit if line.variant else ""
        before, after = plain(line.on_hand_before), plain(line.on_hand_before + line.change)
        return shown.unbroken(
            f"{before} → {after} {unit}" if line.change else f"{before} {unit}, as in the books"
        )


def _lines_link(
    message: InboundMessage, text: str | SafeString, result: UpdateResult | None = None
) -> SafeString:
    query = {"message__id__exact": message.pk} | ({"result__exact": str(result)} if result else {})
    url = f"{reverse('admin:inventory_stockupdateline_changelist')}?{urlencode(query)}"
    return format_html('<a href="{}" class="{}">{}</a>', url, shown.LINK_CLASSES, text)


def _two_lines(first: str, second: str) -> SafeString:
    if not (first and second):
        return format_html("{}", first or second)
    return format_html('{}<br><span class="text-subtle">{}</span>', first, second)
