"""Reads of clearances: who may be sold where, and why not."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, FilteredRelation, Q

from catalog.markets.models import Market
from catalog.products.gates import WhyNot
from compliance.assessments.models import Clearance, Status

PRODUCTS_AT_ONCE_MAX = 500

_WHY_NOT: Mapping[str, WhyNot] = {
    Status.NEEDS_REVIEW: WhyNot(
        "not-cleared", "Compliance has not cleared the product for this market yet."
    ),
    Status.ASKED: WhyNot(
        "not-cleared", "Compliance waits for the supplier's answer before it clears the product."
    ),
    Status.REJECTED: WhyNot("rejected", "Compliance has rejected the product for this market."),
    Status.WAIVED: WhyNot("waiver-ended", "The waiver under which the product was sold has ended."),
    Status.APPROVED: WhyNot("not-cleared", "The product's clearance for this market has ended."),
}
NEVER_JUDGED = WhyNot("not-cleared", "The product has not been judged for this market yet.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Which products may not be sold in a market and why, and when the next of the others ends."""

    why_not: Mapping[int, Sequence[WhyNot]]
    next_end: datetime | None


def is_on_sale(at: datetime) -> Q:
    """The clearances that hold at an instant.

    What was off sale when it was last judged or decided is so for everybody, also for whoever asks
    with a clock that is behind, or asked before and had to wait.
    """
    is_later = Q(off_sale_at__gt=at) & Q(off_sale_at__gt=F("judged_at"))
    is_later &= Q(decided_at__isnull=True) | Q(off_sale_at__gt=F("decided_at"))
    return Q(off_sale_at__isnull=True) | is_later


def why_not_cleared(
    product_ids: Collection[int], market_id: int, at: datetime
) -> dict[int, Sequence[WhyNot]]:
    """Why these products may not be sold in a market at an instant; those that may are missing."""
    return dict(leave_of(product_ids, market_id=market_id, at=at).why_not)


def leave_of(product_ids: Collection[int], *, market_id: int, at: datetime) -> Leave:
    """Whether these products may be sold in a market at an instant, and until when that holds."""
    why_not: dict[int, Sequence[WhyNot]] = {}
    ends: list[datetime] = []
    for chunk in _chunks(product_ids):
        rows = Clearance.objects.filter(product__in=chunk, market=market_id).values_list(
            "product_id", "status", "off_sale_at", "judged_at", "decided_at"
        )
        known = {product_id: (status, off, times) for product_id, status, off, *times in rows}
        for product_id in chunk:
            if product_id not in known:
                why_not[product_id] = (NEVER_JUDGED,)
                continue
            status, off_sale_at, times = known[product_id]
            if off_sale_at is None:
                continue
            if off_sale_at > _latest(at, times):
                ends.append(off_sale_at)
            else:
                why_not[product_id] = (_WHY_NOT[status],)
    return Leave(why_not=why_not, next_end=min(ends, default=None))


def on_sale_in(
    product_ids: Collection[int], *, market_ids: Collection[int], at: datetime
) -> set[tuple[int, int]]:
    """Which of these products may be sold in which of these markets: product and market."""
    found: set[tuple[int, int]] = set()
    for chunk in _chunks(product_ids):
        found.update(
            Clearance.objects.filter(is_on_sale(at), product__in=chunk, market__in=market_ids)
            .order_by()
            .values_list("product_id", "market_id")
        )
    return found


def sale_in_markets(product_id: int, *, at: datetime) -> list[tuple[str, Sequence[WhyNot]]]:
    """The active markets by code, each with why the product may not be sold there. One query."""
    rows = (
        Market.objects.filter(is_active=True)
        .annotate(own=FilteredRelation("clearances", condition=Q(clearances__product=product_id)))
        .order_by("code")
        .values_list("code", "own__status", "own__off_sale_at", "own__judged_at", "own__decided_at")
    )
    found: list[tuple[str, Sequence[WhyNot]]] = []
    for code, status, off_sale_at, *times in rows:
        if status is None:
            found.append((code, (NEVER_JUDGED,)))
        elif off_sale_at is None or off_sale_at > _latest(at, times):
            found.append((code, ()))
        else:
            found.append((code, (_WHY_NOT[status],)))
    return found


def _latest(at: datetime, times: Iterable[datetime | None]) -> datetime:
    return max(at, *(time for time in times if time is not None))


def _chunks(product_ids: Collection[int]) -> Iterator[list[int]]:
    # SQLite binds a limited number of values in one statement.
    ids = sorted(set(product_ids))
    for start in range(0, len(ids), PRODUCTS_AT_ONCE_MAX):
        yield ids[start : start + PRODUCTS_AT_ONCE_MAX]


def waiting_of(product_id: int) -> list[int]:
    """The clearances of a product that wait for somebody, in all markets."""
    rows = Clearance.objects.filter(
        product=product_id, status__in=[Status.NEEDS_REVIEW, Status.ASKED]
    )
    return list(rows.order_by("pk").values_list("pk", flat=True))
