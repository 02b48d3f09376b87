"""The stock that availability is made of, read in one go."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from inventory.availability.selectors import hot_path
from inventory.purchasing.selectors import restock_dates
from inventory.reservations.models import Reservation, ReservationStatus
from inventory.reservations.selectors import FreeStock, free_stock
from inventory.transfers.selectors import arrival_dates


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is free, when more is expected, and when a hold runs out that makes more free."""

    free: list[FreeStock]
    restock: Mapping[int, date]
    changes_at: datetime | None


def read_stock(
    *,
    variant_ids: Collection[int],
    warehouses: Mapping[int, str],
    now: datetime,
    today: date,
    horizon: datetime | None = None,
) -> Reading:
    """What of these variants may be promised from these warehouses (their codes by key).

    Whether it is too old is for the rules. What holds keep that have run out counts as free; with a
    `horizon`, `changes_at` says when the next one does until then.
    """
    if not variant_ids or not warehouses:
        return Reading(free=[], restock={}, changes_at=None)
    if connection.vendor == "postgresql":
        return _by_one_statement(variant_ids, warehouses, now, today, horizon or now)
    return by_models(
        variant_ids=variant_ids, warehouses=warehouses, now=now, today=today, horizon=horizon
    )


def by_models(
    *,
    variant_ids: Collection[int],
    warehouses: Mapping[int, str],
    now: datetime,
    today: date,
    horizon: datetime | None = None,
) -> Reading:
    """The same by the models' own queries, on every database."""
    changes_at = None
    if horizon is not None:
        changes_at = (
            Reservation.objects.filter(
                status=ReservationStatus.HELD,
                expires_at__gt=now,
                expires_at__lte=horizon,
                lines__variant_id__in=variant_ids,
                lines__allocations__is_open=True,
            )
            .order_by("expires_at")
            .values_list("expires_at", flat=True)
            .first()
        )
    return Reading(
        free=free_stock(variant_ids=variant_ids, warehouse_ids=warehouses.keys(), overdue_at=now),
        restock=_restock(variant_ids, warehouses.keys(), today),
        changes_at=changes_at,
    )


def _restock(
    variant_ids: Collection[int], warehouse_ids: Collection[int], today: date
) -> dict[int, date]:
    """The next day on which a supplier or another warehouse brings more."""
    bought = restock_dates(variant_ids, warehouse_ids=warehouse_ids, today=today)
    sent = arrival_dates(variant_ids, warehouse_ids=warehouse_ids, today=today)
    return {
        pk: min(day for day in (bought.get(pk), sent.get(pk)) if day)
        for pk in bought.keys() | sent.keys()
    }


def _by_one_statement(
    variant_ids: Collection[int],
    warehouses: Mapping[int, str],
    now: datetime,
    today: date,
    horizon: datetime,
) -> Reading:
    free: list[FreeStock] = []
    restock: dict[int, date] = {}
    changes: list[datetime] = []
    for level_id, variant_id, place, lot, day, received_at, quantity, next_at in hot_path.read_rows(
        variant_ids=variant_ids,
        warehouse_ids=warehouses.keys(),
        now=now,
        horizon=horizon,
        today=today,
    ):
        if level_id is None:
            assert day is not None, "a variant is expected on a day"
            restock[variant_id] = min(day, restock.get(variant_id, day))
            continue
        if next_at is not None:
            changes.append(next_at)
        if quantity > 0:
            free.append(
                FreeStock(
                    stock_level_id=level_id,
                    variant_id=variant_id,
                    warehouse_id=place,
                    warehouse_code=warehouses[place],
                    lot_code=lot,
                    expiry_date=day,
                    received_at=received_at,
                    free=quantity,
                )
            )
    return Reading(free=free, restock=restock, changes_at=min(changes, default=None))
