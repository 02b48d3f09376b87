"""Physical truth wins: what becomes of promises when stock is taken away, and when it is back."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import plain
from compliance.assessments.selectors.clearances import on_sale_in
from inventory.lots.rules import day_in, is_sellable
from inventory.lots.selectors import held_lot_ids
from inventory.reservations.models import (
    OWING,
    Allocation,
    ChangeKind,
    Reservation,
    ReservationLine,
    ReservationStatus,
)
from inventory.reservations.rules import (
    ZERO,
    Pick,
    Promise,
    cut_promises,
    picked,
)
from inventory.reservations.services.history import Change, record_changes
from inventory.reservations.services.keeping import Claim, remaining_days_min, serve
from inventory.reservations.services.shortages import record_shortages, resolve_shortage_alerts
from inventory.stock import services as stock
from inventory.stock.claims import Loss, tell
from inventory.stock.models import StockLevel

FILL_LINES_MAX = 1000


@transaction.atomic
def give_way(*, stock_level_ids: Collection[int], now: datetime, because: str = "") -> None:
    """Cut what these levels can no longer keep, newest promises first, because stock went away.

    Other lots take its place, older reservations choosing first; what is short is told and alerted,
    and each loss stands in its reservation's history with the reason.
    The caller holds the locks on all levels of the variants concerned.
    """
    allocations = _open_allocations(Q(stock_level_id__in=stock_level_ids))
    if not allocations:
        return
    variants = variants_by_id({a.line.variant_id for a in allocations})
    losses = _losses(allocations, variants, now)
    if not losses:
        return
    lost: dict[int, Claim] = {}
    for allocation in allocations:
        loss = losses.get(allocation.pk, ZERO)
        if loss:
            known = lost.get(allocation.line_id)
            total = loss + (known.quantity if known else ZERO)
            lost[allocation.line_id] = Claim(allocation.line, total)
    _cut(allocations, losses)
    kept = serve(list(lost.values()), variants, now)
    rest = {
        claim.line.pk: claim.quantity - picked(kept.get(claim.line.pk, ()))
        for claim in lost.values()
    }
    _write_down(allocations, losses, kept, because, now)
    record_shortages([claim.line for claim in lost.values()], rest, variants, now)
    tell(
        _loss(claim, rest[claim.line.pk], variants[claim.line.variant_id])
        for claim in lost.values()
        if claim.line.reservation.expires_at > now
    )


@transaction.atomic
def fill_shortages(*, variant_ids: Collection[int], now: datetime) -> None:
    """Give stock that has become free to the reservations that are short of it, oldest first.

    What an order still waits for, of which some was sent, leaves the books at once, as it would
    have when it was committed. What is kept off sale in a reservation's market stays short, and one
    that somebody is ending at this moment is passed over.
    The caller holds the locks on all levels of these variants.
    """
    lines = list(
        ReservationLine.objects.filter(
            Q(reservation__status=ReservationStatus.COMMITTED)
            | Q(reservation__status=ReservationStatus.HELD, reservation__expires_at__gt=now),
            variant_id__in=variant_ids,
            shortage__gt=0,
        )
        .select_related("reservation__market", "reservation__channel")
        .order_by("reservation__created_at", "reservation_id", "position")[:FILL_LINES_MAX]
    )
    if not lines:
        return
    mine = set(
        Reservation.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk__in={line.reservation_id for line in lines}, status__in=OWING)
        .order_by("pk")
        .values_list("pk", "status")
    )
    claims = [
        Claim(line, line.shortage)
        for line in lines
        if (line.reservation_id, line.reservation.status) in mine
    ]
    variants = variants_by_id({claim.line.variant_id for claim in claims})
    kept = serve(_cleared(claims, variants, now), variants, now)
    filled = [claim for claim in claims if kept.get(claim.line.pk)]
    for claim in filled:
        claim.line.shortage -= picked(kept[claim.line.pk])
    ReservationLine.objects.bulk_update([c.line for c in filled], ["shortage"])
    _sell_to_orders(filled, now)
    places = _places({pick.stock_level_id for picks in kept.values() for pick in picks})
    record_changes(
        (
            Change(
                reservation_id=claim.line.reservation_id,
                line_id=claim.line.pk,
                kind=ChangeKind.FILLED,
                found=picked(kept[claim.line.pk]),
                detail=_from_where(kept[claim.line.pk], places),
            )
            for claim in filled
        ),
        now,
    )
    resolve_shortage_alerts(
        [c.line for c in filled if not c.line.shortage], "Other stock took its place.", now
    )


def _cleared(
    claims: Sequence[Claim], variants: Mapping[int, VariantRef], now: datetime
) -> list[Claim]:
    """Those of goods that may be sold in the market of their reservation: no others get more."""
    on_sale = on_sale_in(
        {variant.product_id for variant in variants.values()},
        market_ids={claim.line.reservation.market_id for claim in claims},
        at=now,
    )
    return [
        claim
        for claim in claims
        if (variants[claim.line.variant_id].product_id, claim.line.reservation.market_id) in on_sale
    ]


def _sell_to_orders(filled: Sequence[Claim], now: datetime) -> None:
    """What was found for committed orders leaves the books, as all else of them has."""
    orders: dict[str, list[int]] = defaultdict(list)
    for claim in filled:
        if claim.line.reservation.status == ReservationStatus.COMMITTED:
            orders[claim.line.reservation.order_reference].append(claim.line.pk)
    for reference, line_ids in orders.items():
        quantities: dict[int, Decimal] = defaultdict(Decimal)
        kept = Allocation.objects.filter(line_id__in=line_ids, is_open=True)
        for level_id, quantity in kept.order_by("pk").values_list("stock_level_id", "quantity"):
            quantities[level_id] += quantity
        stock.ship(quantities=quantities, reference=reference, happened_at=now, now=now)
        kept.update(is_open=False)


def take_from_overdue(*, variant_ids: Collection[int], now: datetime) -> bool:
    """Take back what holds keep of these variants though their time is over; whether there was any.

    They are left held and short: somebody else has locked them, to end them, and waits for the
    levels that the caller has locked.
    """
    allocations = list(
        Allocation.objects.filter(
            line__variant_id__in=variant_ids,
            line__reservation__status=ReservationStatus.HELD,
            line__reservation__expires_at__lte=now,
            is_open=True,
        ).select_related("line")
    )
    if not allocations:
        return False
    quantities: dict[int, Decimal] = defaultdict(Decimal)
    lines = {allocation.line_id: allocation.line for allocation in allocations}
    for allocation in allocations:
        quantities[allocation.stock_level_id] += allocation.quantity
        lines[allocation.line_id].shortage += allocation.quantity
    Allocation.objects.filter(pk__in=[allocation.pk for allocation in allocations]).delete()
    ReservationLine.objects.bulk_update(lines.values(), ["shortage"])
    stock.give_back(quantities=quantities)
    return True


def void_levels(reservation: Reservation, *, now: datetime) -> set[int]:
    """The stock levels from which this reservation's allocations may no longer be sold."""
    rows = list(
        Allocation.objects.filter(line__reservation=reservation, is_open=True)
        .order_by("pk")
        .values_list(
            "stock_level_id",
            "line__variant_id",
            "stock_level__lot_id",
            "stock_level__lot__expiry_date",
            "stock_level__location__warehouse__time_zone",
        )
    )
    variants = variants_by_id({row[1] for row in rows})
    held = held_lot_ids({row[2] for row in rows})
    return {
        level_id
        for level_id, variant_id, lot_id, expiry_date, time_zone in rows
        if not _may_sell(
            reservation,
            variants[variant_id],
            expiry_date=expiry_date,
            is_on_hold=lot_id in held,
            today=day_in(time_zone, now),
        )
    }


def _may_sell(
    reservation: Reservation,
    variant: VariantRef,
    *,
    expiry_date: date | None,
    is_on_hold: bool,
    today: date,
) -> bool:
    """Whether a lot may be sold by this reservation, on the day it is to be delivered at least."""
    return is_sellable(
        expiry_date=expiry_date,
        remaining_days_min=remaining_days_min(reservation, variant),
        is_on_hold=is_on_hold,
        on=max(today, reservation.deliver_on_date or date.min),
    )


def _open_allocations(condition: Q) -> list[Allocation]:
    return list(
        Allocation.objects.filter(condition, is_open=True)
        .select_related(
            "line__reservation__market",
            "line__reservation__channel",
            "line__reservation__client",
            "stock_level__lot",
            "stock_level__location__warehouse",
        )
        .order_by("pk")
    )


def _is_void(
    allocation: Allocation, variant: VariantRef, lots_on_hold: Collection[int], now: datetime
) -> bool:
    level = allocation.stock_level
    return not _may_sell(
        allocation.line.reservation,
        variant,
        expiry_date=level.lot.expiry_date,
        is_on_hold=level.lot_id in lots_on_hold,
        today=day_in(level.location.warehouse.time_zone, now),
    )


def _losses(
    allocations: Sequence[Allocation], variants: Mapping[int, VariantRef], now: datetime
) -> dict[int, Decimal]:
    """How much each allocation loses, level by level."""
    held = held_lot_ids({a.stock_level.lot_id for a in allocations})
    by_level: dict[int, list[Allocation]] = defaultdict(list)
    for allocation in allocations:
        by_level[allocation.stock_level_id].append(allocation)
    losses: dict[int, Decimal] = {}
    for kept in by_level.values():
        promises = [
            Promise(
                allocation_id=a.pk,
                quantity=a.quantity,
                made_at=a.line.reservation.created_at,
                is_void=_is_void(a, variants[a.line.variant_id], held, now),
                is_overdue=a.line.reservation.expires_at <= now,
            )
            for a in kept
        ]
        losses |= cut_promises(promises, capacity=kept[0].stock_level.on_hand)
    return losses


def _cut(allocations: Sequence[Allocation], losses: Mapping[int, Decimal]) -> None:
    """Take the losses off the allocations, and leave each level reserving exactly what is open.

    Stock has lowered `reserved` to what lies there; what it still reserves too much is given back.
    """
    gone = [a.pk for a in allocations if losses.get(a.pk) == a.quantity]
    less = [a for a in allocations if 0 < losses.get(a.pk, ZERO) < a.quantity]
    for allocation in less:
        allocation.quantity -= losses[allocation.pk]
    Allocation.objects.filter(pk__in=gone).delete()
    Allocation.objects.bulk_update(less, ["quantity"])
    still_open: dict[int, Decimal] = defaultdict(Decimal)
    for allocation in allocations:
        if allocation.pk not in set(gone):
            still_open[allocation.stock_level_id] += allocation.quantity
    levels = StockLevel.objects.filter(pk__in={a.stock_level_id for a in allocations})
    surplus = {
        pk: reserved - still_open[pk]
        for pk, reserved in levels.order_by("pk").values_list("pk", "reserved")
        if reserved > still_open[pk]
    }
    if surplus:
        stock.give_back(quantities=surplus)


def _write_down(
    allocations: Sequence[Allocation],
    losses: Mapping[int, Decimal],
    kept: Mapping[int, Sequence[Pick]],
    because: str,
    now: datetime,
) -> None:
    """Each loss in the history of its reservation: from where, and what took its place."""
    losers: dict[int, list[Allocation]] = defaultdict(list)
    for allocation in allocations:
        if losses.get(allocation.pk):
            losers[allocation.line_id].append(allocation)
    places = _places({pick.stock_level_id for picks in kept.values() for pick in picks})
    changes = []
    for line_id, cut in losers.items():
        picks = kept.get(line_id, ())
        gone = ", ".join(
            f"{plain(losses[a.pk])} from {stock.describe_place(a.stock_level)}" for a in cut
        )
        lost, found = sum((losses[a.pk] for a in cut), ZERO), picked(picks)
        instead = f"; instead {_from_where(picks, places)}" if picks else ""
        short = f"; short of {plain(lost - found)}" if lost > found else ""
        changes.append(
            Change(
                reservation_id=cut[0].line.reservation_id,
                line_id=line_id,
                kind=ChangeKind.LOST,
                lost=lost,
                found=found,
                detail=f"Lost {gone}{instead}{short}.",
                reason=because,
            )
        )
    record_changes(changes, now)


def _places(stock_level_ids: Collection[int]) -> dict[int, str]:
    """How people call these stock levels."""
    if not stock_level_ids:
        return {}
    levels = StockLevel.objects.select_related("lot", "location__warehouse")
    return {
        level.pk: stock.describe_place(level)
        for level in levels.filter(pk__in=stock_level_ids).order_by("pk")
    }


def _from_where(picks: Sequence[Pick], places: Mapping[int, str]) -> str:
    return ", ".join(f"{plain(p.quantity)} from {places[p.stock_level_id]}" for p in picks)


def _loss(claim: Claim, short: Decimal, variant: VariantRef) -> Loss:
    reservation = claim.line.reservation
    return Loss(
        reservation_id=reservation.pk,
        reference=reservation.reference,
        client=reservation.client.name if reservation.client else "",
        made_at=reservation.created_at,
        sku=variant.sku,
        unit=variant.stock_unit,
        lost=claim.quantity,
        found=claim.quantity - short,
        short=short,
    )
