"""The expiry board: lots by the days they have left, and what can be done about them."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.decorators import display

from catalog.partners.models import Partner
from catalog.products.models import Category
from catalog.products.selectors import categories_below, category_lineage, category_path
from catalog.units.rules import plain
from config.kernel import clock
from config.kernel.admin import LedgerAdmin, reason_action
from config.kernel.admin.lists import CappedPaginator
from config.kernel.money import Money, format_money, round_to_currency
from inventory.expiry import board
from inventory.expiry.models import ExpiringLot
from inventory.expiry.selectors import board_lots, board_worth, due_first, latest_today
from inventory.stock.display import days_left_label, figure
from inventory.stock.lot_actions import LotActions, chosen_warehouse
from inventory.stock.selectors.searching import cleaned, keys_or_query, lots_search
from inventory.warehouses.models import Warehouse

MOST_URGENT = "sell_by_date"


class WarehouseFilter(DropdownFilter):
    """Only what lies in one warehouse; quantities and actions are then of that warehouse."""

    title = "warehouse"
    parameter_name = "warehouse"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every warehouse."""
        rows = Warehouse.objects.order_by("code").values_list("pk", "code", "name")
        return [(str(pk), f"{code} · {name}") for pk, code, name in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The board itself narrows its quantities, see `ExpiringLotAdmin.get_queryset`."""
        return queryset


class CategoryFilter(DropdownFilter):
    """A category with all below it."""

    title = "category"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every category by its path."""
        paths = [(category_path(chain), pk) for pk, chain in category_lineage().items()]
        return [(str(pk), path) for path, pk in sorted(paths)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Lots of products in it or below it."""
        if not (self.value() or "").isdigit() or not Category.objects.filter(pk=self.value()):
            return queryset
        return queryset.filter(
            variant__product__category_id__in=categories_below(int(self.value()))
        )


class DaysLeftFilter(DropdownFilter):
    """How soon the last day of sale is."""

    title = "days left"
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The thresholds as sentences."""
        bands = [(str(days), f"{days} days or less") for days in (7, 30, 60, 90)]
        return [("past", "past the last day of sale"), *bands]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Lots whose last day of sale is that near."""
        today = latest_today(clock.now())
        if self.value() == "past":
            return queryset.filter(sell_by_date__lt=today)
        if self.value() in ("7", "30", "60", "90"):
            last = today + timedelta(days=int(self.value()))
            return queryset.filter(sell_by_date__gte=today, sell_by_date__lte=last)
        return queryset


class HoldFilter(DropdownFilter):
    """Whether the lot is kept from sale."""

    title = "hold"
    parameter_name = "hold"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """On hold or not."""
        return [("yes", "on hold"), ("no", "not on hold")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Lots in that state."""
        if self.value() in ("yes", "no"):
            return queryset.filter(is_on_hold=self.value() == "yes")
        return queryset


class BoardPaginator(CappedPaginator):
    """Looks for a page of the most urgent among what expires soonest, not among all lots."""

    def page(self, number: Any) -> Page:
        """The page; in any other order as usual."""
        lots: Any = self.object_list
        if lots.query.order_by[:1] != (MOST_URGENT,):
            return super().page(number)
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        last = min(first + self.per_page, self.count)
        return Page(due_first(lots, count=last)[first:last], number, self)


def _ids(queryset: QuerySet[ExpiringLot]) -> list[int]:
    return list(queryset.order_by("pk").values_list("pk", flat=True))


@admin.register(ExpiringLot)
class ExpiringLotAdmin(LotActions, LedgerAdmin):
    """What runs out, the most urgent first."""

    nothing_here = "Nothing runs out: no lot in stock has a last day of sale."
    paginator = BoardPaginator
    list_display = [
        "lot",
        "product",
        "days_left",
        "last_day_of_sale",
        "quantity",
        "promised",
        "value_at_risk",
        "hold_badge",
    ]
    list_display_links = None
    list_filter = [
        WarehouseFilter,
        CategoryFilter,
        ("variant__product__brand", AutocompleteSelectFilter),
        DaysLeftFilter,
        HoldFilter,
    ]
    list_filter_submit = True
    search_fields = ["code", "variant__sku", "variant__product__name", "supplier__code"]
    search_help_text = "Lot from its beginning, SKU, product or supplier's code"
    actions = ["hold", "release", "write_off", "return_to_supplier"]
    list_before_template = "admin/inventory/expiry/summary.html"
    export_columns = [
        "code",
        "sku",
        "product_name",
        "days_left",
        "last_day_of_sale",
        "on_hand_figure",
        "reserved_figure",
        "unit",
        "value_figure",
        "currency",
        "hold_badge",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExpiringLot]:
        """Lots that expire and lie in stock, with their figures."""
        self._today = latest_today(clock.now())  # once for all rows of a list or an export
        # Joining a polymorphic product gives its base row, which is all that is shown.
        lots = ExpiringLot.objects.select_related("variant__product__brand")
        rows = board_lots(lots, warehouse_id=chosen_warehouse(request))
        return rows.order_by(*self.get_ordering(request))  # type: ignore[return-value]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """By indexes: what a product is called, how a lot's code begins, a supplier's code."""
        term = cleaned(search_term)
        if not term:
            return queryset, False
        suppliers = keys_or_query(Partner.objects.filter(code__iexact=term))
        return queryset.filter(lots_search(term) | Q(supplier_id__in=suppliers)), False

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """What runs out first stands on top."""
        return [MOST_URGENT, "pk"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see lots may see the board."""
        return request.user.has_perm("inventory.view_lot")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As above."""
        return self.has_view_permission(request)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Our own actions, and those that rooms above bring along."""
        actions = super().get_actions(request)
        for brought in (action for answer in board.further_actions.all() for action in answer):
            if request.user.has_perm(brought.permission):
                actions[brought.name] = (_adopt(brought), brought.name, brought.description)
        return actions

    def get_urls(self) -> list[URLPattern]:
        """The board, and before it what all that it shows is worth."""
        view = self.admin_site.admin_view(self.worth_view)
        return [path("worth/", view, name="inventory_expiringlot_worth"), *super().get_urls()]

    def worth_view(self, request: HttpRequest) -> HttpResponse:
        """What all lots that the filters leave are worth.

        The board asks for it once it is shown: adding up may take longer than a page of lots.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        board_url = reverse("admin:inventory_expiringlot_changelist")
        try:
            changes = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(board_url)
        worth = board_worth(changes.queryset, warehouse_id=chosen_warehouse(request))
        is_part = "HX-Request" in request.headers
        context: dict[str, Any] = {
            "summary": {
                "lots": worth.lot_count,
                "without_cost": worth.without_cost,
                "values": [format_money(value, currency) for currency, value in worth.values],
            }
        }
        if not is_part:
            context |= self.admin_site.each_context(request)
            context["title"] = "What the board is worth"
            context["board_url"] = f"{board_url}{changes.get_query_string()}"
        name = "sentence" if is_part else "worth"
        return TemplateResponse(request, f"admin/inventory/expiry/{name}.html", context)

    @display(description="Lot", ordering="code")
    def lot(self, lot: ExpiringLot) -> str:
        """Its code, leading to the lot."""
        url = reverse("admin:inventory_lot_change", args=[lot.pk])
        return format_html(
            '<a href="{}" class="font-semibold text-primary-600 dark:text-primary-500">{}</a>',
            url,
            lot.code,
        )

    @display(description="Product", ordering="variant__sku", header=True)
    def product(self, lot: ExpiringLot) -> tuple[str, str]:
        """Name and SKU."""
        return lot.variant.product.name, lot.variant.sku

    @display(description="Days left", ordering="sell_by_date")
    def days_left(self, lot: ExpiringLot) -> SafeString:
        """In words, coloured by how urgent it is."""
        return days_left_label(lot.sell_by_date, self._today)  # type: ignore[attr-defined]

    @display(description="Last day of sale", ordering="sell_by_date")
    def last_day_of_sale(self, lot: ExpiringLot) -> Any:
        """By the product's own minimum; markets and channels may ask for more."""
        return lot.sell_by_date  # type: ignore[attr-defined]

    @display(description="On hand", ordering="on_hand")
    def quantity(self, lot: ExpiringLot) -> str:
        """With its unit."""
        return f"{plain(lot.on_hand)} {lot.variant.product.stock_unit}"  # type: ignore[attr-defined]

    @display(description="Promised", ordering="reserved")
    def promised(self, lot: ExpiringLot) -> str:
        """How much of it reservations hold; blank: nothing."""
        reserved = lot.reserved  # type: ignore[attr-defined]
        return f"{plain(reserved)} {lot.variant.product.stock_unit}" if reserved else ""

    @display(description="Value at risk", ordering="value")
    def value_at_risk(self, lot: ExpiringLot) -> str:
        """What it cost us."""
        value = lot.value  # type: ignore[attr-defined]
        return "no cost known" if value is None else format_money(value, lot.currency)

    @display(description="SKU")
    def sku(self, lot: ExpiringLot) -> str:
        """Of which SKU."""
        return lot.variant.sku

    @display(description="Product name")
    def product_name(self, lot: ExpiringLot) -> str:
        """What it is called."""
        return lot.variant.product.name

    @display(description="Unit")
    def unit(self, lot: ExpiringLot) -> str:
        """What the quantities count."""
        return lot.variant.product.stock_unit

    @display(description="On hand")
    def on_hand_figure(self, lot: ExpiringLot) -> Any:
        """The number alone, to reckon with."""
        return figure(lot.on_hand)  # type: ignore[attr-defined]

    @display(description="Promised")
    def reserved_figure(self, lot: ExpiringLot) -> Any:
        """The number alone."""
        return figure(lot.reserved)  # type: ignore[attr-defined]

    @display(description="Value at risk")
    def value_figure(self, lot: ExpiringLot) -> Any:
        """The number alone; blank: no cost known."""
        value = lot.value  # type: ignore[attr-defined]
        return None if value is None else round_to_currency(Money(value, lot.currency)).amount

    @display(description="Hold", label={"On hold": "warning"})
    def hold_badge(self, lot: ExpiringLot) -> str:
        """Whether it is kept from sale."""
        return "On hold" if lot.is_on_hold else ""  # type: ignore[attr-defined]


def _adopt(action: board.BoardAction) -> Any:
    """A board action of a room above, as an action of this admin."""

    def perform(
        admin: ExpiringLotAdmin, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]
    ) -> str:
        return action.perform(lot_ids=_ids(queryset), reason=data["reason"], now=clock.now())

    perform.__name__ = action.name
    return reason_action(
        description=action.description,
        permission=action.permission,
        icon=action.icon,
        note=action.note,
        preview=["lot", "product", "quantity", "value_at_risk"],
    )(perform)
