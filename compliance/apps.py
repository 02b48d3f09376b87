"""Django's entry to compliance: answers the questions of the rooms below."""

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    """Compliance."""

    name = "compliance"
    label = "compliance"
    verbose_name = "Compliance"

    def ready(self) -> None:
        """Answer the hooks that lower rooms declare."""
        from catalog.products import gates
        from compliance.assessments.selectors.clearances import why_not_cleared

        gates.why_not_cleared.register(why_not_cleared)
