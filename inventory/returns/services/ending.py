"""A return ends: all that came is decided, or nothing came."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from config.kernel.alerts import resolve_by_key_prefix
from config.kernel.outbox import publish
from inventory.returns.errors import NotAllInspected, ReturnUnderWay
from inventory.returns.events import ReturnCancelled, ReturnClosed
from inventory.returns.models import (
    ReturnAuthorization,
    ReturnChangeKind,
    ReturnLine,
    ReturnPart,
    ReturnStatus,
)
from inventory.returns.selectors import waiting_items
from inventory.returns.services.exchanges import decide_exchanges, lock_exchanges, sent_before
from inventory.returns.services.history import checked_text, lock_return, write_down
from inventory.stock.locks import lock_levels


@transaction.atomic
def close_return(*, return_id: UUID, now: datetime, reason: str = "") -> ReturnAuthorization:
    """Say that nothing more comes of it; what did not come may be returned another time.

    A replacement that nobody has decided about is free again. Closed twice is closed. Raises
    UnknownReturn, ReturnEnded (cancelled), NotAllInspected, InvalidText.
    """
    found = lock_return(return_id, is_open=False)
    if found.status == ReturnStatus.CLOSED:
        return found
    found = lock_return(return_id)
    reason = checked_text(reason, "reason", 300)
    if found.status == ReturnStatus.AUTHORISED:
        raise NotAllInspected(f"Nothing of return {found.reference} has come: cancel it instead.")
    waiting = waiting_items(found.pk)
    if waiting:
        raise NotAllInspected(
            f"{len(waiting)} lots of return {found.reference} wait for somebody to decide."
        )
    _end_exchanges(found, now)
    for line in ReturnLine.objects.filter(authorization=found).order_by("position"):
        _count_what_came(line)
    _end(found, ReturnStatus.CLOSED, ReturnChangeKind.CLOSED, reason, now)
    publish(
        ReturnClosed(
            occurred_at=now,
            return_id=found.pk,
            reference=found.reference,
            order_reference=found.order_reference,
        )
    )
    return found


@transaction.atomic
def cancel_return(*, return_id: UUID, now: datetime, reason: str = "") -> ReturnAuthorization:
    """Take the leave back before anything has come; replacements are free again.

    Cancelled twice is cancelled. Raises UnknownReturn, ReturnEnded (closed), ReturnUnderWay,
    InvalidText.
    """
    found = lock_return(return_id, is_open=False)
    if found.status == ReturnStatus.CANCELLED:
        return found
    found = lock_return(return_id)
    reason = checked_text(reason, "reason", 300)
    if found.status != ReturnStatus.AUTHORISED:
        raise ReturnUnderWay(f"Goods of return {found.reference} have come in: inspect them.")
    _end_exchanges(found, now)
    _end(found, ReturnStatus.CANCELLED, ReturnChangeKind.CANCELLED, reason, now)
    publish(
        ReturnCancelled(
            occurred_at=now,
            return_id=found.pk,
            reference=found.reference,
            order_reference=found.order_reference,
        )
    )
    return found


def _end_exchanges(found: ReturnAuthorization, now: datetime) -> None:
    """Replacements that nobody decided about are free again, but for those that were sent."""
    lines = {line.position: line for line in ReturnLine.objects.filter(authorization=found)}
    undecided = {
        position: False
        for position, line in lines.items()
        if line.exchange_reservation_id is not None and line.is_exchange_approved is None
    }
    if undecided:
        held = lock_exchanges(undecided, lines)
        lock_levels(variant_ids=held.variant_ids)
        sent = sent_before(lines[position] for position in undecided)
        decide_exchanges(found, {p: p in sent for p in undecided}, lines, now)


def _count_what_came(line: ReturnLine) -> None:
    """What did not come does not count against the sale any more."""
    left = line.received
    for part in ReturnPart.objects.filter(line=line).order_by("pk"):
        kept = min(part.quantity, left)
        left -= kept
        if kept == part.quantity:
            continue
        if kept == Decimal(0):
            part.delete()
        else:
            part.quantity = kept
            part.save(update_fields=["quantity"])


def _end(
    found: ReturnAuthorization,
    status: ReturnStatus,
    kind: ReturnChangeKind,
    reason: str,
    now: datetime,
) -> None:
    found.status, found.ended_at = status, now
    found.save(update_fields=["status", "ended_at"])
    write_down(found, kind, reason, now)
    resolve_by_key_prefix(
        prefix=f"return:{found.pk}:", resolution=f"The return is {status.label.lower()}.", now=now
    )
