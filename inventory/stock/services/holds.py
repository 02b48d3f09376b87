"""Lots are kept from sale and let go again. Only here, because promised stock has to give way."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from config.kernel.outbox import publish
from inventory.lots import services as lots
from inventory.lots.errors import AlreadyOnHold, NotOnHold
from inventory.lots.models import HoldReason, Lot, LotHold
from inventory.lots.selectors import held_lot_ids, open_holds
from inventory.stock.claims import fill_shortages, give_way
from inventory.stock.events import LotHeld, LotReleased
from inventory.stock.locks import lock_levels
from inventory.stock.models import StockLevel
from inventory.stock.services.ledger import checked_reason

NOTE_LENGTH_MAX = 500


@transaction.atomic
def place_hold(
    *, lot_id: int, reason: HoldReason, note: str, now: datetime, user_id: int | None
) -> LotHold:
    """Keep a lot from sale; what was promised of it is promised from other lots, else missing.

    Raises UnknownLot, AlreadyOnHold, ReasonRequired (no note), InvalidText.
    """
    placed = place_holds(lot_ids=[lot_id], reason=reason, note=note, now=now, user_id=user_id)
    if not placed:
        (lot,) = lots.get_lots([lot_id])
        raise AlreadyOnHold(
            f"{lot.variant.sku} {lot} is on hold for {HoldReason(reason).label} already."
        )
    return placed[0]


@transaction.atomic
def place_holds(
    *,
    lot_ids: Collection[int],
    reason: HoldReason,
    note: str,
    now: datetime,
    user_id: int | None,
) -> list[LotHold]:
    """Keep lots from sale; those on hold for this reason already stay as they are.

    Raises UnknownLot, ReasonRequired (no note), InvalidText.
    """
    note = checked_reason(note, length_max=NOTE_LENGTH_MAX)
    chosen = lots.get_lots(lot_ids)
    lock_levels(variant_ids={lot.variant_id for lot in chosen})
    return hold_lots(chosen, reason=HoldReason(reason), note=note, now=now, user_id=user_id)


@transaction.atomic
def release_hold(*, hold_id: int, note: str, now: datetime, user_id: int | None) -> LotHold:
    """End one hold; where it was the last, the lot may be sold again and fills what is missing.

    Raises NotOnHold, ReasonRequired (no note), InvalidText.
    """
    hold = LotHold.objects.select_related("lot__variant").filter(pk=hold_id).first()
    if hold is None:
        raise NotOnHold(f"There is no hold {hold_id}.")
    if not _release([hold], note=note, now=now, user_id=user_id):
        raise NotOnHold(
            f"{hold.lot.variant.sku} {hold.lot} was released from {hold.get_reason_display()} "
            "before."
        )
    hold.refresh_from_db()
    return hold


@transaction.atomic
def release_holds(
    *,
    lot_ids: Collection[int],
    note: str,
    now: datetime,
    user_id: int | None,
    reasons: Collection[HoldReason] | None = None,
) -> list[LotHold]:
    """End the open holds of these lots, of all reasons or of some.

    Raises UnknownLot, NotOnHold (no hold is open), ReasonRequired (no note), InvalidText.
    """
    chosen = lots.get_lots(lot_ids)
    holds = LotHold.objects.select_related("lot__variant").filter(
        lot__in=chosen, released_at__isnull=True
    )
    if reasons is not None:
        holds = holds.filter(reason__in=reasons)
    released = _release(list(holds.order_by("pk")), note=note, now=now, user_id=user_id)
    if not released:
        names = ", ".join(f"{lot.variant.sku} {lot}" for lot in chosen)
        others = sorted({hold.get_reason_display() for hold in open_holds(lot_ids)})
        rest = f" {', '.join(others)} stays: that is not released here." if others else ""
        raise NotOnHold(f"No hold to release on {names or 'no lot'}.{rest}")
    return released


def hold_lots(
    chosen: Collection[Lot],
    *,
    reason: HoldReason,
    note: str,
    now: datetime,
    user_id: int | None,
) -> list[LotHold]:
    """Open the holds and let promises give way. The variants' levels are locked by the caller."""
    placed = lots.open_holds(lots=chosen, reason=reason, note=note, now=now, user_id=user_id)
    held = [hold.lot for hold in placed]
    publish(
        *(
            LotHeld(
                occurred_at=now,
                sku=lot.variant.sku,
                lot=lot.code,
                expires_on=lot.expiry_date,
                reason=str(reason),
                note=note,
            )
            for lot in held
        )
    )
    promised = StockLevel.objects.filter(lot__in=held, reserved__gt=0).order_by("pk")
    if promised_ids := list(promised.values_list("pk", flat=True)):
        give_way.ask(
            stock_level_ids=promised_ids,
            now=now,
            because=f"On hold, {HoldReason(reason).label.lower()}: {note}",
        )
    return placed


def _release(
    holds: list[LotHold], *, note: str, now: datetime, user_id: int | None
) -> list[LotHold]:
    """Lock, look which of these are still open, end them, fill shortages from what is free now."""
    note = checked_reason(note, length_max=NOTE_LENGTH_MAX)
    lock_levels(variant_ids={hold.lot.variant_id for hold in holds})
    still_open = set(
        LotHold.objects.filter(
            pk__in=[hold.pk for hold in holds], released_at__isnull=True
        ).values_list("pk", flat=True)
    )
    released = [hold for hold in holds if hold.pk in still_open]
    lots.close_holds(hold_ids=[hold.pk for hold in released], note=note, now=now, user_id=user_id)
    held = held_lot_ids([hold.lot_id for hold in released])
    publish(
        *(
            LotReleased(
                occurred_at=now,
                sku=hold.lot.variant.sku,
                lot=hold.lot.code,
                reason=hold.reason,
                note=note,
                is_on_hold=hold.lot_id in held,
            )
            for hold in released
        )
    )
    free = {hold.lot.variant_id for hold in released if hold.lot_id not in held}
    if free:
        fill_shortages.ask(variant_ids=free, now=now)
    return released
