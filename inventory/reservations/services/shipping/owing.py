"""What an order is short of: what was sent covers it, and the rest is still owed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from inventory.reservations.matching import Owed, Swap
from inventory.reservations.models import Reservation, ReservationLine, Shipment
from inventory.reservations.services.shortages import (
    raise_owed_alerts,
    resolve_shortage_alerts,
)


def short_lines(orders: Sequence[Reservation]) -> list[ReservationLine]:
    """The lines of these locked orders that are short."""
    return list(
        ReservationLine.objects.filter(reservation__in=orders, shortage__gt=0)
        .select_related("reservation")
        .order_by("reservation_id", "position")
    )


def owed_of(lines: Sequence[ReservationLine]) -> list[Owed]:
    """What they are short of, to be fitted to what was sent."""
    return [
        Owed(line_id=line.pk, variant_id=line.variant_id, quantity=line.shortage) for line in lines
    ]


def cover(lines: Sequence[ReservationLine], swaps: Sequence[Swap]) -> None:
    """The lines are short of so much less as was sent of it.

    Before stock changes, so that what becomes free is given to nobody who has it already.
    """
    by_key = {line.pk: line for line in lines}
    covers = [swap for swap in swaps if swap.booked_level_id is None]
    for swap in covers:
        by_key[swap.line_id].shortage -= swap.quantity
    covered = {swap.line_id for swap in covers}
    ReservationLine.objects.bulk_update([by_key[pk] for pk in sorted(covered)], ["shortage"])


def tell_what_is_owed(
    lines: Sequence[ReservationLine],
    swaps: Sequence[Swap],
    shipment: Shipment,
    now: datetime,
    *,
    newly: Collection[UUID],
) -> None:
    """Take what was covered off the work list; what an order still waits for is a new alert.

    `newly` are the reservations that this shipment committed.
    """
    covered = {swap.line_id for swap in swaps if swap.booked_level_id is None}
    changed = [line for line in lines if line.pk in covered or line.reservation_id in newly]
    if not changed:
        return
    # Stock that came back meanwhile may have filled some.
    left = dict(
        ReservationLine.objects.filter(pk__in=[line.pk for line in changed])
        .order_by()
        .values_list("pk", "shortage")
    )
    for line in changed:
        line.shortage = left[line.pk]
    resolve_shortage_alerts(changed, f"Shipment {shipment.reference} was sent.", now)
    raise_owed_alerts([line for line in changed if line.shortage], shipment, now)
