"""What Today tells of all stock together: summed up each minute, not for each reader."""

from dataclasses import dataclass
from datetime import date, datetime

from config.kernel.overviews import Overview
from inventory.expiry.selectors import WeekValue, latest_today, value_by_week
from inventory.stock.selectors import LowStock, StockWorth, low_stock, stock_worth

LOW_SHOWN = 8
LOW_COUNTED_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StockSums:
    """What all stock is worth, what of it runs out in which week, and what is low, as it was."""

    at: datetime
    today: date
    worth: StockWorth
    weeks: list[WeekValue]
    low: list[LowStock]
    low_count: int


def _sum_up(now: datetime) -> StockSums:
    today, low = latest_today(now), low_stock(now=now, limit=LOW_COUNTED_MAX)
    return StockSums(
        at=now,
        today=today,
        worth=stock_worth(),
        weeks=value_by_week(today=today),
        low=low[:LOW_SHOWN],
        low_count=len(low),
    )


stock_sums = Overview("stock", _sum_up)
