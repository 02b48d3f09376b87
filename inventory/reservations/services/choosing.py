"""Which lots a reservation is kept from: chosen from what is free, nothing is promised yet."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from catalog.products.selectors import VariantRef
from inventory.reservations.errors import (
    InsufficientStock,
)
from inventory.reservations.models import (
    Reservation,
)
from inventory.reservations.rules import (
    Candidate,
    Demand,
    Pick,
    Source,
    allocate,
    available_quantity,
)
from inventory.reservations.selectors import (
    candidates_by_variant,
    free_stock,
    market_sources,
    sources_on,
)
from inventory.reservations.services.bundles import whole_shares
from inventory.reservations.services.claims import (
    take_from_overdue,
)
from inventory.reservations.services.keeping import remaining_days_min
from inventory.reservations.services.wanted import (
    Wanted,
    has_bundles,
)

if TYPE_CHECKING:
    pass


def pick_for(
    reservation: Reservation,
    wanted: Sequence[tuple[VariantRef, Decimal]],
    now: datetime,
    *,
    partial: bool,
    basket: Sequence[Wanted] = (),
) -> list[list[Pick]]:
    """Choose the lots for these quantities from what is free; nothing is promised yet.

    `basket` are the lines that they come from, where there may be bundles among them. The caller
    holds the locks on all levels of the variants. Raises InsufficientStock.
    """
    days_min = {v.id: remaining_days_min(reservation, v) for v, _ in wanted}
    sources = _sources(reservation, now)
    requested = _requested(wanted)
    candidates = candidates_by_variant(free_stock(variant_ids=days_min.keys()))
    available = _available(candidates, sources, days_min)
    if _short(requested, available) and take_from_overdue(variant_ids=days_min.keys(), now=now):
        candidates = candidates_by_variant(free_stock(variant_ids=days_min.keys()))
        available = _available(candidates, sources, days_min)
    short = _short(requested, available)
    if short and has_bundles(basket):
        wanted = whole_shares(basket, available=available, partial=partial)
    elif short and not (partial and any(available.values())):
        raise _insufficient(short, requested, available)
    demands = [
        Demand(variant_id=v.id, quantity=quantity, remaining_days_min=days_min[v.id])
        for v, quantity in wanted
    ]
    return allocate(demands, candidates=candidates, sources=sources)


def is_enough_free(
    reservation: Reservation, wanted: Sequence[tuple[VariantRef, Decimal]], now: datetime
) -> bool:
    """Whether all of it is there as things stand, before anything is locked or given back."""
    days_min = {v.id: remaining_days_min(reservation, v) for v, _ in wanted}
    candidates = candidates_by_variant(free_stock(variant_ids=days_min.keys()))
    available = _available(candidates, _sources(reservation, now), days_min)
    return not _short(_requested(wanted), available)


def _sources(reservation: Reservation, now: datetime) -> list[Source]:
    return sources_on(
        market_sources([reservation.market_id])[reservation.market_id],
        now=now,
        deliver_on=reservation.deliver_on_date,
    )


def _requested(wanted: Sequence[tuple[VariantRef, Decimal]]) -> dict[VariantRef, Decimal]:
    requested: dict[VariantRef, Decimal] = defaultdict(Decimal)
    for variant, quantity in wanted:
        requested[variant] += quantity
    return requested


def _available(
    candidates: Mapping[int, Sequence[Candidate]],
    sources: Sequence[Source],
    days_min: Mapping[int, int],
) -> dict[int, Decimal]:
    return {
        variant_id: available_quantity(
            candidates.get(variant_id, ()), sources=sources, remaining_days_min=days
        )
        for variant_id, days in days_min.items()
    }


def _short(
    requested: Mapping[VariantRef, Decimal], available: Mapping[int, Decimal]
) -> list[VariantRef]:
    return [v for v, quantity in requested.items() if quantity > available[v.id]]


def _insufficient(
    short: Sequence[VariantRef],
    requested: Mapping[VariantRef, Decimal],
    available: Mapping[int, Decimal],
) -> InsufficientStock:
    return InsufficientStock(
        "There is less free than asked of " + ", ".join(v.sku for v in short[:20]) + ".",
        shortages=[
            {"sku": v.sku, "requested": requested[v], "available": available[v.id]} for v in short
        ],
    )
