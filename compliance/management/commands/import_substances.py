"""`manage.py import_substances FILE`: take over an inventory of substances."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from compliance.substances.services import ImportReport, import_substances
from config.kernel import clock
from config.kernel.errors import DomainError
from config.kernel.words import counted

ROWS_SHOWN = 20


class Command(BaseCommand):
    """Says what differs, and takes it over unless it is only to be tried."""

    help = "Import an inventory of substances, such as the CSV export of CosIng."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and whether to try only."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--dry-run", action="store_true", help="say what differs, change nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, compare, take over."""
        try:
            data = options["file"].read_bytes()
            report = import_substances(data=data, now=clock.now(), apply=not options["dry_run"])
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except DomainError as error:
            raise CommandError(error.detail) from error
        self._say(report)

    def _say(self, report: ImportReport) -> None:
        self._rows(
            "rejected",
            [f"line {r.line}, {r.column} “{r.value}”: {r.reason}" for r in report.rejected],
        )
        self._rows("changed", [f"{change.inci_name}: {change.text}" for change in report.changed])
        self._rows("new", report.new)
        self._rows("not in the file", report.missing)
        self.stdout.write(
            f"{len(report.new):,} new, {len(report.changed):,} changed, "
            f"{report.unchanged:,} unchanged, {len(report.missing):,} not in the file, "
            f"{counted(len(report.rejected), 'cell')} rejected, "
            f"{counted(report.repeated, 'row')} repeated."
        )
        self.stdout.write("Taken over." if report.is_applied else "Nothing was changed.")

    def _rows(self, what: str, rows: Any) -> None:
        for row in rows[:ROWS_SHOWN]:
            self.stdout.write(f"{what}: {row}")
        if len(rows) > ROWS_SHOWN:
            self.stdout.write(f"{what}: and {len(rows) - ROWS_SHOWN:,} more")
