"""Django's entry to inventory."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Inventory."""

    name = "inventory"
    label = "inventory"
    verbose_name = "Inventory"
