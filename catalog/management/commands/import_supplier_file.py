"""`manage.py import_supplier_file FILE --supplier CODE [--apply] [--json]`."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.partners.selectors import supplier_by_code
from catalog.supplier_files import services
from catalog.supplier_files.models import FileKind, ImportRun, RowOutcome, RunStatus
from catalog.supplier_files.selectors import run_rows
from config.kernel import clock
from config.kernel.errors import DomainError

REJECTS_SHOWN_MAX = 20


class Command(BaseCommand):
    """Does what the upload in the admin does: previews a supplier's file, or applies it."""

    help = (
        "Preview what a supplier's file would change, or apply it. "
        "Rejected rows do not stop the others and leave the exit code at 0; a file that cannot be "
        "read exits with 2. A preview stays in the list of imports, ready to be applied there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what the command takes."""
        parser.add_argument("file", type=Path, help="CSV or XLSX")
        parser.add_argument("--supplier", required=True, help="code of the supplier, such as LUMEN")
        parser.add_argument("--apply", action="store_true", help="write what the rows say")
        parser.add_argument(
            "--json", action="store_true", help="print the counts as one JSON object"
        )
        parser.add_argument(
            "--kind", choices=FileKind.values, help="what the rows are; left out, the headings tell"
        )
        parser.add_argument("--warehouse", help="where a delivery note's goods will come in")
        parser.add_argument(
            "--reference", help="number of a delivery note; the file's name otherwise"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Upload, check, apply, print."""
        supplier = supplier_by_code(options["supplier"])
        if supplier is None:
            raise CommandError(f"There is no supplier {options['supplier']}.", returncode=2)
        try:
            run = self._run(supplier.pk, options)
        except (DomainError, OSError) as error:
            raise CommandError(f"{options['file']}: {error}", returncode=2) from error
        if run.status == RunStatus.FAILED:
            raise CommandError(f"{options['file']}: {run.detail}", returncode=2)
        self._print(run, as_json=options["json"])

    def _run(self, supplier_id: int, options: dict[str, Any]) -> ImportRun:
        path: Path = options["file"]
        given = {name: options[name] for name in ("warehouse", "reference") if options[name]}
        with path.open("rb") as file:
            run = services.upload(
                supplier_id=supplier_id,
                kind=options["kind"],
                file=file,
                file_name=path.name,
                user_id=None,
                now=clock.now(),
                options=given,
                is_unattended=True,
            )
        run = services.start_here(run_id=run.pk, is_apply=options["apply"], clock=clock.now)
        return run

    def _print(self, run: ImportRun, *, as_json: bool) -> None:
        counts = {
            "rows": run.rows_total,
            "created": run.created_count,
            "updated": run.updated_count,
            "unchanged": run.unchanged_count,
            "rejected": run.rejected_count,
        }
        if as_json:
            self.stdout.write(json.dumps(counts))
            return
        self.stdout.write(f"{run.file_name}: {run.get_status_display().lower()}")
        for name, count in counts.items():
            self.stdout.write(f"  {name:10} {count:7}")
        rejected = run_rows(run, outcome=RowOutcome.REJECTED)
        for row in rejected[:REJECTS_SHOWN_MAX]:
            for problem in row.problems:
                where = f"line {row.line_number}, {problem['column']}".rstrip(", ")
                self.stdout.write(f"  {where}: {problem['detail']}")
        if run.rejected_count > REJECTS_SHOWN_MAX:
            self.stdout.write(f"  and {run.rejected_count - REJECTS_SHOWN_MAX} rejected rows more")
