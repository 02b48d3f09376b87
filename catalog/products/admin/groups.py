"""Brands and categories."""

from django.contrib import admin
from django.db import transaction
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from catalog.products import services
from catalog.products.models import Brand, Category
from catalog.products.selectors import category_lineage, category_path
from catalog.units.rules import plain
from config.kernel.admin import BackroomAdmin, MasterDataAdmin, NumberListField


@admin.register(Brand)
class BrandAdmin(MasterDataAdmin):
    """Names under which products are sold."""

    list_display = ["name", "owner", "product_count"]
    list_filter = [("owner", RelatedDropdownFilter)]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__name"]
    autocomplete_fields = ["owner"]
    ordering = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Brand]:
        """With the number of products of each."""
        return super().get_queryset(request).annotate(product_count=Count("products"))

    def save_model(self, request: HttpRequest, obj: Brand, form: ModelForm, change: bool) -> None:
        """Its products are shown with its name."""
        super().save_model(request, obj, form, change)
        if change and "name" in form.changed_data:
            services.mark_brand_changed(brand_id=obj.pk)

    @display(description="Products", ordering="product_count")
    def product_count(self, brand: Brand) -> int:
        """How many products carry it."""
        return brand.product_count  # type: ignore[attr-defined]


class CategoryForm(ModelForm):
    """Days are written with commas."""

    expiry_alert_days = NumberListField(
        label="Alert days",
        required=False,
        help_text="Days before the last day of sale at which we are alerted, such as 90, 60, 30; "
        "blank: as the category above.",
    )


@admin.register(Category)
class CategoryAdmin(BackroomAdmin):
    """The tree, each node with its path."""

    form = CategoryForm

    list_display = ["path", "code", "product_count", "low_stock", "alerts"]
    search_fields = ["name", "code"]
    autocomplete_fields = ["parent"]
    ordering = ["code"]
    fieldsets = [
        (None, {"fields": [("name", "code"), "parent"]}),
        ("Rules of its products", {"fields": ["low_stock_quantity", "expiry_alert_days"]}),
        ("Attributes of its products", {"fields": ["attributes_schema"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        """With the number of products of each; the tree is read once for all rows."""
        self._paths = {pk: category_path(chain) for pk, chain in category_lineage().items()}
        return super().get_queryset(request).annotate(product_count=Count("products"))

    @transaction.atomic
    def save_model(
        self, request: HttpRequest, obj: Category, form: ModelForm, change: bool
    ) -> None:
        """Its products are shown with its code; of what lies above it comes what they need."""
        super().save_model(request, obj, form, change)
        if change and "code" in form.changed_data:
            services.mark_category_changed(category_id=obj.pk)
        if change and "parent" in form.changed_data:
            services.category_moved(category_id=obj.pk)

    @display(description="Category", ordering="name")
    def path(self, category: Category) -> str:
        """From the top of the tree down to it."""
        return self._paths.get(category.pk, category.name)

    @display(description="Products", ordering="product_count")
    def product_count(self, category: Category) -> int:
        """How many products lie directly in it."""
        return category.product_count  # type: ignore[attr-defined]

    @display(description="Low stock quantity", ordering="low_stock_quantity")
    def low_stock(self, category: Category) -> str:
        """Its own limit; blank: as the category above."""
        limit = category.low_stock_quantity
        return "" if limit is None else plain(limit)

    @display(description="Alerts before the last day of sale")
    def alerts(self, category: Category) -> str:
        """Its own thresholds, in days."""
        days = category.expiry_alert_days
        return f"{', '.join(str(day) for day in days)} days" if days else ""
