"""Counts are planned, started and called off."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from config.kernel.context import actor_id, actor_name
from config.kernel.errors import InvalidInput
from config.kernel.locks import advisory_lock
from config.kernel.words import counted
from inventory.counting.errors import (
    BeingCounted,
    NothingToCount,
    TooManyLines,
    UnknownCount,
    WrongStage,
)
from inventory.counting.models import (
    OPEN_LINE,
    CountLine,
    CountStatus,
    CycleCount,
    LineStatus,
)
from inventory.counting.rules import TOLERANCE_PERCENT_DEFAULT
from inventory.counting.selectors.counts import (
    countable_levels,
    not_being_counted,
    variants_of_class,
)
from inventory.counting.services.alerts import resolve_alert_of
from inventory.stock.services.ledger import checked_reason
from inventory.warehouses.errors import UnknownWarehouse
from inventory.warehouses.selectors import warehouse_by_id

LINES_MAX = 1000


@transaction.atomic
def plan_count(
    *,
    warehouse_id: int,
    scope: str,
    now: datetime,
    location_ids: Collection[int] = (),
    variant_ids: Collection[int] = (),
    lot_ids: Collection[int] = (),
    abc_class: str = "",
    tolerance_units: Decimal = Decimal(0),
    tolerance_percent: Decimal = TOLERANCE_PERCENT_DEFAULT,
) -> CycleCount:
    """Put what lies in a warehouse on a list to be counted: by place, by SKU or lot, or by class.

    What another open count holds is left out. `scope` says in words what was chosen; a draft is
    not seen by those who count until it is started. Raises UnknownWarehouse, NothingToCount,
    TooManyLines, BeingCounted, InvalidInput.
    """
    warehouse = warehouse_by_id(warehouse_id)
    if warehouse is None:
        raise UnknownWarehouse(f"There is no warehouse {warehouse_id}.")
    check_tolerance(tolerance_units, tolerance_percent)
    if abc_class:
        variant_ids = variants_of_class(warehouse_id=warehouse_id, abc_class=abc_class, now=now)
    chosen = countable_levels(
        warehouse_id=warehouse_id,
        location_ids=location_ids,
        variant_ids=variant_ids,
        lot_ids=lot_ids,
    )
    levels = (
        [] if abc_class and not variant_ids else list(not_being_counted(chosen)[: LINES_MAX + 1])
    )
    if not levels:
        raise NothingToCount(
            f"{warehouse.code}: {scope}: nothing lies there that no open count holds already."
        )
    if len(levels) > LINES_MAX:
        raise TooManyLines(
            f"{warehouse.code}: {scope}: that is more than {LINES_MAX:,} lines. Choose less."
        )
    count = CycleCount.objects.create(
        reference=_next_reference(now),
        warehouse=warehouse,
        scope=scope[:300],
        tolerance_units=tolerance_units,
        tolerance_percent=tolerance_percent,
        created_at=now,
        created_by_id=actor_id(),
        created_by_name=actor_name(),
    )
    insert_lines(
        [
            CountLine(
                count=count,
                position=position,
                variant_id=level.variant_id,
                location_id=level.location_id,
                lot_code=level.lot.code,
                expiry_date=level.lot.expiry_date,
                stock_level=level,
            )
            for position, level in enumerate(levels, start=1)
        ]
    )
    return count


@transaction.atomic
def start_count(*, count_id: UUID, now: datetime) -> CycleCount:
    """Hand a draft to those who count. Raises UnknownCount, WrongStage."""
    count = lock_count(count_id)
    require(count, CountStatus.DRAFT)
    count.status, count.started_at = CountStatus.COUNTING, now
    count.save(update_fields=["status", "started_at"])
    return count


@transaction.atomic
def cancel_count(*, count_id: UUID, reason: str, now: datetime) -> CycleCount:
    """Call a count off: what is not booked yet never will be; what is booked stays.

    Raises UnknownCount, WrongStage, ReasonRequired, InvalidText.
    """
    count = lock_count(count_id)
    if count.status in (CountStatus.CLOSED, CountStatus.CANCELLED):
        raise WrongStage(f"{count} is {count.get_status_display().lower()} already.")
    count.cancel_reason = checked_reason(reason)
    CountLine.objects.filter(count=count, status__in=OPEN_LINE).update(status=LineStatus.LEFT)
    count.status, count.closed_at, count.closed_by_name = CountStatus.CANCELLED, now, actor_name()
    count.save(update_fields=["status", "closed_at", "closed_by_name", "cancel_reason"])
    resolve_alert_of(count, "The count was cancelled.", now)
    return count


def lock_count(count_id: UUID) -> CycleCount:
    """The count, locked until the transaction ends. Raises UnknownCount.

    Always before stock: whoever holds levels asks for no count.
    """
    found = CycleCount.objects.select_for_update(of=("self",)).select_related("warehouse")
    count = found.filter(pk=count_id).first()
    if count is None:
        raise UnknownCount(f"There is no count {count_id}.")
    return count


def require(count: CycleCount, *stages: CountStatus) -> None:
    """Refuse what does not fit where a count stands. Raises WrongStage."""
    if count.status not in stages:
        wanted = " or ".join(stage.label.lower() for stage in stages)
        raise WrongStage(
            f"{count} is at the stage {count.get_status_display().lower()}, not {wanted}."
        )


def insert_lines(lines: list[CountLine]) -> list[CountLine]:
    """Write these lines. Raises BeingCounted where another open count got one of them first."""
    try:
        with transaction.atomic():
            return CountLine.objects.bulk_create(lines, batch_size=500)
    except IntegrityError as error:
        if "count_line_open_once" not in str(error) and "lot_code" not in str(error):
            raise
        raise BeingCounted(
            f"{counted(len(lines), 'line')}: another open count holds the same lot in the same "
            "place. Finish or cancel it first."
        ) from error


def check_tolerance(units: Decimal, percent: Decimal) -> None:
    """Refuse what is no tolerance. Raises InvalidInput."""
    if units < 0:
        raise InvalidInput(f"The tolerance of {units} units is below zero.")
    if not 0 <= percent <= 100:
        raise InvalidInput(f"The tolerance of {percent} percent is not between 0 and 100.")


def _next_reference(now: datetime) -> str:
    """`COUNT-261124-2`: the second one planned on a day."""
    prefix = f"COUNT-{now:%y%m%d}-"
    advisory_lock("counting:reference")
    taken = CycleCount.objects.filter(client=None, reference__startswith=prefix).count()
    return f"{prefix}{taken + 1}"
