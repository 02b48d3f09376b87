"""What the page of an import shows: where it stands, what it would do, its rows in pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.forms import BoundField
from django.http import QueryDict
from django.urls import reverse

from catalog.products.models import Variant
from catalog.supplier_files import selectors
from catalog.supplier_files.admin.drafts import draft_notes
from catalog.supplier_files.admin.forms import NOTE_FIELDS, MappingForm
from catalog.supplier_files.admin.words import COLUMN_LABELS, column_name
from catalog.supplier_files.files import fingerprint_of, headings_of, open_table
from catalog.supplier_files.models import (
    ColumnMapping,
    FileKind,
    ImportRow,
    ImportRun,
    RowOutcome,
    RunStatus,
)
from catalog.supplier_files.rules.columns import (
    COLUMNS,
    CONFIDENCE_SAME_LETTERS,
    CONFIDENCE_SYNONYM,
    match_columns,
)
from catalog.supplier_files.rules.columns import FileKind as RowKind
from catalog.supplier_files.selectors import BUSY_STATUSES, FileColumn, FileDescription

ROWS_PER_PAGE: Final = 25
ROWS_PER_PAGE_CHOICES: Final = (25, 100, 200)
SEARCHED: Final = ("sku", "supplier_code", "code", "gtin", "name", "lot")
TITLE_COLUMNS: Final = ("kind", "name", "supplier_code", "code")
LONG_COLUMNS: Final = ("ingredients", "materials")
STATUS_VARIANTS: Final = {
    RunStatus.UPLOADED: "warning",
    RunStatus.CHECKING: "info",
    RunStatus.CHECKED: "primary",
    RunStatus.APPLYING: "info",
    RunStatus.APPLIED: "success",
    RunStatus.UNDOING: "info",
    RunStatus.UNDONE: "",
    RunStatus.CANCELLED: "",
    RunStatus.FAILED: "danger",
}
_BUSY_WORDS: Final = {
    RunStatus.CHECKING: "Checking",
    RunStatus.APPLYING: "Applying",
}


def is_busy(run: ImportRun) -> bool:
    """Whether a worker is on it, or about to be."""
    return run.status in BUSY_STATUSES


def outcome_counts(run: ImportRun) -> Mapping[str, int]:
    """How many rows do what; while a worker is on it, so far."""
    if is_busy(run):
        return selectors.outcome_counts(run)
    return {
        RowOutcome.CREATED.value: run.created_count,
        RowOutcome.UPDATED.value: run.updated_count,
        RowOutcome.UNCHANGED.value: run.unchanged_count,
        RowOutcome.REJECTED.value: run.rejected_count,
    }


def progress(run: ImportRun, counts: Mapping[str, int]) -> dict[str, Any]:
    """Where the current step stands, for the page that asks every second."""
    percent = None  # an undo happens as a whole
    if run.rows_total and run.status != RunStatus.UNDOING:
        percent = min(100, run.rows_done * 100 // run.rows_total)
    return {
        "status": run.status,
        "label": run.get_status_display(),
        "is_busy": is_busy(run),
        "is_cancel_requested": run.is_cancel_requested,
        "rows_total": run.rows_total,
        "rows_done": run.rows_done,
        "percent": percent,
        "text": _progress_text(run),
        "counts": counts,
        "detail": run.detail,
    }


def _progress_text(run: ImportRun) -> str:
    if not is_busy(run):
        return run.get_status_display()
    if run.status == RunStatus.UNDOING:
        return "Undoing the import as a whole"
    word = _BUSY_WORDS[RunStatus(run.status)]
    if run.is_cancel_requested:
        return f"Stopping after row {run.rows_done:,}"
    if not run.rows_total:
        return f"{word}: about to begin"
    return f"{word} row {run.rows_done:,} of {run.rows_total:,}"


def effect_sentence(run: ImportRun) -> str:
    """Say exactly what applying will do."""
    if not run.created_count and not run.updated_count:
        return "Nothing would change" + _rest(run, "stay")
    if run.kind == FileKind.DELIVERY_NOTE:
        reference = run.options.get("reference", "")
        place = run.options.get("warehouse", "")
        effect = f"Announce {_lines(run.created_count)} of delivery {reference} to {place}"
    else:
        effect = f"Create {run.created_count:,}, change {run.updated_count:,}"
    return effect + _rest(run, "stay")


def result_sentence(run: ImportRun) -> str:
    """Say what applying has done."""
    if not run.created_count and not run.updated_count:
        return "Nothing has changed" + _rest(run, "stayed")
    if run.kind == FileKind.DELIVERY_NOTE:
        done = f"{_lines(run.created_count)} announced".capitalize()
    else:
        done = f"{run.created_count:,} created, {run.updated_count:,} changed"
    return done + _rest(run, "stayed")


def _rest(run: ImportRun, verb: str) -> str:
    rest = []
    if run.rejected_count:
        rest.append(f"{_rows(run.rejected_count, 'rejected', verb)} out")
    if run.unchanged_count:
        rest.append(f"{_rows(run.unchanged_count, 'unchanged', verb)} as {_they(run)}")
    return f"; {', '.join(rest)}." if rest else "."


def _they(run: ImportRun) -> str:
    return "it is" if run.unchanged_count == 1 else "they are"


def _lines(count: int) -> str:
    return f"{count:,} line{'' if count == 1 else 's'}"


def _rows(count: int, what: str, verb: str) -> str:
    if count == 1:
        return f"1 {what} row {'stays' if verb == 'stay' else verb}"
    return f"{count:,} {what} rows {verb}"


def is_understood(run: ImportRun) -> bool:
    """Whether the columns need no look: all of them are ours, or this supplier's are known."""
    if run.kind == FileKind.DELIVERY_NOTE and not run.options.get("warehouse"):
        return False
    table = open_table(run)
    if ColumnMapping.objects.filter(
        supplier_id=run.supplier_id, kind=run.kind, fingerprint=fingerprint_of(table)
    ).exists():
        return True
    matching = match_columns(headings_of(table), RowKind(run.kind))
    sure = all(match.confidence >= CONFIDENCE_SAME_LETTERS for match in matching.matches)
    return sure and not matching.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedColumn:
    """One heading of the file on the page of columns."""

    heading: str
    samples: Sequence[str]
    certainty: str
    certainty_variant: str
    field: BoundField


def mapping_context(form: MappingForm, described: FileDescription) -> dict[str, Any]:
    """What the page of columns shows beside the form."""
    columns = [
        MappedColumn(
            heading=column.heading,
            samples=list(dict.fromkeys(column.samples)),
            certainty=_certainty(column)[0],
            certainty_variant=_certainty(column)[1],
            field=form[f"column_{index}"],
        )
        for index, column in enumerate(described.columns)
    ]
    return {
        "columns": columns,
        "known_count": sum(1 for column in described.columns if column.column),
        "note_fields": [form[name] for name in form.fields if name in NOTE_FIELDS],
        "option_fields": [
            form[name]
            for name in form.fields
            if not name.startswith("column_") and name not in NOTE_FIELDS
        ],
        "notes": described.notes,
    }


def _certainty(column: FileColumn) -> tuple[str, str]:
    if column.column and column.column != column.suggestion:
        return "as you said", "success"
    if not column.suggestion:
        return "not recognised", "plain"
    if column.confidence >= CONFIDENCE_SAME_LETTERS:
        return f"{column.confidence} %", "success"
    if column.confidence >= CONFIDENCE_SYNONYM:
        return f"{column.confidence} %", "info"
    return f"{column.confidence} %, please check", "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One outcome with its count, as a tab."""

    outcome: str
    label: str
    count: int
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One of our columns in a row, what it holds and what is wrong with it."""

    column: str
    name: str
    label: str
    value: str
    problems: Sequence[str]
    is_long: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a field was and becomes."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the file as the page shows it."""

    id: int
    line_number: int
    outcome: str
    outcome_label: str
    sku: str
    url: str
    code: str
    name: str
    is_mended: bool
    is_applied: bool
    note: str
    changes: Sequence[Change]
    said: Sequence[Cell]
    problems: Sequence[Mapping[str, str]]
    is_blank: bool
    wrong_cells: Sequence[Cell]
    other_cells: Sequence[Cell]


class RunRows:
    """The rows of one outcome that a search leaves, in pages."""

    def __init__(self, run: ImportRun, query: QueryDict) -> None:
        self.run = run
        self.query = query
        self.counts = outcome_counts(run)
        self.outcome = self._outcome(query.get("tab", ""))
        self.search = query.get("q", "").replace("\x00", "").strip()[:100]
        per_page = query.get("per_page", "")
        self.per_page = int(per_page) if per_page in map(str, ROWS_PER_PAGE_CHOICES) else 0

    def _outcome(self, asked: str) -> str:
        if asked in RowOutcome.values:
            return asked
        first = RowOutcome.REJECTED if not self.run.applied_at else RowOutcome.CREATED
        order = (first, RowOutcome.CREATED, RowOutcome.UPDATED, RowOutcome.UNCHANGED)
        return next((outcome for outcome in order if self.counts[outcome]), RowOutcome.CREATED)

    @property
    def tabs(self) -> list[Tab]:
        """The outcomes with their counts."""
        return [
            Tab(
                outcome=outcome.value,
                label=str(outcome.label),
                count=self.counts[outcome],
                url=self.url(tab=outcome.value),
                is_current=outcome == self.outcome,
            )
            for outcome in RowOutcome
        ]

    def url(self, **changed: Any) -> str:
        """This page with something else chosen."""
        query = {"tab": self.outcome, "q": self.search, "per_page": self.per_page, **changed}
        params = QueryDict(mutable=True)
        params.update({key: str(value) for key, value in query.items() if value})
        return f"?{params.urlencode()}"

    def page(self) -> Page:
        """The rows of the page asked for."""
        rows = self._matching()
        # Only a search makes the count of the tab another one.
        paginator = Paginator(rows, self.per_page or ROWS_PER_PAGE)
        if not self.search:
            paginator.count = self.counts[self.outcome]
        return paginator.get_page(self.query.get("page"))

    def _matching(self) -> QuerySet[ImportRow]:
        rows = self.run.rows.filter(outcome=self.outcome).order_by("id")
        if not self.search:
            return rows
        found = Q(sku__icontains=self.search)
        for column in SEARCHED:
            found |= Q(**{f"cells__{column}__icontains": self.search})
        if self.search.isascii() and self.search.isdigit() and len(self.search) <= 6:
            found |= Q(line_number=int(self.search))
        return rows.filter(found)


def shown_rows(run: ImportRun, rows: Sequence[ImportRow]) -> list[Row]:
    """Rows for the screen; the variants they are about are looked up once for all of them."""
    skus = {row.sku for row in rows if row.sku}
    variants = dict(Variant.objects.filter(sku__in=skus).values_list("sku", "pk")) if skus else {}
    notes = draft_notes(run, rows)
    return [_shown(run, row, variants.get(row.sku), notes.get(row.pk, "")) for row in rows]


def _shown(run: ImportRun, row: ImportRow, variant_id: int | None, note: str) -> Row:
    by_column: dict[str, list[str]] = {}
    for problem in row.problems:
        by_column.setdefault(problem.get("column") or "", []).append(problem.get("detail", ""))
    cells = [_cell(column, row, by_column) for column in COLUMNS[RowKind(run.kind)]]
    return Row(
        id=row.pk,
        line_number=row.line_number,
        outcome=row.outcome,
        outcome_label=row.get_outcome_display(),
        sku=row.sku,
        url=reverse("admin:catalog_variant_change", args=[variant_id]) if variant_id else "",
        code=row.cells.get("supplier_code") or row.cells.get("code") or row.cells.get("gtin") or "",
        name=row.cells.get("name") or "",
        is_mended=row.is_mended,
        is_applied=row.is_applied,
        changes=[
            Change(field=column_name(field), before=_text(pair[0]), after=_text(pair[1]))
            for field, pair in row.changes.items()
        ],
        note=note,
        said=[cell for cell in cells if cell.value and cell.column not in TITLE_COLUMNS],
        problems=[
            {**problem, "name": column_name(problem.get("column") or "")}
            for problem in row.problems
        ],
        is_blank=not any(row.cells.values()),
        wrong_cells=[cell for cell in cells if cell.problems],
        other_cells=[cell for cell in cells if not cell.problems],
    )


def _cell(column: str, row: ImportRow, problems: Mapping[str, list[str]]) -> Cell:
    return Cell(
        column=column,
        name=column_name(column),
        label=COLUMN_LABELS[column],
        value=_text(row.cells.get(column)),
        problems=problems.get(column, ()),
        is_long=column in LONG_COLUMNS or "\n" in _text(row.cells.get(column)),
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_text(part)}" for key, part in value.items())
    return str(value)
