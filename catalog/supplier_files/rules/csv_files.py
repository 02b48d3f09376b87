"""CSV as it comes: unknown encoding and separator, preambles, open quotes, ragged lines."""

import codecs
import csv
from collections import Counter
from collections.abc import Callable, Iterator
from io import StringIO, TextIOWrapper
from itertools import islice
from typing import BinaryIO, Final, TextIO

from catalog.supplier_files.errors import FileEmpty, NotATable, TooManyRows
from catalog.supplier_files.rules.columns import is_known_heading
from catalog.supplier_files.rules.tables import (
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

_DELIMITERS: Final = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS: Final = 64 * 1024
_SAMPLE_RECORDS: Final = 60
_DAMAGED_UTF8: Final = "utf-8 (damaged)"
_CHUNK_BYTES: Final = 1024 * 1024
_UNDEFINED_IN_CP1252: Final = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
_RECORD_LINES_MAX: Final = 200  # a cell with more line breaks is a quote that nobody closed
_CELL_CHARACTERS_MAX: Final = 1024 * 1024
_CONTROL_BYTES: Final = frozenset((*range(1, 9), *range(14, 27), 28, 29, 30))
_CONTROL_SHARE_MAX: Final = 50  # one in so many


def read_csv(open_file: OpenFile) -> Table:
    """Find out encoding, separator and headings. Raises NotATable, HeaderMissing, FileEmpty."""
    encoding = detect_encoding(open_file)
    with _open_text(open_file, encoding) as file:
        sample = file.read(_SAMPLE_CHARACTERS)
    whole = len(sample) < _SAMPLE_CHARACTERS
    hint_lines, hinted = _separator_hint(sample)
    sample = "".join(sample.splitlines(keepends=True)[hint_lines:])
    delimiter = hinted or _detect_delimiter(sample, whole=whole)
    records = _sample_records(sample, delimiter, whole=whole)[: PREAMBLE_LINES_MAX + 1]
    if not records:
        raise FileEmpty("The file is empty.")
    index = find_heading([cells for _, cells in records])
    line, cells = records[index]
    headings = name_headings(cells)
    heading_line = line + hint_lines
    skip_lines = _last_line_of(sample, delimiter, index) + hint_lines

    def read() -> Iterator[RawRow]:
        return _read_rows(open_file, encoding, delimiter, len(headings), skip_lines)

    if next(read(), None) is None:
        raise FileEmpty("The file holds headings and nothing below them.")
    return Table(
        headings=headings,
        heading_line=heading_line,
        file_format="csv",
        encoding=encoding,
        delimiter=delimiter,
        notes=_notes(heading_line - hint_lines, encoding),
        read=read,
    )


def _notes(heading_line: int, encoding: str) -> tuple[str, ...]:
    notes = []
    if heading_line > 1:
        notes.append(f"{heading_line - 1} lines above the headings were passed over.")
    if encoding == _DAMAGED_UTF8:
        notes.append("Some characters were lost when the file was made; their rows are rejected.")
    return tuple(notes)


def detect_encoding(open_file: OpenFile) -> str:
    """Tell UTF-8, UTF-16, cp1252 and latin-1 apart by the bytes. Raises NotATable for binary."""
    with open_file() as file:
        head = file.read(_CHUNK_BYTES)
        if head.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if wide := _utf16_without_mark(head):
            return wide
        nul_count = head.count(0)
        control_count = sum(head.count(byte) for byte in _CONTROL_BYTES)
        if (nul_count + control_count) * _CONTROL_SHARE_MAX > len(head):
            raise NotATable("This is not text. Send CSV or XLSX.")
    return "utf-8" if _is_utf8(open_file) else _eight_bit_encoding(open_file)


def _utf16_without_mark(head: bytes) -> str:
    """Recognise UTF-16 by its zero bytes: every second one where most letters are Latin."""
    pairs = len(head) // 2
    if pairs and head[1::2].count(0) > 0.6 * pairs:
        return "utf-16-le"
    return "utf-16-be" if pairs and head[0::2].count(0) > 0.6 * pairs else ""


def _chunks(open_file: OpenFile) -> Iterator[bytes]:
    with open_file() as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _is_utf8(open_file: OpenFile) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(open_file):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _eight_bit_encoding(open_file: OpenFile) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    lost = letters = 0
    is_latin = False
    for chunk in _chunks(open_file):
        text = decoder.decode(chunk)
        lost += text.count("\ufffd")
        letters += len(text) - len(text.encode("ascii", "ignore"))
        is_latin = is_latin or any(byte in chunk for byte in _UNDEFINED_IN_CP1252)
    if letters > 10 * lost:  # nearly all of it is UTF-8: reading it otherwise would break the rest
        return _DAMAGED_UTF8
    return "latin-1" if is_latin else "cp1252"


def _open_text(open_file: OpenFile, encoding: str) -> TextIO:
    codec = "utf-8" if encoding == _DAMAGED_UTF8 else encoding
    return TextIOWrapper(open_file(), codec, "replace", newline="")


def _separator_hint(sample: str) -> tuple[int, str]:
    """Read the line `sep=;` with which Excel says its separator."""
    first = sample[:20].splitlines()[0] if sample.strip() else ""
    if first.lower().startswith("sep=") and len(first) == 5:
        return 1, first[4]
    return 0, ""


def _detect_delimiter(sample: str, *, whole: bool) -> str:
    """Take the separator that shows most known headings in one line, then the steadiest width."""

    def fitness(delimiter: str) -> tuple[int, float, int]:
        records = [cells for _, cells in _sample_records(sample, delimiter, whole=whole)]
        widths = Counter(len(cells) for cells in records if any(cells))
        if not widths:
            return 0, 0.0, 0
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
        known = max(sum(map(is_known_heading, cells)) for cells in records)
        return known, (count / widths.total() if width > 1 else 0.0), width

    return max(_DELIMITERS, key=fitness)


def _sample_records(sample: str, delimiter: str, *, whole: bool) -> list[tuple[int, list[str]]]:
    """Read the first records; the last one is left out where the sample may have cut it."""
    reader = csv.reader(StringIO(sample, newline=""), delimiter=delimiter)
    records: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for cells in islice(reader, _SAMPLE_RECORDS):
            records.append((before + 1, cells))
            before = reader.line_num
    except csv.Error:
        return records
    return records if whole or len(records) == _SAMPLE_RECORDS else records[:-1] or records


def _last_line_of(sample: str, delimiter: str, index: int) -> int:
    reader = csv.reader(StringIO(sample, newline=""), delimiter=delimiter)
    for _ in range(index + 1):
        next(reader)
    return reader.line_num


class _OpenQuote(Exception):
    """A record has gone on for more lines than any honest cell has."""


class _Lines:
    """Feeds lines to the CSV reader and remembers those of the record it is in."""

    def __init__(self, file: TextIO, number: int) -> None:
        self._file = file
        self._pending: list[str] = []
        self.number = number
        self.record: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.record) >= _RECORD_LINES_MAX:
            raise _OpenQuote
        line = self._pending.pop() if self._pending else next(self._file)
        self.number += 1
        self.record.append(line)
        return line

    def give_back_all_but_first(self) -> str:
        """Undo an open quote: the lines it swallowed are lines of their own."""
        first, *others = self.record
        self._pending.extend(reversed(others))
        self.number -= len(others)
        self.record = []
        return first


def _read_rows(
    open_file: OpenFile, encoding: str, delimiter: str, width: int, skip_lines: int
) -> Iterator[RawRow]:
    with _open_text(open_file, encoding) as file:
        for _ in range(skip_lines):
            next(file)
        for count, row in enumerate(_records(_Lines(file, skip_lines), delimiter, width), start=1):
            if count > ROWS_MAX:
                raise TooManyRows(
                    f"The file has more than {ROWS_MAX:,} rows; split it into several files."
                )
            yield row


def _records(lines: _Lines, delimiter: str, width: int) -> Iterator[RawRow]:
    csv.field_size_limit(_CELL_CHARACTERS_MAX)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        start = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (_OpenQuote, csv.Error):
            yield _open_quote_row(lines, start, delimiter)
            reader = csv.reader(lines, delimiter=delimiter)
            continue
        if len(lines.record) > 1 and not _is_well_quoted(lines.record, delimiter):
            yield _open_quote_row(lines, start, delimiter)
            reader = csv.reader(lines, delimiter=delimiter)
            continue
        lines.record.clear()
        yield _checked(start, cells, width)


def _is_well_quoted(record: list[str], delimiter: str) -> bool:
    """Say whether line breaks inside a record stand in cells that are opened and closed rightly."""
    try:
        next(csv.reader(record, delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True


def _checked(line: int, cells: list[str], width: int) -> RawRow:
    if "\x00" in "".join(cells):
        problem = RowProblem("nul-byte", "The line holds zero bytes: the file is damaged.", True)
        return RawRow(line, [cell.replace("\x00", "\ufffd") for cell in cells], problem)
    return fit(line, cells, width)


def _open_quote_row(lines: _Lines, start: int, delimiter: str) -> RawRow:
    first = lines.give_back_all_but_first().rstrip("\r\n")
    problem = RowProblem("open-quote", "A quotation mark is opened and never closed.", True)
    return RawRow(start, first.split(delimiter), problem)
