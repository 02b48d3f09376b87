"""The composition root as a Django app: it has commands and system checks, no models."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate  # noqa: TID251 - roles follow each migrate


class BackroomConfig(AppConfig):
    """Registers the checks that refuse a half-set production, and keeps the roles in place."""

    name = "config"
    label = "config"
    verbose_name = "Backroom"

    def ready(self) -> None:
        """Make the checks known to Django; write the roles once every permission is there."""
        from config.checks import register_checks
        from config.roles import sync_roles

        register_checks()
        last = list(apps.get_app_configs())[-1]
        post_migrate.connect(sync_roles, sender=last, dispatch_uid="config.roles.sync_roles")
