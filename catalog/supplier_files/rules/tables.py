"""What reading a supplier's file gives: headings and numbered lines of text cells."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from catalog.supplier_files.errors import HeaderMissing, NotATable, TooManyColumns
from catalog.supplier_files.rules.columns import is_known_heading

FILE_BYTES_MAX: Final = 50 * 1024 * 1024
ROWS_MAX: Final = 100_000
COLUMNS_MAX: Final = 64
PREAMBLE_LINES_MAX: Final = 20


class RowProblem(NamedTuple):
    """What is odd about a line as a whole; fatal where its cells cannot be trusted."""

    code: str
    detail: str
    is_fatal: bool


class RawRow(NamedTuple):
    """One line of the file: the number people see in an editor, its cells, what is odd about it.

    A line that is not fatal has exactly as many cells as there are headings; a fatal one has the
    cells as they were found.
    """

    line: int
    cells: list[str]
    problem: RowProblem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A file whose form is understood; its lines are read again each time `rows()` is called."""

    headings: tuple[str, ...]
    heading_line: int
    file_format: str
    encoding: str = ""
    delimiter: str = ""
    notes: tuple[str, ...] = ()
    read: Callable[[], Iterator[RawRow]] = field(repr=False)

    def rows(self) -> Iterator[RawRow]:
        """Go through all lines below the headings. Raises TooManyRows when there are too many."""
        return self.read()


BLANK_LINE: Final = RowProblem("blank-line", "The line is blank.", True)


def fit(line: int, cells: list[str], width: int) -> RawRow:
    """Bring a line to the width of the headings, or say why that would be guessing."""
    count = len(cells)
    if not "".join(cells).strip():
        return RawRow(line, cells, BLANK_LINE)
    if count == width:
        return RawRow(line, cells)
    if count < width:
        problem = RowProblem(
            "short-row",
            f"{count} cells under {width} headings: the missing ones count as not said.",
            False,
        )
        return RawRow(line, cells + [""] * (width - count), problem)
    if not "".join(cells[width:]).strip():
        return RawRow(line, cells[:width])
    problem = RowProblem(
        "long-row",
        f"{count} cells under {width} headings: a separator inside a value is probably not quoted. "
        f"The first cell too many holds {cells[width].strip() or cells[-1].strip()!r}.",
        True,
    )
    return RawRow(line, cells, problem)


def find_heading(records: Sequence[Sequence[str]]) -> int:
    """Find the record that names the columns, below any preamble.

    It is the one with most headings we know; where none is known, the first record as wide as
    most of the others whose cells are all words. Raises HeaderMissing, NotATable.
    """
    filled = [[cell for cell in record if cell.strip()] for record in records]
    known = [sum(map(is_known_heading, cells)) for cells in filled]
    best = max(range(len(records)), key=lambda index: (known[index], -index), default=0)
    if records and known[best] >= min(2, len(filled[best])) and known[best]:
        return best
    widths = sorted(len(cells) for cells in filled if cells)
    usual = widths[len(widths) // 2] if widths else 0
    if usual < 2:
        raise NotATable(
            "This is not a table: no line has more than one column, and none names a column we "
            "know. Send CSV or XLSX with headings."
        )
    for index, cells in enumerate(filled):
        if len(cells) >= usual and all(map(_could_be_heading, cells)):
            return index
    raise HeaderMissing(
        "No line names the columns. The first line must hold headings, such as name, brand, gtin."
    )


def _could_be_heading(cell: str) -> bool:
    text = cell.strip()
    return len(text) <= 100 and any(letter.isalpha() for letter in text) and text[0] not in "=+@"


def name_headings(cells: Sequence[str]) -> tuple[str, ...]:
    """Tidy headings: blanks at the end go, others get a name, repeated ones a number."""
    texts = [" ".join(cell.replace("\ufeff", "").split()) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) > COLUMNS_MAX:
        raise TooManyColumns(
            f"The file has {len(texts)} columns; {COLUMNS_MAX} is the most we read."
        )
    names: list[str] = []
    for number, text in enumerate(texts, start=1):
        name = text or f"column {number}"
        repeat = 1
        while name in names:
            repeat += 1
            name = f"{text or f'column {number}'} ({repeat})"
        names.append(name)
    return tuple(names)
