"""Stock is promised, given back, and leaves: for reservations, which keep the promises."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import F

from catalog.products.selectors import variants_by_id
from catalog.units.rules import plain
from inventory.stock.errors import NotEnoughStock
from inventory.stock.models import MovementKind, StockLevel, StockMovement
from inventory.stock.services.ledger import checked_cause, describe, stored, write_ledger


def set_aside(*, quantities: Mapping[int, Decimal]) -> None:
    """Raise `reserved` per stock level, each by one UPDATE that holds only if enough is free.

    The caller holds the locks. No movement: nothing moved. Raises NotEnoughStock.
    """
    assert connection.in_atomic_block, "a promise and its stock are one transaction"
    for level_id, quantity in sorted(quantities.items()):
        assert quantity > 0, "only something can be promised"
        changed = (
            StockLevel.objects.annotate(free=stored(F("on_hand") - F("reserved")))
            .filter(pk=level_id, free__gte=quantity)
            .update(reserved=stored(F("reserved") + quantity))
        )
        if not changed:
            raise _not_enough(level_id, quantity)


def give_back(*, quantities: Mapping[int, Decimal]) -> None:
    """Lower `reserved` per stock level; needs no lock, but keeps to the order of all locks."""
    assert connection.in_atomic_block, "a promise and its stock are one transaction"
    for level_id, quantity in sorted(quantities.items()):
        assert quantity > 0, "only something can be given back"
        left = stored(F("reserved") - quantity)
        changed = (
            StockLevel.objects.annotate(left=left)
            .filter(pk=level_id, left__gte=0)
            .update(reserved=left)
        )
        assert changed == 1, f"stock level {level_id} has no {quantity} reserved to give back"


def ship(
    *, quantities: Mapping[int, Decimal], reference: str, happened_at: datetime, now: datetime
) -> list[StockMovement]:
    """Promised goods leave: on hand and reserved go down together, the ledger says sale.

    The caller holds the locks. Raises NotEnoughStock, HappensInFuture, InvalidText.
    """
    assert connection.in_atomic_block, "a promise and its stock are one transaction"
    cause = checked_cause(
        kind=MovementKind.SALE, now=now, happened_at=happened_at, reference=reference
    )
    for level_id, quantity in sorted(quantities.items()):
        assert quantity > 0, "only something can be shipped"
        left = stored(F("reserved") - quantity)
        changed = (
            StockLevel.objects.annotate(left=left)
            .filter(pk=level_id, left__gte=0)
            .update(reserved=left, on_hand=stored(F("on_hand") - quantity))
        )
        if not changed:
            raise _not_enough(level_id, quantity)
    return write_ledger({pk: -quantity for pk, quantity in quantities.items()}, cause)


def _not_enough(level_id: int, quantity: Decimal) -> NotEnoughStock:
    level = StockLevel.objects.select_related("lot", "location__warehouse").get(pk=level_id)
    variant = variants_by_id([level.variant_id])[level.variant_id]
    return NotEnoughStock(
        f"{describe(level, variant)}: {plain(level.on_hand)} {variant.stock_unit} on hand, "
        f"{plain(level.reserved)} of it reserved, {plain(quantity)} asked."
    )
