"""How much of a variant a market could be promised now: what a reservation would get."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from catalog.products.selectors import VariantRef
from inventory.availability.rules import AvailabilityStatus, status_of
from inventory.availability.selectors.reading import Reading, read_stock
from inventory.lots.rules import is_past_sell_by
from inventory.reservations.rules import ZERO, Source
from inventory.reservations.selectors import (
    FreeStock,
    MarketSource,
    market_sources,
    sources_on,
)
from inventory.reservations.sellable import not_sellable_reasons

if TYPE_CHECKING:
    from catalog.markets.models import Market


@dataclass(frozen=True, slots=True, kw_only=True)
class LotAvailability:
    """What one lot in one warehouse has free; without a code it is the open lot."""

    warehouse: str
    lot: str
    expires_on: date | None
    available: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseAvailability:
    """What one warehouse has free."""

    code: str
    available: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """What a market could be promised of one variant, from which lots, first expired first.

    `restock_on` is the day of the next delivery that brings more, where one is announced for a day.
    """

    variant: VariantRef
    status: AvailabilityStatus
    lots: Sequence[LotAvailability]
    restock_on: date | None = None

    @property
    def available(self) -> Decimal:
        """All of it, in stock units."""
        return sum((lot.available for lot in self.lots), ZERO)

    @property
    def earliest_expiry(self) -> date | None:
        """The expiry date that comes first among the lots."""
        return min((lot.expires_on for lot in self.lots if lot.expires_on), default=None)

    @property
    def warehouses(self) -> list[WarehouseAvailability]:
        """The warehouses that have some, in the market's order."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for lot in self.lots:
            found[lot.warehouse] += lot.available
        return [
            WarehouseAvailability(code=code, available=available)
            for code, available in found.items()
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where is asked: a market, its minimum of days left, and its warehouses in their order."""

    market_id: int
    remaining_days_min: int
    sources: Sequence[MarketSource]

    def only(self, warehouse: str | None) -> "Place":
        """The same with one of its warehouses alone."""
        if warehouse is None:
            return self
        own = [source for source in self.sources if source.code == warehouse]
        return replace(self, sources=own)

    def next_midnight(self, now: datetime) -> datetime | None:
        """When the next day begins in one of the warehouses: lots run out then."""
        return min(
            (
                datetime.combine(
                    now.astimezone(zone).date() + timedelta(days=1), time(), zone
                ).astimezone(UTC)
                for zone in {ZoneInfo(source.time_zone) for source in self.sources}
            ),
            default=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Availability by variant, and until when it holds if nobody changes anything."""

    found: Mapping[int, Availability]
    until: datetime


def place_of(market: "Market") -> Place:
    """A market with its warehouses, in one query."""
    return Place(
        market_id=market.pk,
        remaining_days_min=market.remaining_days_min,
        sources=market_sources([market.pk])[market.pk],
    )


def figures_of(
    *,
    variants: Collection[VariantRef],
    low: Mapping[int, Decimal],
    place: Place,
    now: datetime,
    deliver_on: date | None = None,
    horizon: datetime | None = None,
) -> Figures:
    """What could be promised of each variant at a place now, valid until `horizon` at most.

    Only stock it may still sell counts, by the rules that `reserve` follows: what holds keep whose
    time has run out is free, and a product that may not be sold there has none. Nothing is
    said for longer than until one of them goes off sale. A bundle has no stock.
    """
    sources = sources_on(place.sources, now=now, deliver_on=deliver_on)
    refusals = not_sellable_reasons(variants, market_id=place.market_id, now=now)
    sellable = {variant.id: variant for variant in variants if not refusals.of(variant)}
    reading = read_stock(
        variant_ids=sellable.keys(),
        warehouses={source.warehouse_id: source.code for source in place.sources},
        now=now,
        # Not the day of delivery: a delivery is expected by the calendar of its warehouse.
        today=_first_day(place, now),
        horizon=horizon,
    )
    lots = _lots_by_variant(reading, sellable, place, sources)
    found = {}
    for variant in variants:
        own = lots.get(variant.id, [])
        found[variant.id] = Availability(
            variant=variant,
            status=status_of(
                sum((lot.available for lot in own), ZERO),
                low_stock_quantity=low[variant.id],
                is_sellable=variant.id in sellable,
            ),
            lots=own,
            restock_on=reading.restock.get(variant.id),
        )
    limits = (refusals.until, reading.changes_at, place.next_midnight(now), horizon)
    return Figures(found=found, until=min((at for at in limits if at), default=now))


def _first_day(place: Place, now: datetime) -> date:
    """Today where the day is youngest of all the warehouses."""
    return min(
        (now.astimezone(ZoneInfo(source.time_zone)).date() for source in place.sources),
        default=now.date(),
    )


def _lots_by_variant(
    reading: Reading,
    sellable: Mapping[int, VariantRef],
    place: Place,
    sources: Sequence[Source],
) -> dict[int, list[LotAvailability]]:
    on = {source.warehouse_id: source.on for source in sources}
    positions = {source.warehouse_id: position for position, source in enumerate(sources)}
    free: dict[int, list[FreeStock]] = defaultdict(list)
    for row in reading.free:
        days_min = max(sellable[row.variant_id].remaining_days_min, place.remaining_days_min)
        if not is_past_sell_by(row.expiry_date, days_min, on=on[row.warehouse_id]):
            free[row.variant_id].append(row)
    return {variant_id: _lots(rows, positions) for variant_id, rows in free.items()}


def _lots(rows: Iterable[FreeStock], positions: Mapping[int, int]) -> list[LotAvailability]:
    """One entry for each lot in each warehouse, whatever its bins, in the order of picking."""
    merged: dict[tuple[str, str], LotAvailability] = {}
    for row in sorted(
        rows,
        key=lambda row: (
            positions[row.warehouse_id],
            row.expiry_date or date.max,
            row.received_at,
            row.stock_level_id,
        ),
    ):
        key = (row.warehouse_code, row.lot_code)
        before = merged[key].available if key in merged else ZERO
        merged[key] = LotAvailability(
            warehouse=row.warehouse_code,
            lot=row.lot_code,
            expires_on=row.expiry_date,
            available=before + row.free,
        )
    return list(merged.values())
