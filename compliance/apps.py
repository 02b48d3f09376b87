"""Django's entry to compliance."""

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    """Compliance."""

    name = "compliance"
    label = "compliance"
    verbose_name = "Compliance"
