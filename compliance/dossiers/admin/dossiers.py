"""Dossiers by product and jurisdiction, and the persons who answer."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from compliance.dossiers import services
from compliance.dossiers.admin import shown
from compliance.dossiers.models import Dossier, ResponsiblePerson
from compliance.dossiers.selectors import DossierView, dossier_of, missing_of
from config.kernel import clock
from config.kernel.admin import BackroomAdmin
from config.kernel.admin.display import link
from config.kernel.admin.lists import PlainChangeList


@admin.register(ResponsiblePerson)
class ResponsiblePersonAdmin(BackroomAdmin):
    """Who answers in a territory for what is sold there."""

    nothing_here = "Nobody answers for a product yet."
    list_display = ["name", "address", "country", "email", "dossier_count"]
    search_fields = ["name", "address", "country", "email"]
    ordering = ["name", "country"]
    fields = ["name", "address", ("country", "email")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ResponsiblePerson]:
        """With the number of dossiers of each."""
        return super().get_queryset(request).annotate(dossier_count=Count("dossiers"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Their names stand on labels that are out in the world."""
        return False

    @display(description="Dossiers", ordering="dossier_count")
    def dossier_count(self, person: ResponsiblePerson) -> int:
        """For how many products, counted in each jurisdiction."""
        return person.dossier_count  # type: ignore[attr-defined]


class DossierChangeList(PlainChangeList):
    """Finds what the dossiers of a page lack, for all of them at once."""

    def get_results(self, request: HttpRequest) -> None:
        """The page, each row with what it lacks."""
        super().get_results(request)
        page: Any = self
        rows: list[Any] = list(page.result_list)
        lacks = missing_of(rows, on=clock.now().date())
        for row in rows:
            row.lacks = lacks[row.product_id, row.jurisdiction]
        page.result_list = rows


@admin.register(Dossier)
class DossierAdmin(BackroomAdmin):
    """What is known of a product in one jurisdiction, its documents, and what is missing."""

    nothing_here = "No product has a dossier yet."
    list_display = [
        "product_name",
        "jurisdiction",
        "responsible_person",
        "cpnp_number",
        "missing",
    ]
    list_display_links = ["product_name"]
    list_filter = [
        ("jurisdiction", ChoicesDropdownFilter),
        ("responsible_person", AutocompleteSelectFilter),
    ]
    list_filter_submit = True
    list_select_related = ["product", "responsible_person"]
    search_fields = ["product__name", "product__variants__sku", "cpnp_number"]
    search_help_text = "Product, SKU or CPNP number"
    ordering = ["product__name", "jurisdiction", "pk"]
    autocomplete_fields = ["product", "responsible_person"]
    export_columns = ["product", "jurisdiction", "responsible_person", "cpnp_number", "notes"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PlainChangeList]:
        """Lists that know what is missing."""
        return DossierChangeList

    def get_fieldsets(self, request: HttpRequest, obj: Dossier | None = None) -> list[Any]:
        """The facts; of a dossier that is there also its documents and what is asked for."""
        own = {"fields": [("responsible_person", "cpnp_number"), "notes"]}
        if obj is None:
            own["fields"] = [("product", "jurisdiction"), *own["fields"]]
            return [(None, own)]
        own["fields"] = [("product_link", "jurisdiction"), *own["fields"], "missing"]
        new = ["new_document"] if _may_add(request) else []
        return [
            (None, own),
            ("What is asked for", {"fields": ["certificates"]}),
            ("Documents", {"fields": ["documents", *new]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Dossier | None = None) -> list[str]:
        """A dossier stays with its product and jurisdiction."""
        if obj is None:
            return []
        obj.may_add = _may_add(request)  # type: ignore[attr-defined]
        return [
            "product_link",
            "jurisdiction",
            "missing",
            "certificates",
            "documents",
            "new_document",
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was said of a product stays on file."""
        return False

    def save_model(self, request: HttpRequest, obj: Dossier, form: ModelForm, change: bool) -> None:
        """Its product may be judged again."""
        super().save_model(request, obj, form, change)
        services.after_documents_changed(product_ids=[obj.product_id], now=clock.now())

    @display(description="Product", ordering="product__name")
    def product_name(self, dossier: Dossier) -> str:
        """What it is about."""
        return dossier.product.name

    @display(description="Product")
    def product_link(self, dossier: Dossier) -> SafeString:
        """The same, leading to its page."""
        return link("catalog_product_change", dossier.product_id, dossier.product.name)

    @display(description="Missing")
    def missing(self, dossier: Dossier) -> SafeString:
        """What it lacks, each as a badge."""
        lacks = getattr(dossier, "lacks", None)
        return shown.missing_labels(self._view(dossier).missing if lacks is None else lacks)

    @display(description="Certificates and reports")
    def certificates(self, dossier: Dossier) -> SafeString:
        """What the law asks for its category, and how that stands."""
        rows = [
            shown.certificate_row(
                own, dossier.product_id, may_add=getattr(dossier, "may_add", False)
            )
            for own in self._view(dossier).certificates
        ]
        headers = ["What", "Now", "Needed to sell", "Valid until", "Legal basis"]
        return shown.table(headers, rows, "Nothing is asked for products of its category here.")

    @display(description="On file")
    def documents(self, dossier: Dossier) -> SafeString:
        """The documents that hold here."""
        today = clock.now().date()
        rows = [shown.document_row(document, today) for document in self._view(dossier).documents]
        headers = ["Title", "Kind", "Standard", "Issued", "Valid until", "Days left", "File"]
        return shown.table(headers, rows, "No document is on file.")

    @display(description="")
    def new_document(self, dossier: Dossier) -> SafeString:
        """The form for another one of this product."""
        return shown.add_link(
            "Add a document", product=dossier.product_id, jurisdiction=dossier.jurisdiction
        )

    def _view(self, dossier: Dossier) -> DossierView:
        """What is known, read once for a row."""
        found: DossierView | None = getattr(dossier, "view", None)
        if found is None:
            found = dossier_of(dossier.product_id, dossier.jurisdiction, on=clock.now().date())
            dossier.view = found  # type: ignore[attr-defined]
        return found


def _may_add(request: HttpRequest) -> bool:
    return request.user.has_perm("compliance.add_document")
