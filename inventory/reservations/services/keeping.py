"""Stock set aside for lines: what they need is found, and recorded as their allocations."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from uuid import UUID

from catalog.products.selectors import VariantRef
from inventory.reservations.models import (
    Allocation,
    Reservation,
    ReservationLine,
    ReservationStatus,
)
from inventory.reservations.rules import (
    Demand,
    Pick,
    allocate,
)
from inventory.reservations.selectors import (
    candidates_by_variant,
    free_stock,
    market_sources,
    sources_on,
)
from inventory.stock import services as stock


@dataclass(frozen=True, slots=True)
class Claim:
    """What one line of a held reservation needs to find elsewhere."""

    line: ReservationLine
    quantity: Decimal


def remaining_days_min(reservation: Reservation, variant: VariantRef) -> int:
    """The days a lot must have left: the most that product, market or channel ask for."""
    return max(
        variant.remaining_days_min,
        reservation.market.remaining_days_min,
        reservation.channel.remaining_days_min if reservation.channel else 0,
    )


def keep_picks(picks: Mapping[int, Sequence[Pick]]) -> None:
    """Set stock aside for lines and record it as their open allocations."""
    quantities: dict[int, Decimal] = defaultdict(Decimal)
    for line_picks in picks.values():
        for pick in line_picks:
            quantities[pick.stock_level_id] += pick.quantity
    if not quantities:
        return
    stock.set_aside(quantities=quantities)
    known = {
        (allocation.line_id, allocation.stock_level_id): allocation
        for allocation in Allocation.objects.filter(
            line_id__in=picks.keys(), stock_level_id__in=quantities.keys(), is_open=True
        )
    }
    new, more = [], []
    for line_id, line_picks in picks.items():
        for pick in line_picks:
            allocation = known.get((line_id, pick.stock_level_id))
            if allocation is None:
                new.append(
                    Allocation(
                        line_id=line_id,
                        stock_level_id=pick.stock_level_id,
                        quantity=pick.quantity,
                    )
                )
            else:
                allocation.quantity += pick.quantity
                more.append(allocation)
    Allocation.objects.bulk_create(new)
    Allocation.objects.bulk_update(more, ["quantity"])


def serve(
    claims: Sequence[Claim], variants: Mapping[int, VariantRef], now: datetime
) -> dict[int, list[Pick]]:
    """Find stock for these claims, older reservations first; what each line gets.

    A reservation whose time is over gets nothing more, unless it was committed.
    """
    live = sorted((claim for claim in claims if _is_live(claim, now)), key=_oldest_first)
    if not live:
        return {}
    free = free_stock(variant_ids={claim.line.variant_id for claim in live})
    sources = market_sources({claim.line.reservation.market_id for claim in live})
    taken: dict[int, Decimal] = defaultdict(Decimal)
    kept: dict[int, list[Pick]] = {}
    for _, group in groupby(live, key=lambda claim: claim.line.reservation_id):
        wanted = list(group)
        reservation = wanted[0].line.reservation
        picks = allocate(
            [
                Demand(
                    variant_id=claim.line.variant_id,
                    quantity=claim.quantity,
                    remaining_days_min=remaining_days_min(
                        reservation, variants[claim.line.variant_id]
                    ),
                )
                for claim in wanted
            ],
            candidates=candidates_by_variant(free, taken),
            sources=sources_on(
                sources[reservation.market_id], now=now, deliver_on=reservation.deliver_on_date
            ),
        )
        for claim, line_picks in zip(wanted, picks, strict=True):
            kept[claim.line.pk] = line_picks
            for pick in line_picks:
                taken[pick.stock_level_id] += pick.quantity
    keep_picks(kept)
    return kept


def _is_live(claim: Claim, now: datetime) -> bool:
    reservation = claim.line.reservation
    return reservation.status == ReservationStatus.COMMITTED or reservation.expires_at > now


def _oldest_first(claim: Claim) -> tuple[datetime, UUID, int]:
    reservation = claim.line.reservation
    return (reservation.created_at, reservation.pk, claim.line.position)
