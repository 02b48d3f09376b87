"""Broken rows by the names people know, each with the movement that touched it last."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Max

from catalog.units.rules import plain
from inventory.counting.rules.breaches import Breach, Invariant
from inventory.reservations.models import Allocation
from inventory.stock.models import StockLevel, StockMovement


def rows_of(statement: str, limit: int) -> list[tuple[Any, ...]]:
    """The rows of a statement whose one value is how many may come."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [limit])
        return list(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class _Level:
    """A stock level by the names people know, and what touched it last."""

    pk: int
    name: str
    last_movement: str


def facts_of(ids: Collection[int]) -> dict[int, _Level]:
    """These levels, each with the movement that touched it last."""
    if not ids:
        return {}
    levels = StockLevel.objects.select_related("lot", "variant", "location__warehouse")
    last = _last_movements(ids)
    return {
        level.pk: _Level(level.pk, f"{level.pk} ({_named(level)})", last.get(level.pk, "none"))
        for level in levels.filter(pk__in=ids)
    }


def level_breaches(invariant: Invariant, found: dict[int, dict[str, str]]) -> list[Breach]:
    """A breach for each of these levels, with the figures that disagree."""
    levels = facts_of(found)
    return [
        level_breach(invariant, levels[pk], values, key=str(pk)) for pk, values in found.items()
    ]


def level_breach(
    invariant: Invariant, level: _Level, values: dict[str, str], *, key: str
) -> Breach:
    """One of them."""
    return Breach(
        invariant=invariant,
        table="stock level",
        key=key,
        row=level.name,
        values=values,
        last_movement=level.last_movement,
        path=f"/admin/inventory/stocklevel/{level.pk}/change/",
    )


def _named(level: StockLevel) -> str:
    place = f"{level.location.warehouse.code} {level.location.code}"
    return f"{level.variant.sku} lot {level.lot.code or '-'} in {place}"


def _last_movements(level_ids: Collection[int]) -> dict[int, str]:
    """What was written last on each of these levels, in words."""
    last_ids = dict(
        StockMovement.objects.filter(stock_level_id__in=level_ids)
        .values("stock_level_id")
        .annotate(last=Max("pk"))
        .values_list("stock_level_id", "last")
    )
    movements = movements_by_id(list(last_ids.values()))
    return {level_id: told(movements[pk]) for level_id, pk in last_ids.items()}


def last_movements_of_lines(line_ids: Collection[int]) -> dict[int, str]:
    """The same of any level that a reservation line was ever promised something of."""
    if not line_ids:
        return {}
    last_ids = dict(
        Allocation.objects.filter(line_id__in=line_ids)
        .values("line_id")
        .annotate(last=Max("stock_level__movements__id"))
        .filter(last__isnull=False)
        .values_list("line_id", "last")
    )
    movements = movements_by_id(list(last_ids.values()))
    return {line_id: told(movements[pk]) for line_id, pk in last_ids.items()}


def movements_by_id(ids: list[int]) -> dict[int, StockMovement]:
    """These lines of the ledger."""
    return StockMovement.objects.in_bulk(ids)


def told(movement: StockMovement) -> str:
    """Which line, what it did, when, who, for what and in which request."""
    facts = [
        f"{movement.kind} {plain(movement.quantity)}",
        f"recorded {movement.recorded_at.isoformat()}",
        f"by {movement.actor_name or 'nobody named'}",
        f"reference {movement.reference}" if movement.reference else "",
        f"request {movement.request_id}" if movement.request_id else "",
    ]
    return f"{movement.pk} ({', '.join(fact for fact in facts if fact)})"


def shown(ten_thousandths: int | Decimal) -> str:
    """Whole ten-thousandths as a quantity for people."""
    return plain(Decimal(ten_thousandths).scaleb(-4))
