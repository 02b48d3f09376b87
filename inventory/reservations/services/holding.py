"""Promising stock: `reserve`, and what it shares with a commit that comes late."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from config.kernel.context import current_request_id
from config.kernel.locks import advisory_lock
from config.kernel.outbox import publish
from inventory.reservations import hot_path
from inventory.reservations.errors import (
    ReferenceInUse,
)
from inventory.reservations.events import (
    ReservationExpiredEvent,
    ReservationReleased,
    StockReserved,
)
from inventory.reservations.models import (
    Allocation,
    ChangeKind,
    Reservation,
    ReservationLine,
    ReservationStatus,
)
from inventory.reservations.rules import (
    Pick,
    check_deliver_on,
    may_have_passed,
    picked,
)
from inventory.reservations.selectors import (
    levels_past_sell_by,
    market_sources,
)
from inventory.reservations.services.at_once import (
    AskedFor,
    lines_as_named,
    lines_understood,
    reserve_at_once,
)
from inventory.reservations.services.bundles import quantities_told, write_lines
from inventory.reservations.services.choosing import is_enough_free, pick_for
from inventory.reservations.services.claims import (
    fill_shortages,
    give_way,
)
from inventory.reservations.services.history import Change, record_changes
from inventory.reservations.services.keeping import keep_picks
from inventory.reservations.services.shortages import resolve_shortage_alerts
from inventory.reservations.services.wanted import (
    Wanted,
    WantedLine,
    channel_of,
    check_sellable,
    has_bundles,
    hold_time,
    market_of,
    understood,
)
from inventory.stock import services as stock
from inventory.stock.claims import PAST_SELL_BY
from inventory.stock.locks import lock_levels

if TYPE_CHECKING:
    from catalog.markets.models import Channel, Market

OVERDUE_AT_ONCE_MAX = 500

_AskedLine = tuple[int, str, Decimal, list[tuple[str, int]]]


def reserve(
    *,
    client_id: int | None,
    reference: str,
    lines: Sequence[WantedLine],
    market: str,
    channel: str | None = None,
    deliver_on: date | None = None,
    ttl: timedelta | None = None,
    partial: bool = False,
    now: datetime,
) -> tuple[Reservation, bool]:
    """Promise every line or none, first expired first out, and say whether it is a new promise.

    With `partial` a line takes what there is. The same reference and lines again: the reservation
    that is held already. Holds whose time has run out give way where the stock is needed. Raises
    UnknownMarket, UnknownChannel, UnknownProduct, UnitMismatch, InvalidInput, ReferenceInUse,
    DeliveryInPast, NotSellable, InvalidChoice, InsufficientStock.
    """
    asked = AskedFor(
        client_id=client_id,
        reference=reference,
        market=market,
        channel=channel,
        deliver_on=deliver_on,
        ttl=ttl,
        partial=partial,
        now=now,
    )
    at_once = hot_path.is_there() and not may_have_passed(deliver_on, now=now)
    as_named = lines_as_named(lines) if at_once else None
    made = reserve_at_once(asked, as_named) if as_named else None
    if made is not None:
        return made, True
    place, through = market_of(market), channel_of(channel)
    wanted = understood(lines)
    in_stock_units = lines_understood(wanted) if at_once else None
    if in_stock_units and in_stock_units != as_named:
        made = reserve_at_once(asked, in_stock_units)
    if made is not None:
        return made, True
    return _reserve_by_rules(asked, wanted, place, through)


@transaction.atomic
def _reserve_by_rules(
    asked: AskedFor, wanted: Sequence[Wanted], market: "Market", channel: "Channel | None"
) -> tuple[Reservation, bool]:
    """What reserving is, on every database and in every case."""
    now = asked.now
    # Two requests with one reference: the second waits here and then finds what the first made.
    advisory_lock(asked.lock_name)
    earlier = _held_under(asked.client_id, asked.reference)
    if earlier is not None and earlier.expires_at > now:
        if not _is_the_same(earlier, wanted, market, channel, asked.deliver_on):
            raise ReferenceInUse(
                f'You hold another reservation under the reference "{asked.reference}".'
            )
        return earlier, False
    if may_have_passed(asked.deliver_on, now=now):
        zones = [source.time_zone for source in market_sources([market.pk])[market.pk]]
        check_deliver_on(asked.deliver_on, zones, now=now)
    leaves = [leaf for want in wanted for leaf in want.leaves]
    reservation = Reservation(
        client_id=asked.client_id,
        reference=asked.reference,
        market=market,
        channel=channel,
        deliver_on_date=asked.deliver_on,
        is_partial=asked.partial,
        created_at=now,
        expires_at=now + (asked.ttl or hold_time(channel)),
        request_id=current_request_id(),
    )
    lock_for(
        variant_ids={variant.id for variant, _ in leaves},
        also=earlier,
        now=now,
        ends_overdue=not is_enough_free(reservation, leaves, now),
    )
    # Under the locks: who takes a product off sale locks its levels too, and then finds this hold.
    check_sellable(wanted, market_id=market.pk, now=now)
    picks = pick_for(reservation, leaves, now, partial=asked.partial, basket=wanted)
    _write(reservation, wanted, picks)
    publish(_reserved(reservation, wanted, picks, now))
    return reservation, True


def lock_for(
    *,
    variant_ids: Collection[int],
    now: datetime,
    also: Reservation | None = None,
    besides: Reservation | None = None,
    ends_overdue: bool = True,
) -> None:
    """Lock the stock levels of these variants, and end the holds on them whose time is over.

    `also`, which the caller has locked, ends too; `besides` is left alone; where nobody needs their
    stock (`ends_overdue` is False) the others are left to the sweep. Holds that somebody else
    is ending at this moment are passed over, so that nobody waits in a ring: see `pick_for`.
    Promises on lots past their last day of sale find other stock, before anybody newer chooses.
    """
    spared = [reservation.pk for reservation in (also, besides) if reservation]
    overdue = _locked_overdue(variant_ids, spared, now) if ends_overdue else []
    if also is not None:
        overdue.append(also)
    lock_levels(variant_ids={*variant_ids, *variants_of(overdue)})
    if overdue:
        end(overdue, status=ReservationStatus.EXPIRED, now=now)
    past = levels_past_sell_by(variant_ids=variant_ids, now=now)
    if past:
        give_way(stock_level_ids=past, now=now, because=PAST_SELL_BY)


def _locked_overdue(
    variant_ids: Collection[int], spared: Collection[UUID], now: datetime
) -> list[Reservation]:
    return list(
        Reservation.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(
            Exists(
                ReservationLine.objects.filter(
                    reservation=OuterRef("pk"), variant_id__in=variant_ids
                )
            ),
            status=ReservationStatus.HELD,
            expires_at__lte=now,
        )
        .exclude(pk__in=spared)
        .order_by("expires_at", "pk")[:OVERDUE_AT_ONCE_MAX]
    )


def variants_of(reservations: Collection[Reservation]) -> set[int]:
    """The variants that these reservations are about."""
    if not reservations:
        return set()
    return set(
        ReservationLine.objects.filter(reservation__in=reservations)
        .order_by()
        .values_list("variant_id", flat=True)
    )


def end(
    reservations: Collection[Reservation], *, status: str, now: datetime, reason: str = ""
) -> None:
    """Release or expire held reservations: their stock is free again, first for whoever is short.

    The caller holds the locks on the reservations and on all levels of their variants.
    """
    allocations = list(Allocation.objects.filter(line__reservation__in=reservations, is_open=True))
    quantities: dict[int, Decimal] = defaultdict(Decimal)
    for allocation in allocations:
        quantities[allocation.stock_level_id] += allocation.quantity
    if quantities:
        stock.give_back(quantities=quantities)
        Allocation.objects.filter(pk__in=[a.pk for a in allocations]).update(is_open=False)
    Reservation.objects.filter(pk__in=[r.pk for r in reservations]).update(
        status=status, ended_at=now
    )
    for reservation in reservations:
        reservation.status, reservation.ended_at = status, now
    short = ReservationLine.objects.filter(reservation__in=reservations, shortage__gt=0)
    resolve_shortage_alerts(short, f"The reservation was {status}.", now)
    happened = (
        ReservationExpiredEvent if status == ReservationStatus.EXPIRED else ReservationReleased
    )
    publish(
        *(
            happened(occurred_at=now, reservation_id=r.pk, reference=r.reference)
            for r in reservations
        )
    )
    kind = ChangeKind(status)
    record_changes(
        (Change(reservation_id=r.pk, kind=kind, reason=reason) for r in reservations), now
    )
    if quantities:
        fill_shortages(variant_ids=variants_of(reservations), now=now)


def _held_under(client_id: int | None, reference: str) -> Reservation | None:
    return (
        Reservation.objects.select_for_update(no_key=True)
        .filter(client_id=client_id, reference=reference, status=ReservationStatus.HELD)
        .first()
    )


def _is_the_same(
    reservation: Reservation,
    wanted: Sequence[Wanted],
    market: "Market",
    channel: "Channel | None",
    deliver_on: date | None,
) -> bool:
    """Whether a held reservation is what is being asked for, in whatever order its lines come."""
    asked = sorted(
        (
            w.variant.id,
            w.requested_unit,
            w.requested_quantity,
            sorted((part.slot, part.variant.id) for part in w.parts),
        )
        for w in wanted
    )
    return (
        _as_asked(reservation) == asked
        and reservation.market_id == market.pk
        and reservation.channel_id == (channel.pk if channel else None)
        and reservation.deliver_on_date == deliver_on
    )


def _as_asked(reservation: Reservation) -> list[_AskedLine]:
    """What was asked for: variant, unit, quantity, and what goes into the slots of a bundle."""
    rows = list(
        ReservationLine.objects.filter(reservation=reservation)
        .order_by("position")
        .values_list(
            "pk", "parent_id", "slot", "variant_id", "requested_unit", "requested_quantity"
        )
    )
    filled: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for _, parent_id, slot, variant_id, *_ in rows:
        if parent_id is not None:
            filled[parent_id].append((slot, variant_id))
    return sorted(
        (variant_id, unit, quantity, sorted(filled[pk]))
        for pk, parent_id, _, variant_id, unit, quantity in rows
        if parent_id is None
    )


def _write(
    reservation: Reservation, wanted: Sequence[Wanted], picks: Sequence[Sequence[Pick]]
) -> None:
    reservation.save(force_insert=True)
    if has_bundles(wanted):
        keep_picks(write_lines(reservation, wanted, picks))
        return
    lines = ReservationLine.objects.bulk_create(
        ReservationLine(
            reservation=reservation,
            position=position,
            variant_id=want.variant.id,
            requested_quantity=want.requested_quantity,
            requested_unit=want.requested_unit,
            quantity=picked(line_picks),
        )
        for position, (want, line_picks) in enumerate(zip(wanted, picks, strict=True), start=1)
    )
    keep_picks({line.pk: line_picks for line, line_picks in zip(lines, picks, strict=True)})


def _reserved(
    reservation: Reservation,
    wanted: Sequence[Wanted],
    picks: Sequence[Sequence[Pick]],
    now: datetime,
) -> StockReserved:
    return StockReserved(
        occurred_at=now,
        reservation_id=reservation.pk,
        reference=reservation.reference,
        market=reservation.market.code,
        lines=quantities_told(wanted, picks),
    )
