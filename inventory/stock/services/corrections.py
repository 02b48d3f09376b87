"""Many levels are corrected at once, as warehouses and counts find them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import plain
from inventory.lots.services import LotDraft, find_or_make_lots
from inventory.stock.claims import fill_shortages, give_way
from inventory.stock.errors import NotEnoughStock
from inventory.stock.locks import lock_levels
from inventory.stock.models import MovementKind, StockLevel, StockMovement
from inventory.stock.reasons import GONE_FOR_GOOD, StockReason
from inventory.stock.services.ledger import (
    Cause,
    checked_cause,
    describe,
    lower_all_on_hand,
    raise_on_hand,
    write_ledger,
)
from inventory.stock.services.promises import set_aside
from inventory.stock.services.receipts import find_or_make_levels
from inventory.stock.services.serials import Named, write_serials


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What lies on a level is so much more or less, in stock units; `note` is added to why.

    `serials` are the pieces that came or went; those that nobody names are named later.
    """

    stock_level_id: int
    quantity_delta: Decimal
    reason: StockReason
    reference: str = ""
    note: str = ""
    serials: Sequence[str] = ()
    happened_at: datetime | None = None
    is_count: bool = False

    @property
    def kind(self) -> MovementKind:
        """What kind of movement it is: what is gone for good is written off, unless counted."""
        if self.is_count or self.reason is StockReason.COUNT:
            return MovementKind.COUNT
        if self.reason in GONE_FOR_GOOD and self.quantity_delta < 0:
            return MovementKind.WRITE_OFF
        return MovementKind.ADJUSTMENT

    def cause(self, now: datetime) -> Cause:
        """Why, as the ledger says it: the code, unless the kind says as much, and the note."""
        code = "" if self.reason is StockReason.COUNT else str(self.reason)
        return checked_cause(
            kind=self.kind,
            now=now,
            happened_at=self.happened_at,
            reason=": ".join(part for part in (code, self.note) if part),
            reference=self.reference,
        )


def lot_found(*, variant: VariantRef, code: str, expiry_date: date | None, on: date) -> LotDraft:
    """Goods that lie there on a day: whenever they came in, it was before they expired."""
    return LotDraft(
        variant=variant,
        code=code,
        production_date=None,
        expiry_date=expiry_date,
        supplier_id=None,
        unit_cost=None,
        currency="",
        on=min(on, expiry_date or on),
    )


def find_or_make_places(
    places: Sequence[tuple[LotDraft, int]], *, now: datetime
) -> list[StockLevel]:
    """The level of each lot at its location, lot and level made where there are none yet.

    The caller has locked the variants' levels. Raises what `lots.find_or_make_lots` raises.
    """
    lots, _ = find_or_make_lots([draft for draft, _ in places], received_at=now)
    keys = [(lot.pk, location_id) for lot, (_, location_id) in zip(lots, places, strict=True)]
    found = find_or_make_levels(keys, {lot.pk: lot for lot in lots})
    # Somebody may have made one of them meanwhile, and use it.
    lock_levels(variant_ids={lot.variant_id for lot in lots})
    return [found[key] for key in keys]


def correct(
    corrections: Sequence[Correction], *, now: datetime, named: Sequence[Named] = ()
) -> list[StockMovement]:
    """Correct levels in the order given; what was promised of them gives way once, at the end.

    `named` says of earlier lines which pieces they were about. The caller has locked the variants'
    levels. A line of the ledger for each correction, in their order. Raises NotEnoughStock,
    HappensInFuture, ReasonRequired, InvalidText, UnknownSerial, SerialInStock.
    """
    assert connection.in_atomic_block, "corrections and what gives way are one transaction"
    if not corrections:
        write_serials(named, now=now)
        return []
    ids = {correction.stock_level_id for correction in corrections}
    levels = {
        level.pk: level
        for level in StockLevel.objects.select_related("lot", "location__warehouse").filter(
            pk__in=ids
        )
    }
    variants = variants_by_id({level.variant_id for level in levels.values()})
    movements: dict[int, StockMovement] = {}
    for wave in _waves(corrections):
        movements |= _correct_each_once(wave, corrections, levels, variants, now)
    # All at once, so that a piece leaves one place before it comes to another.
    pieces = [
        Named(movement=movements[p], level=levels[c.stock_level_id], serials=c.serials)
        for p, c in enumerate(corrections)
    ]
    write_serials([*named, *pieces], now=now)
    cut = _cut(corrections, levels, now)
    for sentence, level_ids in cut.items():
        give_way.ask(stock_level_ids=level_ids, now=now, because=sentence)
    raised = {levels[c.stock_level_id].variant_id for c in corrections if c.quantity_delta > 0}
    if raised:
        fill_shortages.ask(variant_ids=raised, now=now)
    return [movements[position] for position in range(len(corrections))]


def _waves(corrections: Sequence[Correction]) -> Iterable[list[int]]:
    """Positions of corrections, so that no level is changed twice before its line is written.

    Pieces come after others have left, for they may be the same.
    """
    waves: dict[int, list[int]] = defaultdict(list)
    seen: dict[int, int] = defaultdict(int)
    for position, correction in enumerate(corrections):
        assert correction.quantity_delta, "a correction of nothing is none"
        comes = bool(correction.serials) and correction.quantity_delta > 0
        turn = max(seen[correction.stock_level_id], int(comes))
        seen[correction.stock_level_id] = turn + 1
        waves[turn].append(position)
    return [waves[turn] for turn in sorted(waves)]


def _correct_each_once(
    wave: Sequence[int],
    corrections: Sequence[Correction],
    levels: Mapping[int, StockLevel],
    variants: Mapping[int, VariantRef],
    now: datetime,
) -> dict[int, StockMovement]:
    by_level = {corrections[position].stock_level_id: position for position in wave}
    changes = {level_id: corrections[p].quantity_delta for level_id, p in by_level.items()}
    lowered = {pk: -quantity for pk, quantity in changes.items() if quantity < 0}
    short = lower_all_on_hand(lowered, now=now)
    if short is not None:
        raise _not_enough(levels[short], variants, lowered[short])
    raise_on_hand({pk: quantity for pk, quantity in changes.items() if quantity > 0}, now=now)
    causes = {level_id: corrections[p].cause(now) for level_id, p in by_level.items()}
    written = write_ledger(changes, causes)
    return {by_level[movement.stock_level_id]: movement for movement in written}


def _not_enough(
    level: StockLevel, variants: Mapping[int, VariantRef], quantity: Decimal
) -> NotEnoughStock:
    level.refresh_from_db(fields=["on_hand"])
    variant = variants[level.variant_id]
    return NotEnoughStock(
        f"{describe(level, variant)}: {plain(level.on_hand)} {variant.stock_unit} on hand, "
        f"{plain(quantity)} asked."
    )


def _cut(
    corrections: Sequence[Correction], levels: Mapping[int, StockLevel], now: datetime
) -> dict[str, list[int]]:
    """The levels that keep less than was promised of them, by what took it.

    What was less for a moment and is there after all stays promised.
    """
    left = {pk: level.on_hand for pk, level in levels.items()}
    kept = {pk: level.reserved for pk, level in levels.items()}
    cut_by: dict[int, Correction] = {}
    for correction in corrections:
        pk = correction.stock_level_id
        left[pk] += correction.quantity_delta
        kept[pk] = min(kept[pk], left[pk])
        if left[pk] < levels[pk].reserved:
            cut_by[pk] = correction
    again = {pk: min(level.reserved, left[pk]) - kept[pk] for pk, level in levels.items()}
    set_aside(quantities={pk: quantity for pk, quantity in again.items() if quantity})
    by_sentence: dict[str, list[int]] = defaultdict(list)
    for pk, correction in sorted(cut_by.items()):
        if left[pk] < levels[pk].reserved:
            by_sentence[correction.cause(now).sentence].append(pk)
    return by_sentence
