"""Bundles by what is in them."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import StackedInline, TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from catalog.products.models import Variant
from catalog.units.rules import plain
from config.kernel.admin import BackroomAdmin
from promotions.bundles.admin.forms import OptionForm, SlotForm, SlotFormSet
from promotions.bundles.models import Bundle, BundleOption, BundleSlot
from promotions.bundles.services import set_composition

_STAGE_COLOURS = {
    "Draft": "info",
    "In review": "warning",
    "Active": "success",
    "Discontinued": "danger",
}


class _PartOfBundle:
    """Who may change the bundle may change its parts."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("promotions.view_bundle") or self._may_change(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_change(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_change(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_change(request)

    def _may_change(self, request: HttpRequest) -> bool:
        return request.user.has_perm("promotions.change_bundle")


class OptionInline(_PartOfBundle, TabularInline):
    """The variants that may fill a slot."""

    model = BundleOption
    form = OptionForm
    extra = 0
    verbose_name_plural = "Options"
    hide_title = True
    fields = ["variant", "quantity", "is_default"]
    autocomplete_fields = ["variant"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BundleOption]:
        """In their order."""
        rows = super().get_queryset(request).select_related("variant__product")
        return rows.order_by("position", "pk")


class SlotInline(_PartOfBundle, StackedInline):
    """The places in a bundle, each with its options."""

    model = BundleSlot
    form = SlotForm
    formset = SlotFormSet
    extra = 0
    verbose_name_plural = "What is in it"
    fields = [("name", "code"), "is_optional"]
    inlines = [OptionInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BundleSlot]:
        """In their order."""
        return super().get_queryset(request).order_by("position", "pk")


@admin.register(Bundle)
class BundleAdmin(BackroomAdmin):
    """What bundles are made of. They are made, named and put on sale among the products."""

    list_display = ["name", "sku", "contents", "stage_badge", "updated_at"]
    list_filter = [("stage", ChoicesDropdownFilter)]
    list_filter_submit = True
    search_fields = ["name", "variants__sku", "slots__name", "slots__options__variant__sku"]
    search_help_text = "Name, SKU or the SKU of something in it"
    ordering = ["name", "id"]
    fieldsets = [(None, {"fields": [("product", "sku"), "stage_badge"]})]
    readonly_fields = ["product", "sku", "stage_badge"]
    inlines = [SlotInline]
    export_columns = ["name", "sku", "contents", "stage", "updated_at"]
    # Its past is kept by the product; the form asks for a reason as every form does.
    keeps_history = True  # type: ignore[assignment]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bundle]:
        """With SKUs and contents, in four queries whatever the number of bundles."""
        options = BundleOption.objects.select_related("variant").order_by("position", "pk")
        slots = BundleSlot.objects.order_by("position", "pk").prefetch_related(
            Prefetch("options", options)
        )
        return (
            super()
            .get_queryset(request)
            .prefetch_related(
                Prefetch("slots", slots), Prefetch("variants", Variant.objects.order_by("pk"))
            )
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A bundle is added among the products."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A product is discontinued, not deleted."""
        return False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The history of the product, where that of its slots stands too."""
        return HttpResponseRedirect(
            reverse("admin:catalog_bundleproduct_history", args=[object_id])
        )

    def save_model(self, request: HttpRequest, obj: Bundle, form: ModelForm, change: bool) -> None:
        """The product itself is not written here."""

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: list[BaseInlineFormSet], change: bool
    ) -> None:
        """All slots and options at once."""
        for formset in formsets:
            if isinstance(formset, SlotFormSet):
                set_composition(bundle_id=form.instance.pk, slots=formset.drafts)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, dict[str, list[str]]]]:
        """What has changed stands in the history of slots and options."""
        return [{"changed": {"fields": ["What is in it"]}}]

    @display(description="Product")
    def product(self, bundle: Bundle) -> SafeString:
        """Its name, leading to the page of the product."""
        url = reverse("admin:catalog_bundleproduct_change", args=[bundle.pk])
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, bundle.name
        )

    @display(description="SKU")
    def sku(self, bundle: Bundle) -> str:
        """Under which it is sold."""
        return ", ".join(variant.sku for variant in bundle.variants.all())

    @display(description="What is in it")
    def contents(self, bundle: Bundle) -> str:
        """Its slots; of those where there is something to choose, from how many."""
        return " · ".join(_told(slot) for slot in bundle.slots.all()) or "Nothing yet"

    @display(description="Stage", ordering="stage", label=_STAGE_COLOURS)
    def stage_badge(self, bundle: Bundle) -> str:
        """Where it stands in its life."""
        return bundle.get_stage_display()


def _told(slot: BundleSlot) -> str:
    options = list(slot.options.all())
    times = {plain(option.quantity) for option in options} - {"1"}
    text = f"{times.pop()} x {slot.name}" if len(times) == 1 else slot.name
    if len(options) > 1:
        text += f" (one of {len(options)})"
    return f"{text}, optional" if slot.is_optional else text
