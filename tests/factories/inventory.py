"""What a test needs of inventory, by the public services."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from catalog.models import Product, Variant
from config.kernel.money import Money
from inventory.lots.models import Lot
from inventory.stock import claims
from inventory.stock import services as stock
from inventory.stock.models import StockLevel, StockMovement
from inventory.warehouses.models import Location, Warehouse
from inventory.warehouses.services import open_warehouse, serve_market
from tests.factories import catalog

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def warehouse(
    code: str = "BER",
    *,
    time_zone: str = "Europe/Berlin",
    bins: Sequence[str] = ("A-1", "A-2"),
    has_dock: bool = True,
    is_sellable: bool = True,
) -> Warehouse:
    """The warehouse of this code: a dock and two bins in Berlin unless told otherwise."""
    known = Warehouse.objects.filter(code=code).first()
    return known or open_warehouse(
        code=code,
        name=code.title(),
        time_zone=time_zone,
        bins=bins,
        has_dock=has_dock,
        is_sellable=is_sellable,
    )


def serves(market_code: str, *warehouses: Warehouse) -> None:
    """Serve a market from these warehouses, the first one asked first."""
    positions = {place.pk: number for number, place in enumerate(warehouses, start=1)}
    serve_market(market_id=catalog.market(market_code).pk, positions=positions)


def location(code: str, warehouse_code: str = "BER") -> Location:
    """A place of a warehouse that exists."""
    return Location.objects.get(warehouse__code=warehouse_code, code=code)


def receive(
    product: Product | Variant,
    quantity: int | str = 10,
    *,
    lot: str = "",
    expires: date | str | None = None,
    at: Location | Warehouse | None = None,
    cost: Money | None = None,
    now: datetime = NOW,
    **fields: Any,
) -> StockLevel:
    """Receive goods and answer where they lie now. A cosmetic gets a lot and a far expiry."""
    variant = product if isinstance(product, Variant) else catalog.variant(product)
    if variant.sku.startswith("COS-") and expires is None:
        lot, expires = lot or f"L{catalog.serial()}", date(2028, 12, 31)
    place = at or warehouse()
    where: dict[str, Any] = (
        {"location_id": place.pk} if isinstance(place, Location) else {"warehouse_id": place.pk}
    )
    movement = stock.receive(
        variant_id=variant.pk,
        quantity=Decimal(quantity),
        lot_code=lot,
        expiry_date=date.fromisoformat(expires) if isinstance(expires, str) else expires,
        unit_cost=cost,
        happened_at=fields.pop("happened_at", now),
        now=now,
        **where,
        **fields,
    )
    return StockLevel.objects.select_related("lot", "location").get(pk=movement.stock_level_id)


def stock_state() -> dict[str, list[tuple[Any, ...]]]:
    """Everything a refusal must leave as it was."""
    return {
        "levels": list(StockLevel.objects.order_by("pk").values_list()),
        "movements": list(StockMovement.objects.order_by("pk").values_list()),
        "lots": list(Lot.objects.order_by("pk").values_list()),
    }


@dataclass
class AskedClaims:
    """What stock asked of reservations."""

    gave_way: list[list[int]] = field(default_factory=list)
    filled: list[list[int]] = field(default_factory=list)


@contextmanager
def claims_recorded() -> Iterator[AskedClaims]:
    """Answer the hooks of promises by noting them: for tests of stock alone."""
    asked = AskedClaims()

    def give_way(*, stock_level_ids, now, because=""):
        asked.gave_way.append(sorted(stock_level_ids))

    def fill_shortages(*, variant_ids, now):
        asked.filled.append(sorted(variant_ids))

    with ExitStack() as stack:
        stack.enter_context(claims.give_way.answered_by(give_way))
        stack.enter_context(claims.fill_shortages.answered_by(fill_shortages))
        yield asked
