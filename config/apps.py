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
        # Celery's app becomes current here, not in config/__init__: apps import config.kernel.
        import config.celery  # noqa: F401
        from config.checks import register_checks
        from config.roles import sync_roles

        register_checks()
        # Migrate tells apps with models alone, the last of them when all permissions are made.
        last = [app for app in apps.get_app_configs() if app.models_module][-1]
        post_migrate.connect(sync_roles, sender=last, dispatch_uid="config.roles.sync_roles")
