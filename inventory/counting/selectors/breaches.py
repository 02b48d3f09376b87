"""Reads that prove the invariants, each by one statement, so that each sees one instant.

Quantities are compared as whole ten-thousandths: SQLite would add binary fractions.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest

from catalog.units.rules import plain
from inventory.counting.proofs import goods_returned
from inventory.counting.rules.breaches import Breach, Invariant
from inventory.counting.selectors.naming import (
    facts_of,
    last_movements_of_lines,
    level_breach,
    level_breaches,
    movements_by_id,
    rows_of,
    shown,
    told,
)
from inventory.lots.selectors import SellByDate, not_past, open_hold_of
from inventory.reservations.models import Allocation
from inventory.stock.models import StockLevel

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
    yield _on_the_road(limit)
    yield goods_returned.ask(limit=limit)
    yield _pieces(limit)
    yield _named_too_often(limit)
    yield _unsellable(now, limit)


def _on_hand(limit: int) -> list[Breach]:
    rows = rows_of(
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
    return level_breaches(
        Invariant.ON_HAND,
        {pk: {"on hand": shown(is_), "movements": shown(sum_)} for pk, is_, sum_ in rows},
    )


def _balances(limit: int) -> list[Breach]:
    """The running balance and the order of writing, line by line; the sums prove the last one."""
    rows = rows_of(
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
    found = movements_by_id([pk for pk, *_ in rows])
    return [
        Breach(
            invariant=Invariant.BALANCE,
            table="movement",
            key=str(pk),
            row=str(pk),
            values={
                "before": shown(was),
                "quantity": shown(added),
                "after": shown(says),
            },
            last_movement=told(found[pk]),
            path=f"/admin/inventory/stockmovement/{pk}/change/",
        )
        for pk, was, added, says in rows
    ]


def _reserved(limit: int) -> list[Breach]:
    rows = rows_of(
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
    return level_breaches(
        Invariant.RESERVED,
        {pk: {"reserved": shown(is_), "allocations": shown(sum_)} for pk, is_, sum_ in rows},
    )


def _within(limit: int) -> list[Breach]:
    levels = StockLevel.objects.filter(Q(reserved__lt=0) | Q(reserved__gt=F("on_hand"))).order_by(
        "pk"
    )[:limit]
    return level_breaches(
        Invariant.WITHIN,
        {
            level.pk: {"on hand": plain(level.on_hand), "reserved": plain(level.reserved)}
            for level in levels
        },
    )


def _lines(limit: int) -> list[Breach]:
    rows = rows_of(
        """
        SELECT line.id, reservation.id, reservation.reference, line.position,
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
    last = last_movements_of_lines([row[0] for row in rows])
    return [
        Breach(
            invariant=Invariant.LINE,
            table="reservation line",
            key=str(pk),
            row=f"{pk} ({reference}, line {position})",
            values={
                "quantity": shown(quantity),
                "open allocations": shown(allocated),
                "shortage": shown(shortage),
            },
            last_movement=last.get(pk, "none"),
            path=f"/admin/inventory/reservation/{UUID(str(reservation))}/change/",
        )
        for pk, reservation, reference, position, quantity, allocated, shortage in rows
    ]


def _steps(limit: int) -> list[Breach]:
    """Two lines each, which sum to zero; what was opened goes in one unit and comes in another."""
    rows = rows_of(
        """
        SELECT MAX(id), COUNT(*), SUM(CAST(ROUND(quantity * 10000) AS BIGINT))
        FROM inventory_stockmovement WHERE step_id IS NOT NULL
        GROUP BY step_id
        HAVING COUNT(*) <> 2
            OR CASE WHEN MIN(kind) = 'decant' THEN MIN(quantity) > 0 OR MAX(quantity) < 0
                ELSE SUM(CAST(ROUND(quantity * 10000) AS BIGINT)) <> 0 END
        ORDER BY MAX(id) LIMIT %s
        """,
        limit,
    )
    found = movements_by_id([pk for pk, _, _ in rows])
    return [
        Breach(
            invariant=Invariant.STEP,
            table="step",
            key=str(found[pk].step_id),
            row=str(found[pk].step_id),
            values={"lines": str(count), "sum": shown(total)},
            last_movement=told(found[pk]),
            path=f"/admin/inventory/stockmovement/{pk}/change/",
        )
        for pk, count, total in rows
    ]


def _on_the_road(limit: int) -> list[Breach]:
    """What lies between warehouses, against what the transfers have sent and not received."""
    rows = rows_of(
        """
        SELECT level.id, CAST(ROUND(level.on_hand * 10000) AS BIGINT), COALESCE(road.total, 0)
        FROM inventory_stocklevel level
        JOIN inventory_location location ON location.id = level.location_id
        LEFT JOIN (
            SELECT road_level_id,
                   SUM(CAST(ROUND((sent - received - written_off) * 10000) AS BIGINT)) AS total
            FROM inventory_transferitem GROUP BY road_level_id
        ) road ON road.road_level_id = level.id
        WHERE location.kind = 'in_transit'
          AND CAST(ROUND(level.on_hand * 10000) AS BIGINT) <> COALESCE(road.total, 0)
        ORDER BY level.id LIMIT %s
        """,
        limit,
    )
    return level_breaches(
        Invariant.ROAD,
        {pk: {"on hand": shown(is_), "transfers": shown(sum_)} for pk, is_, sum_ in rows},
    )


def _pieces(limit: int) -> list[Breach]:
    """The serial numbers that lie somewhere, against the lines of the ledger that name them."""
    rows = rows_of(
        """
        SELECT stock_level_id, SUM(lies), SUM(named)
        FROM (
            SELECT stock_level_id, 1 AS lies, 0 AS named
            FROM inventory_serialnumber WHERE stock_level_id IS NOT NULL
            UNION ALL
            SELECT movement.stock_level_id, 0, CASE WHEN movement.quantity > 0 THEN 1 ELSE -1 END
            FROM inventory_serialmovement passage
            JOIN inventory_stockmovement movement ON movement.id = passage.movement_id
        ) pieces
        GROUP BY stock_level_id HAVING SUM(lies) <> SUM(named)
        ORDER BY stock_level_id LIMIT %s
        """,
        limit,
    )
    return level_breaches(
        Invariant.SERIALS,
        {pk: {"pieces there": str(lies), "named": str(named)} for pk, lies, named in rows},
    )


def _named_too_often(limit: int) -> list[Breach]:
    """Lines of the ledger that name more pieces than came or went."""
    rows = rows_of(
        """
        SELECT movement.id, COUNT(*), CAST(ROUND(movement.quantity * 10000) AS BIGINT)
        FROM inventory_serialmovement passage
        JOIN inventory_stockmovement movement ON movement.id = passage.movement_id
        GROUP BY movement.id, movement.quantity
        HAVING COUNT(*) * 10000 > ABS(CAST(ROUND(movement.quantity * 10000) AS BIGINT))
        ORDER BY movement.id LIMIT %s
        """,
        limit,
    )
    found = movements_by_id([pk for pk, _, _ in rows])
    return [
        Breach(
            invariant=Invariant.SERIALS,
            table="movement",
            key=str(pk),
            row=str(pk),
            values={"pieces named": str(named), "quantity": shown(quantity)},
            last_movement=told(found[pk]),
        )
        for pk, named, quantity in rows
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
            "pk",
            f"{reservation}reference",
            "quantity",
            "is_on_hold",
            "sell_by_date",
        )
    )
    levels = facts_of({level_id for level_id, *_ in rows})
    return [
        level_breach(
            Invariant.SELLABLE,
            levels[level_id],
            {
                "promised": f"{plain(quantity)} to {reference}",
                "on hold": "yes" if is_on_hold else "no",
                "last day of sale": str(sell_by_date or "none"),
            },
            key=f"{level_id}-{pk}",
        )
        for level_id, pk, reference, quantity, is_on_hold, sell_by_date in rows
    ]
