"""Availability as the API says it: rendered once, kept in Redis for seconds, dropped on change.

A figure is the JSON of one variant for one market (and warehouse, and day of delivery): the item,
a line feed, its lots. `config.kernel.cache` sees to it that nobody is answered with one that was
made before a change he could know of. Where Redis is away the same is computed and kept nowhere.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from catalog.markets.selectors import market_by_code
from catalog.products.selectors import VariantRef, low_stock_quantities
from config.kernel import cache
from config.kernel.cache import CacheAway, Miss, Wanted
from config.kernel.events import plain_decimal
from inventory.availability.errors import TooManyItems
from inventory.availability.rules import AvailabilityStatus
from inventory.availability.selectors.levels import (
    Availability,
    Figures,
    LotAvailability,
    Place,
    figures_of,
    place_of,
)
from inventory.availability.selectors.promised import (
    ITEMS_MAX,
    components_of,
    compositions_of,
    of_bundle,
)
from inventory.reservations.composition import Composition
from inventory.reservations.rules import check_deliver_on
from inventory.reservations.selectors import ItemCode, resolve_items
from inventory.stock.freshness import stock_subject
from inventory.warehouses.models import Warehouse

KNOWN_ITEMS_MAX = 20_000
LOOKS_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of each item."""

    market: str
    warehouse: str | None = None
    deliver_on: date | None = None

    @property
    def name(self) -> str:
        """The name of such figures."""
        return f"{self.market}:{self.warehouse or ''}:{self.deliver_on or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The figures as JSON, each variant once, and the codes that nobody knows."""

    items: Sequence[bytes]
    unknown: Sequence[str]

    def body(self, *, with_lots: bool) -> bytes:
        """`"items": […], "unknown": […]`, the inside of the answer's object."""
        items = [item.split(b"\n") for item in self.items]
        if with_lots:
            shown = [b'%s,"lots":%s}' % (item[:-1], lots) for item, lots in items]
        else:
            shown = [item for item, _ in items]
        return b'"items":[%s],"unknown":%s' % (b",".join(shown), _json(list(self.unknown)))


class UnknownPlace(Exception):
    """There is no such market or warehouse; `field` says which."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(code)
        self.field = field
        self.code = code


@dataclass(slots=True)
class _Known:
    """Master data that this process has read since it got a stamp; a new stamp makes a new one."""

    stamp: bytes = b""
    places: dict[str, Place] = field(default_factory=dict)
    warehouses: frozenset[str] | None = None
    items: dict[ItemCode, tuple[VariantRef, Decimal]] = field(default_factory=dict)
    compositions: dict[int, Composition] = field(default_factory=dict)
    components: dict[int, tuple[VariantRef, Decimal]] = field(default_factory=dict)

    def place(self, question: Question, now: datetime) -> Place:
        """The market with its warehouses. Raises UnknownPlace, DeliveryInPast."""
        place = self.places.get(question.market)
        if place is None:
            market = market_by_code(question.market)
            if market is None:
                raise UnknownPlace("market", question.market)
            place = self.places[question.market] = place_of(market)
        if question.warehouse is not None:
            if self.warehouses is None:
                self.warehouses = frozenset(Warehouse.objects.values_list("code", flat=True))
            if question.warehouse not in self.warehouses:
                raise UnknownPlace("warehouse", question.warehouse)
        place = place.only(question.warehouse)
        zones = (source.time_zone for source in place.sources)
        check_deliver_on(question.deliver_on, zones, now=now)
        return place

    def resolve(self, items: Sequence[ItemCode]) -> list[tuple[VariantRef, Decimal] | None]:
        """Each item's variant and the quantity at which it is low; None where it is unknown."""
        found = {item: entry for item in items if (entry := self.items.get(item))}
        new = list({item for item in items if item not in found})
        if new:
            variants = resolve_items(new)
            low = low_stock_quantities([variant for variant in variants if variant])
            fresh = {
                item: (variant, low[variant.id])
                for item, variant in zip(new, variants, strict=True)
                if variant is not None
            }
            found |= fresh
            if len(self.items) + len(fresh) > KNOWN_ITEMS_MAX:
                self.items = {}
            self.items.update(fresh)
        return [found.get(item) for item in items]

    def taken_apart(
        self, asked: dict[int, tuple[VariantRef, Decimal]]
    ) -> tuple[dict[int, tuple[VariantRef, Decimal]], dict[int, Composition]]:
        """What has stock of its own, components too, and what the bundles are made of."""
        bundles = [variant for variant, _ in asked.values() if variant.is_bundle]
        if not bundles:
            return asked, {}
        new = [bundle for bundle in bundles if bundle.id not in self.compositions]
        if new:
            made_of = compositions_of(new)
            parts = components_of(made_of.values())
            low = low_stock_quantities(parts)
            self.components.update({part.id: (part, low[part.id]) for part in parts})
            self.compositions.update(made_of)
        made_of = {bundle.id: self.compositions[bundle.id] for bundle in bundles}
        parts = components_of(made_of.values())
        leaves = {part.id: self.components[part.id] for part in parts}
        leaves |= {pk: entry for pk, entry in asked.items() if pk not in made_of}
        return leaves, made_of


class _Memory:
    """What this process knows. Threads share it: what one of them overwrites is read again."""

    known: _Known | None = None


_memory = _Memory()


def forget() -> None:
    """Know as little of master data as a new process."""
    _memory.known = None


def answer(*, items: Sequence[ItemCode], question: Question, now: datetime) -> Answer:
    """What a market can be promised of these items.

    Raises TooManyItems, UnknownPlace, DeliveryInPast.
    """
    if len(items) > ITEMS_MAX:
        raise TooManyItems(f"One read answers at most {ITEMS_MAX} items, not {len(items)}.")
    try:
        if settings.AVAILABILITY_CACHE_SECONDS:
            return _by_cache(items, question, now)
        known = _known_now()
    except CacheAway:
        known = _Known()
    place = known.place(question, now)
    found = known.resolve(items)
    asked = _once(found)
    leaves, made_of = known.taken_apart(asked)
    made = dict(_compute(leaves, place, question, now).found)
    made |= _bundles(asked, made_of, made)
    return Answer(
        items=[render(made[variant.id]) for variant, _ in asked.values()],
        unknown=_unknown(items, found),
    )


def _by_cache(items: Sequence[ItemCode], question: Question, now: datetime) -> Answer:
    known = _memory.known or _known_now()
    for _ in range(LOOKS_MAX):
        place = known.place(question, now)
        found = known.resolve(items)
        asked = _once(found)
        leaves, made_of = known.taken_apart(asked)
        look = cache.look([Wanted(stock_subject(pk), question.name) for pk in leaves])
        if look.reference == known.stamp:
            shown = _fill(list(leaves), leaves, look.found, place, question, now)
            if made_of:
                shown = _shown_with_bundles(asked, made_of, leaves, shown)
            return Answer(items=shown, unknown=_unknown(items, found))
        known = _memory.known = _Known(stamp=look.reference)
    raise CacheAway  # master data changes faster than we can look


def _known_now() -> _Known:
    """The master data that this process knows, if it is still true. Raises CacheAway."""
    stamp = cache.reference_stamp()
    known = _memory.known
    if known is None or known.stamp != stamp:
        known = _memory.known = _Known(stamp=stamp)
    return known


def _fill(
    order: Sequence[int],
    asked: dict[int, tuple[VariantRef, Decimal]],
    found: Sequence[bytes | Miss],
    place: Place,
    question: Question,
    now: datetime,
) -> list[bytes]:
    """What was missing: ours is computed and kept, what others compute is waited for a little."""
    shown: dict[int, bytes] = {}
    ours: dict[int, Miss] = {}
    theirs: dict[int, Miss] = {}
    for pk, figure in zip(order, found, strict=True):
        if isinstance(figure, bytes):
            shown[pk] = figure
        elif figure.is_ours:
            ours[pk] = figure
        else:
            theirs[pk] = figure
    shown |= _made(ours, asked, place, question, now)
    if theirs:
        waited = zip(theirs, cache.wait_for(list(theirs.values())), strict=True)
        shown |= {pk: figure for pk, figure in waited if figure is not None}
        late = {pk: miss for pk, miss in theirs.items() if pk not in shown}
        shown |= _made(late, asked, place, question, now)
    return [shown[pk] for pk in order]


def _made(
    misses: dict[int, Miss],
    asked: dict[int, tuple[VariantRef, Decimal]],
    place: Place,
    question: Question,
    now: datetime,
) -> dict[int, bytes]:
    if not misses:
        return {}
    made = _compute({pk: asked[pk] for pk in misses}, place, question, now)
    milliseconds = int((made.until - now) / timedelta(milliseconds=1))
    shown = {}
    for pk, miss in misses.items():
        shown[pk] = render(made.found[pk])
        cache.keep(miss, shown[pk], milliseconds=milliseconds)
    return shown


def _compute(
    asked: dict[int, tuple[VariantRef, Decimal]], place: Place, question: Question, now: datetime
) -> Figures:
    return figures_of(
        variants=[variant for variant, _ in asked.values()],
        low={variant.id: low for variant, low in asked.values()},
        place=place,
        now=now,
        deliver_on=question.deliver_on,
        horizon=now + timedelta(seconds=settings.AVAILABILITY_CACHE_SECONDS),
    )


def _bundles(
    asked: dict[int, tuple[VariantRef, Decimal]],
    made_of: dict[int, Composition],
    there: Mapping[int, Availability],
) -> dict[int, Availability]:
    return {
        pk: of_bundle(asked[pk][0], composition, low=asked[pk][1], there=there)
        for pk, composition in made_of.items()
    }


def _shown_with_bundles(
    asked: dict[int, tuple[VariantRef, Decimal]],
    made_of: dict[int, Composition],
    leaves: dict[int, tuple[VariantRef, Decimal]],
    shown: Sequence[bytes],
) -> list[bytes]:
    """Bundles are made of the figures of their components, so these alone are kept and dropped."""
    figures = dict(zip(leaves, shown, strict=True))
    there = {
        part.id: read_figure(figures[part.id], part) for part in components_of(made_of.values())
    }
    figures |= {pk: render(bundle) for pk, bundle in _bundles(asked, made_of, there).items()}
    return [figures[pk] for pk in asked]


def _once(
    found: Sequence[tuple[VariantRef, Decimal] | None],
) -> dict[int, tuple[VariantRef, Decimal]]:
    return {entry[0].id: entry for entry in found if entry is not None}


def _unknown(
    items: Sequence[ItemCode], found: Sequence[tuple[VariantRef, Decimal] | None]
) -> list[str]:
    missing = (str(item) for item, entry in zip(items, found, strict=True) if entry is None)
    return list(dict.fromkeys(missing))


def render(item: Availability) -> bytes:
    """The JSON of an item, a line feed, the JSON of its lots."""
    shown = {
        "sku": item.variant.sku,
        "available": plain_decimal(item.available),
        "unit": item.variant.stock_unit,
        "status": item.status.value,
        "earliest_expiry": _day(item.earliest_expiry),
        "restock_on": _day(item.restock_on),
        "warehouses": [
            {"code": there.code, "available": plain_decimal(there.available)}
            for there in item.warehouses
        ],
    }
    lots = [
        {
            "warehouse": lot.warehouse,
            "lot": lot.lot or None,
            "expires_on": _day(lot.expires_on),
            "available": plain_decimal(lot.available),
        }
        for lot in item.lots
    ]
    return _json(shown) + b"\n" + _json(lots)


def read_figure(figure: bytes, variant: VariantRef) -> Availability:
    """What `render` has written."""
    item, lots = (json.loads(part) for part in figure.split(b"\n"))
    return Availability(
        variant=variant,
        status=AvailabilityStatus(item["status"]),
        restock_on=_read_day(item["restock_on"]),
        lots=[
            LotAvailability(
                warehouse=lot["warehouse"],
                lot=lot["lot"] or "",
                expires_on=_read_day(lot["expires_on"]),
                available=Decimal(lot["available"]),
            )
            for lot in lots
        ],
    )


def _read_day(day: str | None) -> date | None:
    return date.fromisoformat(day) if day else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
