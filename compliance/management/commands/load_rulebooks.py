"""Loads the rulebooks that the installed packages and this product know."""

from typing import Any

from django.core.management.base import BaseCommand

from compliance.rulebooks.services import load_rulebooks
from config.kernel import clock


class Command(BaseCommand):
    """Safe to run again: what is loaded stays as it is."""

    help = "Loads the rulebooks; the first version of each becomes active, later ones are drafts."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say what is new."""
        versions = load_rulebooks(now=clock.now())
        for version in versions:
            self.stdout.write(
                f"{version}: {version.entry_count} entries, {version.get_status_display().lower()}"
            )
        if not versions:
            self.stdout.write("Nothing new.")
