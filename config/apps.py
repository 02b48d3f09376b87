"""The composition root as a Django app: it has commands and system checks, no models."""

from django.apps import AppConfig


class BackroomConfig(AppConfig):
    """Registers the checks that refuse a half-set production."""

    name = "config"
    label = "config"
    verbose_name = "Backroom"

    def ready(self) -> None:
        """Make the checks known to Django."""
        from config.checks import register_checks

        register_checks()
