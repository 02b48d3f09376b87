"""What held reservations are short of: written down, told and alerted, until it is found."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import plain
from config.kernel.alerts import AlertDraft, AlertSeverity, raise_alerts, resolve_by_key_prefix
from config.kernel.outbox import publish
from inventory.reservations.events import (
    ComponentQuantity,
    LineQuantity,
    ReservationShortage,
)
from inventory.reservations.models import ReservationLine, Shipment


def record_shortages(
    lines: Sequence[ReservationLine],
    rest: Mapping[int, Decimal],
    variants: Mapping[int, VariantRef],
    now: datetime,
) -> None:
    """Write down what is short, say so in an event for each reservation, and alert once a line."""
    short = [line for line in lines if rest[line.pk]]
    if not short:
        return
    for line in short:
        line.shortage += rest[line.pk]
    ReservationLine.objects.bulk_update(short, ["shortage"])
    live = sorted(
        (line for line in short if line.reservation.expires_at > now),
        key=lambda line: (line.reservation.created_at, line.reservation_id, line.position),
    )
    bundles = _bundles_of(live)
    publish(
        *(
            _shortage_event(list(group), variants, bundles, now)
            for _, group in groupby(live, key=lambda line: line.reservation_id)
        )
    )
    raise_alerts(
        [
            _shortage_alert(line, variants[line.variant_id], bundles.get(line.parent_id or 0, ""))
            for line in live
        ],
        now,
    )


def resolve_shortage_alerts(
    lines: Iterable[ReservationLine], resolution: str, now: datetime
) -> None:
    """Take the alerts about these lines' shortages off the work list."""
    for line in lines:
        resolve_by_key_prefix(prefix=_alert_key(line), resolution=resolution, now=now)


def raise_owed_alerts(lines: Sequence[ReservationLine], shipment: Shipment, now: datetime) -> None:
    """Say what an order still waits for after some of it was sent: nobody can commit it again."""
    variants = variants_by_id({line.variant_id for line in lines})
    drafts = []
    for line in lines:
        variant = variants[line.variant_id]
        missing = f"{plain(line.shortage)} {variant.stock_unit} of {variant.sku}"
        drafts.append(
            AlertDraft(
                kind="reservation-shortage",
                key=f"{_alert_key(line)}{shipment.pk}",
                severity=AlertSeverity.CRITICAL,
                title=f"Order {shipment.order_reference} still waits for {missing}"[:200],
                detail="Some of the order was sent. The rest goes to it as soon as there is stock; "
                "give it up if there will be none.",
                url=f"/admin/inventory/reservation/{line.reservation_id}/change/",
                subject=variant.sku,
                permission="inventory.release_reservation",
                payload={"reservation": str(line.reservation_id), "sku": variant.sku},
            )
        )
    raise_alerts(drafts, now)


def _shortage_event(
    lines: Sequence[ReservationLine],
    variants: Mapping[int, VariantRef],
    bundles: Mapping[int, str],
    now: datetime,
) -> ReservationShortage:
    reservation = lines[0].reservation
    return ReservationShortage(
        occurred_at=now,
        reservation_id=reservation.pk,
        reference=reservation.reference,
        lines=tuple(_told(line, variants[line.variant_id], bundles) for line in lines),
    )


def _told(line: ReservationLine, variant: VariantRef, bundles: Mapping[int, str]) -> LineQuantity:
    if line.parent_id is None:
        return LineQuantity(sku=variant.sku, quantity=line.shortage)
    return ComponentQuantity(
        sku=variant.sku, quantity=line.shortage, bundle=bundles[line.parent_id]
    )


def _bundles_of(lines: Iterable[ReservationLine]) -> dict[int, str]:
    """The SKUs of the bundles that these lines are components of, by the keys of their lines."""
    parents = {line.parent_id for line in lines if line.parent_id is not None}
    if not parents:
        return {}
    rows = ReservationLine.objects.filter(pk__in=parents).values_list("pk", "variant__sku")
    return dict(rows)


def _alert_key(line: ReservationLine) -> str:
    # The closing colon keeps line 12 apart from line 123 where keys are found by their beginning.
    return f"reservation-shortage:{line.pk}:"


def _shortage_alert(line: ReservationLine, variant: VariantRef, bundle: str) -> AlertDraft:
    reservation = line.reservation
    missing = f"{plain(line.shortage)} {variant.stock_unit} of {variant.sku}"
    if bundle:
        missing += f" for {bundle}"
    return AlertDraft(
        kind="reservation-shortage",
        key=_alert_key(line),
        severity=AlertSeverity.CRITICAL,
        title=f"Reservation {reservation.reference} is short of {missing}"[:200],
        detail=(
            f"{plain(line.quantity)} {variant.stock_unit} were promised; "
            f"stock was taken away and no other lot could take its place. It cannot be committed "
            f"until stock comes in; release it if none will."
        ),
        url=f"/admin/inventory/reservation/{reservation.pk}/change/",
        subject=variant.sku,
        permission="inventory.release_reservation",
        payload={"reservation": str(reservation.pk), "sku": variant.sku},
    )
