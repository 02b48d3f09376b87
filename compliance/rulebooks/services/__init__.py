"""What changes rulebooks: loading, importing, activating, reviewing."""

from compliance.rulebooks.services.activating import activate_version
from compliance.rulebooks.services.importing import import_rulebook
from compliance.rulebooks.services.loading import load_rulebooks
from compliance.rulebooks.services.reviewing import review_entry

__all__ = ["activate_version", "import_rulebook", "load_rulebooks", "review_entry"]
