"""Stock by place: what lies where, and what one does with it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from config.kernel import clock
from config.kernel.admin import ReasonActionMixin, reason_action
from config.kernel.admin.actions import CONFIRM_FIELD
from config.kernel.admin.pages import PageAdmin
from inventory.stock import display as shown
from inventory.stock import services
from inventory.stock.admin.contents import ContentsFilter
from inventory.stock.admin.forms import (
    AdjustForm,
    LevelForm,
    MoveForm,
    OpenForm,
    PutAwayForm,
    SendBackForm,
)
from inventory.stock.admin.offers import EVERYTHING, done_elsewhere, left_out
from inventory.stock.admin.put_away import PutAway
from inventory.stock.admin.serials import pieces_known
from inventory.stock.filters import CategoryFilter, WarehouseFilter
from inventory.stock.losses import WhoLosesMixin
from inventory.stock.models import StockLevel
from inventory.stock.selectors import ledger, with_state
from inventory.stock.selectors.searching import cleaned, levels_search
from inventory.warehouses.models import LocationKind

MOVEMENTS_SHOWN = 50


@admin.register(StockLevel)
class StockLevelAdmin(WhoLosesMixin, ReasonActionMixin, PageAdmin):
    """What lies where."""

    nothing_here = "Nothing lies in stock yet: goods come in under Goods in."
    change_form_template = "admin/inventory/stock/level.html"
    list_display = [
        "place",
        "product",
        "lot_shown",
        "on_hand_shown",
        "promised",
        "days_left",
        "hold",
        "to_do",
    ]
    list_display_links = ["place"]
    list_filter = [
        WarehouseFilter,
        ContentsFilter,
        CategoryFilter,
        ("variant__product__brand", AutocompleteSelectFilter),
    ]
    list_filter_submit = True
    list_before_template = "admin/inventory/stock/then_link.html"
    search_fields = ["variant__sku", "variant__product__name", "lot__code", "location__code"]
    search_help_text = "SKU, product, lot from its beginning, or place"
    # Warehouses as they were opened: so an index leads from place to place.
    ordering = ["location__warehouse_id", "location__code", "variant__sku", "id"]
    actions_row = ["put_away", "move", "adjust", "write_off"]
    actions_detail = [
        "put_away",
        "move",
        "adjust",
        {
            "title": "Take out",
            "icon": "delete",
            "items": ["open_containers", "write_off", "return_to_supplier"],
        },
    ]
    export_columns = [
        "warehouse",
        "location",
        "sku",
        "product_name",
        "lot_shown",
        "last_day_of_sale",
        "on_hand",
        "reserved",
        "unit",
        "hold",
    ]

    def get_urls(self) -> list[URLPattern]:
        """The pages of places, and putting away before them."""
        view = self.admin_site.admin_view(PutAway(self.admin_site))
        return [path("put-away/", view, name="put_away"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockLevel]:
        """Levels with lot, place, product, last day of sale and holds."""
        return with_state(super().get_queryset(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """By indexes: what a product is called, how a lot's code begins, a place's code."""
        term = cleaned(search_term)
        return (queryset.filter(levels_search(term)) if term else queryset), False

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The columns; what waits on a dock concerns those who may move it."""
        may_move = request.user.has_perm("inventory.move_stock")
        return [column for column in self.list_display if may_move or column != "to_do"]

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """What can be done with what lies there."""
        levels = StockLevel.objects.select_related("location", "variant__product")
        level = levels.filter(pk=object_id).first()
        if level is None:
            return []
        left = left_out(level)
        return [
            action
            for action in super().get_actions_detail(request, object_id)
            if action.method.__name__ not in left
        ]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list; the menu of a row offers what can be done with it."""
        changes = super().get_changelist_instance(request)
        for level in changes.result_list:
            left = left_out(level, in_list=True)
            level.actions_left_out = {f"admin:inventory_stocklevel_{name}" for name in left}
            level.has_no_actions = left == EVERYTHING
        return changes

    def page_context(self, request: HttpRequest, level: Any, /) -> dict[str, Any]:
        """One lot in one place: the facts, and how it came to be."""
        variant, product = level.variant, level.variant.product
        today = clock.today(level.location.warehouse.time_zone, clock.now())
        facts = [
            ("On hand", shown.quantity(level.on_hand, product.stock_unit)),
            ("Promised", shown.quantity(level.reserved, product.stock_unit)),
            ("Lot", shown.lot_link(level.lot)),
            ("Last day of sale", shown.day(level.sell_by_date)),
            ("Days left", shown.days_left_label(level.sell_by_date, today)),
            ("Hold", shown.label("On hold" if level.is_on_hold else "", "warning")),
            ("Serial numbers", pieces_known(level)),
        ]
        return {
            "title": f"{shown.place(level.location)}: {variant.sku}",
            "subtitle": None,
            "place": shown.place(level.location),
            "product_name": product.name,
            "sku": shown.link(
                "inventory_stockedvariant_change", level.variant_id, level.variant.sku
            ),
            "facts": [(name, value) for name, value in facts if value],
            "elsewhere": done_elsewhere(level),
            "timeline": shown.timeline(ledger(stock_level_ids=[level.pk])[:MOVEMENTS_SHOWN]),
        }

    def reason_form(
        self, request: HttpRequest, form_class: type[forms.Form], queryset: QuerySet
    ) -> forms.Form:
        """The form about the one place the action is for."""
        assert issubclass(form_class, LevelForm)
        data = request.POST if CONFIRM_FIELD in request.POST else None
        return form_class(data, level=queryset.get())

    def _back_url(self, request: HttpRequest, object_id: str | None) -> str:
        """To where the action was started, if that is a page of ours."""
        asked = request.GET.get("back", "")
        if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
            return asked
        return super()._back_url(request, object_id)

    @display(description="Place", ordering="location__code")
    def place(self, level: StockLevel) -> str:
        """Warehouse and location."""
        return shown.place(level.location)

    @display(description="Product", ordering="variant__sku")
    def product(self, level: StockLevel) -> SafeString:
        """SKU and name, leading to the page of the SKU."""
        return shown.product_link(level.variant)

    @display(description="Lot", ordering="lot__code")
    def lot_shown(self, level: StockLevel) -> SafeString:
        """Which lot, leading to its page."""
        return shown.lot_link(level.lot)

    @display(description="On hand", ordering="on_hand")
    def on_hand_shown(self, level: StockLevel) -> str:
        """What lies there, in whatever state."""
        return shown.quantity(level.on_hand, level.variant.product.stock_unit)

    @display(description="Promised", ordering="reserved")
    def promised(self, level: StockLevel) -> str:
        """What of it reservations keep; blank: nothing."""
        return shown.some(level.reserved, level.variant.product.stock_unit)

    @display(description="Days left", ordering=F("sell_by_date").asc(nulls_last=True))
    def days_left(self, level: StockLevel) -> SafeString:
        """Until the last day of sale, counted where the goods lie."""
        today = clock.today(level.location.warehouse.time_zone, clock.now())
        return shown.days_left_label(level.sell_by_date, today)  # type: ignore[attr-defined]

    @display(description="Hold", ordering="is_on_hold")
    def hold(self, level: StockLevel) -> SafeString:
        """Whether the lot is kept from sale."""
        return shown.label("On hold" if level.is_on_hold else "", "warning")  # type: ignore[attr-defined]

    @display(description="To do")
    def to_do(self, level: StockLevel) -> SafeString:
        """Goods on the dock wait for their bin; others for their transfer or return."""
        if level.on_hand and (elsewhere := done_elsewhere(level)):
            return elsewhere[0]
        if level.location.kind != LocationKind.DOCK or not level.on_hand:
            return SafeString("")
        url = reverse("admin:inventory_stocklevel_put_away", args=[level.pk])
        back = reverse("admin:inventory_stocklevel_changelist")
        return format_html(
            '<a href="{}?back={}" class="{}">Put away</a>', url, back, shown.LINK_CLASSES
        )

    @display(description="Warehouse")
    def warehouse(self, level: StockLevel) -> str:
        """In which warehouse."""
        return level.location.warehouse.code

    @display(description="SKU")
    def sku(self, level: StockLevel) -> str:
        """Of which SKU."""
        return level.variant.sku

    @display(description="Product name")
    def product_name(self, level: StockLevel) -> str:
        """What it is called."""
        return level.variant.product.name

    @display(description="Last day of sale")
    def last_day_of_sale(self, level: StockLevel) -> Any:
        """By the product's own minimum; blank: it does not expire."""
        return level.sell_by_date  # type: ignore[attr-defined]

    @display(description="Unit")
    def unit(self, level: StockLevel) -> str:
        """What the quantities count."""
        return level.variant.product.stock_unit

    @reason_action(
        description="Put away",
        permission="inventory.move_stock",
        form_class=PutAwayForm,
        icon="shelves",
        preview=["place", "product", "lot_shown", "on_hand_shown", "promised"],
        note="You can undo this: move the goods back.",
    )
    def put_away(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Goods go from the dock to their bin."""
        level = queryset.get()
        services.put_away(
            stock_level_id=level.pk,
            to_location_id=data["to_location"].pk,
            quantity=data["quantity"],
            serials=data.get("serials", ()),
            now=clock.now(),
        )
        return self._told("put away", level, data, f" in {data['to_location'].code}")

    @reason_action(
        description="Move",
        permission="inventory.move_stock",
        form_class=MoveForm,
        icon="move_item",
        preview=["place", "product", "lot_shown", "on_hand_shown", "promised"],
        note="You can undo this: move the goods back. Promises on them are kept.",
    )
    def move(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Goods go to another place of the warehouse."""
        level = queryset.get()
        services.move(
            stock_level_id=level.pk,
            to_location_id=data["to_location"].pk,
            quantity=data["quantity"],
            reason=data["reason"],
            serials=data.get("serials", ()),
            now=clock.now(),
        )
        return self._told("moved", level, data, f" to {data['to_location'].code}")

    @reason_action(
        description="Adjust",
        permission="inventory.adjust_stock",
        form_class=AdjustForm,
        icon="tune",
        preview=["place", "product", "lot_shown", "on_hand_shown", "promised"],
        note="You can undo this: adjust by the same quantity with the other sign. Both stay in "
        "the ledger.",
        consequences="who_loses",
    )
    def adjust(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """The books are corrected to what really lies there."""
        level = queryset.get()
        services.adjust(
            stock_level_id=level.pk,
            quantity_delta=data["quantity"],
            reason=data["reason"],
            serials=data.get("serials", ()),
            now=clock.now(),
        )
        change = shown.signed(data["quantity"], level.variant.product.stock_unit)
        return f"{level.variant.sku} in {shown.place(level.location)} is corrected by {change}."

    @reason_action(
        description="Open",
        permission="inventory.open_containers",
        form_class=OpenForm,
        icon="science",
        preview=["place", "product", "lot_shown", "on_hand_shown", "promised", "days_left"],
        note="This is final: what is open cannot be sealed again. It lasts as long as its lot, or "
        "its period after opening from today, whichever ends first.",
        consequences="who_loses",
    )
    def open_containers(
        self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]
    ) -> str:
        """A decant or a tester: containers become what was inside."""
        level, into = queryset.get(), data["into"]
        _, kept = services.open_containers(
            stock_level_id=level.pk,
            quantity=data["quantity"],
            to_variant_id=into.id,
            yielded=data["yielded"],
            reason=data["reason"],
            now=clock.now(),
        )
        got = shown.quantity(kept.quantity, into.stock_unit)
        return self._told("opened", level, data, f": {got} of {into.sku}")

    @reason_action(
        description="Write off",
        permission="inventory.write_off_stock",
        form_class=LevelForm,
        icon="delete",
        danger=True,
        preview=["place", "product", "lot_shown", "on_hand_shown", "promised", "days_left"],
        note="This is final: the goods leave the books. What is promised of them is promised from "
        "other lots.",
        consequences="who_loses",
    )
    def write_off(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Goods leave the books for good."""
        level = queryset.get()
        services.write_off(
            stock_level_id=level.pk,
            quantity=data["quantity"],
            reason=data["reason"],
            serials=data.get("serials", ()),
            now=clock.now(),
        )
        return self._told("written off", level, data)

    @reason_action(
        description="Return to supplier",
        permission="inventory.return_to_supplier",
        form_class=SendBackForm,
        icon="undo",
        danger=True,
        preview=["place", "product", "lot_shown", "on_hand_shown", "promised", "days_left"],
        note="This is final: the goods leave the books. What is promised of them is promised from "
        "other lots.",
        consequences="who_loses",
    )
    def return_to_supplier(
        self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]
    ) -> str:
        """Goods go back to where they came from."""
        level = queryset.get()
        services.return_to_supplier(
            stock_level_id=level.pk,
            quantity=data["quantity"],
            reason=data["reason"],
            reference=data["reference"],
            serials=data.get("serials", ()),
            now=clock.now(),
        )
        return self._told("sent back", level, data)

    def _told(self, done: str, level: StockLevel, data: dict[str, Any], where: str = "") -> str:
        amount = shown.quantity(data["quantity"], level.variant.product.stock_unit)
        return f"{amount} of {level.variant.sku} {shown.lot_phrase(level.lot)} {done}{where}."
