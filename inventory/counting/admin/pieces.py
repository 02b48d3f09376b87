"""Pieces that are scanned while counting: what each is, and what the books will make of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from catalog.identifiers.errors import InvalidIdentifier
from catalog.identifiers.rules import clean_scan
from inventory.counting.models import CountLine
from inventory.stock import display as shown
from inventory.stock.models import SerialNumber, StockMovement
from inventory.stock.selectors.codes import resolve_code
from inventory.stock.selectors.pieces import last_passages, namesakes, pieces_called
from inventory.stock.selectors.serials import serials_on
from inventory.warehouses.models import LocationKind

LATER = "when the difference is booked"
PIECES_MAX = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a scan in a line of pieces says: a number, or goods or a place to go to, or neither."""

    serial: str = ""
    is_elsewhere: bool = False
    problem: str = ""


def read_piece(scan: str, line: CountLine, *, places: Sequence[str], today: date) -> Read:
    """The serial number that was scanned; what is none leads away from the line."""
    scan = scan.strip()
    if scan.upper() in {code.upper() for code in places}:
        return Read(is_elsewhere=True)
    try:
        said = resolve_code(scan, today=today)
    except InvalidIdentifier:
        return Read(serial=scan)
    if said.serial is None:
        return Read(is_elsewhere=True) if said.sku else Read(serial=scan)
    if said.serial != clean_scan(scan) and said.sku != line.variant.sku:
        # A label that names its product: no two of them share one.
        what = said.sku or "a product that is none of ours"
        return Read(
            problem=f"{said.serial} is {what}, not {line.variant.sku}: it is not counted here."
        )
    return Read(serial=said.serial)


def split_pieces(text: str) -> tuple[list[str], list[str]]:
    """The serial numbers, one a line, each once; and which of them came more than once."""
    found = [line.strip() for line in text.replace("\0", "").splitlines() if line.strip()]
    return list(dict.fromkeys(found)), sorted({s for s in found if found.count(s) > 1})


def notices(scanned: Sequence[tuple[CountLine, Sequence[str]]]) -> dict[int, list[str]]:
    """By line, a sentence for each piece that the books do not have there; of others none."""
    lines = [(line, serials) for line, serials in scanned if serials]
    there = serials_on([line.stock_level_id for line, _ in lines if line.stock_level_id])
    strange = {
        line.pk: [s for s in serials if s not in there.get(line.stock_level_id or 0, ())]
        for line, serials in lines
    }
    every = {serial for serials in strange.values() for serial in serials}
    if not every:
        return {}
    known = pieces_called({line.variant_id for line, _ in lines}, every)
    last = last_passages(known.values())
    others = namesakes(every)
    return {
        line.pk: [
            _sentence(line, serial, known.get((line.variant_id, serial)), last, others)
            for serial in strange[line.pk]
        ]
        for line, _ in lines
    }


def twice(serials: Sequence[str]) -> list[str]:
    """What is told of pieces that came more than once."""
    return [f"{serial} was scanned twice; it counts once." for serial in serials]


def _sentence(
    line: CountLine,
    serial: str,
    piece: SerialNumber | None,
    last: Mapping[int, StockMovement],
    others: Mapping[str, str],
) -> str:
    if piece is None and serial in others:
        return (
            f"{serial} is {others[serial]} in the books. If this is one, take it out of this line; "
            f"if not, it comes into the books as a new {line.variant.sku} {LATER}."
        )
    if piece is None:
        return f"{serial} is new to the books. It counts, and comes into them {LATER}."
    level = piece.stock_level
    if level is None:
        return f"{serial} left us{_how(last.get(piece.pk))}. It counts, and is back {LATER}."
    if level.location.kind == LocationKind.IN_TRANSIT:
        return (
            f"{serial} is on the road. It counts, but its number stays with its transfer: which "
            "piece lies here is named later."
        )
    if level.location.kind == LocationKind.RETURNS:
        return (
            f"{serial} waits for inspection after its return. It counts, but its number stays with "
            "the return: which piece lies here is named later."
        )
    place = f"{level.location.warehouse.code} {level.location.code}"
    if level.lot.code != line.lot_code:
        here = f"lot {line.lot_code}" if line.lot_code else "the open lot"
        there = f"lot {level.lot.code}" if level.lot.code else "the open lot"
        return (
            f"The books have {serial} in {there}, {place}. It counts here, and goes from there "
            f"into {here} {LATER}."
        )
    return f"The books have {serial} in {place}. It counts here, and is taken from there {LATER}."


def _how(line: StockMovement | None) -> str:
    if line is None:
        return ""
    reference = f" {line.reference}" if line.reference else ""
    return (
        f" on {shown.day(line.happened_at.date())} ({line.get_kind_display().lower()}{reference})"
    )
