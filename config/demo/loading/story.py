"""A year of deliveries and orders that ends in the stock plan. No Django, no clock.

Days count backwards from the demo's day. First expired goes out first, so what was sold came from
lots that run out before those of the plan: these are untouched in the end.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from config.demo.content import PRODUCTS
from config.demo.content.demand import weekly_sales
from config.demo.content.mishaps import EXTRA_LOTS, MISHAPS
from config.demo.content.places import MARKETS
from config.demo.content.shapes import LotSpec, ProductSpec, VariantSpec
from config.demo.content.stock_plan import NAMED_LOTS, THRESHOLD_LOTS, all_lots

YEAR_DAYS = 364
SHARE_OF_AMERICA = 0.25
LIFE_LOST_DAYS = 30  # between making and receiving
DAYS_AHEAD = 5  # how long before they are needed goods come in
COSMETIC_LOTS_A_YEAR = 2
SPORTS_DELIVERIES_A_YEAR = 4
# Weekdays on which a market's parcels leave, Monday is 0; what sold since then leaves together.
SHIPPING_DAYS: Mapping[str, tuple[int, ...]] = {"DE": (0, 2, 4), "US-CA": (1, 4)}

Line = tuple[str, Decimal, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one supplier brought to one warehouse on one day."""

    days_ago: int
    warehouse: str
    supplier: str
    lots: tuple[LotSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What one market's shoppers bought on one day, as (SKU, quantity, unit)."""

    days_ago: int
    market: str
    lines: tuple[Line, ...]


_PRODUCTS: Mapping[str, ProductSpec] = {v.sku: p for p in PRODUCTS for v in p.variants}
_WAREHOUSES: Mapping[str, str] = {market.code: market.warehouses[0] for market in MARKETS}


def tell(*, day: date) -> tuple[list[Delivery], list[Order]]:
    """The year before `day`, each list oldest first."""
    plan = [_as_received(lot) for lot in all_lots()]
    arrivals = [*plan, *EXTRA_LOTS]
    orders: dict[tuple[int, str], list[Line]] = defaultdict(list)
    for product in PRODUCTS:
        for variant in product.variants:
            for market, sales in _by_market(product, variant, plan, day).items():
                warehouse = _WAREHOUSES[market]
                kept = [p for p in plan if (p.sku, p.warehouse) == (variant.sku, warehouse)]
                sales = [(max(days_ago, _sold_out_by(product, kept)), q) for days_ago, q in sales]
                arrivals += _sold_lots(product, variant, warehouse, kept, sales)
                for days_ago, quantity in sales:
                    orders[days_ago, market].append((variant.sku, quantity, product.stock_unit))
    return _deliveries(arrivals), [
        Order(days_ago=days_ago, market=market, lines=tuple(lines))
        for (days_ago, market), lines in sorted(orders.items(), reverse=True)
    ]


def _as_received(lot: LotSpec) -> LotSpec:
    """A lot of the plan as it came in: before mishaps, and on its supplier's day of the week."""
    changes = (
        mishap.change
        for mishap in MISHAPS
        if (mishap.sku, mishap.lot, mishap.warehouse) == (lot.sku, lot.lot, lot.warehouse)
    )
    days_ago = lot.received_days_ago
    if lot not in NAMED_LOTS and lot not in THRESHOLD_LOTS:
        days_ago = -(-days_ago // 7) * 7
    return replace(lot, quantity=lot.quantity - sum(changes), received_days_ago=days_ago)


def _by_market(
    product: ProductSpec, variant: VariantSpec, plan: Sequence[LotSpec], day: date
) -> dict[str, list[tuple[int, Decimal]]]:
    """Who bought what when; a slow seller goes in larger lots, less often."""
    weekly = variant.weekly_units
    weeks_at_once = 1 if weekly >= 8 else 2 if weekly >= 4 else 4
    in_america = any(lot.sku == variant.sku and lot.warehouse == "LAX" for lot in plan)
    random = Random(f"{variant.sku} in America")  # noqa: S311  (no secret: the same every time)
    by_market: dict[str, list[tuple[int, Decimal]]] = defaultdict(list)
    for days_ago, quantity in _gathered(weekly_sales(product, variant, day=day), weeks_at_once):
        market = "US-CA" if random.random() < SHARE_OF_AMERICA and in_america else "DE"
        by_market[market].append((_shipped(days_ago, market, day), quantity))
    return by_market


def _shipped(days_ago: int, market: str, day: date) -> int:
    """The market's shipping day on or before a day, as days ago."""
    while (day - timedelta(days=days_ago)).weekday() not in SHIPPING_DAYS[market]:
        days_ago += 1
    return days_ago


def _gathered(sales: Sequence[tuple[int, Decimal]], at_once: int) -> Iterator[tuple[int, Decimal]]:
    for start in range(0, len(sales), at_once):
        some = sales[start : start + at_once]
        yield some[-1][0], sum((quantity for _, quantity in some), Decimal(0))


def _sold_out_by(product: ProductSpec, kept: Iterable[LotSpec]) -> int:
    """On how many days ago lots that run out before those of the plan can be sold the last time."""
    if product.cosmetic is None:
        return 1
    expiries = [lot.expires_in_days for lot in kept if lot.expires_in_days is not None]
    return max(1, product.cosmetic.remaining_days_min - min(expiries, default=999) + 1)


def _sold_lots(
    product: ProductSpec,
    variant: VariantSpec,
    warehouse: str,
    kept: Sequence[LotSpec],
    sales: Sequence[tuple[int, Decimal]],
) -> Iterator[LotSpec]:
    """What came in during the year and is sold: lots of a cosmetic, more of a ball's open lot."""
    periods = SPORTS_DELIVERIES_A_YEAR if product.cosmetic is None else COSMETIC_LOTS_A_YEAR
    days = YEAR_DAYS // periods
    expiries = [lot.expires_in_days for lot in kept if lot.expires_in_days is not None]
    for period in range(periods):
        begins = YEAR_DAYS - period * days
        ends = begins - days
        own = [(ago, q) for ago, q in sales if ends < ago <= begins or ago > begins == YEAR_DAYS]
        if not own:
            continue
        received = begins + DAYS_AHEAD
        lot = LotSpec(
            sku=variant.sku,
            lot="",
            warehouse=warehouse,
            quantity=sum((quantity for _, quantity in own), Decimal(0)),
            received_days_ago=received,
            expires_in_days=None,
            unit_cost=variant.unit_cost,
        )
        if product.cosmetic is not None:
            fresh = product.cosmetic.shelf_life_days - LIFE_LOST_DAYS - received
            lot = replace(
                lot,
                lot=f"K{variant.supplier_code[-4:]}{warehouse[0]}{period + 1}",
                expires_in_days=min(fresh, min(expiries, default=fresh + 1) - 1),
            )
        yield lot


def _deliveries(arrivals: Iterable[LotSpec]) -> list[Delivery]:
    by_truck: dict[tuple[int, str, str], list[LotSpec]] = defaultdict(list)
    for lot in arrivals:
        key = (lot.received_days_ago, lot.warehouse, _PRODUCTS[lot.sku].supplier)
        by_truck[key].append(lot)
    return [
        Delivery(days_ago=days_ago, warehouse=warehouse, supplier=supplier, lots=tuple(lots))
        for (days_ago, warehouse, supplier), lots in sorted(by_truck.items(), reverse=True)
    ]
