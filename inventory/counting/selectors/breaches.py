"""Reads that prove the invariants, each by one statement, so that each sees one instant.

Quantities are compared as whole ten-thousandths: SQLite would add binary fractions.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce, Greatest

from catalog.units.rules import plain
from inventory.counting.rules.breaches import Breach, Invariant
from inventory.lots.selectors import SellByDate, not_past, open_hold_of
from inventory.reservations.models import Allocation
from inventory.stock.models import StockLevel, StockMovement

# The sweep of a day runs within this time after a warehouse's midnight.
SWEEP_TIME_MAX = timedelta(hours=1)


def breaches(*, now: datetime, limit: int) -> Iterator[list[Breach]]:
    """What is broken, invariant by invariant, at most `limit` rows of each."""
    yield _on_hand(limit)
    yield _balances(limit)
    yield _reserved(limit)
    yield _within(limit)
    yield _lines(limit)
    yield _steps(limit)
    yield _unsellable(now, limit)


def _on_hand(limit: int) -> list[Breach]:
    rows = _rows(
        """
        SELECT level.id, CAST(ROUND(level.on_hand * 10000) AS BIGINT), COALESCE(lines.total, 0)
        FROM inventory_stocklevel level
        LEFT JOIN (
            SELECT stock_level_id, SUM(CAST(ROUND(quantity * 10000) AS BIGINT)) AS total
            FROM inventory_stockmovement GROUP BY stock_level_id
        ) lines ON lines.stock_level_id = level.id
        WHERE CAST(ROUND(level.on_hand * 10000) AS BIGINT) <> COALESCE(lines.total, 0)
        ORDER BY level.id LIMIT %s
        """,
        limit,
    )
    return _level_breaches(
        Invariant.ON_HAND,
        {pk: {"on hand": _shown(is_), "movements": _shown(sum_)} for pk, is_, sum_ in rows},
    )


def _balances(limit: int) -> list[Breach]:
    """The running balance and the order of writing, line by line; the sums prove the last one."""
    rows = _rows(
        """
        SELECT id, was, quantity, says
        FROM (
            SELECT id,
                   LAG(id) OVER lines AS id_before,
                   COALESCE(LAG(CAST(ROUND(on_hand_after * 10000) AS BIGINT)) OVER lines, 0) AS was,
                   CAST(ROUND(quantity * 10000) AS BIGINT) AS quantity,
                   CAST(ROUND(on_hand_after * 10000) AS BIGINT) AS says
            FROM inventory_stockmovement
            WINDOW lines AS (PARTITION BY stock_level_id ORDER BY recorded_at, id)
        ) line
        WHERE was + quantity <> says OR id_before > id
        ORDER BY id LIMIT %s
        """,
        limit,
    )
    found = _movements([pk for pk, *_ in rows])
    return [
        Breach(
            invariant=Invariant.BALANCE,
            table="movement",
            row=str(pk),
            values={"before": _shown(was), "quantity": _shown(added), "after": _shown(says)},
            last_movement=_told(found[pk]),
        )
        for pk, was, added, says in rows
    ]


def _reserved(limit: int) -> list[Breach]:
    rows = _rows(
        """
        SELECT level.id, CAST(ROUND(level.reserved * 10000) AS BIGINT), COALESCE(open.total, 0)
        FROM inventory_stocklevel level
        LEFT JOIN (
            SELECT stock_level_id, SUM(CAST(ROUND(quantity * 10000) AS BIGINT)) AS total
            FROM inventory_allocation WHERE is_open GROUP BY stock_level_id
        ) open ON open.stock_level_id = level.id
        WHERE CAST(ROUND(level.reserved * 10000) AS BIGINT) <> COALESCE(open.total, 0)
        ORDER BY level.id LIMIT %s
        """,
        limit,
    )
    return _level_breaches(
        Invariant.RESERVED,
        {pk: {"reserved": _shown(is_), "allocations": _shown(sum_)} for pk, is_, sum_ in rows},
    )


def _within(limit: int) -> list[Breach]:
    levels = StockLevel.objects.filter(Q(reserved__lt=0) | Q(reserved__gt=F("on_hand"))).order_by(
        "pk"
    )[:limit]
    return _level_breaches(
        Invariant.WITHIN,
        {
            level.pk: {"on hand": plain(level.on_hand), "reserved": plain(level.reserved)}
            for level in levels
        },
    )


def _lines(limit: int) -> list[Breach]:
    rows = _rows(
        """
        SELECT line.id, reservation.reference, line.position,
               CAST(ROUND(line.quantity * 10000) AS BIGINT), COALESCE(open.total, 0),
               CAST(ROUND(line.shortage * 10000) AS BIGINT)
        FROM inventory_reservationline line
        JOIN inventory_reservation reservation ON reservation.id = line.reservation_id
        LEFT JOIN (
            SELECT line_id, SUM(CAST(ROUND(quantity * 10000) AS BIGINT)) AS total
            FROM inventory_allocation WHERE is_open GROUP BY line_id
        ) open ON open.line_id = line.id
        WHERE CASE WHEN line.is_bundle THEN open.total IS NOT NULL
            WHEN reservation.status = 'held'
            THEN COALESCE(open.total, 0) + CAST(ROUND(line.shortage * 10000) AS BIGINT)
                <> CAST(ROUND(line.quantity * 10000) AS BIGINT)
            ELSE COALESCE(open.total, 0) <> 0 END
        ORDER BY line.id LIMIT %s
        """,
        limit,
    )
    return [
        Breach(
            invariant=Invariant.LINE,
            table="reservation line",
            row=f"{pk} ({reference}, line {position})",
            values={
                "quantity": _shown(quantity),
                "open allocations": _shown(allocated),
                "shortage": _shown(shortage),
            },
        )
        for pk, reference, position, quantity, allocated, shortage in rows
    ]


def _steps(limit: int) -> list[Breach]:
    rows = _rows(
        """
        SELECT MAX(id), COUNT(*), SUM(CAST(ROUND(quantity * 10000) AS BIGINT))
        FROM inventory_stockmovement WHERE step_id IS NOT NULL
        GROUP BY step_id
        HAVING COUNT(*) <> 2 OR SUM(CAST(ROUND(quantity * 10000) AS BIGINT)) <> 0
        ORDER BY MAX(id) LIMIT %s
        """,
        limit,
    )
    found = _movements([pk for pk, _, _ in rows])
    return [
        Breach(
            invariant=Invariant.STEP,
            table="step",
            row=str(found[pk].step_id),
            values={"lines": str(count), "sum": _shown(total)},
            last_movement=_told(found[pk]),
        )
        for pk, count, total in rows
    ]


def _unsellable(now: datetime, limit: int) -> list[Breach]:
    """Promises on lots on hold, or past their last day of sale for whoever was promised them."""
    reservation = "line__reservation__"
    remaining_days_min = Greatest(
        Coalesce(F("stock_level__variant__product__cosmeticproduct__remaining_days_min"), 0),
        F(f"{reservation}market__remaining_days_min"),
        Coalesce(F(f"{reservation}channel__remaining_days_min"), 0),
    )
    allocations = (
        Allocation.objects.filter(is_open=True)
        .annotate(
            is_on_hold=open_hold_of("stock_level__lot_id"),
            sell_by_date=SellByDate(F("stock_level__lot__expiry_date"), remaining_days_min),
        )
        .filter(
            Q(is_on_hold=True)
            | ~not_past(
                "sell_by_date",
                "stock_level__location__warehouse__time_zone",
                now=now - SWEEP_TIME_MAX,
            )
        )
        .order_by("pk")[:limit]
    )
    rows = list(
        allocations.values_list(
            "stock_level_id",
            f"{reservation}reference",
            "quantity",
            "is_on_hold",
            "sell_by_date",
        )
    )
    return [
        breach
        for level_id, reference, quantity, is_on_hold, sell_by_date in rows
        for breach in _level_breaches(
            Invariant.SELLABLE,
            {
                level_id: {
                    "promised": f"{plain(quantity)} to {reference}",
                    "on hold": "yes" if is_on_hold else "no",
                    "last day of sale": str(sell_by_date or "none"),
                }
            },
        )
    ]


def _rows(statement: str, limit: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [limit])
        return list(cursor.fetchall())


def _level_breaches(invariant: Invariant, found: dict[int, dict[str, str]]) -> list[Breach]:
    """The breaches of these levels, by the names people know, with what touched each last."""
    if not found:
        return []
    levels = StockLevel.objects.select_related("lot", "variant", "location__warehouse").in_bulk(
        found
    )
    last_ids = dict(
        StockMovement.objects.filter(stock_level_id__in=found)
        .values("stock_level_id")
        .annotate(last=Max("pk"))
        .values_list("stock_level_id", "last")
    )
    movements = _movements(list(last_ids.values()))
    return [
        Breach(
            invariant=invariant,
            table="stock level",
            row=f"{pk} ({_named(levels[pk])})",
            values=values,
            last_movement=_told(movements[last_ids[pk]]) if pk in last_ids else "none",
        )
        for pk, values in found.items()
    ]


def _named(level: StockLevel) -> str:
    place = f"{level.location.warehouse.code} {level.location.code}"
    return f"{level.variant.sku} lot {level.lot.code or '-'} in {place}"


def _movements(ids: list[int]) -> dict[int, StockMovement]:
    return StockMovement.objects.in_bulk(ids)


def _told(movement: StockMovement) -> str:
    return (
        f"{movement.pk} ({movement.kind} {plain(movement.quantity)}, "
        f"recorded {movement.recorded_at.isoformat()}, by {movement.actor_name or 'nobody named'})"
    )


def _shown(ten_thousandths: int | Decimal) -> str:
    return plain(Decimal(ten_thousandths).scaleb(-4))
