"""`manage.py load_demo`."""

from typing import Any

from django.core.management import BaseCommand

from config.demo.build import load
from config.kernel import clock


class Command(BaseCommand):
    """Fill an empty shop with invented brands, their stock and a year of sales."""

    help = "Fills an empty shop with demo data; a shop that has products stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say what became of it."""
        if load(now=clock.now(), say=self._say):
            self._say("The demo shop is ready.")
        else:
            self._say("The shop has products: no demo data was loaded.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
