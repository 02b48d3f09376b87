"""The only row locks on stock. Everybody takes them here, in one order, so nobody deadlocks."""

from collections.abc import Collection

from django.db import connection

from inventory.stock.freshness import availability_changed
from inventory.stock.models import StockLevel


def lock_levels(*, variant_ids: Collection[int], with_names: bool = False) -> list[StockLevel]:
    """Lock these variants' stock levels in the order of their keys until the transaction ends.

    Once per transaction, for all variants it is about. `with_names` joins lot and warehouse, which
    are not locked, for those who will speak of them. Whoever locks is about to change something,
    so figures that are kept of these variants are dropped after the commit.
    """
    assert connection.in_atomic_block, "a lock lasts as long as its transaction"
    availability_changed(variant_ids)
    levels = StockLevel.objects.select_for_update(of=("self",))
    if with_names:
        levels = levels.select_related("lot", "location__warehouse")
    return list(levels.filter(variant_id__in=variant_ids).order_by("pk"))
