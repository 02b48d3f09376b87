"""Prints how much of each rulebook was read for sure."""

from typing import Any

from django.core.management.base import BaseCommand

from compliance.rulebooks.selectors import active_versions, counts


class Command(BaseCommand):
    """A table for each active version, by section."""

    help = "Prints how many entries of the active rulebooks were read for sure or need review."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the tables."""
        for version in active_versions():
            self.stdout.write(str(version))
            self.stdout.write("section      entries  read for sure  reviewed  needs review")
            for row in counts(version.pk):
                self.stdout.write(
                    f"{row['section']:<12} {row['entries']:>7,}  {row['machine_checked']:>13,}  "
                    f"{row['reviewed']:>8,}  {row['needs_review']:>12,}"
                )
