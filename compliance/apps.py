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
        from compliance.assessments import subscribers
        from compliance.assessments.selectors.clearances import why_not_cleared
        from compliance.assessments.selectors.effects import effects_of
        from compliance.dossiers.gates import documents_changed
        from compliance.rulebooks import effects

        gates.why_not_cleared.register(why_not_cleared)
        gates.facts_changed.register(subscribers.facts_changed)
        documents_changed.register(subscribers.facts_changed)
        effects.effects.register(effects_of)
        effects.changed.register(subscribers.rules_changed)
