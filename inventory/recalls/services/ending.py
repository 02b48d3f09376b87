"""A recall ends: all is accounted for, or it should never have been."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from catalog.units.rules import plain
from config.kernel.alerts import resolve_by_key_prefix
from config.kernel.context import actor_id, actor_name
from config.kernel.outbox import publish
from inventory.lots.models import HoldReason, LotHold
from inventory.recalls.errors import RecallIncomplete
from inventory.recalls.events import RecallEndedEvent
from inventory.recalls.models import REASON_LENGTH_MAX, Recall, RecallLot, RecallStatus
from inventory.recalls.selectors import progress_of
from inventory.recalls.services.starting import ALERT_KIND, checked_text, lock_recall
from inventory.stock import services as stock


@transaction.atomic
def close_recall(*, recall_id: UUID, now: datetime, reason: str = "") -> Recall:
    """End a recall; the lots stay frozen. While units are outstanding only with a reason.

    Raises UnknownRecall, RecallEnded, RecallIncomplete, InvalidText.
    """
    recall = lock_recall(recall_id)
    reason = checked_text(reason, "reason", REASON_LENGTH_MAX, is_required=False)
    _, sums = progress_of(recall)
    missing = [f"{plain(s.outstanding)} {s.unit}" for s in sums if s.outstanding]
    if missing and not reason:
        raise RecallIncomplete(
            f"{' and '.join(missing)} of recall {recall.reference} are outstanding: say why it is "
            "closed all the same."
        )
    return _end(recall, RecallStatus.CLOSED, reason or "All is accounted for.", now)


@transaction.atomic
def withdraw_recall(*, recall_id: UUID, reason: str, now: datetime) -> Recall:
    """Take a recall back: its lots may be sold again, but for those that another recall freezes.

    Other holds stay. Raises UnknownRecall, RecallEnded, InvalidText (no reason).
    """
    recall = lock_recall(recall_id)
    reason = checked_text(reason, "reason", REASON_LENGTH_MAX)
    own = RecallLot.objects.filter(recall=recall)
    others = RecallLot.objects.exclude(recall=recall).exclude(recall__status=RecallStatus.WITHDRAWN)
    held = LotHold.objects.filter(
        lot_id__in=own.values("lot_id"), reason=HoldReason.RECALL, released_at__isnull=True
    ).exclude(lot_id__in=others.values("lot_id"))
    lot_ids = list(held.values_list("lot_id", flat=True))
    if lot_ids:
        stock.release_holds(
            lot_ids=lot_ids,
            note=f"Recall {recall.reference} withdrawn: {reason}",
            now=now,
            user_id=actor_id(),
            reasons=[HoldReason.RECALL],
        )
    return _end(recall, RecallStatus.WITHDRAWN, reason, now)


def _end(recall: Recall, status: RecallStatus, reason: str, now: datetime) -> Recall:
    recall.status, recall.ended_at, recall.end_reason = status, now, reason
    recall.ended_by_id, recall.ended_by_name = actor_id(), actor_name()
    recall.save(update_fields=["status", "ended_at", "end_reason", "ended_by", "ended_by_name"])
    publish(
        RecallEndedEvent(
            occurred_at=now,
            recall_id=recall.pk,
            reference=recall.reference,
            status=status,
            reason=reason,
        )
    )
    resolve_by_key_prefix(
        prefix=f"{ALERT_KIND}:{recall.pk}",
        resolution=f"{status.label}: {reason}",
        user_id=actor_id(),
        now=now,
    )
    return recall
