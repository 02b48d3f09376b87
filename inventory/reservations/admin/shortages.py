"""Shortages: what was promised and is no longer there, as a work list."""

from typing import Any

from django.contrib import admin
from django.db.models import DecimalField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from config.kernel import clock
from config.kernel.admin import LedgerAdmin, ReasonActionMixin, reason_action
from config.kernel.words import counted
from inventory.reservations import services
from inventory.reservations.models import OWING, ReservationStatus, ShortLine
from inventory.reservations.rules import ZERO
from inventory.stock import display as shown
from inventory.stock.models import StockLevel
from inventory.stock.selectors import free_sum, sellable

PREVIEW = ["reservation_link", "product", "promised", "short_of", "free_now"]


@admin.register(ShortLine)
class ShortLineAdmin(ReasonActionMixin, LedgerAdmin):
    """Who is owed what, the one who waits longest first."""

    nothing_here = "No shortages: everything that was promised is covered."
    list_display = [
        "reservation_link",
        "client",
        "product",
        "promised",
        "short_of",
        "free_now",
        "made",
        "kept_until",
    ]
    list_display_links = None
    list_filter = [
        ("reservation__market", RelatedDropdownFilter),
        ("reservation__client", RelatedDropdownFilter),
    ]
    list_filter_submit = True
    search_fields = ["reservation__reference", "variant__sku", "variant__product__name"]
    search_help_text = "Reservation, SKU or product"
    ordering = ["reservation__created_at", "pk"]
    actions = ["look_again", "give_up", "release"]
    export_columns = ["reservation", "client", "sku", "promised", "short_of", "made", "kept_until"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShortLine]:
        """Lines that are owed something, with what is free of their SKU."""
        own = StockLevel.objects.filter(variant_id=OuterRef("variant_id"))
        free = sellable(own, now=clock.now()).order_by().values("variant_id")
        figure = DecimalField(max_digits=16, decimal_places=4)
        total = Subquery(free.annotate(figure=free_sum()).values("figure"), output_field=figure)
        return (
            super()
            .get_queryset(request)
            .filter(shortage__gt=0, reservation__status__in=OWING)
            .select_related("reservation__client", "variant__product", "parent__variant")
            .annotate(free=Coalesce(total, Value(ZERO), output_field=figure))
        )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see reservations may see what they are short of."""
        return request.user.has_perm("inventory.view_reservation")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As above."""
        return self.has_view_permission(request)

    @display(description="Reservation", ordering="reservation__reference")
    def reservation_link(self, line: ShortLine) -> SafeString:
        """The client's name for it, leading to its page."""
        return shown.link(
            "inventory_reservation_change", line.reservation_id, line.reservation.reference
        )

    @display(description="Client", ordering="reservation__client__name")
    def client(self, line: ShortLine) -> str:
        """Who holds it."""
        return line.reservation.client.name if line.reservation.client else ""

    @display(description="Product", ordering="variant__sku")
    def product(self, line: ShortLine) -> SafeString:
        """SKU and name, leading to the page of the SKU; of a component its bundle too."""
        if line.parent is None:
            return shown.product_link(line.variant)
        return format_html(
            '{}<br><span class="text-subtle">for {}</span>',
            shown.product_link(line.variant),
            line.parent.variant.sku,
        )

    @display(description="SKU")
    def sku(self, line: ShortLine) -> str:
        """Of which SKU."""
        return line.variant.sku

    @display(description="Promised", ordering="quantity")
    def promised(self, line: ShortLine) -> str:
        """All that was promised."""
        return shown.quantity(line.quantity, line.variant.product.stock_unit)

    @display(description="Short of", ordering="shortage")
    def short_of(self, line: ShortLine) -> SafeString:
        """What of it is gone."""
        return shown.label(shown.some(line.shortage, line.variant.product.stock_unit), "danger")

    @display(description="Free now", ordering="free")
    def free_now(self, line: ShortLine) -> str:
        """What may be sold today in any warehouse; the reservation's market may ask for more."""
        return shown.quantity(line.free, line.variant.product.stock_unit)  # type: ignore[attr-defined]

    @display(description="Made", ordering="reservation__created_at")
    def made(self, line: ShortLine) -> SafeString:
        """When it was promised."""
        return shown.moment(line.reservation.created_at)

    @display(description="Kept until", ordering="reservation__expires_at")
    def kept_until(self, line: ShortLine) -> SafeString:
        """When the reservation's time runs out; an order of which some was sent just waits."""
        if line.reservation.status == ReservationStatus.COMMITTED:
            return shown.label("partly sent", "warning")
        return shown.moment(line.reservation.expires_at)

    @reason_action(
        description="Look for stock again",
        permission="inventory.release_reservation",
        icon="refresh",
        preview=PREVIEW,
        note="Free stock goes to the oldest reservation first. Nobody loses anything by it.",
    )
    def look_again(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Free stock fills what it can."""
        chosen = list(queryset.values_list("pk", flat=True))
        whole = services.look_again(line_ids=chosen, now=clock.now())
        return f"{whole} of {counted(len(chosen), 'shortage')} filled."

    @reason_action(
        description="Give up what is short",
        permission="inventory.release_reservation",
        icon="content_cut",
        danger=True,
        preview=PREVIEW,
        note="This is final: the line keeps what is there, and the order can be committed with "
        "that; one that was partly sent waits for nothing more. The client sees the smaller "
        "quantity.",
    )
    def give_up(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """The lines shrink to what is kept for them."""
        given_up = services.give_up_shortages(
            line_ids=list(queryset.values_list("pk", flat=True)),
            reason=data["reason"],
            now=clock.now(),
        )
        return f"{counted(given_up, 'shortage')} given up."

    @reason_action(
        description="Release the reservations",
        permission="inventory.release_reservation",
        icon="bookmark_remove",
        danger=True,
        preview=PREVIEW,
        note="This is final: all their stock is free for others at once. Orders that were partly "
        "sent stay as they are.",
    )
    def release(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """The reservations behind the lines are given up whole."""
        ids = sorted(set(queryset.values_list("reservation_id", flat=True)))
        released = services.release_many(
            reservation_ids=ids, reason=data["reason"], now=clock.now()
        )
        return f"{counted(released, 'reservation')} released."
