"""Django's entry to catalogue: answers the questions of its lower rooms."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Catalogue."""

    name = "catalog"
    label = "catalog"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        """Answer the hooks that lower rooms declare."""
        from catalog.identifiers import changes
        from catalog.products.services import mark_variant_changed

        changes.barcodes_changed.register(mark_variant_changed)
