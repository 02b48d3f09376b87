"""Certificate requirements: what products of a category need where, as data."""

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from compliance.dossiers import services
from compliance.dossiers.models import CertificateRequirement
from config.kernel.admin import BackroomAdmin
from config.kernel.admin.display import LINK_CLASSES


@admin.register(CertificateRequirement)
class CertificateRequirementAdmin(BackroomAdmin):
    """A compliance officer adds, changes and switches off what is asked for."""

    nothing_here = "No document is asked for in any category yet."
    list_display = [
        "name",
        "category",
        "where",
        "kind",
        "standard",
        "ppe",
        "needed",
        "active",
        "law",
    ]
    list_filter = [
        ("category", AutocompleteSelectFilter),
        ("jurisdiction", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        "is_needed_to_sell",
        "is_active",
    ]
    list_filter_submit = True
    list_select_related = ["category"]
    search_fields = ["name", "standard", "legal_basis", "category__name"]
    ordering = ["category__name", "jurisdiction", "name", "pk"]
    autocomplete_fields = ["category"]
    fields = [
        "name",
        ("category", "jurisdiction"),
        ("kind", "standard"),
        ("legal_basis", "url"),
        ("ppe_category", "valid_from_date"),
        ("is_needed_to_sell", "is_active"),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One that no longer holds is switched off: documents lead to it."""
        return False

    def save_model(
        self, request: HttpRequest, obj: CertificateRequirement, form: ModelForm, change: bool
    ) -> None:
        """The products of its category may be judged again, and of the one it had before."""
        super().save_model(request, obj, form, change)
        before = form.initial.get("category", obj.category_id)
        services.requirement_changed(category_ids={obj.category_id, before})

    @display(description="Where", ordering="jurisdiction")
    def where(self, asked: CertificateRequirement) -> str:
        """The code of the jurisdiction."""
        return asked.jurisdiction

    @display(description="PPE", ordering="ppe_category")
    def ppe(self, asked: CertificateRequirement) -> str:
        """The category of protective equipment."""
        return asked.ppe_category

    @display(description="Needed to sell", boolean=True, ordering="is_needed_to_sell")
    def needed(self, asked: CertificateRequirement) -> bool:
        """Whether nothing is sold without it."""
        return asked.is_needed_to_sell

    @display(description="Active", boolean=True, ordering="is_active")
    def active(self, asked: CertificateRequirement) -> bool:
        """Whether it is asked for."""
        return asked.is_active

    @display(description="Legal basis", ordering="legal_basis")
    def law(self, asked: CertificateRequirement) -> SafeString | str:
        """The law, leading to its text."""
        if not asked.url:
            return asked.legal_basis
        return format_html(
            '<a href="{}" rel="noreferrer" target="_blank" class="block min-w-64 {}">{}</a>',
            asked.url,
            LINK_CLASSES.replace("whitespace-nowrap ", ""),
            asked.legal_basis,
        )
