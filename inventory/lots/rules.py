"""Until when a lot may be sold, and which dates a lot can have. Pure."""

import calendar
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from inventory.lots.errors import (
    BundleHasNoStock,
    ExpiryBeforeProduction,
    ExpiryInPast,
    ExpiryRequired,
    LotCodeTooLong,
    LotRequired,
    ProductionInFuture,
)

LOT_CODE_LENGTH_MAX = 40


def day_in(time_zone: str, instant: datetime) -> date:
    """The day of an instant in a warehouse's own time zone, where a lot's days are counted."""
    return instant.astimezone(ZoneInfo(time_zone)).date()


def sell_by(expiry_date: date | None, remaining_days_min: int = 0) -> date | None:
    """The last day of sale: so many days before the last day of use; None: it does not expire."""
    return None if expiry_date is None else expiry_date - timedelta(days=remaining_days_min)


def days_left(expiry_date: date | None, remaining_days_min: int = 0, *, on: date) -> int | None:
    """Days until the last day of sale, negative after it; None: it does not expire."""
    last = sell_by(expiry_date, remaining_days_min)
    return None if last is None else (last - on).days


def days_left_sentence(days_left: int) -> str:
    """`12 days left`, `last day of sale`, `3 days past`."""
    if days_left == 0:
        return "last day of sale"
    days = "day" if abs(days_left) == 1 else "days"
    return f"{days_left} {days} left" if days_left > 0 else f"{-days_left} {days} past"


def is_past_sell_by(expiry_date: date | None, remaining_days_min: int = 0, *, on: date) -> bool:
    """Whether the last day of sale is over."""
    left = days_left(expiry_date, remaining_days_min, on=on)
    return left is not None and left < 0


def is_sellable(
    *, expiry_date: date | None, remaining_days_min: int = 0, is_on_hold: bool, on: date
) -> bool:
    """Whether a lot may be sold on a day: no open hold, and its last day of sale is not over."""
    return not is_on_hold and not is_past_sell_by(expiry_date, remaining_days_min, on=on)


def expiry_after_opening(
    expiry_date: date | None, period_after_opening_months: int | None, *, opened_on: date
) -> date | None:
    """The last day of use of what was opened on a day; None: it does not expire.

    The lot's own, or so many months later if that is earlier: opening never makes anything last
    longer. The period after opening is printed on cosmetics by Regulation (EC) 1223/2009, art. 19.
    """
    if period_after_opening_months is None:
        return expiry_date
    opened = months_later(opened_on, period_after_opening_months)
    return opened if expiry_date is None else min(expiry_date, opened)


def months_later(day: date, months: int) -> date:
    """The same day so many months on, or the last day of a month that is too short."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(years, month + 1)[1]
    return date(years, month + 1, min(day.day, last))


def check_new_lot(
    *,
    code: str,
    production_date: date | None,
    expiry_date: date | None,
    is_lot_tracked: bool,
    sku: str,
    is_bundle: bool = False,
) -> None:
    """Refuse a lot that lacks what it must have.

    Raises BundleHasNoStock, LotCodeTooLong, LotRequired, ExpiryRequired, ExpiryBeforeProduction.
    """
    if is_bundle:
        raise BundleHasNoStock(
            f"{sku} is a bundle, which has no stock of its own: receive what it is made of."
        )
    if len(code) > LOT_CODE_LENGTH_MAX:
        raise LotCodeTooLong(
            f"{sku}: lot code {code} is longer than {LOT_CODE_LENGTH_MAX} characters."
        )
    if not code and is_lot_tracked:
        raise LotRequired(f"{sku} is tracked by lot: give the lot code on the goods.")
    if not code and expiry_date is not None:
        raise LotRequired(f"{sku} with the expiry date {expiry_date} needs a lot code.")
    if expiry_date is None and is_lot_tracked:
        raise ExpiryRequired(f"{sku} lot {code}: give its expiry date.")
    if production_date is not None and expiry_date is not None and expiry_date < production_date:
        raise ExpiryBeforeProduction(
            f"{sku} lot {code}: the expiry date {expiry_date} is before the production date "
            f"{production_date}."
        )


def check_dates_on_receipt(
    *,
    code: str,
    production_date: date | None,
    expiry_date: date | None,
    on: date,
    sku: str,
) -> None:
    """Refuse what cannot come in on this day. Raises ExpiryInPast, ProductionInFuture."""
    if expiry_date is not None and expiry_date < on:
        raise ExpiryInPast(
            f"{sku} lot {code}: the expiry date {expiry_date} is in the past (today is {on})."
        )
    if production_date is not None and production_date > on:
        raise ProductionInFuture(
            f"{sku} lot {code}: the production date {production_date} is in the future "
            f"(today is {on})."
        )
