"""Reads of warehouses and their places."""

from collections.abc import Collection

from django.db.models import Case, IntegerField, QuerySet, Value, When

from inventory.warehouses.models import KEPT_APART, Location, LocationKind, Warehouse


def warehouse_by_code(code: str) -> Warehouse | None:
    """The warehouse with this code, or None."""
    return Warehouse.objects.filter(code=code).first()


def warehouses_by_code(codes: Collection[str]) -> dict[str, Warehouse]:
    """The warehouses with these codes; those that do not exist are missing."""
    return {w.code: w for w in Warehouse.objects.filter(code__in=set(codes))}


def usable_locations(warehouse_id: int) -> QuerySet[Location]:
    """Where goods can be put in a warehouse, the dock first; not the road, nor returns."""
    dock_first = Case(
        When(kind=LocationKind.DOCK, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return (
        Location.objects.select_related("warehouse")
        .filter(warehouse_id=warehouse_id, is_active=True)
        .exclude(kind__in=KEPT_APART)
        .order_by(dock_first, "code")
    )


def receiving_location(warehouse_id: int) -> Location | None:
    """Where goods come in: the dock, or the first bin of a warehouse without one."""
    return usable_locations(warehouse_id).first()


def location_by_id(location_id: int) -> Location | None:
    """The location with its warehouse, or None."""
    return Location.objects.select_related("warehouse").filter(pk=location_id).first()


def locations_by_id(location_ids: Collection[int]) -> dict[int, Location]:
    """These locations with their warehouses; those that do not exist are missing."""
    locations = Location.objects.select_related("warehouse").filter(pk__in=location_ids)
    return {location.pk: location for location in locations.order_by("pk")}


def locations_by_code(warehouse_ids: Collection[int]) -> dict[tuple[int, str], Location]:
    """Every open place of these warehouses where goods can lie, by warehouse and code."""
    locations = Location.objects.filter(warehouse_id__in=set(warehouse_ids), is_active=True)
    places = locations.exclude(kind__in=KEPT_APART).order_by("pk")
    return {(place.warehouse_id, place.code): place for place in places}


def time_zones() -> list[str]:
    """Every time zone in which we have a warehouse."""
    return sorted(Warehouse.objects.values_list("time_zone", flat=True).distinct().order_by())


def warehouse_by_id(warehouse_id: int) -> Warehouse | None:
    """The warehouse with this key, or None."""
    return Warehouse.objects.filter(pk=warehouse_id).first()
