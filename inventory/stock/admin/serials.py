"""Serial numbers: where each piece lies, what happened to it, and what nobody has named yet."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from catalog.units.rules import plain
from config.kernel import clock
from config.kernel.admin import LedgerAdmin, ReasonActionMixin, reason_action
from config.kernel.admin.actions import CONFIRM_FIELD
from config.kernel.admin.pages import PageAdmin
from inventory.stock import display as shown
from inventory.stock import services
from inventory.stock.filters import WarehouseFilter
from inventory.stock.models import SerialNumber, StockLevel, UnnamedMovement
from inventory.stock.selectors.serials import (
    passages_of,
    serial_tracked_ids,
    serials_on,
    to_be_named,
)

PASSAGES_SHOWN = 100


class WhereFilter(DropdownFilter):
    """Whether the piece is still ours."""

    title = "whereabouts"
    parameter_name = "where"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Here or gone."""
        return [("here", "In stock"), ("gone", "Gone")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Pieces that are here, or gone."""
        if self.value() in ("here", "gone"):
            return queryset.filter(stock_level__isnull=self.value() == "gone")
        return queryset


class SerialWarehouseFilter(WarehouseFilter):
    """Pieces that lie in one warehouse."""

    path = "stock_level__location__warehouse"


@admin.register(SerialNumber)
class SerialNumberAdmin(PageAdmin):
    """Every piece that can be told from others, the newest first."""

    nothing_here = "No serial numbers: goods that carry them are named when they come in."
    change_form_template = "admin/inventory/stock/serial.html"
    list_display = ["serial", "product", "lot_shown", "place", "first_seen"]
    list_display_links = ["serial"]
    list_filter = [WhereFilter, SerialWarehouseFilter]
    list_filter_submit = True
    list_select_related = ["variant__product", "lot", "stock_level__location__warehouse"]
    search_fields = ["serial", "variant__sku", "variant__product__name"]
    search_help_text = "Serial number, SKU or product"
    ordering = ["-id"]

    def page_context(self, request: HttpRequest, piece: Any, /) -> dict[str, Any]:
        """One piece: what it is, where it lies, every line of the ledger that is about it."""
        lines = [passage.movement for passage in passages_of(piece.pk)[:PASSAGES_SHOWN]]
        return {
            "title": piece.serial,
            "subtitle": piece.variant.sku,
            "facts": [
                ("Product", shown.product_link(piece.variant)),
                ("Lot", shown.lot_link(piece.lot)),
                ("Lies in", self.place(piece)),
                ("First seen", shown.moment(piece.first_seen_at)),
            ],
            "timeline": shown.timeline(lines),
        }

    @display(description="Product", ordering="variant__sku")
    def product(self, piece: SerialNumber) -> SafeString:
        """SKU and name, leading to the page of the SKU."""
        return shown.product_link(piece.variant)

    @display(description="Lot", ordering="lot__code")
    def lot_shown(self, piece: SerialNumber) -> SafeString:
        """Which lot, leading to its page."""
        return shown.lot_link(piece.lot)

    @display(description="Lies in", ordering="stock_level__location__code")
    def place(self, piece: SerialNumber) -> SafeString:
        """Where it lies, or that it has left us."""
        if piece.stock_level is None:
            return shown.label("Gone")
        where = shown.place(piece.stock_level.location)
        return shown.link("inventory_stocklevel_change", piece.stock_level_id, where)

    @display(description="First seen", ordering="first_seen_at")
    def first_seen(self, piece: SerialNumber) -> SafeString:
        """When it came in for the first time."""
        return shown.moment(piece.first_seen_at)


class NameForm(forms.Form):
    """Which pieces a line of the ledger is about."""

    serials = forms.CharField(
        label="Serial numbers",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "autofocus": True}),
        help_text="Scan or type them, one a line.",
    )

    def __init__(self, data: Any = None, *, there: list[str] | None = None) -> None:
        super().__init__(data)
        if there:
            more = f" and {len(there) - 30} more" if len(there) > 30 else ""
            self.fields["serials"].help_text += f" Known there: {', '.join(there[:30])}{more}."  # type: ignore[operator]

    def clean_serials(self) -> list[str]:
        """One by one."""
        text: str = self.cleaned_data["serials"]
        return text.replace(",", " ").split()


@admin.register(UnnamedMovement)
class UnnamedMovementAdmin(ReasonActionMixin, LedgerAdmin):
    """Sales, counts and other lines of which nobody has said which pieces they are about."""

    nothing_here = "Every piece is named: nothing waits for its serial numbers."
    list_display = ["happened", "kind", "product", "place", "change", "unnamed_shown", "reference"]
    list_display_links = None
    list_filter = ["kind"]
    search_fields = ["stock_level__variant__sku", "reference"]
    search_help_text = "SKU, order or other reference"
    ordering = ["pk"]
    actions_row = ["name_pieces"]
    export_columns = ["happened", "kind", "product", "place", "unnamed_shown", "reference"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What is still to be named, the oldest first."""
        return to_be_named(UnnamedMovement).select_related(
            "stock_level__variant__product", "stock_level__location__warehouse"
        )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see movements may see which pieces are to be named."""
        return request.user.has_perm("inventory.view_stockmovement")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As above."""
        return self.has_view_permission(request)

    def reason_form(
        self, request: HttpRequest, form_class: type[forms.Form], queryset: QuerySet
    ) -> forms.Form:
        """The form, with what lies there to choose from where goods left."""
        data = request.POST if CONFIRM_FIELD in request.POST else None
        line = queryset.get()
        there = serials_on([line.stock_level_id]).get(line.stock_level_id, [])
        return NameForm(data, there=there if line.quantity < 0 else None)

    @display(description="Happened", ordering="happened_at")
    def happened(self, line: Any) -> SafeString:
        """When."""
        return shown.moment(line.happened_at)

    @display(description="Product", ordering="stock_level__variant__sku")
    def product(self, line: Any) -> SafeString:
        """SKU and name, leading to the page of the SKU."""
        return shown.product_link(line.stock_level.variant)

    @display(description="Place")
    def place(self, line: Any) -> SafeString:
        """Where it happened."""
        return shown.unbroken(shown.place(line.stock_level.location))

    @display(description="Change", ordering="quantity")
    def change(self, line: Any) -> SafeString:
        """The signed quantity."""
        return shown.change(line)

    @display(description="To be named", ordering="unnamed")
    def unnamed_shown(self, line: Any) -> SafeString:
        """How many pieces nobody has named."""
        return shown.label(str(shown.figure(line.unnamed)), "warning")

    @reason_action(
        description="Name the pieces",
        permission="inventory.name_serialnumber",
        form_class=NameForm,
        icon="tag",
        preview=["happened", "kind", "product", "place", "change", "unnamed_shown", "reference"],
        note="This is final: it stands in the history of each piece.",
    )
    def name_pieces(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """It is said which pieces came or went."""
        left = services.name_serials(
            movement_id=queryset.get().pk, serials=data["serials"], now=clock.now()
        )
        return f"Named; {left} still to be named." if left else "All of them are named."


def pieces_known(level: StockLevel) -> str:
    """How many pieces are known by number, and how many are to be named; blank: they carry none."""
    if not serial_tracked_ids([level.variant_id]):
        return ""
    known = len(serials_on([level.pk]).get(level.pk, ()))
    unnamed = abs(known - level.on_hand)
    return f"{known} known" + (f", {plain(unnamed)} to be named" if unnamed else "")
