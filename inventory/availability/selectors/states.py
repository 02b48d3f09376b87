"""How much there is of a variant, to choose variants by."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from catalog.products.models import Variant
from inventory.availability.selectors.figures import blocked, levels_in
from inventory.lots.selectors import SellByDate, open_hold_of, todays
from inventory.stock.models import StockLevel
from inventory.stock.selectors import fresh_levels, low_levels
from inventory.stock.selectors.searching import keys_or_query
from inventory.warehouses.models import KEPT_APART, Location

# As many keys are sent to the database again; beyond that it is asked anew.
VARIANTS_MAX = 20_000


class StockState(StrEnum):
    """How much there is of a variant, to choose by."""

    SOME = "some"
    LOW = "low"
    OUT = "out"
    BLOCKED = "blocked"
    NEVER = "never"


def in_state(state: StockState, *, now: datetime, warehouse_id: int | None = None) -> Q:
    """Variants in this state, of one warehouse if one is named.

    Out: there was some, and nothing may be sold. Blocked: some lies there on hold or past its day.
    """
    levels = levels_in(warehouse_id)
    own = levels.filter(variant_id=OuterRef("pk"))
    if state is StockState.SOME:
        return Q(Exists(own.filter(on_hand__gt=0)))
    if state is StockState.NEVER:
        return ~Q(Exists(own))
    if state is StockState.BLOCKED:
        filled = levels.filter(on_hand__gt=0)
        return Q(pk__in=blocked(filled, fresh_levels(now)).values("variant_id"))
    if state is StockState.OUT:
        out = Variant.objects.alias(free=Subquery(_free(own, now).values("pk")[:1]))
        out = out.filter(Exists(own), free__isnull=True)
        return Q(pk__in=keys_or_query(out, most=VARIANTS_MAX))
    low = low_levels(levels, now=now).order_by().values("variant_id")
    return Q(pk__in=keys_or_query(low, "variant_id", most=VARIANTS_MAX))


def ever_lay_in(warehouse_id: int) -> Q:
    """Variants of which something lies or lay in a warehouse."""
    return Q(Exists(levels_in(warehouse_id).filter(variant_id=OuterRef("pk"))))


def _free(own: QuerySet[StockLevel], now: datetime) -> QuerySet[StockLevel, Any]:
    """The levels of an outer variant from which something may be sold: as `sellable`, but one look.

    The first that is found will do, so each variant is looked at by an index. The variant's own
    minimum of days comes from outside, and places are few: what is left to join is the lot.
    """
    minimum = Coalesce(OuterRef("product__cosmeticproduct__remaining_days_min"), Value(0))
    unsellable = Location.objects.filter(
        Q(kind__in=KEPT_APART) | Q(warehouse__is_sellable=False)
    ).values("pk")
    days = todays(now)
    latest = max(days.values(), default=now.date())
    fresh = Q(sell_by__isnull=True) | Q(sell_by__gte=latest)
    for zone, today in days.items():
        if today < latest:
            there = Location.objects.filter(warehouse__time_zone=zone).values("pk")
            fresh |= Q(sell_by__gte=today, location_id__in=there)
    return (
        own.filter(on_hand__gt=0)
        .filter(on_hand__gt=F("reserved"))
        .exclude(location_id__in=unsellable)
        .exclude(open_hold_of("lot_id"))
        .alias(sell_by=SellByDate(F("lot__expiry_date"), minimum))
        .filter(fresh)
    )
