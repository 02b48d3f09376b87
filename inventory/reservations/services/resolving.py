"""What a person does about shortages: look for stock once more, or give them up."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from catalog.products.selectors import variants_by_id
from catalog.units.rules import plain
from config.kernel.errors import InvalidInput
from inventory.reservations.models import (
    ChangeKind,
    Reservation,
    ReservationLine,
    ReservationStatus,
)
from inventory.reservations.rules import ZERO
from inventory.reservations.services.claims import fill_shortages
from inventory.reservations.services.history import Change, record_changes
from inventory.reservations.services.holding import lock_for
from inventory.reservations.services.shortages import resolve_shortage_alerts
from inventory.stock.locks import lock_levels


@transaction.atomic
def look_again(*, line_ids: Collection[int], now: datetime) -> int:
    """Give what is free now to these short lines, older reservations first; how many are whole.

    Holds whose time is over give way to them.
    """
    short = ReservationLine.objects.filter(pk__in=line_ids, shortage__gt=0)
    variant_ids = set(short.order_by().values_list("variant_id", flat=True))
    waiting = short.count()
    lock_for(variant_ids=variant_ids, now=now)
    fill_shortages(variant_ids=variant_ids, now=now)
    return waiting - short.count()


@transaction.atomic
def give_up_shortages(*, line_ids: Collection[int], reason: str, now: datetime) -> int:
    """Promise these lines no more than is kept for them, so that they can be committed; how many.

    Lines that are whole, and reservations that have ended, stay as they are. Raises InvalidInput
    (no reason).
    """
    if not reason.strip():
        raise InvalidInput("Say why: the reason is empty.")
    chosen = ReservationLine.objects.filter(pk__in=line_ids)
    held = list(
        Reservation.objects.select_for_update()
        .filter(pk__in=chosen.order_by().values("reservation_id"), status=ReservationStatus.HELD)
        .order_by("pk")
    )
    lock_levels(variant_ids=set(chosen.order_by().values_list("variant_id", flat=True)))
    short = list(chosen.filter(reservation__in=held, shortage__gt=0).order_by("pk"))
    variants = variants_by_id({line.variant_id for line in short})
    changes = [
        Change(
            reservation_id=line.reservation_id,
            line_id=line.pk,
            kind=ChangeKind.CUT,
            lost=line.shortage,
            detail=(
                f"{plain(line.quantity - line.shortage)} instead of {plain(line.quantity)} "
                f"{variants[line.variant_id].stock_unit} of {variants[line.variant_id].sku}."
            ),
            reason=reason,
        )
        for line in short
    ]
    for line in short:
        line.quantity -= line.shortage
        line.shortage = ZERO
    ReservationLine.objects.bulk_update(short, ["quantity", "shortage"])
    record_changes(changes, now)
    resolve_shortage_alerts(short, "What is short was given up.", now)
    return len(short)
