"""The review queue: what waits for a decision, the one first that blocks most."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from catalog.products.models import Variant
from compliance.assessments import services
from compliance.assessments.admin import filters, words
from compliance.assessments.admin.changelist import ExposedChangeList, QueueChangeList
from compliance.assessments.admin.forms import DONE, WaiveForm
from compliance.assessments.admin.outcome import tell_refused
from compliance.assessments.admin.page import ClearancePage
from compliance.assessments.admin.together import FindingPages
from compliance.assessments.models import Clearance, WaitingClearance
from compliance.assessments.selectors.queue import (
    BY_WEIGHT,
    SORTED_MAX,
    WAITING,
    judging_progress,
    search,
)
from compliance.assessments.selectors.waiting import forget_waiting
from config.kernel import clock
from config.kernel.admin import ReasonActionMixin, reason_action
from config.kernel.words import counted

PREVIEW = ["product_column", "market_column", "why_column"]
DECIDE = "compliance.decide_clearance"


class ClearanceList(ClearancePage):
    """The columns that every list of clearances has."""

    list_display_links = ["product_column"]
    list_filter_submit = True
    searches_ingredients = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what a row shows."""
        self._now = clock.now()
        variants = Prefetch("product__variants", Variant.objects.order_by("sku"))
        return (
            super()
            .get_queryset(request)
            .select_related("product__brand", "market", "assessment")
            .prefetch_related(variants)
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """By SKU and name, and by ingredient where the list is short enough."""
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(search(term, by_ingredient=self.searches_ingredients)), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ExposedChangeList]:
        """Lists that ask once what stands behind all their rows."""
        return ExposedChangeList

    @display(description="Product", ordering="product__name", header=True)
    def product_column(self, row: Clearance) -> tuple[str, str]:
        """Name, brand and SKU."""
        skus = words.skus_shown([own.sku for own in row.product.variants.all()])
        brand = row.product.brand.name if row.product.brand else ""
        return row.product.name, " · ".join(part for part in (brand, skus) if part)

    @display(description="Market", ordering="market__code")
    def market_column(self, row: Clearance) -> str:
        """Where it is to be sold."""
        return row.market.code

    @display(description="Why it waits")
    def why_column(self, row: Clearance) -> SafeString:
        """The findings nobody has decided about."""
        return words.why(row)

    @display(description="Found", ordering=BY_WEIGHT)
    def severity_column(self, row: Clearance) -> SafeString:
        """The heaviest finding."""
        return words.severity_label(row.severity)

    @display(description="Status", ordering="status")
    def status_column(self, row: Clearance) -> SafeString:
        """Where it stands."""
        return words.status_label(row.status)

    @display(description="Sale", ordering="off_sale_at")
    def sale_column(self, row: Clearance) -> SafeString:
        """Whether it is on sale there, and until when."""
        return words.sale_label(row, self._now)

    @display(description="Stock value")
    def value_column(self, row: Any) -> str:
        """What lies in stock of it, at cost."""
        return words.worth(getattr(row, "exposure", None))

    @display(description="Reservations")
    def reservations_column(self, row: Any) -> SafeString:
        """How many open reservations wait for it."""
        own = getattr(row, "exposure", None)
        count = own.open_reservations if own else 0
        return (
            format_html('<span class="font-semibold">{}</span>', count) if count else SafeString()
        )

    @display(description="Waits", ordering="queued_at")
    def age_column(self, row: Clearance) -> str:
        """How long it has been in the queue."""
        return words.age(row.queued_at, self._now)


@admin.register(WaitingClearance)
class ReviewQueueAdmin(FindingPages, ReasonActionMixin, ClearanceList):
    """What waits for a person, by what it blocks."""

    nothing_here = "Nothing waits for a decision."
    list_display = [
        "product_column",
        "market_column",
        "why_column",
        "sale_column",
        "value_column",
        "reservations_column",
        "age_column",
    ]
    list_filter = [
        filters.MarketFilter,
        filters.SeverityFilter,
        filters.FindingFilter,
        filters.WaitingStatusFilter,
        ("product__brand", AutocompleteSelectFilter),
        filters.CategoryFilter,
    ]
    search_fields = ["product__name"]
    search_help_text = "SKU, name or ingredient"
    actions = ["approve", "reject", "ask", "waive"]
    list_before_template = "admin/compliance/assessments/queue_head.html"
    export_columns = [
        "product", "sku", "market", "severity", "status", "why_column", "sale_column", "queued_at",
    ]  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        """The queue, and how far judging again has come."""
        view = self.admin_site.admin_view(self.progress_view)
        return [path("progress/", view, name="compliance_judging"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Only what waits; a page of one that was decided meanwhile still opens."""
        return super().get_queryset(request).filter(status__in=WAITING)

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """The heaviest, then the longest waiting first, where too many wait to ask for more."""
        return [BY_WEIGHT, "queued_at", "pk"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[QueueChangeList]:
        """By what it blocks."""
        return QueueChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The queue; its head says by what it is sorted."""
        return super().changelist_view(request, {"sorted_max": SORTED_MAX, **(extra_context or {})})

    def progress_view(self, request: HttpRequest) -> HttpResponse:
        """How many clearances are judged by the rules of today, as a part of the queue's page."""
        self.check_view(request)
        context = {"progress": judging_progress()}
        return TemplateResponse(request, "admin/compliance/assessments/progress.html", context)

    @display(description="SKU")
    def sku(self, row: Clearance) -> str:
        """Every SKU of the product."""
        return " ".join(own.sku for own in row.product.variants.all())

    @reason_action(
        description="Approve",
        permission=DECIDE,
        icon="check_circle",
        preview=PREVIEW,
        note="A clearance covers everything found so far. What the law blocks, and products that "
        "you edited last, are left as they are and told.",
    )
    def approve(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Let the chosen products be sold."""
        return self._decide(request, queryset, services.APPROVE, data)

    @reason_action(
        description="Reject",
        permission=DECIDE,
        icon="block",
        danger=True,
        preview=PREVIEW,
        note="The products go off sale in these markets at once.",
    )
    def reject(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Take the chosen products off sale."""
        return self._decide(request, queryset, services.REJECT, data)

    @reason_action(
        description="Supplier asked",
        permission=DECIDE,
        icon="mail",
        preview=PREVIEW,
        note="They stay in the queue, and on or off sale as they are.",
    )
    def ask(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Note that the supplier was asked."""
        return self._decide(request, queryset, services.ASK, data)

    @reason_action(
        description="Waive until",
        permission=DECIDE,
        form_class=WaiveForm,
        icon="event",
        preview=PREVIEW,
        note="They may be sold until the day ends in their market, against what was found.",
    )
    def waive(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Let the chosen products be sold for a time."""
        return self._decide(request, queryset, services.WAIVE, data)

    def _decide(
        self, request: HttpRequest, queryset: QuerySet, kind: str, data: dict[str, Any]
    ) -> str:
        outcome = services.decide(
            clearance_ids=list(queryset.values_list("pk", flat=True)),
            kind=kind,
            reason=data["reason"],
            until=data.get("until"),
            user_id=cast(int, request.user.pk),
            now=clock.now(),
        )
        forget_waiting()
        tell_refused(request, outcome)
        return f"{DONE[kind]}: {counted(outcome.done, 'clearance')}."
