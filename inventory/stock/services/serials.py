"""Which pieces came and went, where a product's pieces carry serial numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import plain
from config.kernel.context import actor_name
from config.kernel.errors import NotFound
from inventory.stock.errors import InvalidSerial, SerialInStock, SerialsRequired, UnknownSerial
from inventory.stock.locks import lock_levels
from inventory.stock.models import (
    MovementKind,
    SerialMovement,
    SerialNumber,
    StockLevel,
    StockMovement,
)
from inventory.stock.rules import check_serials, serials_that_leave
from inventory.stock.selectors.serials import serial_tracked_ids, serials_on, with_unnamed
from inventory.stock.services.ledger import describe


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Some of what lies on a locked level leaves it; `serials` are those that were named."""

    level: StockLevel
    quantity: Decimal
    serials: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The pieces that a line of the ledger is about."""

    movement: StockMovement
    level: StockLevel
    serials: Sequence[str]


def check_arrivals(
    arrivals: Sequence[tuple[VariantRef, Decimal, Sequence[str], str]], *, is_strict: bool = True
) -> list[tuple[str, ...]]:
    """The serial numbers of goods that come in: variant, quantity, serials, what to call them.

    Raises SerialsRequired (pieces that carry one come without), InvalidSerial.
    """
    tracked = serial_tracked_ids({variant.id for variant, *_ in arrivals})
    checked = []
    for variant, quantity, serials, what in arrivals:
        _check_carries(variant.id in tracked, serials, what)
        found = check_serials(serials, quantity=quantity, what=what)
        if is_strict and variant.id in tracked and len(found) < quantity:
            raise SerialsRequired(
                f"{what}: {plain(quantity)} pieces with serial numbers come in, and {len(found)} "
                "serial numbers are given."
            )
        checked.append(found)
    return checked


def choose_leaving(
    leaving: Sequence[Leaving], variants: Mapping[int, VariantRef], *, is_strict: bool = True
) -> list[tuple[str, ...]]:
    """Which pieces leave; before anything is written. None where goods carry no serial numbers.

    Raises SerialsRequired, InvalidSerial, UnknownSerial.
    """
    tracked = serial_tracked_ids({one.level.variant_id for one in leaving})
    there = serials_on([one.level.pk for one in leaving if one.level.variant_id in tracked])
    chosen: list[tuple[str, ...]] = []
    for one in leaving:
        what = describe(one.level, variants[one.level.variant_id])
        _check_carries(one.level.variant_id in tracked, one.serials, what)
        if one.level.variant_id not in tracked:
            chosen.append(())
            continue
        given = check_serials(one.serials, quantity=one.quantity, what=what)
        missing = sorted(set(given) - set(there[one.level.pk]))
        if missing:
            raise UnknownSerial(f"{what}: serial number {missing[0]} does not lie there.")
        chosen.append(
            serials_that_leave(
                given,
                there=there[one.level.pk],
                quantity=one.quantity,
                on_hand=one.level.on_hand,
                what=what,
                is_strict=is_strict,
            )
        )
    return chosen


def write_serials(named: Sequence[Named], *, now: datetime) -> None:
    """Note which pieces these lines are about, and where each lies now; departures come first.

    A piece that comes in as another variant, by the step with which it left, stays the same piece.
    The caller holds the locks on the levels. Raises UnknownSerial, SerialInStock.
    """
    named = sorted((n for n in named if n.serials), key=lambda n: n.movement.quantity > 0)
    if not named:
        return
    known = _known(named)
    new: dict[tuple[int, str], SerialNumber] = {}
    left: dict[tuple[UUID, str], SerialNumber] = {}
    passages: list[tuple[SerialNumber, StockMovement]] = []
    for one in named:
        for text in one.serials:
            key = (one.level.variant_id, text)
            piece = known.get(key) or new.get(key)
            step_id = one.movement.step_id
            if piece is None and one.movement.quantity > 0 and step_id is not None:
                piece = left.get((step_id, text)) or _left_before(step_id, text)
            if one.movement.quantity < 0:
                piece = _leave(piece, text, one.level)
                if step_id is not None:
                    left[step_id, text] = piece
            elif piece is not None:
                known[key] = piece
                _arrive(piece, one.level)
            else:
                piece = new[key] = SerialNumber(
                    variant_id=one.level.variant_id,
                    serial=text,
                    lot_id=one.level.lot_id,
                    stock_level_id=one.level.pk,
                    first_seen_at=now,
                )
            passages.append((piece, one.movement))
    _save(known, new)
    SerialMovement.objects.bulk_create(
        [
            SerialMovement(serial=piece, movement=movement, named_at=now, actor_name=actor_name())
            for piece, movement in passages
        ]
    )


@transaction.atomic
def name_serials(*, movement_id: int, serials: Sequence[str], now: datetime) -> int:
    """Say later which pieces a line of the ledger is about; how many are still unnamed.

    For sales that were committed before the warehouse said what it sent, and for counts. Raises
    NotFound, SerialsRequired (none given), InvalidSerial, UnknownSerial, SerialInStock.
    """
    line = with_unnamed(StockMovement.objects.filter(pk=movement_id)).first()
    if line is None:
        raise NotFound(f"Movement {movement_id} is not about goods with serial numbers.")
    variant_id = line.stock_level.variant_id
    levels = {lv.pk: lv for lv in lock_levels(variant_ids=[variant_id], with_names=True)}
    level = levels[line.stock_level_id]
    # Read again under the lock: somebody may have named some meanwhile.
    unnamed: Decimal = with_unnamed(StockMovement.objects.filter(pk=movement_id)).get().unnamed
    what = describe(level, variants_by_id([variant_id])[variant_id])
    if not serials:
        raise SerialsRequired(f"{what}: say which pieces.")
    given = check_serials(serials, quantity=unnamed, what=what)
    write_serials([Named(movement=line, level=level, serials=given)], now=now)
    return int(unnamed - len(given))


def name_sold(*, reference: str, serials: Mapping[int, Sequence[str]], now: datetime) -> None:
    """Say which pieces were sold from these levels for an order, on the lines that sold them.

    The caller holds the locks on the levels. Raises InvalidSerial (more than were sold unnamed),
    UnknownSerial.
    """
    wanted = {pk: list(own) for pk, own in serials.items() if own}
    if not wanted:
        return
    lines = with_unnamed(
        StockMovement.objects.filter(
            stock_level_id__in=wanted, reference=reference, kind=MovementKind.SALE, quantity__lt=0
        )
    )
    named = []
    for line in lines.select_related("stock_level").order_by("pk"):
        own = wanted[line.stock_level_id]
        count = max(int(line.unnamed), 0)
        if own and count:
            named.append(Named(movement=line, level=line.stock_level, serials=own[:count]))
            wanted[line.stock_level_id] = own[count:]
    too_many = sorted(text for own in wanted.values() for text in own)
    if too_many:
        raise InvalidSerial(
            f"Serial number {too_many[0]} is one more than was sold for {reference}."
        )
    write_serials(named, now=now)


def _check_carries(is_tracked: bool, serials: Sequence[str], what: str) -> None:
    if serials and not is_tracked:
        raise InvalidSerial(f"{what}: these goods carry no serial numbers; {serials[0]} was given.")


def _known(named: Sequence[Named]) -> dict[tuple[int, str], SerialNumber]:
    pieces = SerialNumber.objects.select_related("stock_level__location__warehouse").filter(
        variant_id__in={one.level.variant_id for one in named},
        serial__in={text for one in named for text in one.serials},
    )
    return {(piece.variant_id, piece.serial): piece for piece in pieces}


def _leave(piece: SerialNumber | None, text: str, level: StockLevel) -> SerialNumber:
    if piece is None or piece.stock_level_id != level.pk:
        raise UnknownSerial(f"Serial number {text} does not lie there.")
    piece.stock_level_id = None
    return piece


def _left_before(step_id: UUID, text: str) -> SerialNumber | None:
    """The piece that was named earlier as what left in this step."""
    left = SerialNumber.objects.filter(serial=text, passages__movement__step_id=step_id)
    return left.select_related("stock_level__location__warehouse").first()


def _arrive(piece: SerialNumber, level: StockLevel) -> None:
    if piece.stock_level_id is not None:
        place = piece.stock_level.location  # type: ignore[union-attr]
        raise SerialInStock(
            f"Serial number {piece.serial} lies in {place.warehouse.code} {place.code} already."
        )
    piece.stock_level_id, piece.lot_id = level.pk, level.lot_id
    piece.variant_id = level.variant_id


def _save(
    known: Mapping[tuple[int, str], SerialNumber], new: Mapping[tuple[int, str], SerialNumber]
) -> None:
    changed = {piece.pk: piece for piece in known.values() if piece.pk is not None}
    SerialNumber.objects.bulk_update(changed.values(), ["stock_level", "lot", "variant"])
    try:
        with transaction.atomic():
            SerialNumber.objects.bulk_create(new.values())
    except IntegrityError as error:
        raise SerialInStock("One of these serial numbers has come in meanwhile.") from error
