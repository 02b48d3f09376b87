"""What becomes of pieces with serial numbers in a place that was counted piece by piece. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

T = TypeVar("T")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceDifference:
    """What the books had there and nobody scanned, and what was scanned and they had not."""

    missing: tuple[str, ...] = ()
    found: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.missing or self.found)

    @property
    def size(self) -> int:
        """How many pieces it is about."""
        return len(self.missing) + len(self.found)


NO_DIFFERENCE = PieceDifference()


def compare_pieces(scanned: Collection[str], book: Collection[str]) -> PieceDifference:
    """What was scanned against what the books had there at that moment."""
    return PieceDifference(
        missing=tuple(sorted(set(book) - set(scanned))),
        found=tuple(sorted(set(scanned) - set(book))),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """The lines of the ledger by which a place gets its pieces, and which lines they name.

    `less` goes, of which `gone` are named; `more` comes, of which `came` are. `left_before` are
    named on lines by which unnamed pieces had left already, `here_before` on those by which they
    had come.
    """

    less: Decimal = ZERO
    gone: tuple[str, ...] = ()
    more: Decimal = ZERO
    came: tuple[str, ...] = ()
    left_before: tuple[str, ...] = ()
    here_before: tuple[str, ...] = ()


def book_pieces(
    quantity: Decimal,
    *,
    missing: Sequence[str],
    found: Sequence[str],
    moved: Sequence[str] = (),
    unnamed_left: int,
    unnamed_came: int,
) -> Booking:
    """How a difference of so much is booked where these pieces are missing and those were found.

    `moved` are missing too, and lie somewhere else for certain. Where pieces were sold and nobody
    has said which, the other missing ones are these, if they are no more; if they are, nobody can
    tell which, and none is named. Where the place holds pieces whose number nobody had said, those
    found are these.
    """
    quantity += len(moved)
    unexplained = quantity + len(missing) - len(found)
    if unexplained > 0 and missing and unnamed_left:
        if len(missing) > unexplained or len(missing) > unnamed_left:
            return book_pieces(
                quantity - len(moved),
                missing=(),
                found=found,
                moved=moved,
                unnamed_left=0,
                unnamed_came=unnamed_came,
            )
        return Booking(
            less=ZERO + len(moved),
            gone=tuple(moved),
            more=unexplained - len(missing) + len(found),
            came=tuple(found),
            left_before=tuple(missing),
        )
    known = min(max(int(-unexplained), 0), len(found), unnamed_came)
    unexplained += known
    return Booking(
        less=len(moved) + len(missing) + max(-unexplained, ZERO),
        gone=(*moved, *missing),
        more=len(found) - known + max(unexplained, ZERO),
        came=tuple(found[known:]),
        here_before=tuple(found[:known]),
    )


def shared(scanned: Iterable[Collection[T]]) -> set[T]:
    """The pieces that were scanned in more than one place."""
    seen: set[T] = set()
    twice: set[T] = set()
    for pieces in scanned:
        twice |= seen & set(pieces)
        seen |= set(pieces)
    return twice
