"""Substances: the list, the form of one, and the way to their inventory."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import display

from compliance.substances import services
from compliance.substances.admin.uploading import UploadInventory
from compliance.substances.models import (
    NameKind,
    NumberKind,
    Substance,
    SubstanceName,
    SubstanceNumber,
)
from compliance.substances.rules.inventory import is_number
from compliance.substances.rules.names import name_key
from config.kernel import clock
from config.kernel.admin import BackroomAdmin, TextListField
from config.kernel.admin.display import unbroken
from config.kernel.admin.lists import CappedPaginator, KeysFirstChangeList


class SubstanceForm(forms.ModelForm):
    """Functions are written with commas; an INCI name that is there names its substance."""

    functions = TextListField(required=False, help_text="As CosIng names them, with commas.")

    def clean_inci_name(self) -> str:
        """Refuse a name that already means a substance."""
        name: str = self.cleaned_data["inci_name"]
        taken = SubstanceName.objects.filter(key=name_key(name)).select_related("substance").first()
        if taken is not None:
            raise forms.ValidationError(f"“{name}” already names {taken.substance.inci_name}.")
        return name


class NumberForm(forms.ModelForm):
    """A number must look like one of its kind."""

    def clean(self) -> dict[str, Any]:
        """CAS numbers are written 56-81-5, EC numbers 200-289-5."""
        data: dict[str, Any] = super().clean() or {}
        kind, value = data.get("kind"), data.get("value")
        if kind and value and not is_number(value, is_cas=kind == NumberKind.CAS):
            example = "56-81-5" if kind == NumberKind.CAS else "200-289-5"
            self.add_error("value", f"{value} is no {kind.upper()} number, such as {example}.")
        return data


class OtherNames(TabularInline):
    """What labels call it besides its INCI name."""

    model = SubstanceName
    fields = ["name"]
    verbose_name = "other name"
    verbose_name_plural = "other names"
    extra = 0
    ordering = ["id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SubstanceName]:
        """The INCI name stands above."""
        return super().get_queryset(request).exclude(kind=NameKind.INCI)


class Numbers(TabularInline):
    """Its registry numbers."""

    model = SubstanceNumber
    form = NumberForm
    fields = ["kind", "value"]
    verbose_name = "number"
    extra = 0
    ordering = ["id"]


@admin.register(Substance)
class SubstanceAdmin(BackroomAdmin):
    """Every substance, by name."""

    form = SubstanceForm
    paginator = CappedPaginator
    nothing_here = "No substances yet. Import an inventory, such as the one of CosIng."
    list_before_template = "admin/compliance/substances/import_link.html"
    list_display = ["inci_name", "cas", "ec", "function_list", "note"]
    search_fields = ["inci_name", "names__name", "numbers__value"]
    search_help_text = "INCI name, other name, CAS or EC number"
    ordering = ["inci_key", "id"]
    inlines = [OtherNames, Numbers]
    export_columns = ["inci_name", "cas", "ec", "function_list", "note", "updated_at"]

    def get_urls(self) -> list[URLPattern]:
        """The page where an inventory comes in."""
        view = self.admin_site.admin_view(UploadInventory(self.admin_site))
        return [path("import/", view, name="substance_import"), *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Tens of thousands of rows."""
        return KeysFirstChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Substance]:
        """With the numbers."""
        return super().get_queryset(request).prefetch_related("numbers")

    def get_fields(self, request: HttpRequest, obj: Substance | None = None) -> list[Any]:
        """What may be said of one."""
        return ["inci_name", "functions", "note", *(["updated_at"] if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Substance | None = None) -> list[str]:
        """An INCI name stays: lists, answers and rules are understood by it."""
        return ["inci_name", "updated_at"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody takes a substance away: assessments were made by it."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Keep when."""
        obj.updated_at = clock.now()
        super().save_model(request, obj, form, change)
        if not change:
            services.name_substance(substance=obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Names and numbers may have changed: every process reads them anew."""
        super().save_related(request, form, formsets, change)
        services.names_changed()

    @display(description="CAS")
    def cas(self, substance: Substance) -> SafeString:
        """Its CAS numbers."""
        return _numbers(substance, NumberKind.CAS)

    @display(description="EC")
    def ec(self, substance: Substance) -> SafeString:
        """Its EC numbers."""
        return _numbers(substance, NumberKind.EC)

    @display(description="Functions")
    def function_list(self, substance: Substance) -> str:
        """What it does in a product."""
        return ", ".join(substance.functions)


def _numbers(substance: Substance, kind: NumberKind) -> SafeString:
    """Each on a line of its own, unbroken."""
    values = [(unbroken(own.value),) for own in substance.numbers.all() if own.kind == kind]
    return format_html_join(" ", "{}", values)
