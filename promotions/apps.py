"""Django's entry to promotions: answers the questions of the rooms below."""

from django.apps import AppConfig


class PromotionsConfig(AppConfig):
    """Promotions."""

    name = "promotions"
    label = "promotions"
    verbose_name = "Promotions"

    def ready(self) -> None:
        """Answer the hooks that lower rooms declare."""
        from inventory.reservations import composition
        from promotions.bundles.selectors import compose

        composition.compose.register(compose)
