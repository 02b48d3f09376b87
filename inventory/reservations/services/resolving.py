"""What a person does about shortages: look for stock once more, or give them up."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import plain
from config.kernel.errors import InvalidInput
from inventory.reservations.models import (
    OWING,
    ChangeKind,
    Reservation,
    ReservationLine,
    ReservationStatus,
)
from inventory.reservations.rules import ZERO
from inventory.reservations.selectors import line_tree
from inventory.reservations.services.bundles import cut_to_whole
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

    Where a line is a component, its bundle is promised as often as it can be made whole, and what
    is kept too much of the other components is free again.
    Of an order of which some was sent, what it still waits for is given up, line by line. Lines
    that are whole, and reservations that have ended otherwise, stay as they are. Raises
    InvalidInput (no reason).
    """
    if not reason.strip():
        raise InvalidInput("Say why: the reason is empty.")
    chosen = ReservationLine.objects.filter(pk__in=line_ids)
    owing = list(
        Reservation.objects.select_for_update(no_key=True)
        .filter(pk__in=chosen.order_by().values("reservation_id"), status__in=OWING)
        .order_by("pk")
    )
    held = {r.pk for r in owing if r.status == ReservationStatus.HELD}
    bundles = ReservationLine.objects.filter(components__in=chosen)
    concerned = ReservationLine.objects.filter(
        Q(pk__in=line_ids) | Q(pk__in=bundles.values("pk")) | Q(parent__in=bundles.values("pk"))
    )
    lock_levels(variant_ids=set(concerned.order_by().values_list("variant_id", flat=True)))
    lines = list(concerned.filter(reservation__in=owing).order_by("reservation_id", "position"))
    variants = variants_by_id({line.variant_id for line in lines})
    sent = [line for line in lines if line.reservation_id not in held]
    lines = [line for line in lines if line.reservation_id in held]
    short = [line for line in lines if line.shortage]
    waiting = [line for line in sent if line.shortage and line.pk in set(line_ids)]
    given_up: list[Change] = []
    freed: set[int] = set()
    for line, components in line_tree(lines):
        if line.is_bundle:
            fewer = cut_to_whole(line, components)
            freed |= {component.variant_id for component in components} if fewer else set()
        else:
            fewer = line.shortage
            line.quantity -= fewer
            line.shortage = ZERO
        if fewer:
            given_up.append(_given_up(line, fewer, variants[line.variant_id], reason))
    for line in waiting:
        fewer, line.shortage = line.shortage, ZERO
        line.quantity -= fewer
        given_up.append(_given_up(line, fewer, variants[line.variant_id], reason))
    short += waiting
    ReservationLine.objects.bulk_update(short, ["quantity", "shortage"])
    record_changes(given_up, now)
    resolve_shortage_alerts(short, "What is short was given up.", now)
    if freed:
        fill_shortages(variant_ids=freed, now=now)
    return len(short)


def _given_up(line: ReservationLine, fewer: Decimal, variant: VariantRef, reason: str) -> Change:
    return Change(
        reservation_id=line.reservation_id,
        line_id=line.pk,
        kind=ChangeKind.CUT,
        lost=fewer,
        detail=(
            f"{plain(line.quantity)} instead of {plain(line.quantity + fewer)} "
            f"{variant.stock_unit} of {variant.sku}."
        ),
        reason=reason,
    )
