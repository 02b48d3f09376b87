"""Opening warehouses and their places; later changes are plain master data."""

from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction

from config.kernel.errors import InvalidInput
from config.kernel.validation import save_checked
from inventory.warehouses.errors import CodeTaken, UnknownWarehouse
from inventory.warehouses.models import Location, LocationKind, MarketWarehouse, Warehouse


@transaction.atomic
def open_warehouse(
    *,
    code: str,
    name: str,
    time_zone: str,
    bins: Sequence[str] = (),
    has_dock: bool = False,
    is_sellable: bool = True,
    operator_id: int | None = None,
) -> Warehouse:
    """Open a warehouse with its bins; without bins it has one place for everything.

    Raises CodeTaken, InvalidInput.
    """
    if Warehouse.objects.filter(code=code).exists():
        raise CodeTaken(f"There is a warehouse {code} already.")
    warehouse = Warehouse(
        code=code,
        name=name,
        time_zone=time_zone,
        is_sellable=is_sellable,
        operator_id=operator_id,
    )
    save_checked(warehouse)
    if has_dock:
        add_location(warehouse_id=warehouse.pk, code="DOCK", kind=LocationKind.DOCK)
    for bin_code in bins or ("MAIN",):
        add_location(warehouse_id=warehouse.pk, code=bin_code)
    return warehouse


@transaction.atomic
def add_location(
    *, warehouse_id: int, code: str, kind: LocationKind = LocationKind.STORAGE
) -> Location:
    """Add a place to a warehouse. Raises UnknownWarehouse, CodeTaken, InvalidInput."""
    warehouse = Warehouse.objects.filter(pk=warehouse_id).first()
    if warehouse is None:
        raise UnknownWarehouse(f"There is no warehouse {warehouse_id}.")
    code = code.strip()
    if not 1 <= len(code) <= 30:
        raise InvalidInput(f"{code!r} is no code of a location: it has 1 to 30 characters.")
    if Location.objects.filter(warehouse_id=warehouse_id, code=code).exists():
        raise CodeTaken(f"{warehouse.code} has a location {code} already.")
    return Location.objects.create(warehouse=warehouse, code=code, kind=kind)


@transaction.atomic
def road_to(*, warehouse_id: int) -> Location:
    """Where goods lie that are on their way to a warehouse; made when the first are sent off."""
    return _only_one(warehouse_id, LocationKind.IN_TRANSIT, ("TRANSIT", "IN-TRANSIT", "ROAD-TO-US"))


@transaction.atomic
def returns_of(*, warehouse_id: int) -> Location:
    """Where a warehouse keeps what customers sent back until it is inspected; made when needed."""
    return _only_one(warehouse_id, LocationKind.RETURNS, ("RETURNS", "RETURNS-IN", "SENT-BACK"))


def _only_one(warehouse_id: int, kind: LocationKind, codes: Sequence[str]) -> Location:
    """The warehouse's only place of a kind, with the first of these codes that is free."""
    known = Location.objects.select_related("warehouse").filter(
        warehouse_id=warehouse_id, kind=kind
    )
    place = known.first()
    if place is not None:
        return place
    taken = set(Location.objects.filter(warehouse_id=warehouse_id).values_list("code", flat=True))
    code = next(code for code in codes if code not in taken)
    try:
        with transaction.atomic():
            Location.objects.create(warehouse_id=warehouse_id, code=code, kind=kind)
    except IntegrityError:  # somebody else has needed it first at the same moment
        pass
    return known.get()


@transaction.atomic
def serve_market(*, market_id: int, positions: Mapping[int, int]) -> list[MarketWarehouse]:
    """Say from which warehouses a market is served, and in which order each is asked (1 first).

    Raises InvalidInput (two at one position).
    """
    if len(set(positions.values())) != len(positions):
        raise InvalidInput("Two warehouses cannot be asked at the same position.")
    sources = MarketWarehouse.objects.filter(market_id=market_id)
    known = {source.warehouse_id: source.position for source in sources}
    if known == dict(positions):
        return list(sources.order_by("position"))
    for source in sources:
        source.delete()
    return [
        MarketWarehouse.objects.create(
            market_id=market_id, warehouse_id=warehouse_id, position=position
        )
        for warehouse_id, position in sorted(positions.items(), key=lambda item: item[1])
    ]
