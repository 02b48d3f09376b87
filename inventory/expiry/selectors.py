"""Reads of what runs out: the board, its value by week, the lots that are due for an alert."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, F, Q, QuerySet, Sum

from catalog.markets.models import Channel, Market
from catalog.products.selectors import expiry_alert_days
from inventory.availability.selectors.figures import lots_with_stock, with_lot_figures
from inventory.expiry.rules import reached_threshold, week_start
from inventory.lots.models import Lot
from inventory.lots.selectors import longest_minimum, product_sell_by, todays
from inventory.stock.models import StockLevel
from inventory.stock.selectors import VALUE

DIGEST_PERMISSION = "inventory.receive_expiry_digest"
WEEKS_SHOWN = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLot:
    """A lot with stock that has reached an alert threshold."""

    lot_id: int
    code: str
    sku: str
    product_name: str
    stock_unit: str
    sell_by_date: date
    days_left: int
    threshold: str
    on_hand: Decimal
    unit_cost: Decimal | None
    currency: str


def latest_today(now: datetime) -> date:
    """The calendar day where it is latest among our warehouses: there a lot runs out first."""
    return max(todays(now).values(), default=now.date())


def board_lots(lots: QuerySet[Lot], *, warehouse_id: int | None = None) -> QuerySet[Lot]:
    """Lots that expire and of which something lies in stock, as the board shows them.

    Annotates `sell_by_date`, `is_on_hold`, `on_hand` and `reserved` (of the warehouse, if one is
    named), `value` in the lot's currency (None: no cost known).
    """
    return with_lot_figures(lots, warehouse_id=warehouse_id).filter(
        lots_with_stock(warehouse_id=warehouse_id), expiry_date__isnull=False
    )


def due_first(lots: QuerySet[Any], *, count: int) -> QuerySet[Any]:
    """Of `board_lots`, narrowed in whatever way, a few with the first `count` by last day of sale.

    No product asks for more days left than `longest_minimum`, so none of the first expires later
    than that after the lot with number `count` by expiry date, which an index finds.
    """
    by_expiry = lots.order_by("expiry_date", "pk").values_list("expiry_date", flat=True)
    for last in by_expiry[count - 1 : count]:
        return lots.filter(expiry_date__lte=last + timedelta(days=longest_minimum()))
    return lots


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardWorth:
    """How many lots a board shows and what they cost us; `without_cost` have no known cost."""

    lot_count: int
    without_cost: int
    values: tuple[tuple[str, Decimal], ...]


def board_worth(lots: QuerySet[Any], *, warehouse_id: int | None = None) -> BoardWorth:
    """Sum up `board_lots` of the same warehouse, narrowed in whatever way: the database adds."""
    levels = StockLevel.objects.filter(on_hand__gt=0, lot_id__in=lots.order_by().values("pk"))
    if warehouse_id is not None:
        levels = levels.filter(location__warehouse_id=warehouse_id)
    rows = (
        levels.values(currency=F("lot__currency"))
        .annotate(
            lot_count=Count("lot_id", distinct=True),
            without_cost=Count("lot_id", distinct=True, filter=Q(lot__unit_cost=None)),
            value=Sum(F("on_hand") * F("lot__unit_cost"), output_field=VALUE),
        )
        .order_by("currency")
    )
    found = list(rows)
    return BoardWorth(
        lot_count=sum(row["lot_count"] for row in found),
        without_cost=sum(row["without_cost"] for row in found),
        values=tuple((row["currency"], row["value"]) for row in found if row["value"] is not None),
    )


def _in_stock_until(day: date) -> QuerySet[Any]:
    until = day + timedelta(days=longest_minimum())
    lots: QuerySet[Any] = board_lots(Lot.objects.filter(expiry_date__lte=until))
    return lots.filter(sell_by_date__lte=day).order_by("pk")


def due_lots(*, now: datetime) -> Iterator[DueLot]:
    """Every lot in stock that has reached an alert threshold of its category, in any state."""
    thresholds = expiry_alert_days()
    today = latest_today(now)
    horizon = today + timedelta(days=max(max(days, default=0) for days in thresholds.values()))
    rows = _in_stock_until(horizon).values_list(
        "pk",
        "code",
        "variant__sku",
        "variant__product__name",
        "variant__product__stock_unit",
        "variant__product__category_id",
        "sell_by_date",
        "on_hand",
        "unit_cost",
        "currency",
    )
    for pk, code, sku, name, unit, category_id, sell_by, on_hand, cost, currency in rows.iterator(
        chunk_size=1000
    ):
        days_left = (sell_by - today).days
        threshold = reached_threshold(days_left, thresholds[category_id])
        if threshold is None:
            continue
        yield DueLot(
            lot_id=pk,
            code=code,
            sku=sku,
            product_name=name,
            stock_unit=unit,
            sell_by_date=sell_by,
            days_left=days_left,
            threshold=threshold,
            on_hand=on_hand,
            unit_cost=cost,
            currency=currency,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekValue:
    """What runs out in one week, in one currency; `without_cost` counts lots of unknown value."""

    week: date
    currency: str
    value: Decimal
    without_cost: int


def value_by_week(*, today: date) -> list[WeekValue]:
    """Value of the stock whose last day of sale falls into each of the next weeks, by currency.

    What is past already counts in the first week: it waits there to be written off or sent back.
    """
    first = week_start(today)
    last = first + timedelta(weeks=WEEKS_SHOWN, days=-1)
    rows = (
        StockLevel.objects.filter(
            on_hand__gt=0, lot__expiry_date__lte=last + timedelta(days=longest_minimum())
        )
        .annotate(sell_by_date=product_sell_by("lot__"))
        .filter(sell_by_date__lte=last)
        .values("sell_by_date", "lot__currency")
        .annotate(
            value=Sum(F("on_hand") * F("lot__unit_cost"), output_field=VALUE),
            without_cost=Count("lot", distinct=True, filter=Q(lot__unit_cost=None)),
        )
        .order_by("sell_by_date", "lot__currency")
    )
    sums: dict[tuple[date, str], Decimal] = {}
    unknown: dict[tuple[date, str], int] = {}
    for row in rows:
        key = (max(week_start(row["sell_by_date"]), first), row["lot__currency"])
        sums[key] = sums.get(key, Decimal(0)) + (row["value"] or Decimal(0))
        unknown[key] = unknown.get(key, 0) + row["without_cost"]
    return [
        WeekValue(week=week, currency=currency, value=value, without_cost=unknown[week, currency])
        for (week, currency), value in sorted(sums.items())
    ]


def levels_maybe_past(*, now: datetime) -> QuerySet[StockLevel]:
    """Stock levels with promised stock of lots that may be past their last day of sale.

    Each promise has a last day of its own (product, market, channel, delivery): this is the widest
    net, and `give_way` looks at every promise in it.
    """
    markets = Market.objects.order_by("-remaining_days_min")
    channels = Channel.objects.order_by("-remaining_days_min")
    longest = max(
        [
            0,
            *markets.values_list("remaining_days_min", flat=True)[:1],
            *channels.values_list("remaining_days_min", flat=True)[:1],
        ]
    )
    today = latest_today(now)
    return (
        StockLevel.objects.annotate(sell_by_date=product_sell_by("lot__"))
        .filter(reserved__gt=0, lot__expiry_date__isnull=False)
        .filter(Q(sell_by_date__lt=today) | Q(lot__expiry_date__lt=today + timedelta(days=longest)))
        .order_by("variant_id", "pk")
    )


def lots_without_stock(lot_ids: Collection[int]) -> set[int]:
    """Which of these lots have nothing left anywhere."""
    left = StockLevel.objects.filter(lot_id__in=lot_ids, on_hand__gt=0)
    return set(lot_ids) - set(left.values_list("lot_id", flat=True).distinct())


def digest_readers() -> QuerySet[User]:
    """Active users with an e-mail address and the right to the daily digest."""
    users = User.objects.with_perm(
        DIGEST_PERMISSION, backend="django.contrib.auth.backends.ModelBackend"
    )
    return users.filter(is_active=True).exclude(email="").order_by("pk")
