"""Partners, in Settings."""

from django.contrib import admin

from catalog.partners.models import Partner
from config.kernel.admin import MasterDataAdmin


@admin.register(Partner)
class PartnerAdmin(MasterDataAdmin):
    """Suppliers, brand owners, warehouse operators."""

    list_display = [
        "code",
        "name",
        "is_supplier",
        "is_brand_owner",
        "is_warehouse_operator",
        "country",
        "email",
    ]
    list_filter = ["is_supplier", "is_brand_owner", "is_warehouse_operator", "country"]
    search_fields = ["code", "name", "gln", "email"]
    ordering = ["code"]
    fieldsets = [
        (None, {"fields": [("code", "name"), ("gln", "email"), ("country", "currency")]}),
        ("Roles", {"fields": ["is_supplier", "is_brand_owner", "is_warehouse_operator"]}),
    ]
