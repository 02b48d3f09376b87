"""A file comes in, and its columns are recognised or mapped."""

import contextlib
import hashlib
import io
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from pathlib import PurePath
from typing import Any, BinaryIO
from uuid import UUID

from django.core.files.base import ContentFile, File
from django.db import transaction

from catalog.partners.models import Partner
from catalog.supplier_files import deliveries
from catalog.supplier_files.errors import FileTooLarge, OptionsMissing, RunNotReady
from catalog.supplier_files.files import (
    column_reader,
    fingerprint_of,
    headings_of,
    open_table,
)
from catalog.supplier_files.models import (
    ColumnMapping,
    FileKind,
    ImportRow,
    ImportRun,
    RunStatus,
)
from catalog.supplier_files.rules.columns import FileKind as KindRule
from catalog.supplier_files.rules.columns import match_columns
from catalog.supplier_files.rules.reading import read_table
from catalog.supplier_files.rules.tables import FILE_BYTES_MAX, Table
from catalog.supplier_files.services.claims import SMALL_ROWS_MAX, locked_run
from config.kernel.errors import NotFound
from config.kernel.history import set_reason

MAPPABLE = (RunStatus.UPLOADED, RunStatus.CHECKED, RunStatus.FAILED)
# What belongs to one file; the rest of the options is kept with the supplier's mapping.
_OPTIONS_OF_FILE = ("reference",)


def upload(
    *,
    supplier_id: int,
    kind: str | None,
    file: "File[bytes] | BinaryIO",
    file_name: str,
    user_id: int | None,
    now: datetime,
    options: Mapping[str, Any] | None = None,
    is_unattended: bool = False,
) -> ImportRun:
    """Keep a supplier's file and recognise its columns; nothing is checked yet.

    Without a kind the headings tell it. Options: `defaults` (values for columns the file lacks),
    `decimal_mark`, `date_order`, and for a delivery note `warehouse` and `reference`.
    Raises UnreadableFile (too large, empty, no table, ...), NotFound (no such supplier) and, where
    unattended, OptionsMissing: nobody will be asked for a delivery note's warehouse.
    """
    supplier = Partner.objects.filter(pk=supplier_id, is_supplier=True).first()
    if supplier is None:
        raise NotFound(f"There is no supplier {supplier_id}.")
    content = _read(file)
    table = read_table(content)
    # Cells further down may be broken too: look at what fits into one request.
    row_count = sum(1 for _ in islice(table.rows(), SMALL_ROWS_MAX + 1))
    matching = match_columns(headings_of(table), KindRule(kind) if kind else None)
    found_kind = FileKind(matching.kind.value)
    columns, kept = _recognise(supplier, found_kind, table, matching.columns)
    name = PurePath(file_name.replace("\\", "/")).name[:255] or "file"
    run = ImportRun(
        supplier=supplier,
        kind=found_kind,
        file_name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        columns=columns,
        options={"reference": PurePath(name).stem[:100], **kept, **(options or {})},
        rows_total=row_count if row_count <= SMALL_ROWS_MAX else 0,
        created_at=now,
        created_by_id=user_id,
    )
    if found_kind == FileKind.PRODUCT_LIST:
        run.options.pop("reference", None)
    elif is_unattended:
        _check_warehouse(str(run.options.get("warehouse") or "").strip())
    suffix = ".xlsx" if table.file_format == "xlsx" else ".csv"
    run.file.save(f"{run.pk}{suffix}", ContentFile(content), save=False)
    run.save()
    return run


def _check_warehouse(code: str) -> None:
    if not code:
        raise OptionsMissing("It is a delivery note: say which warehouse the delivery goes to.")
    if code not in {known for known, _ in deliveries.warehouses.ask()}:
        raise OptionsMissing(f"There is no warehouse {code}.")


def _read(file: "File[bytes] | BinaryIO") -> bytes:
    """Read the file, but never more than we take."""
    content = file.read(FILE_BYTES_MAX + 1)
    if len(content) <= FILE_BYTES_MAX:
        return content
    size = len(content)
    with contextlib.suppress(AttributeError, OSError):  # a stream tells no size: at least so much
        size = file.seek(0, io.SEEK_END) or size
    raise FileTooLarge(
        f"The file has {size / 1024 / 1024:.0f} MB; "
        f"{FILE_BYTES_MAX // 1024 // 1024} MB is the most we read."
    )


def _recognise(
    supplier: Partner, kind: FileKind, table: Table, matched: Mapping[str, str]
) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    """Give the mapping saved for these headings of this supplier, else what the headings say."""
    saved = ColumnMapping.objects.filter(
        supplier=supplier, kind=kind, fingerprint=fingerprint_of(table)
    ).first()
    if saved is None:
        return matched, {}
    known = set(table.headings)
    return {h: c for h, c in saved.columns.items() if h in known}, saved.options


@transaction.atomic
def set_mapping(
    *,
    run_id: UUID,
    columns: Mapping[str, str],
    options: Mapping[str, Any] | None = None,
    user_id: int | None,
    now: datetime,
) -> ImportRun:
    """Say what the columns of a file mean, for this run and for the supplier's next such file.

    `columns` gives our heading for each of theirs, "" or nothing for a column to leave out. What
    was checked before is forgotten, mended cells too. Raises RunNotReady, MappingIncomplete,
    UnknownColumn.
    """
    run = locked_run(run_id)
    if run.status not in MAPPABLE:
        raise RunNotReady(f"{run.file_name} is {run.get_status_display().lower()}.")
    table = open_table(run)
    mapped = {heading: column for heading, column in columns.items() if column}
    merged = {**run.options, **(options or {})}
    column_reader(table, kind=run.kind, columns=mapped, options=merged)
    ImportRow.objects.filter(run=run).delete()
    run.columns, run.options = mapped, merged
    run.status, run.detail = RunStatus.UPLOADED, ""
    run.rows_done = 0
    run.created_count = run.updated_count = run.unchanged_count = run.rejected_count = 0
    run.save()
    _save_mapping(run, fingerprint_of(table), merged)
    return run


def _save_mapping(run: ImportRun, fingerprint: str, options: Mapping[str, Any]) -> None:
    mapping = ColumnMapping.objects.filter(
        supplier_id=run.supplier_id, kind=run.kind, fingerprint=fingerprint
    ).first() or ColumnMapping(supplier_id=run.supplier_id, kind=run.kind, fingerprint=fingerprint)
    mapping.columns = run.columns
    mapping.options = {k: v for k, v in options.items() if k not in _OPTIONS_OF_FILE}
    set_reason(mapping, f"mapped for {run.file_name}")
    mapping.save()
