"""What changes rulebooks: loading, importing, activating, reviewing."""

from compliance.rulebooks.services.activating import activate_version
from compliance.rulebooks.services.loading import load_rulebooks

__all__ = ["activate_version", "load_rulebooks"]
