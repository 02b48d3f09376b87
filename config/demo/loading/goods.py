"""The year of the demo's stock, lived day by day through the services of stock and reservations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from catalog.products.selectors import VariantRef
from config.demo.content.mishaps import MISHAPS, Mishap
from config.demo.content.places import MARKETS
from config.demo.content.shapes import LotSpec
from config.demo.loading.sites import Site
from config.demo.loading.story import Delivery, Order, tell
from config.kernel.money import Money
from inventory.lots.selectors import find_lot
from inventory.reservations import services as reservations
from inventory.reservations.selectors import ItemCode
from inventory.reservations.services import WantedLine
from inventory.stock import services as stock
from inventory.stock.selectors import level_at
from inventory.stock.services import GoodsIn, HoldReason

COST_CURRENCY = "EUR"
DOCK_DAYS = 7  # what came in since then still lies on the dock
FIRST_ORDER = 10_001
HOLD_DAYS = 3

# What carts keep at this moment: market, minutes ago, SKUs with quantities.
CARTS: tuple[tuple[str, int, Mapping[str, int]], ...] = (
    ("DE", 190, {"COS-DAYCREAM-50": 2, "COS-SHAMPOO-250": 1}),
    ("DE", 42, {"SE-ROADSHOE-BLK-42": 1}),
    ("US-CA", 25, {"COS-SUNTINT-LIGHT": 1, "SE-TRAILSHOE-GRN-42": 1}),
    ("DE", 6, {"COS-BODYLOTION-200": 3}),
    ("DE", 3, {"BDL-CALM-EVENING-SET": 2, "BDL-MARATHON-SET": 1}),
)

_WAREHOUSES: Mapping[str, str] = {market.code: market.warehouses[0] for market in MARKETS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What happenings need to know of the shop."""

    day: date
    variants: Mapping[str, VariantRef]
    sites: Mapping[str, Site]
    partners: Mapping[str, int]
    user_id: int | None

    def live(self) -> None:
        """Everything that happened in the year before the demo's day, in the order of time."""
        number = FIRST_ORDER
        for at, happening in sorted(self._happenings(), key=lambda dated: dated[0]):
            match happening:
                case Delivery():
                    self._receive(happening, at)
                case Order():
                    self._sell(happening, number, at)
                    number += 1
                case Mishap():
                    self._suffer(happening, at)

    def keep_carts(self, *, now: datetime) -> None:
        """Promise what shoppers have in their carts now."""
        for number, (market, minutes, cart) in enumerate(CARTS, start=1):
            lines = [(sku, Decimal(quantity), "each") for sku, quantity in cart.items()]
            reservations.reserve(
                client_id=None,
                reference=f"cart-{number}",
                lines=[_wanted(*line) for line in lines],
                market=market,
                channel="web",
                ttl=timedelta(days=HOLD_DAYS),
                now=now - timedelta(minutes=minutes),
            )

    def _happenings(self) -> Iterator[tuple[datetime, Delivery | Order | Mishap]]:
        deliveries, orders = tell(day=self.day)
        for delivery in deliveries:
            yield self._at(delivery.days_ago, delivery.warehouse, 7), delivery
        for order in orders:
            yield self._at(order.days_ago, _WAREHOUSES[order.market], 10), order
        for mishap in MISHAPS:
            yield self._at(mishap.days_ago, mishap.warehouse, 14), mishap

    def _at(self, days_ago: int, warehouse: str, hour: int) -> datetime:
        """A past day in the warehouse, at an hour of its own clock."""
        zone = ZoneInfo(self.sites[warehouse].time_zone)
        moment = datetime.combine(self.day - timedelta(days=days_ago), time(hour), tzinfo=zone)
        return moment.astimezone(UTC)

    def _receive(self, delivery: Delivery, at: datetime) -> None:
        supplier_id = self.partners[delivery.supplier]
        stock.receive_delivery(
            goods=[
                GoodsIn(
                    variant_id=self.variants[lot.sku].id,
                    location_id=self._place(lot),
                    quantity=lot.quantity,
                    lot_code=lot.lot,
                    expiry_date=self._expiry(lot),
                    unit_cost=Money(lot.unit_cost, COST_CURRENCY),
                    supplier_id=supplier_id,
                )
                for lot in delivery.lots
            ],
            happened_at=at,
            now=at,
            reference=f"{delivery.supplier}-{at:%y%m%d}",
        )
        for lot in delivery.lots:
            if lot.hold:
                stock.place_hold(
                    lot_id=self._lot_id(lot.sku, lot.lot),
                    reason=HoldReason(lot.hold),
                    note=lot.note,
                    now=at,
                    user_id=self.user_id,
                )

    def _sell(self, order: Order, number: int, at: datetime) -> None:
        reference = f"{order.market}-{number}"
        reservation, _ = reservations.reserve(
            client_id=None,
            reference=reference,
            lines=[_wanted(*line) for line in order.lines],
            market=order.market,
            channel="web",
            now=at,
        )
        reservations.commit(
            reservation_id=reservation.pk,
            order_reference=reference,
            now=at + timedelta(minutes=4),
        )

    def _suffer(self, mishap: Mishap, at: datetime) -> None:
        site = self.sites[mishap.warehouse]
        lot_id = self._lot_id(mishap.sku, mishap.lot)
        kept = site.bin_for(mishap.sku + mishap.lot)
        if mishap.kind == "move":
            stock.put_away(
                stock_level_id=self._level_id(lot_id, site.dock),
                to_location_id=kept,
                quantity=mishap.quantity,
                reason=mishap.reason,
                now=at,
            )
            return
        level_id = self._level_id(lot_id, kept)
        if mishap.kind == "adjustment":
            stock.adjust(
                stock_level_id=level_id,
                quantity_delta=mishap.quantity,
                reason=mishap.reason,
                now=at,
            )
        elif mishap.kind == "write_off":
            stock.write_off(
                stock_level_id=level_id, quantity=-mishap.quantity, reason=mishap.reason, now=at
            )
        else:
            stock.return_to_supplier(
                stock_level_id=level_id,
                quantity=-mishap.quantity,
                reason=mishap.reason,
                reference=f"RET-{at:%y%m%d}",
                now=at,
            )

    def _place(self, lot: LotSpec) -> int:
        """The bin of these goods, or the dock where they were put away later or not yet."""
        site = self.sites[lot.warehouse]
        moved = {(m.sku, m.lot, m.warehouse) for m in MISHAPS if m.kind == "move"}
        if (lot.sku, lot.lot, lot.warehouse) in moved or lot.received_days_ago <= DOCK_DAYS:
            return site.dock
        return site.bin_for(lot.sku + lot.lot)

    def _expiry(self, lot: LotSpec) -> date | None:
        days = lot.expires_in_days
        return None if days is None else self.day + timedelta(days=days)

    def _lot_id(self, sku: str, code: str) -> int:
        lot = find_lot(variant_id=self.variants[sku].id, code=code)
        assert lot is not None, f"{sku} lot {code} has come in"
        return lot.pk

    @staticmethod
    def _level_id(lot_id: int, location_id: int) -> int:
        level = level_at(lot_id=lot_id, location_id=location_id)
        assert level is not None, "the goods lie there"
        return level.pk


def _wanted(sku: str, quantity: Decimal, unit: str) -> WantedLine:
    return WantedLine(item=ItemCode(sku=sku), quantity=quantity, unit=unit)
