"""How much of a variant a market could be promised now: what a reservation would get."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from catalog.products.selectors import VariantRef, low_stock_quantities
from inventory.availability.errors import TooManyItems
from inventory.availability.rules import AvailabilityStatus, status_of
from inventory.lots.rules import is_past_sell_by
from inventory.reservations.rules import ZERO
from inventory.reservations.selectors import (
    FreeStock,
    ItemCode,
    free_stock,
    market_sources,
    not_sellable_reasons,
    resolve_items,
    sources_on,
)

if TYPE_CHECKING:
    from catalog.markets.models import Market

ITEMS_MAX = 200


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
    """What a market could be promised of one variant, from which lots, first expired first."""

    variant: VariantRef
    status: AvailabilityStatus
    lots: Sequence[LotAvailability]

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


def availability(
    *,
    variants: Collection[VariantRef],
    market: "Market",
    now: datetime,
    warehouse: str | None = None,
    deliver_on: date | None = None,
) -> dict[int, Availability]:
    """What `market` could be promised of each variant now, by its key, in three queries.

    Only stock it may still sell counts, by the rules that `reserve` follows: what holds keep whose
    time has run out is free, and a product that may not be sold has none. `warehouse` narrows it
    to one of the market's warehouses.
    """
    sources = [
        source
        for source in market_sources([market.pk])[market.pk]
        if warehouse is None or source.code == warehouse
    ]
    places = {
        source.warehouse_id: (position, source.on)
        for position, source in enumerate(sources_on(sources, now=now, deliver_on=deliver_on))
    }
    low = low_stock_quantities(variants)
    sellable = {variant.id: variant for variant in variants if not not_sellable_reasons(variant)}
    free: dict[int, list[FreeStock]] = defaultdict(list)
    stock = free_stock(variant_ids=sellable.keys(), warehouse_ids=places.keys(), overdue_at=now)
    for row in stock:
        days_min = max(sellable[row.variant_id].remaining_days_min, market.remaining_days_min)
        _, on = places[row.warehouse_id]
        if not is_past_sell_by(row.expiry_date, days_min, on=on):
            free[row.variant_id].append(row)
    positions = {warehouse_id: position for warehouse_id, (position, _) in places.items()}
    found = {}
    for variant in variants:
        lots = _lots(free[variant.id], positions)
        found[variant.id] = Availability(
            variant=variant,
            status=status_of(
                sum((lot.available for lot in lots), ZERO),
                low_stock_quantity=low[variant.id],
                is_sellable=variant.id in sellable,
            ),
            lots=lots,
        )
    return found


def availability_of_items(
    *,
    items: Sequence[ItemCode],
    market: "Market",
    now: datetime,
    warehouse: str | None = None,
    deliver_on: date | None = None,
) -> tuple[list[Availability], list[str]]:
    """The same for codes as clients write them, each variant once, and the codes nobody knows.

    Raises TooManyItems.
    """
    if len(items) > ITEMS_MAX:
        raise TooManyItems(f"One read answers at most {ITEMS_MAX} items, not {len(items)}.")
    variants = resolve_items(items)
    known = {variant.id: variant for variant in variants if variant}
    unknown = [str(item) for item, variant in zip(items, variants, strict=True) if not variant]
    found = availability(
        variants=known.values(),
        market=market,
        now=now,
        warehouse=warehouse,
        deliver_on=deliver_on,
    )
    return [found[pk] for pk in known], list(dict.fromkeys(unknown))


def _lots(rows: Iterable[FreeStock], positions: dict[int, int]) -> list[LotAvailability]:
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
