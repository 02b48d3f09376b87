"""Loads the rulebooks and the common names that the packages and this product know."""

from typing import Any

from django.core.management.base import BaseCommand

from compliance.rulebooks.services import load_rulebooks
from compliance.substances.services import load_common_substances
from config.kernel import clock
from config.kernel.words import counted


class Command(BaseCommand):
    """Safe to run again: what is loaded stays as it is."""

    help = (
        "Loads rulebooks and common names of substances; the first version of a rulebook becomes "
        "active, later ones are drafts."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say what is new."""
        now = clock.now()
        names = load_common_substances(now=now)
        if names:
            self.stdout.write(f"{counted(names, 'common substance')} added")
        versions = load_rulebooks(now=now)
        for version in versions:
            self.stdout.write(
                f"{version}: {version.entry_count} entries, {version.get_status_display().lower()}"
            )
        if not versions and not names:
            self.stdout.write("Nothing new.")
