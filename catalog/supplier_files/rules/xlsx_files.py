"""XLSX: weighed before it is opened, read line by line, values only, nothing calculated."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain, islice
from typing import Any, BinaryIO, Final, TypeAlias
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import compress, decompress

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from catalog.supplier_files.errors import FileEmpty, NotATable, TooManyRows, ZipBomb
from catalog.supplier_files.rules.tables import (
    COLUMNS_MAX,
    PREAMBLE_LINES_MAX,
    ROWS_MAX,
    RawRow,
    RowProblem,
    Table,
    find_heading,
    fit,
    name_headings,
)

OpenFile = Callable[[], BinaryIO]
Line: TypeAlias = tuple[int, list[str], RowProblem | None]

_UNPACKED_BYTES_MAX: Final = 400 * 1024 * 1024
_RATIO_MAX: Final = 200
_RATIO_MATTERS_FROM_BYTES: Final = 20 * 1024 * 1024
_MEMBERS_MAX: Final = 2000
_CHUNK_BYTES: Final = 256 * 1024
_BATCH_ROWS: Final = 1000
_DAMAGED: Final = (
    BadZipFile, KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError, OSError,
    NotImplementedError, ParseError, InvalidFileException,
)  # fmt: skip


def read_xlsx(open_file: OpenFile) -> Table:
    """Read the first sheet. Raises what `read_table` does, and TooManyRows at once.

    Unpacking a sheet is slow, so it is done once and its rows are kept, packed, for `rows()`.
    """
    with open_file() as file:
        _weigh(file)
    notes: list[str] = []
    with open_file() as file:
        lines = _lines(file, notes)
        head = list(islice(lines, PREAMBLE_LINES_MAX + 1))
        if not any("".join(cells).strip() for _, cells, _ in head):
            raise FileEmpty("The first sheet of the workbook is empty.")
        index = find_heading([cells for _, cells, _ in head])
        heading_line = head[index][0]
        headings = name_headings(head[index][1])
        below = chain(head[index + 1 :], lines)
        packed = _pack(_read_rows(below, len(headings)))
    if not packed:
        raise FileEmpty("The sheet holds headings and nothing below them.")
    if heading_line > 1:
        notes.append(f"{heading_line - 1} lines above the headings were passed over.")
    return Table(
        headings=headings,
        heading_line=heading_line,
        file_format="xlsx",
        notes=tuple(notes),
        read=lambda: _unpack_rows(packed),
    )


def _pack(rows: Iterator[RawRow]) -> list[bytes]:
    packed = []
    while batch := list(islice(rows, _BATCH_ROWS)):
        packed.append(compress(json.dumps(batch).encode(), 1))
    return packed


def _unpack_rows(packed: list[bytes]) -> Iterator[RawRow]:
    for batch in packed:
        for line, cells, problem in json.loads(decompress(batch)):
            yield RawRow(line, cells, problem and RowProblem(*problem))


def _weigh(file: BinaryIO) -> None:
    """Refuse a workbook that unpacks into too much, by its directory and then by unpacking it.

    What the directory says may be a lie, so every part is unpacked once in small pieces.
    """
    packed = file.seek(0, 2)
    file.seek(0)
    try:
        with ZipFile(file) as archive:
            members = archive.infolist()
            if "[Content_Types].xml" not in archive.namelist():
                raise NotATable("This is a compressed file, not a workbook. Send CSV or XLSX.")
            _check_weight(sum(member.file_size for member in members), packed, len(members))
            unpacked = 0
            for member in members:
                unpacked = _unpack(archive, member, unpacked, packed)
    except (*_DAMAGED, RuntimeError) as error:
        raise NotATable("The workbook is damaged or protected and cannot be opened.") from error


def _check_weight(unpacked: int, packed: int, members: int = 0) -> None:
    is_dense = unpacked > _RATIO_MATTERS_FROM_BYTES and unpacked > packed * _RATIO_MAX
    if unpacked > _UNPACKED_BYTES_MAX or is_dense or members > _MEMBERS_MAX:
        raise ZipBomb(
            "The workbook unpacks into far more than a list of products holds. Send it as CSV."
        )


def _unpack(archive: ZipFile, member: ZipInfo, unpacked: int, packed: int) -> int:
    with archive.open(member) as part:
        is_first = True
        while chunk := part.read(_CHUNK_BYTES):
            if is_first and b"<!DOCTYPE" in chunk[:4096]:
                raise NotATable("The workbook holds declarations that no spreadsheet writes.")
            is_first = False
            unpacked += len(chunk)
            _check_weight(unpacked, packed)
    return unpacked


def _lines(file: BinaryIO, notes: list[str]) -> Iterator[Line]:
    """Go through the first sheet's lines; blank ones at its end are formatting and left out."""
    try:
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=False)
        sheets = workbook.worksheets
        if not sheets:
            raise NotATable("The workbook holds no sheet.")
        if len(sheets) > 1:
            notes.append(f'Only the first of {len(sheets)} sheets, "{sheets[0].title}", is read.')
        sheet = sheets[0]
        sheet.reset_dimensions()  # what the file says about its size is often wrong
        blanks = 0
        for number, row in enumerate(sheet.iter_rows(), start=1):
            cells, problem = _texts(row)
            if not any(cells):
                blanks += 1
                continue
            for line in range(number - blanks, number):
                yield line, [], None
            blanks = 0
            yield number, cells, problem
    except _DAMAGED as error:
        raise NotATable("The workbook is damaged and cannot be read to its end.") from error


def _read_rows(lines: Iterable[Line], width: int) -> Iterator[RawRow]:
    for count, (line, cells, problem) in enumerate(lines, start=1):
        if count > ROWS_MAX:
            raise TooManyRows(
                f"The sheet has more than {ROWS_MAX:,} rows; split it into several files."
            )
        # A sheet has no short rows: cells that nobody filled in are not stored.
        padded = cells + [""] * (width - len(cells)) if cells else cells
        yield RawRow(line, padded, problem) if problem else fit(line, padded, width)


def _texts(row: Iterable[Any]) -> tuple[list[str], RowProblem | None]:
    cells: list[str] = []
    problem = None
    for cell in islice(row, 4 * COLUMNS_MAX):
        value = cell.value
        if value is None:
            cells.append("")
        elif isinstance(value, str):
            if value[:1] == "=" and cell.data_type == "f":
                problem = _formula(cell.coordinate, value)
            cells.append(value)
        else:
            text = cell_text(value)
            if text is None:
                text = f"={cell.coordinate}"
                problem = _formula(cell.coordinate, "a formula over several cells")
            cells.append(text)
    while cells and not cells[-1]:
        cells.pop()
    return cells, problem


def _formula(coordinate: str, formula: str) -> RowProblem:
    return RowProblem(
        "formula",
        f"Cell {coordinate} holds a formula ({formula[:60]}), which is not calculated here: "
        "paste it as a value.",
        True,
    )


def cell_text(value: object) -> str | None:
    """Write a stored value as text without what binary fractions add; None for a formula."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, datetime):
        is_date = value.time() == time(0)
        return value.date().isoformat() if is_date else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return None


def _number_text(value: float) -> str:
    # A spreadsheet keeps 15 digits. Exactly three decimals get a fourth, so that no reader can
    # take the point for a mark of thousands.
    text = f"{Decimal(format(value, '.15g')):f}"
    whole, point, decimals = text.partition(".")
    if not point:
        return whole
    decimals = decimals.rstrip("0")
    return f"{whole}.{decimals}0" if len(decimals) == 3 else f"{whole}.{decimals}"
