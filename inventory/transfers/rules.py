"""From which places a transfer takes its goods, and to which goods an arrival belongs. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from inventory.reservations.rules import Candidate, pick_fefo

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One lot in one place of the warehouse that sends; `serials` are the pieces that lie there."""

    stock_level_id: int
    variant_id: int
    lot_id: int
    place: str
    on_hand: Decimal
    free: Decimal
    expiry_date: date | None
    received_at: datetime
    is_on_hold: bool = False
    serials: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be sent of one variant; without a lot or pieces what expires first."""

    variant_id: int
    quantity: Decimal
    remaining_days_min: int = 0
    lot_id: int | None = None
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """So much from one place."""

    stock_level_id: int
    quantity: Decimal
    serials: tuple[str, ...] = ()


@dataclass(slots=True)
class _Pool:
    offers: Sequence[Offer]
    on: date
    taken: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def left(self, offer: Offer, *, with_promised: bool) -> Decimal:
        """What this place still has, free or with what is promised of it."""
        most = offer.on_hand if with_promised else offer.free
        return most - self.taken[offer.stock_level_id]

    def pick(self, wish: Wish, wanted: Decimal, *, with_promised: bool) -> list[Take]:
        """Take what is wanted from where the wish allows it; less where there is less."""
        if wish.lot_id is not None:
            return self._pick_lot(wish.lot_id, wanted, with_promised=with_promised)
        candidates = [
            Candidate(
                stock_level_id=offer.stock_level_id,
                warehouse_id=0,
                available=self.left(offer, with_promised=with_promised),
                expiry_date=offer.expiry_date,
                received_at=offer.received_at,
            )
            for offer in self.offers
            if offer.variant_id == wish.variant_id and not offer.is_on_hold
        ]
        picks = pick_fefo(
            candidates, quantity=wanted, on=self.on, remaining_days_min=wish.remaining_days_min
        )
        return [Take(stock_level_id=p.stock_level_id, quantity=p.quantity) for p in picks]

    def _pick_lot(self, lot_id: int, wanted: Decimal, *, with_promised: bool) -> list[Take]:
        takes = []
        for offer in sorted(self.offers, key=lambda o: (o.place, o.stock_level_id)):
            quantity = min(wanted, self.left(offer, with_promised=with_promised))
            if offer.lot_id == lot_id and quantity > 0:
                takes.append(Take(stock_level_id=offer.stock_level_id, quantity=quantity))
                wanted -= quantity
        return takes

    def pick_pieces(self, wish: Wish) -> list[Take]:
        """Take the pieces that the wish names from where they lie; those elsewhere are missing."""
        return [
            Take(stock_level_id=offer.stock_level_id, quantity=Decimal(len(own)), serials=own)
            for offer in self.offers
            if offer.variant_id == wish.variant_id and wish.lot_id in (None, offer.lot_id)
            if (own := tuple(s for s in wish.serials if s in offer.serials))
        ]


def choose(
    wishes: Sequence[Wish], offers: Sequence[Offer], *, on: date, may_take_promised: bool
) -> list[list[Take]]:
    """From where each wish is sent; adds up to less where there is less: the caller decides.

    Named pieces and lots choose before those that take what expires first, free stock goes before
    what is promised. A lot on hold travels only when it is named.
    """
    pool = _Pool(offers, on)
    chosen: list[list[Take]] = [[] for _ in wishes]
    order = sorted(
        range(len(wishes)), key=lambda i: (not wishes[i].serials, wishes[i].lot_id is None, i)
    )
    for position in order:
        wish = wishes[position]
        if wish.serials:
            chosen[position] = _note(pool, pool.pick_pieces(wish))
            continue
        wanted = wish.quantity
        for with_promised in (False, True) if may_take_promised else (False,):
            takes = _note(pool, pool.pick(wish, wanted, with_promised=with_promised))
            chosen[position] += takes
            wanted -= _sum(takes)
    return chosen


def _note(pool: _Pool, takes: list[Take]) -> list[Take]:
    for take in takes:
        pool.taken[take.stock_level_id] += take.quantity
    return takes


def _sum(takes: Sequence[Take]) -> Decimal:
    return sum((take.quantity for take in takes), ZERO)


def merged(takes: Sequence[Take]) -> list[Take]:
    """One take for each place, where several wishes take from it; named pieces stay together."""
    quantities: dict[int, Decimal] = defaultdict(Decimal)
    serials: Mapping[int, list[str]] = defaultdict(list)
    for take in takes:
        quantities[take.stock_level_id] += take.quantity
        serials[take.stock_level_id] += take.serials
    return [
        Take(stock_level_id=pk, quantity=quantity, serials=tuple(serials[pk]))
        for pk, quantity in sorted(quantities.items())
    ]
