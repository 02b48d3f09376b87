"""Markets and channels, in Settings."""

from django.contrib import admin
from django.forms import ModelForm

from catalog.markets.models import Channel, Market
from config.kernel.admin import BackroomAdmin, TextListField


class MarketForm(ModelForm):
    """Languages are written with commas."""

    languages = TextListField(help_text="Language codes, best first, such as: de, en.")


@admin.register(Market)
class MarketAdmin(BackroomAdmin):
    """Where we sell."""

    form = MarketForm

    list_display = ["code", "name", "currency", "time_zone", "tax_included", "is_active"]
    list_filter = ["is_active", "tax_included"]
    search_fields = ["code", "name", "country"]
    ordering = ["code"]
    fieldsets = [
        (None, {"fields": [("code", "name"), ("country", "region"), "is_active"]}),
        ("Money and language", {"fields": [("currency", "tax_included"), "languages"]}),
        ("Days", {"fields": [("time_zone", "remaining_days_min"), "compliance_grace_days"]}),
    ]


@admin.register(Channel)
class ChannelAdmin(BackroomAdmin):
    """Through what we sell."""

    list_display = ["code", "name", "hold_seconds", "remaining_days_min"]
    search_fields = ["code", "name"]
    ordering = ["code"]
