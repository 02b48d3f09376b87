"""Lots as other systems ask for them: by item, by state, by when something about them changed."""

from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum

from django.db.models import (
    Case,
    CharField,
    Exists,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Value,
    When,
)

from inventory.availability.selectors.figures import with_lot_figures
from inventory.lots.models import Lot, LotHold
from inventory.lots.selectors import product_sell_by, todays
from inventory.stock.models import StockLevel


class LotStatus(StrEnum):
    """What may be done with a lot, derived from holds, dates and stock; the first that is true."""

    ON_HOLD = "on_hold"
    USED_UP = "used_up"
    PAST_SELL_BY = "past_sell_by"
    SELLABLE = "sellable"


def lots(
    *,
    now: datetime,
    variant_ids: Collection[int] | None = None,
    status: LotStatus | None = None,
    expires_before: date | None = None,
    changed_since: datetime | None = None,
) -> QuerySet[Lot]:
    """The lots chosen so; `told` says what is known of a page of them.

    `changed_since` leaves those of which something moved, was held, released or put right since.
    """
    found = Lot.objects.all()
    if variant_ids is not None:
        found = found.filter(variant_id__in=variant_ids)
    if expires_before is not None:
        found = found.filter(expiry_date__lt=expires_before)
    if changed_since is not None:
        found = found.filter(updated_at__gte=changed_since)
    return _in_state(found, status, now)


def told(page: Collection[Lot], *, now: datetime) -> list[Lot]:
    """A page of lots in their order, with figures, `status`, and their open holds in `open_holds`.

    Read by their keys: what is only shown does not weigh on how the page was found.
    """
    keys = [lot.pk for lot in page]
    has_stock = Exists(StockLevel.objects.filter(lot_id=OuterRef("pk"), on_hand__gt=0))
    rows = (
        with_lot_figures(Lot.objects.filter(pk__in=keys))
        .annotate(
            status=Case(
                When(Q(is_on_hold=True), then=Value(LotStatus.ON_HOLD)),
                When(~Q(has_stock), then=Value(LotStatus.USED_UP)),
                When(Q(sell_by_date__lt=_today(now)), then=Value(LotStatus.PAST_SELL_BY)),
                default=Value(LotStatus.SELLABLE),
                output_field=CharField(),
            )
        )
        .select_related("variant__product", "supplier")
        .prefetch_related(
            Prefetch(
                "holds",
                LotHold.objects.filter(released_at__isnull=True).order_by("placed_at", "pk"),
                to_attr="open_holds",
            )
        )
    )
    found = {lot.pk: lot for lot in rows}
    return [found[key] for key in keys if key in found]


def _today(now: datetime) -> date:
    """Where today is latest a lot runs out first."""
    return max(todays(now).values(), default=now.date())


def _in_state(found: QuerySet[Lot], status: LotStatus | None, now: datetime) -> QuerySet[Lot]:
    """Only lots in that state, each by the one condition that an index or few rows answer."""
    if status is None:
        return found
    held = Exists(LotHold.objects.filter(lot_id=OuterRef("pk"), released_at__isnull=True))
    if status is LotStatus.ON_HOLD:
        return found.filter(held)
    has_stock = Exists(StockLevel.objects.filter(lot_id=OuterRef("pk"), on_hand__gt=0))
    found = found.filter(~held)
    if status is LotStatus.USED_UP:
        return found.filter(~has_stock)
    today = _today(now)
    found = found.filter(has_stock).alias(last_day=product_sell_by())
    if status is LotStatus.PAST_SELL_BY:
        return found.filter(last_day__lt=today)
    return found.filter(Q(last_day__isnull=True) | Q(last_day__gte=today))
