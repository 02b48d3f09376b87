"""A recall begins: the lots are frozen at once, whatever was promised of them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from catalog.products.selectors import variants_by_sku
from config.kernel.alerts import AlertSeverity, raise_alert
from config.kernel.context import actor_id, actor_name
from config.kernel.errors import FieldError
from config.kernel.locks import advisory_lock
from config.kernel.outbox import publish
from config.kernel.words import counted
from inventory.lots.models import HoldReason, Lot, LotHold
from inventory.recalls.errors import (
    InvalidText,
    NothingToRecall,
    RecallEnded,
    RecallReferenceTaken,
    TooManyLots,
    UnknownRecall,
)
from inventory.recalls.events import LotRecalled
from inventory.recalls.models import (
    REASON_LENGTH_MAX,
    REFERENCE_LENGTH_MAX,
    Recall,
    RecallLoss,
    RecallLot,
    RecallPlace,
    RecallStatus,
)
from inventory.recalls.selectors import balances_of, family_of
from inventory.recalls.services.choosing import LOTS_MAX, Choice, choose_lots
from inventory.stock import services as stock
from inventory.stock.claims import Loss, losses_told
from inventory.stock.locks import lock_levels
from inventory.stock.models import StockLevel

ALERT_KIND = "recall"
ALERT_PERMISSION = "inventory.record_recall"
FAMILY_MAX = 2 * LOTS_MAX


@transaction.atomic
def start_recall(
    *, reference: str, reason: str, choice: Choice, now: datetime
) -> tuple[Recall, bool]:
    """Freeze the chosen lots and all that was opened from them; True where it is new.

    What was promised of them is promised from other lots, else missing, in the same transaction.
    The same reference with the same choice again is the recall there is. Raises InvalidText,
    RecallReferenceTaken, and what `choose_lots` raises.
    """
    reference = checked_text(reference, "reference", REFERENCE_LENGTH_MAX)
    reason = checked_text(reason, "reason", REASON_LENGTH_MAX)
    chosen = choose_lots(choice)
    advisory_lock(f"recall:{reference}")
    known = Recall.objects.filter(reference=reference).first()
    if known is not None:
        if known.chosen == chosen.named:
            return known, False
        detail = f"Recall {reference} is about other lots: add these to it, or give it its own."
        error = FieldError("/reference", RecallReferenceTaken.code, detail)
        raise RecallReferenceTaken(detail, errors=[error])
    recall = Recall.objects.create(
        reference=reference,
        reason=reason,
        chosen=chosen.named,
        started_at=now,
        started_by_id=actor_id(),
        started_by_name=actor_name(),
    )
    _freeze(recall, chosen.lots, now)
    return recall, True


@transaction.atomic
def add_lots(*, recall_id: UUID, choice: Choice, now: datetime) -> list[RecallLot]:
    """Freeze more lots in a recall that is under way; those in it already stay as they are.

    Raises UnknownRecall, RecallEnded, NothingToRecall (all are in it), and what `choose_lots`
    raises.
    """
    recall = lock_recall(recall_id)
    chosen = choose_lots(choice)
    known = set(RecallLot.objects.filter(recall=recall).values_list("lot_id", flat=True))
    new = [lot for lot in chosen.lots if lot.pk not in known]
    if not new:
        raise NothingToRecall(
            f"All of these lots are in recall {recall.reference} already.", field="lots"
        )
    return _freeze(recall, new, now)


def lock_recall(recall_id: UUID) -> Recall:
    """The recall, locked until the transaction ends and still open; stock is locked after it.

    Raises UnknownRecall, RecallEnded.
    """
    recall = Recall.objects.select_for_update().filter(pk=recall_id).first()
    if recall is None:
        raise UnknownRecall(f"There is no recall {recall_id}.")
    if recall.status != RecallStatus.OPEN:
        raise RecallEnded(
            f"Recall {recall.reference} is {recall.get_status_display().lower()}: start a new one."
        )
    return recall


def checked_text(text: str, field: str, length_max: int, *, is_required: bool = True) -> str:
    """The text, trimmed. Raises InvalidText."""
    text = text.strip()
    if is_required and not text:
        raise InvalidText(f"{field} is empty.", field=field)
    if len(text) > length_max:
        raise InvalidText(
            f"{field} has {len(text)} characters, more than {length_max}.", field=field
        )
    return text


def _freeze(recall: Recall, chosen: Sequence[Lot], now: datetime) -> list[RecallLot]:
    """Lock, look, hold, and write down what there was and who lost what."""
    known = set(RecallLot.objects.filter(recall=recall).values_list("lot_id", flat=True))
    lots = [lot for lot in _locked_family(chosen) if lot.pk not in known]
    if len(known) + len(lots) > FAMILY_MAX:
        raise TooManyLots(
            f"With what was opened from them these are {len(known) + len(lots)} lots, more than "
            f"{FAMILY_MAX}: make several recalls.",
            field="lots",
        )
    lot_ids = [lot.pk for lot in lots]
    places = _places(lot_ids)
    with losses_told() as losses:
        stock.place_holds(
            lot_ids=lot_ids,
            reason=HoldReason.RECALL,
            note=f"{recall.reference}: {recall.reason}",
            now=now,
            user_id=actor_id(),
        )
    holds = dict(
        LotHold.objects.filter(
            lot_id__in=lot_ids, reason=HoldReason.RECALL, released_at__isnull=True
        ).values_list("lot_id", "pk")
    )
    balances = balances_of(lot_ids)
    recalled = RecallLot.objects.bulk_create(
        RecallLot(
            recall=recall,
            lot=lot,
            hold_id=holds[lot.pk],
            added_at=now,
            came_in=balances[lot.pk].total,
            on_hand=balances[lot.pk].on_hand,
            with_customers=balances[lot.pk].with_customers,
        )
        for lot in lots
    )
    RecallPlace.objects.bulk_create(
        RecallPlace(recall_lot=one, warehouse_id=warehouse_id, on_hand=on_hand, reserved=reserved)
        for one in recalled
        for warehouse_id, on_hand, reserved in places[one.lot_id]
    )
    _write_losses(recall, losses, now)
    _tell(recall, recalled, len(losses), now)
    return recalled


def _locked_family(chosen: Sequence[Lot]) -> list[Lot]:
    """The lots and what was opened from them, their stock locked, once, in the order of keys.

    Opening locks what it opens: whoever was quicker than us has made a lot that we see by then, and
    where it is of another product we let go and lock that, too.
    """
    family = family_of(chosen)
    while True:
        variant_ids = {lot.variant_id for lot in family}
        with transaction.atomic():
            lock_levels(variant_ids=variant_ids)
            family = family_of(chosen)
            if {lot.variant_id for lot in family} <= variant_ids:
                return family
            transaction.set_rollback(True)


def _places(lot_ids: Collection[int]) -> dict[int, list[tuple[int, Decimal, Decimal]]]:
    """What lies of each lot in each warehouse, and how much of that is promised."""
    rows = (
        StockLevel.objects.filter(lot_id__in=lot_ids, on_hand__gt=0)
        .order_by("lot_id", "location__warehouse_id")
        .values_list("lot_id", "location__warehouse_id")
        .annotate(all_on_hand=Sum("on_hand"), all_reserved=Sum("reserved"))
    )
    found: dict[int, list[tuple[int, Decimal, Decimal]]] = defaultdict(list)
    for lot_id, warehouse_id, on_hand, reserved in rows:
        found[lot_id].append((warehouse_id, on_hand, reserved))
    return found


def _write_losses(recall: Recall, losses: Sequence[Loss], now: datetime) -> None:
    variants = variants_by_sku({loss.sku for loss in losses})
    RecallLoss.objects.bulk_create(
        RecallLoss(
            recall=recall,
            reservation_id=loss.reservation_id,
            variant_id=variants[loss.sku].id,
            lost=loss.lost,
            found=loss.found,
            short=loss.short,
            lost_at=now,
        )
        for loss in losses
    )


def _tell(recall: Recall, recalled: Sequence[RecallLot], loss_count: int, now: datetime) -> None:
    publish(
        *(
            LotRecalled(
                occurred_at=now,
                recall_id=recall.pk,
                reference=recall.reference,
                reason=recall.reason,
                sku=one.lot.variant.sku,
                lot=one.lot.code,
                expires_on=one.lot.expiry_date,
                on_hand=one.on_hand,
                with_customers=one.with_customers,
            )
            for one in recalled
        )
    )
    raise_alert(
        kind=ALERT_KIND,
        key=f"{ALERT_KIND}:{recall.pk}",
        severity=AlertSeverity.CRITICAL,
        title=f"Recall {recall.reference}: {counted(len(recalled), 'lot')} frozen",
        detail=f"{recall.reason} {counted(loss_count, 'promise')} had to give way. Write to those "
        "who got some, and say what became of each unit.",
        url=f"/admin/inventory/recall/{recall.pk}/change/",
        subject=recall.reference,
        permission=ALERT_PERMISSION,
        now=now,
    )
