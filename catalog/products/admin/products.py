"""Products of every kind: one list, one form for each kind."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from polymorphic.admin import (
    PolymorphicChildModelAdmin,
    PolymorphicChildModelFilter,
    PolymorphicParentModelAdmin,
)
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    FieldTextFilter,
)
from unfold.decorators import display

from catalog.products import services
from catalog.products.admin.forms import (
    BundleProductForm,
    ProductForm,
    SportsProductForm,
)
from catalog.products.admin.inlines import BundleVariantInline, ProductTextInline, VariantInline
from catalog.products.admin.sale import sale_in_markets
from catalog.products.admin.variants import variant_history_parts
from catalog.products.models import (
    BundleProduct,
    CosmeticProduct,
    Product,
    ProductText,
    SportsProduct,
    Stage,
    Variant,
)
from catalog.products.selectors import (
    category_lineage,
    category_path,
    kinds_by_content_type,
)
from config.kernel.admin import (
    BackroomAdmin,
    HistoryPart,
    ReasonActionMixin,
    reason_action,
)
from config.kernel.words import counted


class ProductActions(ReasonActionMixin):
    """Moving products along their life, each with a reason."""

    @reason_action(
        description="Put on sale",
        permission="catalog.activate_product",
        icon="storefront",
        note="You can take them off again.",
    )
    def activate(
        self, request: HttpRequest, queryset: QuerySet[Product], data: dict[str, Any]
    ) -> str:
        """Products become active."""
        return self._change_stage(queryset, Stage.ACTIVE, data["reason"])

    @reason_action(
        description="Send to review",
        permission="catalog.change_product",
        icon="rate_review",
        note="They are not on sale while they are in review.",
    )
    def send_to_review(
        self, request: HttpRequest, queryset: QuerySet[Product], data: dict[str, Any]
    ) -> str:
        """Products wait for a second pair of eyes."""
        return self._change_stage(queryset, Stage.IN_REVIEW, data["reason"])

    @reason_action(
        description="Discontinue",
        permission="catalog.activate_product",
        icon="block",
        danger=True,
        note="They leave the shop at once; stock and history stay. You can put them on sale again.",
    )
    def discontinue(
        self, request: HttpRequest, queryset: QuerySet[Product], data: dict[str, Any]
    ) -> str:
        """Products leave the shop."""
        return self._change_stage(queryset, Stage.DISCONTINUED, data["reason"])

    def _change_stage(self, queryset: QuerySet[Product], stage: Stage, reason: str) -> str:
        ids = list(queryset.order_by("pk").values_list("pk", flat=True))
        for product_id in ids:
            services.change_stage(product_id=product_id, stage=stage, reason=reason)
        return f"{stage.label} now: {counted(len(ids), 'product')}."


class AttributeFilter(FieldTextFilter):
    """Products by an attribute of their category, written `name=value`."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Products whose attribute is the value as text or as number."""
        text = str(self.value() or "")
        name, found, value = (part.strip() for part in text.partition("="))
        if not found or not name or "__" in name:
            return queryset
        values: list[Any] = [value]
        if value.isascii() and value.isdigit():
            values.append(int(value))
        return queryset.filter(**{f"attributes__{name}__in": values})


_STAGE_COLOURS = {
    "Draft": "info",
    "In review": "warning",
    "Active": "success",
    "Discontinued": "danger",
}


@admin.register(Product)
class ProductAdmin(ProductActions, PolymorphicParentModelAdmin, BackroomAdmin):
    """The one list of everything the shop describes."""

    base_model = Product
    child_models = [CosmeticProduct, SportsProduct, BundleProduct]
    change_list_template = "admin/kernel/change_list.html"  # type: ignore[assignment]  # a property there
    list_display = [
        "name",
        "kind",
        "brand",
        "category_path",
        "stage_badge",
        "variant_count",
        "updated_at",
    ]
    list_filter = [
        PolymorphicChildModelFilter,
        ("stage", ChoicesDropdownFilter),
        ("brand", AutocompleteSelectFilter),
        ("category", AutocompleteSelectFilter),
        ("attributes", AttributeFilter),
    ]
    list_filter_submit = True
    list_select_related = ["brand"]
    search_fields = [
        "name",
        "brand__name",
        "variants__sku",
        "variants__barcodes__gtin",
        "variants__aliases__code",
    ]
    search_help_text = "Name, brand, SKU, GTIN or a supplier's code"
    ordering = ["name", "id"]
    actions = ["activate", "send_to_review", "discontinue"]
    export_columns = [
        "name",
        "kind",
        "brand",
        "category_path",
        "stage",
        "variant_count",
        "updated_at",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """With the number of variants of each."""
        return (
            super().get_queryset(request).annotate(variant_count=Count("variants", distinct=True))
        )

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The columns; kinds and category paths are read once for all rows."""
        self._kinds = kinds_by_content_type()
        self._paths = {pk: category_path(chain) for pk, chain in category_lineage().items()}
        return list(self.list_display)

    @display(
        description="Kind",
        label={"Cosmetic": "info", "Sports": "success", "Bundle": "primary"},
    )
    def kind(self, product: Product) -> str:
        """Cosmetic, sports or bundle."""
        return self._kinds.get(product.polymorphic_ctype_id or 0, "").capitalize()

    @display(description="Category", ordering="category__name")
    def category_path(self, product: Product) -> str:
        """From the top of the tree."""
        return self._paths.get(product.category_id or 0, "")

    @display(description="Stage", ordering="stage", label=_STAGE_COLOURS)
    def stage_badge(self, product: Product) -> str:
        """Where it stands in its life."""
        return product.get_stage_display()

    @display(description="Variants", ordering="variant_count")
    def variant_count(self, product: Product) -> int:
        """How many sizes, shades and colours it comes in."""
        return product.variant_count  # type: ignore[attr-defined]


class ChildAdmin(ProductActions, PolymorphicChildModelAdmin, BackroomAdmin):
    """The form of one kind of product: the common part, its own facts, its variants and texts."""

    base_form = ProductForm
    object_history_template = SimpleHistoryAdmin.object_history_template
    change_list_template = "admin/kernel/change_list.html"
    show_in_index = False
    inlines = [VariantInline, ProductTextInline]
    autocomplete_fields = ["brand", "category", "tax_class"]
    search_fields = ["name", "variants__sku"]
    ordering = ["name", "id"]
    list_display = ["name", "brand", "category", "stage"]
    list_select_related = ["brand", "category"]
    readonly_fields = ["stage", "created_at", "updated_at"]
    actions_detail = [
        {
            "title": "Change stage",
            "icon": "swap_horiz",
            "items": ["activate", "send_to_review", "discontinue"],
        }
    ]
    common_fieldset: ClassVar[tuple[Any, Any]] = (
        None,
        {"fields": ["name", ("brand", "category"), ("stage", "stock_unit"), "tax_class"]},
    )
    closing_fieldsets: ClassVar[list[tuple[Any, Any]]] = [
        ("Attributes of its category", {"fields": ["attributes"], "classes": ["tab"]}),
        ("Dates", {"fields": [("created_at", "updated_at")], "classes": ["tab"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        """The stock unit stays once the product is there: quantities would change their meaning."""
        fields = list(super().get_readonly_fields(request, obj))
        return [*fields, "stock_unit", "on_sale"] if obj else fields

    def get_fieldsets(self, request: HttpRequest, obj: Product | None = None) -> Any:
        """Where it may be sold, once it is there; a bundle may where its components are."""
        fieldsets = list(super().get_fieldsets(request, obj))
        if obj is None or obj.kind == BundleProduct.kind:
            return fieldsets
        return [*fieldsets, ("On sale", {"fields": ["on_sale"], "classes": ["tab"]})]

    def history_parts(self, object_id: int) -> list[HistoryPart]:
        """Its texts and variants, and all that is known of each variant."""
        variants = list(Variant.objects.filter(product_id=object_id).values_list("pk", flat=True))
        return [
            HistoryPart(model=ProductText, which=Q(product_id=object_id)),
            HistoryPart(model=Variant, which=Q(product_id=object_id)),
            *variant_history_parts(variants),
        ]

    def save_formset(
        self, request: HttpRequest, form: ModelForm, formset: BaseInlineFormSet, change: bool
    ) -> None:
        """Variants left without a SKU get one before they are saved."""
        if formset.model is Variant:
            for variant in formset.save(commit=False):
                services.name_variant(variant)
                variant.save()
            formset.save_m2m()
            return
        super().save_formset(request, form, formset, change)

    @transaction.atomic
    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: list[BaseInlineFormSet], change: bool
    ) -> None:
        """A product without choices has exactly one variant, made with it."""
        super().save_related(request, form, formsets, change)
        if not form.instance.variants.exists():
            services.add_variant(product_id=form.instance.pk, draft=services.VariantDraft())
        services.facts_changed(product_id=form.instance.pk)

    @display(description="Markets")
    def on_sale(self, product: Product) -> SafeString:
        """Where compliance lets it be sold, and elsewhere why not."""
        return sale_in_markets(product.pk)


@admin.register(CosmeticProduct)
class CosmeticProductAdmin(ChildAdmin):
    """A cosmetic."""

    base_model = CosmeticProduct
    fieldsets = [
        ChildAdmin.common_fieldset,
        (
            "Formula and use",
            {
                "fields": [
                    "ingredients",
                    ("product_type", "body_area"),
                    ("purpose", "form"),
                    ("is_for_under_threes", "is_professional"),
                    "packaging",
                ],
                "classes": ["tab"],
            },
        ),
        ("Label", {"fields": ["label_text"], "classes": ["tab"]}),
        (
            "Durability",
            {
                "fields": [
                    ("shelf_life_days", "remaining_days_min"),
                    "period_after_opening_months",
                ],
                "classes": ["tab"],
            },
        ),
        *ChildAdmin.closing_fieldsets,
    ]


@admin.register(SportsProduct)
class SportsProductAdmin(ChildAdmin):
    """A piece of sports equipment."""

    base_model = SportsProduct
    base_form = SportsProductForm
    fieldsets = [
        ChildAdmin.common_fieldset,
        (
            "Sport and season",
            {"fields": [("sport", "size_system"), "season_months"], "classes": ["tab"]},
        ),
        (
            "Measures and materials",
            {
                "fields": [
                    ("length", "width", "height", "dimension_unit"),
                    ("weight", "weight_unit"),
                    "materials",
                ],
                "classes": ["tab"],
            },
        ),
        (
            "Customising and serial numbers",
            {"fields": ["customisation_options", "is_serial_tracked"], "classes": ["tab"]},
        ),
        *ChildAdmin.closing_fieldsets,
    ]


# The room of what is in bundles lies above this one, so the keys lead there.
_Slot: Any = BundleProduct._meta.get_field("slots").related_model
_Option: Any = _Slot._meta.get_field("options").related_model


@admin.register(BundleProduct)
class BundleProductAdmin(ChildAdmin):
    """Things sold together; what goes into it is written in the room of bundles."""

    base_model = BundleProduct
    base_form = BundleProductForm
    inlines = [BundleVariantInline, ProductTextInline]
    fieldsets = [
        (None, {"fields": ["name", ("brand", "category"), ("stage", "tax_class"), "contents"]}),
        *ChildAdmin.closing_fieldsets,
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        """Its unit is not shown: a bundle is a piece."""
        fields = [f for f in super().get_readonly_fields(request, obj) if f != "stock_unit"]
        return [*fields, "contents"]

    def history_parts(self, object_id: int) -> list[HistoryPart]:
        """Also what went into it, and what was taken out."""
        of_bundle = Q(bundle_id=object_id)
        slots = _Slot.history.filter(of_bundle).values("id")
        # By their own keys: those of slots that are gone would be joined to nothing.
        options = _Option.history.filter(slot_id__in=slots).values("id")
        return [
            *super().history_parts(object_id),
            HistoryPart(model=_Slot, which=of_bundle),
            HistoryPart(model=_Option, which=Q(id__in=options)),
        ]

    @display(description="What is in it")
    def contents(self, bundle: BundleProduct) -> SafeString:
        """Its slots, leading to the page where they are written."""
        if bundle.pk is None:
            return SafeString("Save it first, then say what is in it.")
        names = _Slot.objects.filter(bundle=bundle).order_by("position", "pk")
        text = ", ".join(names.values_list("name", flat=True)) or "Nothing yet: say what is in it."
        url = reverse("admin:promotions_bundle_change", args=[bundle.pk])
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, text
        )
