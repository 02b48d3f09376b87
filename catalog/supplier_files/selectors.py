"""Reads of imports: how a file's columns look, how far a run is, what became of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db.models import Count, QuerySet

from catalog.supplier_files.files import headings_of, open_table
from catalog.supplier_files.models import (
    ImportRow,
    ImportRun,
    RowOutcome,
    RunStatus,
)
from catalog.supplier_files.rules.columns import COLUMNS, REQUIRED, match_columns
from catalog.supplier_files.rules.columns import FileKind as KindRule

SAMPLES_MAX = 3
BUSY_STATUSES = (RunStatus.CHECKING, RunStatus.APPLYING, RunStatus.UNDOING)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileColumn:
    """One column of a supplier's file: its heading, a few of its values, what it is taken for."""

    heading: str
    samples: Sequence[str]
    column: str
    suggestion: str
    confidence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDescription:
    """What a person needs to see to map the columns of a file."""

    columns: Sequence[FileColumn]
    choices: Sequence[str]
    required: Sequence[str]
    missing: Sequence[str]
    encoding: str
    delimiter: str
    notes: Sequence[str]


def describe_file(run: ImportRun) -> FileDescription:
    """Show the columns of a run's file beside ours. Raises UnreadableFile."""
    table = open_table(run)
    kind = KindRule(run.kind)
    headings = headings_of(table)
    matches = {match.heading: match for match in match_columns(headings, kind).matches}
    samples: dict[str, list[str]] = {heading: [] for heading in table.headings}
    for raw in islice(table.rows(), 200):
        for heading, cell in zip(table.headings, raw.cells, strict=False):
            if cell.strip() and len(samples[heading]) < SAMPLES_MAX:
                samples[heading].append(cell.strip()[:60])
    defaults = run.options.get("defaults") or {}
    given = {*run.columns.values(), *defaults}
    return FileDescription(
        columns=[
            FileColumn(
                heading=heading,
                samples=samples[heading],
                column=run.columns.get(heading, ""),
                suggestion=matches[heading].column or "",
                confidence=matches[heading].confidence,
            )
            for heading in headings
        ],
        choices=COLUMNS[kind],
        required=REQUIRED[kind],
        missing=[column for column in REQUIRED[kind] if column not in given],
        encoding=table.encoding,
        delimiter=table.delimiter,
        notes=table.notes,
    )


def runs() -> QuerySet[ImportRun]:
    """All imports, the newest first."""
    return ImportRun.objects.select_related("supplier", "created_by").order_by("-created_at", "id")


def run_rows(run: ImportRun, *, outcome: str = "") -> QuerySet[ImportRow]:
    """The rows of a run in the order of the file, all or those with one outcome."""
    rows = ImportRow.objects.filter(run=run)
    if outcome:
        rows = rows.filter(outcome=outcome)
    return rows.order_by("line_number")


def outcome_counts(run: ImportRun) -> Mapping[str, int]:
    """How many rows have which outcome."""
    counted = dict(
        ImportRow.objects.filter(run=run)
        .order_by()
        .values("outcome")
        .annotate(count=Count("id"))
        .values_list("outcome", "count")
    )
    return {outcome.value: counted.get(outcome.value, 0) for outcome in RowOutcome}


def runs_with_rejects() -> QuerySet[ImportRun]:
    """Imports somebody should look at: applied or ready, with rows that were not taken."""
    return runs().filter(rejected_count__gt=0, status__in=(RunStatus.CHECKED, RunStatus.APPLIED))
