"""Pieces with serial numbers in counted places: which were scanned, and how they are booked."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from inventory.counting.models import CountLine, CycleCount, LineStatus
from inventory.counting.rules import Booking, book_pieces, shared
from inventory.stock.errors import InvalidSerial
from inventory.stock.models import SerialNumber, StockLevel, StockMovement
from inventory.stock.reasons import StockReason
from inventory.stock.rules import check_serials
from inventory.stock.selectors.pieces import (
    Unnamed,
    last_passages,
    pieces_called,
    unnamed_on,
)
from inventory.stock.selectors.serials import serial_tracked_ids, serials_on
from inventory.stock.services import Correction, Named
from inventory.warehouses.models import KEPT_APART

ZERO = Decimal(0)


@dataclass(slots=True)
class Bookings:
    """How counted lines are booked: corrections, each with its line, and names of earlier lines.

    None where a piece leaves another place because it was found in one that was counted.
    """

    corrections: list[Correction] = field(default_factory=list)
    lines: list[CountLine | None] = field(default_factory=list)
    named: list[Named] = field(default_factory=list)

    def add(self, correction: Correction, line: CountLine | None) -> None:
        """One more."""
        self.corrections.append(correction)
        self.lines.append(line)


def scan_in(count: CycleCount, entered: Sequence[tuple[CountLine, Decimal, Sequence[str]]]) -> None:
    """Give lines that are about to be counted the pieces that were scanned; nothing is written.

    Raises InvalidSerial: goods without numbers, more pieces than were counted, one piece twice.
    """
    tracked = serial_tracked_ids({line.variant_id for line, _, _ in entered})
    there = serials_on([line.stock_level_id for line, _, _ in entered if line.stock_level_id])
    for line, quantity, serials in entered:
        is_tracked = line.variant_id in tracked
        scan_line(line, quantity, serials, sku=line.variant.sku, is_tracked=is_tracked)
        if is_tracked:
            line.book_serials = there.get(line.stock_level_id or 0, [])
    _refuse_what_lies_in_two_places(count, [line for line, _, _ in entered if line.serials])


def scan_line(
    line: CountLine, quantity: Decimal, serials: Sequence[str], *, sku: str, is_tracked: bool
) -> None:
    """The same for one line, without what the books have there. Raises InvalidSerial."""
    if serials and not is_tracked:
        raise InvalidSerial(f"{sku}: these goods carry no serial numbers; {serials[0]} was given.")
    pieces = check_serials(serials, quantity=quantity, what=sku)
    line.book_serials = None
    # Pieces that were only counted are named later; of nothing there is nothing to be named.
    line.serials = list(pieces) if is_tracked and (pieces or not quantity) else None


def bookings_of(lines: Sequence[CountLine], levels: Mapping[int, StockLevel]) -> Bookings:
    """What is to be booked of these lines; their levels are locked, all of their variants.

    Raises InvalidSerial: two of them name the same piece.
    """
    by_piece = [line for line in lines if line.scanned is not None]
    twice = shared(
        {(line.variant_id, serial) for serial in line.scanned or ()} for line in by_piece
    )
    if twice:
        serial = min(serial for _, serial in twice)
        raise InvalidSerial(
            f"Serial number {serial} was scanned in two places: a piece lies in one. Count one of "
            "them again."
        )
    found = Bookings()
    for line in lines:
        if line.scanned is None and line.difference:
            found.add(_correction(line, line.difference), line)
    _Pieces(by_piece, levels, found).book()
    return found


class _Pieces:
    """Lines that were counted piece by piece, booked together: pieces go from one to another."""

    def __init__(
        self, lines: Sequence[CountLine], levels: Mapping[int, StockLevel], found: Bookings
    ) -> None:
        self.lines, self.levels, self.found = lines, levels, found
        level_ids = {line.stock_level_id for line in lines if line.stock_level_id is not None}
        self.there = {pk: set(own) for pk, own in serials_on(level_ids).items()}
        self.unnamed = unnamed_on(level_ids)
        self.known = pieces_called(
            {line.variant_id for line in lines},
            {serial for line in lines for serial in line.pieces.found},
        )
        self.last = last_passages(self.known.values())
        self.counts = _counts_since(self.known.values(), self.last)
        self.left_on = {pk: level.on_hand for pk, level in levels.items()}

    def book(self) -> None:
        """What a line misses and another has found goes from the one to the other."""
        for line in self.lines:
            self.left_on[line.stock_level_id or 0] += line.difference or ZERO
        gone = {(line.variant_id, s) for line in self.lines for s in self._missing(line)}
        came = [
            [s for s in self._found(line) if self._may_come(line, s, gone)] for line in self.lines
        ]
        moved = gone & {
            (line.variant_id, s) for line, own in zip(self.lines, came, strict=True) for s in own
        }
        for line, own in zip(self.lines, came, strict=True):
            self._take_from_elsewhere(line, own, gone)
            self._book(line, own, moved)

    def _missing(self, line: CountLine) -> list[str]:
        """What has left by a line of the ledger since is not missing."""
        there = self.there.get(line.stock_level_id or 0, set())
        return [serial for serial in line.pieces.missing if serial in there]

    def _found(self, line: CountLine) -> list[str]:
        there = self.there.get(line.stock_level_id or 0, set())
        return [serial for serial in line.pieces.found if serial not in there]

    def _may_come(self, line: CountLine, serial: str, gone: set[tuple[int, str]]) -> bool:
        """Whether the books let it come: what they say of it is older, and nobody else's to say."""
        piece = self.known.get((line.variant_id, serial))
        if piece is None:
            return True
        last = self.last.get(piece.pk)
        if last is not None and last.happened_at > line.figure.counted_at:
            return False
        level = piece.stock_level
        if level is None or (line.variant_id, serial) in gone:
            return True
        if level.location.kind in KEPT_APART:
            return False
        left = self.left_on.setdefault(level.pk, level.on_hand)
        if left < 1:
            return False
        self.left_on[level.pk] = left - 1
        return True

    def _take_from_elsewhere(
        self, line: CountLine, came: Iterable[str], gone: set[tuple[int, str]]
    ) -> None:
        """A piece that was found here lies no longer where the books had it."""
        by_level: dict[int, list[str]] = defaultdict(list)
        for serial in came:
            piece = self.known.get((line.variant_id, serial))
            if piece and piece.stock_level_id and (line.variant_id, serial) not in gone:
                by_level[piece.stock_level_id].append(serial)
        where = f"{line.count.warehouse.code} {line.location.code}"
        for level_id, serials in sorted(by_level.items()):
            self._change(line, level_id, -len(serials), f"found in {where}", serials)
            missed = sum(self._was_missed(line, level_id, serial) for serial in serials)
            if missed:
                # Its quantity was right without them: what was counted there are other pieces.
                self._change(line, level_id, missed, f"counted without what was found in {where}")

    def _was_missed(self, line: CountLine, level_id: int, serial: str) -> bool:
        """Whether that level was counted piece by piece, and booked, since it was last seen there.

        Nobody could say then whether it was sold without being named.
        """
        last = self.last.get(self.known[line.variant_id, serial].pk)
        return any(
            serial not in scanned and (last is None or counted_at >= last.happened_at)
            for scanned, counted_at in self.counts.get(level_id, ())
        )

    def _change(
        self,
        line: CountLine,
        level_id: int,
        quantity: int,
        note: str,
        serials: Sequence[str] = (),
    ) -> None:
        self.found.add(
            Correction(
                stock_level_id=level_id,
                quantity_delta=Decimal(quantity),
                reason=StockReason.COUNT,
                note=note,
                serials=serials,
                reference=line.count.reference,
                happened_at=line.counted_at,
                is_count=True,
            ),
            None,
        )

    def _book(
        self, line: CountLine, came: Sequence[str], moved: Collection[tuple[int, str]]
    ) -> None:
        level_id = line.stock_level_id
        assert level_id is not None, "its place was made"
        unnamed = self.unnamed.get(level_id, Unnamed())
        missing = self._missing(line)
        booking = book_pieces(
            line.difference or ZERO,
            missing=[s for s in missing if (line.variant_id, s) not in moved],
            moved=[s for s in missing if (line.variant_id, s) in moved],
            found=came,
            unnamed_left=sum(count for _, count in unnamed.left),
            unnamed_came=sum(count for _, count in unnamed.came),
        )
        if booking.less:
            self.found.add(_correction(line, -booking.less, booking.gone), line)
        if booking.more:
            self.found.add(_correction(line, booking.more, booking.came), line)
        self._name_earlier(level_id, booking, unnamed)

    def _name_earlier(self, level_id: int, booking: Booking, unnamed: Unnamed) -> None:
        for serials, lines in (
            (booking.left_before, unnamed.left),
            (booking.here_before, unnamed.came),
        ):
            rest = list(serials)
            for movement, count in lines:
                own, rest = rest[:count], rest[count:]
                if own:
                    level = self.levels[level_id]
                    self.found.named.append(Named(movement=movement, level=level, serials=own))
            assert not rest, "no more are named than came or left unnamed"


def _counts_since(
    pieces: Collection[SerialNumber], last: Mapping[int, StockMovement]
) -> dict[int, list[tuple[list[str], datetime]]]:
    """By the level where the books have a piece: what was scanned there, and when, and booked."""
    found: dict[int, list[tuple[list[str], datetime]]] = defaultdict(list)
    lying = {piece.stock_level_id for piece in pieces if piece.stock_level_id is not None}
    if not lying:
        return found
    counts = CountLine.objects.filter(
        stock_level_id__in=lying,
        status__in=[LineStatus.APPLIED, LineStatus.MATCHED],
        serials__isnull=False,
    )
    if len(last) == len(pieces):
        counts = counts.filter(counted_at__gte=min(line.happened_at for line in last.values()))
    for line in counts.order_by("pk"):
        assert line.stock_level_id is not None, "it was booked"
        assert line.counted_at is not None, "it was booked"
        found[line.stock_level_id].append((line.serials or [], line.counted_at))
    return found


def _correction(line: CountLine, quantity: Decimal, serials: Sequence[str] = ()) -> Correction:
    assert line.stock_level_id is not None, "its place was made"
    return Correction(
        stock_level_id=line.stock_level_id,
        quantity_delta=quantity,
        reason=StockReason(line.reason),
        note=line.note,
        serials=serials,
        reference=line.count.reference,
        happened_at=line.counted_at,
        is_count=True,
    )


def _refuse_what_lies_in_two_places(count: CycleCount, lines: Sequence[CountLine]) -> None:
    if not lines:
        return
    others = CountLine.objects.filter(
        count=count,
        status=LineStatus.COUNTED,
        serials__isnull=False,
        variant_id__in={line.variant_id for line in lines},
    ).exclude(pk__in=[line.pk for line in lines if line.pk])
    seen: dict[tuple[int, str], CountLine] = {}
    for line in [*others.select_related("location").order_by("pk"), *lines]:
        for serial in line.serials or ():
            before = seen.setdefault((line.variant_id, serial), line)
            if before is not line:
                lot = f" lot {before.lot_code}" if before.lot_code else ""
                raise InvalidSerial(
                    f"Serial number {serial} was scanned in {before.location.code}{lot} too: a "
                    "piece lies in one place. Take it out here, or there."
                )
