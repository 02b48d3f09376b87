"""Stock is promised, given back, and leaves: for reservations, which keep the promises."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import connection

from catalog.products.selectors import variants_by_id
from catalog.units.rules import plain
from inventory.stock.errors import NotEnoughStock
from inventory.stock.models import MovementKind, StockLevel, StockMovement
from inventory.stock.services.ledger import (
    as_stored,
    change_levels,
    checked_cause,
    describe,
    write_ledger,
)

_SET_ASIDE = (
    "UPDATE inventory_stocklevel SET reserved = ROUND(reserved + CAST(%s AS numeric), 4) "
    "WHERE id = %s AND ROUND(on_hand - reserved, 4) >= CAST(%s AS numeric)"
)
_GIVE_BACK = (
    "UPDATE inventory_stocklevel SET reserved = ROUND(reserved - CAST(%s AS numeric), 4) "
    "WHERE id = %s AND ROUND(reserved, 4) >= CAST(%s AS numeric)"
)
_SHIP = (
    "UPDATE inventory_stocklevel SET reserved = ROUND(reserved - CAST(%s AS numeric), 4), "
    "on_hand = ROUND(on_hand - CAST(%s AS numeric), 4), "
    "changed_at = CASE WHEN changed_at > %s THEN changed_at ELSE %s END "
    "WHERE id = %s AND ROUND(reserved, 4) >= CAST(%s AS numeric)"
)


def set_aside(*, quantities: Mapping[int, Decimal]) -> None:
    """Raise `reserved` per stock level, each by one UPDATE that holds only if enough is free.

    The caller holds the locks. No movement: nothing moved. Raises NotEnoughStock.
    """
    rows = [(quantity, pk, quantity) for pk, quantity in _in_order(quantities)]
    refused = change_levels(_SET_ASIDE, rows)
    if refused is not None:
        raise _not_enough(rows[refused][1], rows[refused][0])


def give_back(*, quantities: Mapping[int, Decimal]) -> None:
    """Lower `reserved` per stock level; needs no lock, but keeps to the order of all locks."""
    rows = [(quantity, pk, quantity) for pk, quantity in _in_order(quantities)]
    refused = change_levels(_GIVE_BACK, rows)
    assert refused is None, "stock level {1} has no {0} reserved to give back".format(
        *rows[refused or 0]
    )


def ship(
    *, quantities: Mapping[int, Decimal], reference: str, happened_at: datetime, now: datetime
) -> list[StockMovement]:
    """Promised goods leave: on hand and reserved go down together, the ledger says sale.

    The caller holds the locks. Raises NotEnoughStock, HappensInFuture, InvalidText.
    """
    cause = checked_cause(
        kind=MovementKind.SALE, now=now, happened_at=happened_at, reference=reference
    )
    at = as_stored(now)
    rows = [(quantity, quantity, at, at, pk, quantity) for pk, quantity in _in_order(quantities)]
    refused = change_levels(_SHIP, rows)
    if refused is not None:
        raise _not_enough(rows[refused][4], rows[refused][0])
    return write_ledger({pk: -quantity for pk, quantity in quantities.items()}, cause)


def _in_order(quantities: Mapping[int, Decimal]) -> list[tuple[int, Decimal]]:
    """By key, the order of all locks."""
    assert connection.in_atomic_block, "a promise and its stock are one transaction"
    assert all(quantity > 0 for quantity in quantities.values()), "only something can be promised"
    return sorted(quantities.items())


def _not_enough(level_id: int, quantity: Decimal) -> NotEnoughStock:
    level = StockLevel.objects.select_related("lot", "location__warehouse").get(pk=level_id)
    variant = variants_by_id([level.variant_id])[level.variant_id]
    return NotEnoughStock(
        f"{describe(level, variant)}: {plain(level.on_hand)} {variant.stock_unit} on hand, "
        f"{plain(level.reserved)} of it reserved, {plain(quantity)} asked."
    )
