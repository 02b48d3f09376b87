"""Which lots a promise is kept from, and who loses when there is less than was promised. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from itertools import chain, combinations, islice

from catalog.units.rules import convert_exactly, resolve_unit
from config.kernel.errors import FieldError
from inventory.lots.rules import day_in, is_past_sell_by
from inventory.reservations.errors import DeliveryInPast

# More sets of warehouses than this are not tried: then the order is split in the market's order.
WAREHOUSE_SETS_MAX = 1000
HOLD_SECONDS_DEFAULT = 900
HOLD_SECONDS_MAX = 7 * 24 * 60 * 60
ZONE_AHEAD_MAX = timedelta(hours=14)  # of UTC: no day ends earlier anywhere
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One lot at one location, as far as choosing needs to know it."""

    stock_level_id: int
    warehouse_id: int
    available: Decimal
    expiry_date: date | None
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A quantity to take from one stock level."""

    stock_level_id: int
    quantity: Decimal


def picked(picks: Iterable[Pick]) -> Decimal:
    """All that these picks take together."""
    return sum((pick.quantity for pick in picks), ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One wanted variant of an order."""

    variant_id: int
    quantity: Decimal
    remaining_days_min: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A warehouse that serves the order, and the day on which its lots must still be sellable."""

    warehouse_id: int
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What one open allocation keeps of a stock level, and how strong its claim is."""

    allocation_id: int
    quantity: Decimal
    made_at: datetime
    is_void: bool = False
    is_overdue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """One line as it was asked for: so many of what takes so much of each of these variants.

    A plain line takes one of its own variant; bundles are whole.
    """

    quantity: Decimal
    takes: Mapping[int, Decimal]
    is_whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a line gets when lines choose in turn, and the most that there would be for it."""

    got: Decimal
    at_most: Decimal


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a product may not be sold: a stable word and a sentence."""

    code: str
    detail: str


def why_not_sellable(stage: str) -> list[Reason]:
    """What speaks against selling a product at this stage of its life."""
    match stage:
        case "active":
            return []
        case "discontinued":
            return [Reason("discontinued", "The product is no longer sold.")]
        case _:
            return [Reason("not-active", "The product is not on sale yet.")]


def pick_fefo(
    candidates: Sequence[Candidate], *, quantity: Decimal, on: date, remaining_days_min: int
) -> list[Pick]:
    """Take what expires first; what never expires comes last; ties go to what came in first.

    Lots with fewer days left than asked are passed over. The picks may add up to less: the caller
    decides.
    """
    picks: list[Pick] = []
    wanted = quantity
    for candidate in sorted(candidates, key=_fefo_key):
        if wanted <= 0:
            break
        if not _may_take(candidate, on=on, remaining_days_min=remaining_days_min):
            continue
        taken = min(candidate.available, wanted)
        picks.append(Pick(stock_level_id=candidate.stock_level_id, quantity=taken))
        wanted -= taken
    return picks


def allocate(
    demands: Sequence[Demand],
    *,
    candidates: Mapping[int, Sequence[Candidate]],
    sources: Sequence[Source],
) -> list[list[Pick]]:
    """The picks of each demand, in their order; demands for one variant compete in it.

    The order comes from as few warehouses as can serve it, the market's first ones among equals;
    within them a line stays in one warehouse if it can. `candidates` are by variant.
    """
    pool = _Pool(demands, candidates, sources)
    chosen = _choose_sources(pool, sources)
    return [pool.take(demand, chosen) for demand in demands]


def available_quantity(
    candidates: Sequence[Candidate], *, sources: Sequence[Source], remaining_days_min: int
) -> Decimal:
    """All that could be promised of one variant from these warehouses."""
    on = {source.warehouse_id: source.on for source in sources}
    return sum(
        (
            c.available
            for c in candidates
            if c.warehouse_id in on
            and _may_take(c, on=on[c.warehouse_id], remaining_days_min=remaining_days_min)
        ),
        ZERO,
    )


def in_turn(wants: Sequence[Want], *, available: Mapping[int, Decimal]) -> list[Share]:
    """What each line gets of what is available, by variant, if every line chooses in its turn."""
    left = dict(available)
    shares = []
    for want in wants:
        most = at_most(want.takes, available=left, is_whole=want.is_whole)
        got = min(want.quantity, most)
        for variant_id, each in want.takes.items():
            left[variant_id] -= got * each
        shares.append(Share(got=got, at_most=most))
    return shares


def at_most(
    takes: Mapping[int, Decimal], *, available: Mapping[int, Decimal], is_whole: bool
) -> Decimal:
    """How many of what takes so much of each of these variants can be had."""
    if not takes:
        return ZERO
    if is_whole:
        return min(available.get(pk, ZERO) // each for pk, each in takes.items())
    return min(available.get(pk, ZERO) / each for pk, each in takes.items())


def check_deliver_on(day: date | None, time_zones: Iterable[str], *, now: datetime) -> None:
    """Refuse a day that has passed in each of these warehouses' zones. Raises DeliveryInPast."""
    if day is None:
        return
    today = min((day_in(zone, now) for zone in time_zones), default=now.date())
    if day < today:
        detail = f"deliver_on {day} has passed: it is {today} where the goods lie."
        raise DeliveryInPast(
            detail, errors=[FieldError("/deliver_on", DeliveryInPast.code, detail)]
        )


def may_have_passed(day: date | None, *, now: datetime) -> bool:
    """Whether this day is over somewhere; where it is not, nobody has to ask for the zones."""
    return day is not None and day < (now + ZONE_AHEAD_MAX).date()


def requested_in(stock_unit: str, quantity: Decimal, unit: str) -> Decimal:
    """What was asked for, in the unit that its stock is counted in: it was taken because it fits.

    Raises UnitMismatch, FractionalCount, UnknownUnit.
    """
    if unit == stock_unit:
        return quantity
    return convert_exactly(quantity, resolve_unit(unit), resolve_unit(stock_unit))


def bundles_short(quantity: Decimal, components: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """How many of so many bundles cannot be made whole.

    `components` are what each was promised and is short of.
    """
    return max(
        (
            (shortage * quantity / promised).to_integral_value(ROUND_CEILING)
            for promised, shortage in components
            if shortage
        ),
        default=ZERO,
    )


def cut_promises(promises: Sequence[Promise], *, capacity: Decimal) -> dict[int, Decimal]:
    """How much each allocation loses so that the rest fits.

    What is void goes whole, then overdue ones, then the newest promise first.
    """
    losses = {p.allocation_id: p.quantity for p in promises if p.is_void}
    valid = [p for p in promises if not p.is_void]
    excess = sum((p.quantity for p in valid), ZERO) - capacity
    for promise in sorted(
        valid, key=lambda p: (p.is_overdue, p.made_at, p.allocation_id), reverse=True
    ):
        if excess <= 0:
            break
        loss = min(promise.quantity, excess)
        losses[promise.allocation_id] = loss
        excess -= loss
    return losses


def _fefo_key(candidate: Candidate) -> tuple[bool, date, datetime, int]:
    expiry = candidate.expiry_date
    return (
        expiry is None,
        expiry or date.max,
        candidate.received_at,
        candidate.stock_level_id,
    )


def _may_take(candidate: Candidate, *, on: date, remaining_days_min: int) -> bool:
    return candidate.available > 0 and not is_past_sell_by(
        candidate.expiry_date, remaining_days_min, on=on
    )


class _Pool:
    """What is still free while an order is put together."""

    def __init__(
        self,
        demands: Sequence[Demand],
        candidates: Mapping[int, Sequence[Candidate]],
        sources: Sequence[Source],
    ) -> None:
        self._days_min = {d.variant_id: d.remaining_days_min for d in demands}
        on = {source.warehouse_id: source.on for source in sources}
        self._candidates: dict[tuple[int, int], list[Candidate]] = defaultdict(list)
        self._free: dict[int, Decimal] = {}
        for variant_id, days_min in self._days_min.items():
            for candidate in candidates.get(variant_id, ()):
                day = on.get(candidate.warehouse_id)
                if day and _may_take(candidate, on=day, remaining_days_min=days_min):
                    self._candidates[variant_id, candidate.warehouse_id].append(candidate)
                    self._free[candidate.stock_level_id] = candidate.available
        wanted: dict[int, Decimal] = defaultdict(Decimal)
        for demand in demands:
            wanted[demand.variant_id] += demand.quantity
        # Nobody can serve more than there is: the best set serves what can be served at all.
        self.servable = {
            variant_id: min(
                quantity, sum((self.free(variant_id, s.warehouse_id) for s in sources), ZERO)
            )
            for variant_id, quantity in wanted.items()
        }

    def free(self, variant_id: int, warehouse_id: int) -> Decimal:
        """What the warehouse still has for this variant."""
        found = self._candidates.get((variant_id, warehouse_id), ())
        return sum((self._free[c.stock_level_id] for c in found), ZERO)

    def take(self, demand: Demand, sources: Sequence[Source]) -> list[Pick]:
        """Take one demand from the first warehouse that can serve it whole, else from several."""
        whole = [
            source
            for source in sources
            if self.free(demand.variant_id, source.warehouse_id) >= demand.quantity
        ]
        picks: list[Pick] = []
        wanted = demand.quantity
        for source in whole[:1] or sources:
            taken = self._take_from(demand, wanted, source)
            wanted -= sum((pick.quantity for pick in taken), ZERO)
            picks += taken
        return picks

    def _take_from(self, demand: Demand, wanted: Decimal, source: Source) -> list[Pick]:
        now_free = [
            Candidate(
                stock_level_id=c.stock_level_id,
                warehouse_id=c.warehouse_id,
                available=self._free[c.stock_level_id],
                expiry_date=c.expiry_date,
                received_at=c.received_at,
            )
            for c in self._candidates.get((demand.variant_id, source.warehouse_id), ())
        ]
        picks = pick_fefo(
            now_free, quantity=wanted, on=source.on, remaining_days_min=demand.remaining_days_min
        )
        for pick in picks:
            self._free[pick.stock_level_id] -= pick.quantity
        return picks


def _choose_sources(pool: _Pool, sources: Sequence[Source]) -> Sequence[Source]:
    """The smallest set of warehouses that serves everything there is to serve."""
    free = {
        source.warehouse_id: {v: pool.free(v, source.warehouse_id) for v in pool.servable}
        for source in sources
    }
    for subset in islice(_subsets(sources), WAREHOUSE_SETS_MAX):
        if all(
            sum((free[s.warehouse_id][v] for s in subset), ZERO) >= quantity
            for v, quantity in pool.servable.items()
        ):
            return subset
    return sources


def _subsets(sources: Sequence[Source]) -> Iterator[tuple[Source, ...]]:
    sizes = range(1, len(sources) + 1)
    return chain.from_iterable(combinations(sources, size) for size in sizes)
