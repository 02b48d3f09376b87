"""What lay where at an instant that has passed, as the ledger knows it now or knew it then.

The balance after the last line written by then says most of it, read at one entry of an index;
what was written after it, of what had happened by then, is added. Most lines are written within a
day, so those are sought in that day; the few later ones have an index of their own.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Round

from inventory.stock.models import StockLevel, StockMovement
from inventory.stock.rules import DECIMALS_MAX, LATE_AFTER
from inventory.stock.selectors.levels import QUANTITY, with_state
from inventory.warehouses.models import KEPT_APART, Location

NOTHING = Value(Decimal(0), output_field=QUANTITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant of the past, and as of when it is told: `known_at` None is as known now."""

    at: datetime
    known_at: datetime | None = None

    @property
    def told_by(self) -> datetime:
        """The last instant of writing that needs no look at when a line happened."""
        return self.at if self.known_at is None else min(self.at, self.known_at)


def with_on_hand_at(levels: QuerySet[StockLevel], moment: Moment) -> QuerySet[StockLevel]:
    """Levels with `on_hand_then`: what lay there at the moment, in stock units.

    Zero where nothing had come in yet. Below zero where goods are said to have left before they
    are said to have come.
    """
    return levels.annotate(on_hand_then=_on_hand_at(moment))


def _on_hand_at(moment: Moment) -> Round:
    lines = StockMovement.objects.filter(stock_level=OuterRef("pk"))
    last = (
        lines.filter(recorded_at__lte=moment.told_by)
        .order_by("-recorded_at", "-pk")
        .values("on_hand_after")[:1]
    )
    then: Combinable = Coalesce(Subquery(last), NOTHING)
    if moment.known_at is None or moment.known_at > moment.at:
        after = lines.filter(recorded_at__gt=moment.at, happened_at__lte=moment.at)
        if moment.known_at is not None:
            after = after.filter(recorded_at__lte=moment.known_at)
        within_a_day = Q(recorded_at__lte=moment.at + LATE_AFTER, is_late=False)
        then += _sum(after.filter(within_a_day)) + _sum(after.filter(is_late=True))
    # SQLite adds binary fractions.
    return Round(then, precision=DECIMALS_MAX, output_field=QUANTITY)


def _sum(lines: QuerySet[StockMovement]) -> Coalesce:
    total = lines.order_by().values("stock_level").annotate(total=Sum(F("quantity")))
    return Coalesce(Subquery(total.values("total"), output_field=QUANTITY), NOTHING)


def stock_today(
    *,
    variant_ids: Collection[int] | None = None,
    warehouse_id: int | None = None,
    changed_since: datetime | None = None,
) -> QuerySet[StockLevel]:
    """What lies where; `changed_since` leaves what moved since, emptied places too.

    The latter have `updated_at`, when they moved last.
    """
    levels = _chosen(variant_ids, warehouse_id)
    if changed_since is None:
        return levels.filter(on_hand__gt=0)
    return levels.filter(changed_at__gte=changed_since).annotate(updated_at=F("changed_at"))


def stock_then(
    moment: Moment,
    *,
    variant_ids: Collection[int] | None = None,
    warehouse_id: int | None = None,
) -> QuerySet[StockLevel]:
    """Where something lay at the moment."""
    levels = _chosen(variant_ids, warehouse_id)
    return levels.alias(on_hand_then=_on_hand_at(moment)).exclude(Q(on_hand_then=0))


def then_and_now(
    moment: Moment,
    *,
    variant_ids: Collection[int] | None = None,
    warehouse_id: int | None = None,
    after: int = 0,
) -> QuerySet[StockLevel]:
    """Where something lay at the moment or lies now, in the order of keys, after a key."""
    levels = _chosen(variant_ids, warehouse_id).filter(pk__gt=after)
    return (
        levels.alias(on_hand_then=_on_hand_at(moment))
        .exclude(Q(on_hand_then=0) & Q(on_hand=0))
        .order_by("pk")
    )


def told(levels: Collection[StockLevel], moment: Moment | None) -> list[StockLevel]:
    """A page of these in their order, with lot, place and variant: as they are, or as they were.

    Read by their keys: what is only shown does not weigh on how the page was found.
    """
    keys = [level.pk for level in levels]
    rows = StockLevel.objects.filter(pk__in=keys)
    rows = with_state(rows) if moment is None else with_on_hand_at(rows, moment)
    found = {
        level.pk: level
        for level in rows.select_related("lot", "location__warehouse", "variant__product")
    }
    return [found[key] for key in keys if key in found]


def free_now(level: StockLevel, today: Mapping[str, date]) -> Decimal:
    """What of a level with its state may be promised; `today` by time zone."""
    place, sell_by = level.location, level.sell_by_date  # type: ignore[attr-defined]
    may_be_sold = (
        place.warehouse.is_sellable
        and place.kind not in KEPT_APART
        and not level.is_on_hold  # type: ignore[attr-defined]
        and (sell_by is None or sell_by >= today[place.warehouse.time_zone])
    )
    return level.on_hand - level.reserved if may_be_sold else Decimal(0)


def _chosen(variant_ids: Collection[int] | None, warehouse_id: int | None) -> QuerySet[StockLevel]:
    levels = StockLevel.objects.all()
    if variant_ids is not None:
        levels = levels.filter(variant_id__in=variant_ids)
    if warehouse_id is not None:
        # By its places' keys: an index of the levels answers, without a join.
        places = Location.objects.filter(warehouse_id=warehouse_id)
        levels = levels.filter(location_id__in=list(places.values_list("pk", flat=True)))
    return levels
