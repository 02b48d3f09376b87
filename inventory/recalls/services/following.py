"""Goods of a recalled lot that get a lot of their own stay recalled."""

from datetime import datetime

from config.kernel.context import actor_id
from inventory.lots.models import HoldReason, Lot, LotHold
from inventory.recalls.models import RecallLot, RecallStatus
from inventory.recalls.rules import ZERO
from inventory.stock import services as stock


def follow_split(*, source: Lot, lot: Lot, now: datetime) -> None:
    """Freeze a new lot whose goods come from a recalled one, and take it into its recalls.

    Runs inside the caller's transaction, which holds the locks of the variant's stock.
    """
    hold = LotHold.objects.filter(
        lot=source, reason=HoldReason.RECALL, released_at__isnull=True
    ).first()
    if hold is None:
        return
    (own,) = stock.place_holds(
        lot_ids=[lot.pk],
        reason=HoldReason.RECALL,
        note=hold.note,
        now=now,
        user_id=actor_id(),
    )
    RecallLot.objects.bulk_create(
        RecallLot(
            recall_id=recall_id,
            lot=lot,
            hold=own,
            added_at=now,
            came_in=ZERO,
            on_hand=ZERO,
            with_customers=ZERO,
        )
        for recall_id in RecallLot.objects.filter(lot=source)
        .exclude(recall__status=RecallStatus.WITHDRAWN)
        .order_by("pk")
        .values_list("recall_id", flat=True)
    )
