"""Where goods could be put: the bins in which more of the same lies already."""

from collections.abc import Collection, Iterable

from django.db.models import QuerySet

from inventory.stock.models import StockLevel
from inventory.stock.selectors.levels import with_state
from inventory.warehouses.models import LocationKind


def waiting_on_docks(warehouse_id: int) -> QuerySet[StockLevel]:
    """What lies on the docks of a warehouse and waits for its bin, what came in first in front."""
    levels = StockLevel.objects.filter(
        location__warehouse_id=warehouse_id, location__kind=LocationKind.DOCK, on_hand__gt=0
    )
    return with_state(levels).order_by("lot__received_at", "variant__sku", "pk")


def suggested_bins(levels: Collection[StockLevel]) -> dict[int, str]:
    """The code of a bin for each of these levels: where most of the same lot lies, else of the SKU.

    A level whose SKU lies in no open bin of its warehouse has no suggestion.
    """
    rows: Iterable[tuple[int, int, int, str]] = (
        StockLevel.objects.filter(
            variant_id__in={level.variant_id for level in levels},
            location__warehouse_id__in={level.location.warehouse_id for level in levels},
            location__kind=LocationKind.STORAGE,
            location__is_active=True,
            on_hand__gt=0,
        )
        .order_by("-on_hand", "location__code", "pk")
        .values_list("lot_id", "variant_id", "location__warehouse_id", "location__code")
    )
    by_lot: dict[tuple[int, int], str] = {}
    by_variant: dict[tuple[int, int], str] = {}
    for lot_id, variant_id, warehouse_id, code in rows:
        by_lot.setdefault((lot_id, warehouse_id), code)
        by_variant.setdefault((variant_id, warehouse_id), code)
    found: dict[int, str] = {}
    for level in levels:
        warehouse_id = level.location.warehouse_id
        bin_code = by_lot.get((level.lot_id, warehouse_id)) or by_variant.get(
            (level.variant_id, warehouse_id)
        )
        if bin_code:
            found[level.pk] = bin_code
    return found
