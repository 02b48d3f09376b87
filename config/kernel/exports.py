"""Tables as CSV and XLSX that no spreadsheet will run."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from django.utils.encoding import force_str
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NEUTRALISED = tuple("'" + start for start in FORMULA_STARTS)
CELL_LENGTH_MAX = 32_767
XLSX_MEMORY_BYTES = 5_000_000
UTC_FORMAT = 'yyyy-mm-dd"T"hh:mm:ss"+00:00"'  # cells know no time zone, so their format names it


def neutralise_formula(value: Any) -> Any:
    """A text a spreadsheet would run as a formula gets an apostrophe; all else stays."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def restore_formula(text: str) -> str:
    """Take back the apostrophe, in a file of ours that comes back."""
    return text[1:] if text.startswith(_NEUTRALISED) else text


def csv_rows(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A CSV file in pieces: UTF-8 with a byte order mark, so that spreadsheets read it right."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield "\ufeff"
    for row in _with_headings(headings, rows):
        writer.writerow([_text(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def xlsx_file(
    headings: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "Export"
) -> IO[bytes]:
    """An XLSX file, ready to be read from its start; texts are texts, never formulas."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(_sheet_title(title))
    for row in _with_headings(headings, rows):
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=_cell_value(value))
            if cell.data_type == "f":
                cell.data_type = "s"
            if isinstance(value, datetime):
                cell.number_format = UTC_FORMAT
            cells.append(cell)
        sheet.append(cells)
    target = cast("IO[bytes]", SpooledTemporaryFile(max_size=XLSX_MEMORY_BYTES))  # noqa: SIM115 - the response closes it
    workbook.save(target)
    target.seek(0)
    return target


def _with_headings(
    headings: Sequence[str], rows: Iterable[Sequence[Any]]
) -> Iterator[Sequence[Any]]:
    yield headings
    yield from rows


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value:f}"
        case datetime():
            return value.isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case bool():
            return "yes" if value else "no"
    return str(neutralise_formula(force_str(value)))


def _cell_value(value: Any) -> Any:
    match value:
        case None:
            return None
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None)
        case Decimal() | int() | float() | date():
            return value
    text = ILLEGAL_CHARACTERS_RE.sub("", force_str(value))[:CELL_LENGTH_MAX]
    return neutralise_formula(text)


def _sheet_title(title: str) -> str:
    return "".join(" " if char in "[]:*?/\\" else char for char in title)[:31] or "Export"
