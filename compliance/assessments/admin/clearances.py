"""Every clearance, and the ledger of how each came to be."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from catalog.products.models import Product
from compliance.assessments.admin import filters, words
from compliance.assessments.admin.calendar import CalendarPage
from compliance.assessments.admin.labels import LabelPages
from compliance.assessments.admin.products import ProductPage
from compliance.assessments.admin.queue import ClearanceList
from compliance.assessments.models import Clearance, Decision
from config.kernel.admin import LedgerAdmin
from config.kernel.admin.display import moment


@admin.register(Clearance)
class ClearanceAdmin(ClearanceList):
    """What may be sold where, and what may not."""

    nothing_here = "Nothing has been judged: clearances appear once there are products and markets."
    searches_ingredients = False  # the texts of a whole catalogue have no index
    list_display = [
        "product_column",
        "market_column",
        "status_column",
        "severity_column",
        "sale_column",
        "value_column",
        "reservations_column",
        "decided_column",
    ]
    list_filter = [filters.MarketFilter, filters.StatusFilter, filters.SeverityFilter]
    search_fields = ["product__name"]
    search_help_text = "SKU or name"
    ordering = ["-pk"]
    export_columns = [
        "product", "market", "status", "severity", "sale_column", "reason", "decided_at",
    ]  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        """The list, and the pages of compliance that are no list."""
        view = self.admin_site.admin_view
        site = self.admin_site
        return [
            path("calendar/", view(CalendarPage(site)), name="compliance_calendar"),
            path("product/<int:product_id>/", view(ProductPage(site)), name="compliance_product"),
            *LabelPages(site).urls(),
            *super().get_urls(),
        ]

    @display(description="Decided", ordering="decided_at")
    def decided_column(self, row: Clearance) -> SafeString:
        """When a person or the policy last did."""
        return moment(row.decided_at)


@admin.register(Decision)
class DecisionAdmin(LedgerAdmin):
    """Who decided what, when, why and by which rules; nothing here ever changes."""

    nothing_here = "Nothing has been decided."
    list_display = [
        "moment_column",
        "product_name",
        "market_code",
        "change_column",
        "how",
        "who",
        "reason",
        "versions",
    ]
    list_display_links = ["moment_column"]
    list_filter = [
        ("how", ChoicesDropdownFilter),
        ("after", ChoicesDropdownFilter),
    ]
    list_filter_submit = True
    search_fields = ["market_code"]
    search_help_text = "Product"
    ordering = ["-pk"]
    fields = [
        "product_name", "market_code", "at", "change_column", "how", "who", "reason",
        "waived_until", "off_sale_at", "evidence", "versions", "versions_before", "found",
        "request_id",
    ]  # fmt: skip
    export_columns = [
        "at", "product_name", "market_code", "before", "after", "how", "who", "reason",
        "waived_until", "versions", "versions_before", "found",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Decision]:
        """With the name of the product, as long as there is one."""
        products = Product.objects.non_polymorphic().filter(pk=OuterRef("product_id"))
        rows: QuerySet[Decision] = super().get_queryset(request).select_related("user")
        return rows.annotate(name_of_product=Subquery(products.values("name")[:1]))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """By the product's name, each word of it."""
        term = " ".join(search_term.replace("\0", "").split())
        if not term:
            return queryset, False
        products = Product.objects.non_polymorphic()
        for word in term.split():
            products = products.filter(name__icontains=word)
        return queryset.filter(product__in=products.order_by().values("pk")), False

    @display(description="When", ordering="at")
    def moment_column(self, row: Decision) -> SafeString:
        """When it was."""
        return moment(row.at)

    @display(description="Product")
    def product_name(self, row: Any) -> str:
        """What it was about."""
        return row.name_of_product or f"product {row.product_id}, which is gone"

    @display(description="Became")
    def change_column(self, row: Decision) -> SafeString:
        """The status that it led to."""
        return words.status_label(row.after)

    @display(description="By")
    def who(self, row: Decision) -> str:
        """The person, or nobody."""
        return row.actor or (row.user.username if row.user else "")

    @display(description="Rulebooks")
    def versions(self, row: Decision) -> str:
        """The versions it was judged by."""
        return ", ".join(row.rulebook_versions)

    @display(description="Rulebooks before")
    def versions_before(self, row: Decision) -> str:
        """Those of the judgement before, where it changed."""
        return ", ".join(row.rulebook_versions_before)

    @display(description="Block and warn findings")
    def found(self, row: Decision) -> str:
        """The findings that it was made on."""
        return ", ".join(row.findings)
