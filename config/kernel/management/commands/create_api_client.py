"""manage.py create_api_client NAME --scope stock:read --scope ..."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.kernel import clients, clock
from config.kernel.errors import DomainError


class Command(BaseCommand):
    """Makes a program's access and prints its token, alone, on stdout: it is shown this once."""

    help = "Make an API client and print its token. Scopes: " + ", ".join(clients.SCOPES)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The client's name, what it may do, for how long."""
        parser.add_argument("name")
        parser.add_argument("--scope", action="append", required=True, dest="scopes")
        parser.add_argument("--days", type=int, default=clients.TOKEN_LIFETIME_DAYS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the client, or say what is wrong."""
        try:
            _, token = clients.create_client(
                name=options["name"],
                scopes=options["scopes"],
                days=options["days"],
                now=clock.now(),
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(token)
