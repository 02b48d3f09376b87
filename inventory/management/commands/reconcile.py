"""The command `manage.py reconcile`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.kernel import clock
from config.kernel.words import counted
from inventory.counting.rules import report
from inventory.counting.services import reconcile


class Command(BaseCommand):
    """Prove the invariants of stock; exit 1 and name every row that breaks one, else exit 0."""

    help = "Proves that stock, ledger and reservations agree; exits 1 and names the rows if not."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each invariant with the rows that break it, or that all hold."""
        breaches = reconcile(now=clock.now())
        if breaches:
            self.stdout.write("\n".join(report(breaches)))
            raise CommandError(
                f"{counted(len(breaches), 'breach', 'breaches')} of an invariant.", returncode=1
            )
        self.stdout.write("All invariants hold.")
