"""What is to be looked after while a return is open: goods that wait, replacements that run out."""

from datetime import datetime, timedelta

from django.db import transaction

from config.kernel.alerts import AlertDraft, AlertSeverity, raise_alerts
from config.kernel.errors import DomainError
from inventory.reservations import services as reservations
from inventory.reservations.models import Reservation, ReservationStatus
from inventory.reservations.selectors import ItemCode
from inventory.reservations.services.wanted import WantedLine, understood
from inventory.returns.models import ReturnAuthorization, ReturnChangeKind, ReturnLine
from inventory.returns.selectors import OPEN, exchanges_to_keep, not_come, not_inspected
from inventory.returns.services.exchanges import EXCHANGE_TTL, hold_replacement
from inventory.returns.services.history import write_down

ALERT_KIND = "return"
BATCH = 500
KEEP_AHEAD = timedelta(days=2)


@transaction.atomic
def alert_waiting(*, now: datetime) -> int:
    """Alert once to each return that never came or waits for inspection; how many are new."""
    drafts = [
        _alert(
            found,
            f"inspect:{(found.received_at or now).date()}",
            f"Return {found.reference} waits to be inspected",
            f"It came in {(now - (found.received_at or now)).days} days ago.",
            "inventory.inspect_return",
        )
        for found in not_inspected(now)[:BATCH]
    ]
    drafts += [
        _alert(
            found,
            "missing",
            f"Return {found.reference} has not come",
            f"It was authorised {(now - found.created_at).days} days ago: ask, or cancel it.",
            "inventory.authorise_return",
        )
        for found in not_come(now)[:BATCH]
    ]
    return len(raise_alerts(drafts, now=now))


def keep_exchanges(*, now: datetime) -> int:
    """Hold replacements for as long as their returns are open; how many were held for longer.

    One whose time ran out is held again; where the stock is gone somebody is alerted.
    """
    lines = list(exchanges_to_keep(now + KEEP_AHEAD)[:BATCH])
    return sum(_keep(line.pk, now) for line in lines)


@transaction.atomic
def _keep(line_id: int, now: datetime) -> bool:
    line = ReturnLine.objects.select_related("exchange_variant__product").get(pk=line_id)
    found = (
        ReturnAuthorization.objects.select_for_update(of=("self",))
        .select_related("market")
        .get(pk=line.authorization_id)
    )
    line.refresh_from_db()
    if found.status not in OPEN or line.is_exchange_approved is not None:
        return False
    assert line.exchange_reservation_id is not None, "a replacement is reserved"
    held = Reservation.objects.get(pk=line.exchange_reservation_id)
    if held.status == ReservationStatus.HELD and held.expires_at > now:
        reservations.extend(reservation_id=held.pk, ttl=EXCHANGE_TTL, now=now)
        return True
    variant = line.exchange_variant
    assert variant is not None, "a replacement names what it is"
    unit = variant.product.stock_unit
    try:
        with transaction.atomic():
            item = ItemCode(sku=variant.sku)
            wanted = WantedLine(
                item=item, quantity=line.exchange_quantity or line.quantity, unit=unit
            )
            (want,) = understood([wanted])
            again = hold_replacement(found, line, want, now, client_id=held.client_id)
    except DomainError as error:
        _tell_it_is_gone(found, line, variant.sku, error, now)
        return False
    line.exchange_reservation = again
    line.save(update_fields=["exchange_reservation"])
    write_down(found, ReturnChangeKind.HELD_AGAIN, f"Of line {line.position}.", now)
    return True


def _tell_it_is_gone(
    found: ReturnAuthorization, line: ReturnLine, sku: str, error: DomainError, now: datetime
) -> None:
    draft = _alert(
        found,
        f"exchange:{line.position}",
        f"Return {found.reference}: the replacement {sku} cannot be held any more",
        error.detail,
        "inventory.inspect_return",
    )
    raise_alerts([draft], now=now)


def _alert(
    found: ReturnAuthorization, key: str, title: str, detail: str, permission: str
) -> AlertDraft:
    return AlertDraft(
        kind=ALERT_KIND,
        key=f"return:{found.pk}:{key}",
        severity=AlertSeverity.WARNING,
        title=title,
        detail=detail,
        url=f"/admin/inventory/returnauthorization/{found.pk}/change/",
        subject=found.reference,
        permission=permission,
        payload={"return_id": str(found.pk)},
    )
