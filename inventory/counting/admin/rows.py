"""The lines of a count as they are entered: what is saved of each, what was typed, what is told."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.http import HttpRequest

from catalog.units.rules import plain
from inventory.counting.admin.forms import read_figure
from inventory.counting.admin.pieces import notices, split_pieces
from inventory.counting.models import CountLine, CycleCount, LineStatus
from inventory.counting.selectors.counts import lines_of
from inventory.stock.filters import number
from inventory.stock.selectors.serials import serial_tracked_ids

TYPED, PIECES = "line-", "serials-"


@dataclass(slots=True, kw_only=True)
class Row:
    """A line as the page shows it: what to count, and one's own figure; never the books.

    Where goods carry serial numbers it takes the pieces, and a figure only for those without one.
    """

    line: CountLine
    is_by_piece: bool = False
    typed: str = ""
    typed_pieces: str = ""
    problem: str = ""
    notices: list[str] = field(default_factory=list)
    is_wanted: bool = False

    @property
    def is_counted(self) -> bool:
        """Whether it has its figure in this round."""
        return self.line.status == LineStatus.COUNTED

    @property
    def saved(self) -> str:
        """The figure as it is saved; beside pieces only that of those without a number."""
        if not self.is_counted:
            return ""
        figure = self.line.figure.quantity - len(self.pieces)
        return "" if self.pieces and not figure else plain(figure)

    @property
    def pieces(self) -> list[str]:
        """The pieces as they are saved."""
        return (self.line.serials or []) if self.is_counted else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What somebody typed or scanned into a line."""

    figure: str
    pieces_text: str = ""
    pieces: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)

    @property
    def quantity(self) -> Decimal | None:
        """How many that are; None where the figure is none."""
        figure = read_figure(self.figure or "0")
        return None if figure is None else figure + len(self.pieces)

    def is_saved_as(self, row: Row | None) -> bool:
        """Whether the line says so already."""
        return (
            row is not None
            and row.is_counted
            and self.pieces == row.pieces
            and self.quantity == row.line.figure.quantity
        )


def rows_of(
    count: CycleCount,
    typed: dict[int, Typed] | None = None,
    problems: dict[int, str] | None = None,
    wanted: set[int] | None = None,
) -> list[Row]:
    """What is to be counted in this round, and what was, in the order of walking."""
    stages = [LineStatus.TO_COUNT, LineStatus.COUNTED, LineStatus.RECOUNT]
    lines = list(lines_of(count.pk).filter(status__in=stages))
    tracked = serial_tracked_ids({line.variant_id for line in lines})
    rows = []
    for line in lines:
        row = Row(
            line=line,
            is_by_piece=line.variant_id in tracked,
            problem=(problems or {}).get(line.pk, ""),
            is_wanted=line.pk in (wanted or ()),
        )
        own = (typed or {}).get(line.pk)
        row.typed = row.saved if own is None else own.figure
        row.typed_pieces = "\n".join(row.pieces) if own is None else own.pieces_text
        rows.append(row)
    return rows


def read_typed(request: HttpRequest) -> dict[int, Typed]:
    """What was sent, by line; what is blank was not counted."""
    figures: dict[int, str] = {}
    texts: dict[int, str] = {}
    for name, text in request.POST.items():
        for beginning, found in ((TYPED, figures), (PIECES, texts)):
            pk = number(name.removeprefix(beginning)) if name.startswith(beginning) else None
            if pk is not None and isinstance(text, str) and text.strip():
                found[pk] = text.strip()
    typed = {}
    for pk in figures.keys() | texts.keys():
        found_pieces, twice_scanned = split_pieces(texts.get(pk, ""))
        typed[pk] = Typed(
            figure=figures.get(pk, ""),
            pieces_text=texts.get(pk, ""),
            pieces=found_pieces,
            twice=twice_scanned,
        )
    return typed


def notice(rows: list[Row]) -> None:
    """Say of each piece that was scanned what the books will make of it."""
    told = notices(
        [(row.line, split_pieces(row.typed_pieces)[0]) for row in rows if row.is_by_piece]
    )
    for row in rows:
        row.notices = told.get(row.line.pk, [])
