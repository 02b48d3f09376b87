"""Django's entry to promotions."""

from django.apps import AppConfig


class PromotionsConfig(AppConfig):
    """Promotions."""

    name = "promotions"
    label = "promotions"
    verbose_name = "Promotions"
