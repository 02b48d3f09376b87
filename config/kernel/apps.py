"""The kernel as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import (  # noqa: TID251 - triggers follow each migrate
    post_migrate,
    pre_migrate,
)


class KernelConfig(AppConfig):
    """What every other app may import; it imports none of them."""

    name = "config.kernel"
    label = "kernel"
    verbose_name = "System"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks; keep triggers and routines in place after each migrate."""
        from config.kernel import celery_context, db, hooks, routines
        from config.kernel.postgresql import bound

        hooks.register_checks()
        celery_context.connect()
        post_migrate.connect(db.install_triggers, dispatch_uid="config.kernel.db.install_triggers")
        pre_migrate.connect(bound.lift, dispatch_uid="config.kernel.postgresql.bound.lift")
        post_migrate.connect(bound.restore, dispatch_uid="config.kernel.postgresql.bound.restore")
        post_migrate.connect(
            routines.install_routines, dispatch_uid="config.kernel.routines.install_routines"
        )
