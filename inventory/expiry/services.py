"""What is done about stock whose time runs out: alerts, the digest, taking it out of promises."""

from datetime import date, datetime
from itertools import groupby

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string

from catalog.units.rules import plain
from config.kernel.alerts import AlertDraft, open_alerts, raise_alerts, resolve_by_key_prefix
from config.kernel.locks import advisory_lock
from config.kernel.money import format_money
from config.kernel.outbox import OutboxEvent, publish
from config.kernel.words import counted
from inventory.expiry import rules
from inventory.expiry.events import ExpiryDigestSent, LotExpiring
from inventory.expiry.selectors import (
    DueLot,
    digest_readers,
    due_lots,
    latest_today,
    levels_maybe_past,
    lots_without_stock,
)
from inventory.stock.claims import PAST_SELL_BY, give_way
from inventory.stock.locks import lock_levels

ALERT_KIND = "lot-expiring"
ALERT_PERMISSION = "inventory.place_lothold"
BATCH = 500
DIGEST_LINES_MAX = 200


@transaction.atomic
def raise_expiry_alerts(*, now: datetime) -> int:
    """Alert once for each lot and threshold that is reached, and say how many alerts are new.

    A more urgent alert of the same lot replaces the one before; alerts of lots that are gone are
    resolved.
    """
    _resolve_what_is_gone(now)
    raised = 0
    batch: list[DueLot] = []
    for lot in due_lots(now=now):
        batch.append(lot)
        if len(batch) == BATCH:
            raised += _alert(batch, now)
            batch = []
    return raised + _alert(batch, now)


def sweep(*, now: datetime) -> int:
    """Take promises off lots past their last day of sale; say how many levels were looked at.

    Resolves the alerts of lots that are gone, too: the work list is true before the next night.
    Runs at every warehouse's midnight (its own day decides) and may run at any time again.
    """
    levels = levels_maybe_past(now=now).values_list("variant_id", "pk")
    seen = 0
    for variant_id, group in groupby(list(levels), key=lambda level: level[0]):
        level_ids = [pk for _, pk in group]
        with transaction.atomic():
            lock_levels(variant_ids=[variant_id])
            give_way.ask(stock_level_ids=level_ids, now=now, because=PAST_SELL_BY)
        seen += len(level_ids)
    _resolve_what_is_gone(now)
    return seen


def send_digest(*, now: datetime) -> int:
    """Send the open expiry alerts by e-mail to everyone with the right, once a day and reader."""
    alerts = list(
        open_alerts()
        .filter(kind=ALERT_KIND)
        .order_by("payload__sell_by", "pk")[: DIGEST_LINES_MAX + 1]
    )
    if not alerts:
        return 0
    day = latest_today(now)
    fresh = sum(alert.created_at.date() == now.date() for alert in alerts)
    count = open_alerts().filter(kind=ALERT_KIND).count()
    context = {
        "alerts": alerts[:DIGEST_LINES_MAX],
        "is_cut": len(alerts) > DIGEST_LINES_MAX,
        "count": count,
        "fresh": fresh,
        "day": day,
        "base_url": settings.BACKROOM_URL,
    }
    subject = f"Expiry on {day:%d %B %Y}: {counted(count, 'lot')} to look at, {fresh} new"
    body = render_to_string("inventory/expiry/digest.txt", context)
    sent = 0
    for reader in digest_readers():
        if _claim_digest(day, reader.pk, now):
            try:
                EmailMessage(subject, body, to=[reader.email]).send()
            except OSError:
                # A mail server that is down must not make the next run think it was sent.
                OutboxEvent.objects.filter(
                    type=ExpiryDigestSent.type, subject=f"{day}:{reader.pk}"
                ).delete()
                raise
            sent += 1
    return sent


@transaction.atomic
def _claim_digest(day: date, reader_id: int, now: datetime) -> bool:
    event = ExpiryDigestSent(day=day, reader_id=reader_id, occurred_at=now)
    advisory_lock("inventory.expiry.digest")
    if OutboxEvent.objects.filter(type=event.type, subject=event.subject).exists():
        return False
    publish(event)
    return True


def _alert(lots: list[DueLot], now: datetime) -> int:
    drafts = {rules.alert_key(lot.lot_id, lot.threshold): _draft(lot) for lot in lots}
    by_key = {rules.alert_key(lot.lot_id, lot.threshold): lot for lot in lots}
    raised = raise_alerts(drafts.values(), now=now)
    for alert in raised:
        lot = by_key[alert.key]
        _supersede(lot, now)
    publish(
        *[
            LotExpiring(
                sku=lot.sku,
                lot=lot.code,
                threshold=lot.threshold,
                days_left=lot.days_left,
                sell_by=lot.sell_by_date,
                occurred_at=now,
            )
            for lot in (by_key[alert.key] for alert in raised)
        ]
    )
    return len(raised)


def _supersede(lot: DueLot, now: datetime) -> None:
    open_alerts().filter(key__startswith=rules.lot_key_prefix(lot.lot_id)).exclude(
        key=rules.alert_key(lot.lot_id, lot.threshold)
    ).update(
        resolved_at=now,
        resolution=f"Replaced by a later alert: {rules.threshold_sentence(lot.threshold)}.",
    )


def _draft(lot: DueLot) -> AlertDraft:
    value = rules.value_of(lot.on_hand, lot.unit_cost)
    worth = "of unknown cost" if value is None else f"worth {format_money(value, lot.currency)}"
    return AlertDraft(
        kind=ALERT_KIND,
        key=rules.alert_key(lot.lot_id, lot.threshold),
        severity=rules.severity(lot.threshold),
        title=f"{lot.sku} lot {lot.code}: {rules.threshold_sentence(lot.threshold)}",
        detail=(
            f"{lot.product_name}: {plain(lot.on_hand)} {lot.stock_unit} {worth} on hand; last day "
            f"of sale {lot.sell_by_date:%d %b %Y} ({rules.days_left_sentence(lot.days_left)})."
        ),
        url=f"/admin/inventory/expiringlot/?q={lot.code}",
        subject=f"{lot.sku}/{lot.code}",
        permission=ALERT_PERMISSION,
        payload={
            "lot_id": lot.lot_id,
            "threshold": lot.threshold,
            "sell_by": lot.sell_by_date.isoformat(),
        },
    )


def _resolve_what_is_gone(now: datetime) -> None:
    lot_ids = {
        alert["lot_id"]
        for alert in open_alerts().filter(kind=ALERT_KIND).values_list("payload", flat=True)
    }
    ordered = sorted(lot_ids)
    for start in range(0, len(ordered), BATCH):
        for lot_id in sorted(lots_without_stock(ordered[start : start + BATCH])):
            resolve_by_key_prefix(
                prefix=rules.lot_key_prefix(lot_id), resolution="Nothing of it is left.", now=now
            )
