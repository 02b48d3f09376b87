"""An announced delivery ends: received, closed short, cancelled, or taken back with its file."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from catalog.units.rules import plain
from config.kernel.alerts import AlertSeverity, raise_alert
from config.kernel.errors import FieldError, InvalidInput
from config.kernel.outbox import publish
from inventory.lots.rules import day_in
from inventory.purchasing.errors import (
    DeliveryCancelled,
    DeliveryHasEnded,
    DeliveryUnderWay,
    NothingReceived,
    UnknownNotice,
)
from inventory.purchasing.events import DeliveryEnded
from inventory.purchasing.models import ShipmentNotice, ShipmentNoticeLine, ShipmentStatus
from inventory.purchasing.selectors import OPEN_STATUSES, notice_of_run
from inventory.stock.freshness import availability_changed

ALERT_KIND = "delivery-discrepancy"
BUYER_PERMISSION = "inventory.cancel_shipmentnotice"


@transaction.atomic
def close_notice(*, notice_id: int, now: datetime) -> ShipmentNotice:
    """Expect nothing more of a delivery; what is missing goes to the buyer.

    Raises UnknownNotice, NothingReceived, DeliveryCancelled. A received delivery stays as it is.
    """
    notice = lock_notice(notice_id)
    if notice.status == ShipmentStatus.CANCELLED:
        raise DeliveryCancelled(f"Delivery {notice.reference} was cancelled.")
    if notice.status == ShipmentStatus.EXPECTED:
        raise NothingReceived(
            f"Nothing has come in of delivery {notice.reference}: cancel it instead."
        )
    if notice.status == ShipmentStatus.RECEIVED:
        return notice
    missing = list(
        ShipmentNoticeLine.objects.select_related("variant")
        .filter(notice=notice, received_quantity__lt=F("quantity"))
        .order_by("position")
    )
    end_notice(notice, ShipmentStatus.RECEIVED, now)
    if missing:
        shown = "; ".join(
            f"{line.variant.sku} lot {line.lot_code or '-'}: {plain(line.received_quantity)} "
            f"of {plain(line.quantity)}"
            for line in missing[:20]
        )
        raise_alert(
            kind=ALERT_KIND,
            key=f"delivery:{notice.pk}:short",
            severity=AlertSeverity.WARNING,
            title=f"Delivery {notice.reference} came in short on {len(missing)} lines",
            detail=shown,
            url=notice_url(notice.pk),
            subject=notice.reference,
            permission=BUYER_PERMISSION,
            payload={"notice_id": notice.pk, "discrepancies": ["short-delivery"]},
            now=now,
        )
    return notice


@transaction.atomic
def cancel_notice(*, notice_id: int, now: datetime) -> ShipmentNotice:
    """Expect a delivery no longer; its number is free again. Cancelled twice is cancelled.

    Raises UnknownNotice, DeliveryUnderWay (goods have come in).
    """
    notice = lock_notice(notice_id)
    if notice.status == ShipmentStatus.CANCELLED:
        return notice
    if notice.status != ShipmentStatus.EXPECTED:
        raise DeliveryUnderWay(
            f"Goods have come in of delivery {notice.reference}: close it instead."
        )
    end_notice(notice, ShipmentStatus.CANCELLED, now)
    return notice


@transaction.atomic
def set_expected_date(
    *, notice_id: int, expected_date: date | None, now: datetime
) -> ShipmentNotice:
    """Say when a delivery should arrive, or that nobody knows; the shop window tells from when.

    Raises UnknownNotice, DeliveryHasEnded, InvalidInput (a day that is past).
    """
    notice = lock_notice(notice_id)
    if notice.status not in OPEN_STATUSES:
        raise DeliveryHasEnded(
            f"Delivery {notice.reference} is {notice.get_status_display().lower()}: "
            "it is expected no longer."
        )
    today = day_in(notice.warehouse.time_zone, now)
    check_expected(expected_date, today=today, reference=notice.reference)
    notice.expected_date = expected_date
    notice.save(update_fields=["expected_date"])
    tell_shop_window(notice)
    return notice


def check_expected(expected_date: date | None, *, today: date, reference: str) -> None:
    """Raises InvalidInput where a delivery is said to arrive on a day that is past."""
    if expected_date is not None and expected_date < today:
        detail = f"Delivery {reference} cannot arrive on {expected_date}: today is {today}."
        raise InvalidInput(detail, errors=[FieldError("/expected_date", "date-past", detail)])


@transaction.atomic
def withdraw_run(*, import_run_id: UUID, now: datetime) -> None:
    """Take back what a file announced: its delivery, or its lines of one it only added to.

    Nothing announced by it: nothing to do. Raises DeliveryUnderWay (some of it has come in).
    """
    known = notice_of_run(import_run_id)
    if known is None:
        return
    notice = lock_notice(known.pk)
    lines = ShipmentNoticeLine.objects.filter(notice=notice)
    own = lines.filter(import_run_id=import_run_id)
    come_in = own.select_related("variant").filter(received_quantity__gt=0).first()
    if come_in is not None:
        raise DeliveryUnderWay(
            f"{plain(come_in.received_quantity)} of {come_in.variant.sku} lot "
            f"{come_in.lot_code or '-'} have come in of delivery {notice.reference}."
        )
    if not lines.exclude(import_run_id=import_run_id).exists():
        end_notice(notice, ShipmentStatus.CANCELLED, now)
        return
    tell_shop_window(notice)
    own.delete()
    advance(notice, now)


def notice_url(notice_id: int) -> str:
    """Where people look at a delivery."""
    return f"/admin/inventory/shipmentnotice/{notice_id}/change/"


def lock_notice(notice_id: int) -> ShipmentNotice:
    """The delivery, locked until the transaction ends. Raises UnknownNotice."""
    notice = (
        ShipmentNotice.objects.select_for_update(of=("self",))
        .select_related("warehouse", "supplier")
        .filter(pk=notice_id)
        .first()
    )
    if notice is None:
        raise UnknownNotice(f"There is no delivery {notice_id}.")
    return notice


def advance(notice: ShipmentNotice, now: datetime) -> None:
    """Say how far a delivery has come: received as soon as no line misses anything."""
    if notice.status not in OPEN_STATUSES:
        return
    lines = ShipmentNoticeLine.objects.filter(notice=notice)
    if not lines.filter(received_quantity__lt=F("quantity")).exists():
        end_notice(notice, ShipmentStatus.RECEIVED, now)
    elif lines.filter(received_quantity__gt=0).exists():
        notice.status = ShipmentStatus.PARTLY_RECEIVED
        notice.save(update_fields=["status"])


def tell_shop_window(notice: ShipmentNotice) -> None:
    """Figures kept of what this delivery brings are dropped: they say when more is expected."""
    availability_changed(
        ShipmentNoticeLine.objects.filter(notice=notice)
        .order_by()
        .values_list("variant_id", flat=True)
        .distinct()
    )


def end_notice(notice: ShipmentNotice, status: ShipmentStatus, now: datetime) -> None:
    """End a delivery that the caller has locked, and tell of it."""
    notice.status, notice.closed_at = status, now
    notice.save(update_fields=["status", "closed_at"])
    tell_shop_window(notice)
    publish(
        DeliveryEnded(
            occurred_at=now, notice_id=notice.pk, reference=notice.reference, status=str(status)
        )
    )
