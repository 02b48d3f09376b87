"""When somebody is told that a lot runs out, and in which words. Pure."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from inventory.lots.rules import days_left_sentence as days_left_sentence

PAST = "past"


def reached_threshold(days_left: int, thresholds: Iterable[int]) -> str | None:
    """The most urgent threshold a lot has reached: days as text, `past` after its last day of sale.

    None: no threshold is reached yet. A lot that arrives with 20 days left has reached 30, not 90.
    """
    if days_left < 0:
        return PAST
    reached = [days for days in thresholds if days_left <= days]
    return str(min(reached)) if reached else None


def alert_key(lot_id: int, threshold: str) -> str:
    """One alert for each lot and threshold, for ever."""
    return f"{lot_key_prefix(lot_id)}{threshold}"


def lot_key_prefix(lot_id: int) -> str:
    """What all expiry alerts of one lot begin with."""
    return f"expiry:{lot_id}:"


def threshold_sentence(threshold: str) -> str:
    """A threshold in words that leave no doubt about before or after."""
    if threshold == PAST:
        return "past the last day of sale"
    if threshold == "0":
        return "the last day of sale"
    return f"{threshold} {'day' if threshold == '1' else 'days'} before the last day of sale"


def severity(threshold: str) -> str:
    """How soon somebody should look: info, warning, or critical from a week before on."""
    if threshold == PAST or int(threshold) <= 7:
        return "critical"
    return "warning" if int(threshold) <= 30 else "info"


def week_start(day: date) -> date:
    """The Monday of a day's week."""
    return date.fromordinal(day.toordinal() - day.weekday())


def value_of(quantity: Decimal, unit_cost: Decimal | None) -> Decimal | None:
    """What a quantity cost us; None where the lot has no cost: unknown is not zero."""
    return None if unit_cost is None else quantity * unit_cost
