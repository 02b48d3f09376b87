"""Django's entry to catalogue."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Catalogue."""

    name = "catalog"
    label = "catalog"
    verbose_name = "Catalogue"
