"""What becomes unlawful, when: the dates of the law and of papers, and what they hit."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from catalog.markets.models import Market
from compliance.assessments.exposure import Exposure
from compliance.assessments.models import Finding, SeverityChoice
from compliance.assessments.selectors.queue import exposures
from compliance.jurisdictions.rules import jurisdictions_of
from config.kernel.money import Money

ROWS_MAX = 20_000
PRODUCTS_ADDED_UP_MAX = 3_000
PLACING = "no-new-goods-soon"
CERTIFICATE = "certificate-there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """One rule or paper on the day from which it hits products, and what is behind them.

    `value` is what the stock cost, as far as that is known; `added_up` is False where there are so
    many products that nobody asked for all of them.
    """

    from_date: date
    rule: str
    severity: str
    is_placing: bool
    is_certificate: bool
    message: str
    keys: frozenset[str]
    ingredients: Sequence[str]
    product_ids: Sequence[int]
    markets: Sequence[str]
    lots: int
    lots_without_cost: int
    value: Money | None
    open_reservations: int
    added_up: bool

    def days_left(self, on: date) -> int:
        """How many days are left."""
        return (self.from_date - on).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What is to come, soonest first; whether more is to come than was looked at."""

    coming: Sequence[Coming]
    is_cut: bool


_Key = tuple[date, str, str, bool]


def coming(now: datetime, *, market_code: str = "", within_days: int | None = None) -> Calendar:
    """What becomes unlawful after a day, of every product or of those of one market.

    One query for the findings, one for the markets, and those of what stands behind the products.
    """
    today = now.date()
    markets = _markets_by_laws()
    wanted = Q(later_severity__in=(SeverityChoice.BLOCK, SeverityChoice.WARN)) | Q(code=PLACING)
    rows = Finding.objects.filter(wanted, from_date__gt=today)
    if within_days is not None:
        rows = rows.filter(from_date__lte=today + timedelta(days=within_days))
    if market_code:
        laws = [code for code, names in markets.items() if market_code in names]
        rows = rows.filter(assessment__jurisdictions__in=laws)
    found: list[Any] = list(
        rows.order_by("from_date", "pk").values(
            "from_date",
            "reference",
            "key",
            "code",
            "later_severity",
            "message",
            "ingredient",
            "product_id",
            "assessment__jurisdictions",
        )[: ROWS_MAX + 1]
    )
    groups: dict[_Key, list[dict[str, Any]]] = {}
    for row in found[:ROWS_MAX]:
        groups.setdefault(_group(row), []).append(row)
    behind, asked = _behind(groups.values())
    return Calendar(
        coming=[
            _coming(key, own, markets, market_code, behind, asked) for key, own in groups.items()
        ],
        is_cut=len(found) > ROWS_MAX,
    )


def _group(row: Mapping[str, Any]) -> _Key:
    severity = row["later_severity"] if row["code"] != PLACING else ""
    return row["from_date"], _rule(row), severity, row["code"] == PLACING


def _rule(row: Mapping[str, Any]) -> str:
    if row["code"] == CERTIFICATE:
        return str(row["key"].partition(":certificate:")[2] or row["key"])
    return str(row["reference"] or row["key"])


def _markets_by_laws() -> dict[str, list[str]]:
    """The codes of the active markets by whose law holds there."""
    found: dict[str, list[str]] = {}
    for market in Market.objects.filter(is_active=True).order_by("code"):
        laws = " ".join(jurisdictions_of(market.country, market.region))
        found.setdefault(laws, []).append(market.code)
    return found


def _behind(
    groups: Iterable[Sequence[Mapping[str, Any]]],
) -> tuple[dict[int, Exposure], frozenset[int]]:
    """What stands behind the products, those of the next dates first; and which were asked for."""
    ids: dict[int, None] = {}
    for product_id in _product_ids(groups):
        ids[product_id] = None
        if len(ids) == PRODUCTS_ADDED_UP_MAX:
            break
    return exposures(ids), frozenset(ids)


def _product_ids(groups: Iterable[Sequence[Mapping[str, Any]]]) -> Iterator[int]:
    for rows in groups:
        for row in rows:
            yield row["product_id"]


def _coming(
    key: _Key,
    rows: Sequence[Mapping[str, Any]],
    markets: Mapping[str, list[str]],
    market_code: str,
    behind: Mapping[int, Exposure],
    asked: Collection[int],
) -> Coming:
    from_date, rule, severity, is_placing = key
    ids = list(dict.fromkeys(row["product_id"] for row in rows))
    own = [behind[pk] for pk in ids if pk in behind]
    codes = {code for row in rows for code in markets.get(row["assessment__jurisdictions"], ())}
    return Coming(
        from_date=from_date,
        rule=rule,
        severity=severity,
        is_placing=is_placing,
        is_certificate=rows[0]["code"] == CERTIFICATE,
        message=rows[0]["message"],
        keys=frozenset(row["key"] for row in rows),
        ingredients=list(dict.fromkeys(row["ingredient"] for row in rows if row["ingredient"])),
        product_ids=ids,
        markets=sorted(codes & {market_code} if market_code else codes),
        lots=sum(one.lots for one in own),
        lots_without_cost=sum(one.lots_without_cost for one in own),
        value=_sum([one.value for one in own if one.value is not None]),
        open_reservations=sum(one.open_reservations for one in own),
        added_up=all(pk in asked for pk in ids),
    )


def _sum(values: Sequence[Money]) -> Money | None:
    """What the values are together; the shop has one currency for the worth of its stock."""
    if not values:
        return None
    return Money(sum(value.amount for value in values), values[0].currency)
