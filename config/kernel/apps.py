"""Django's entry to kernel."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    """Kernel."""

    name = "config.kernel"
    label = "kernel"
    verbose_name = "Kernel"
