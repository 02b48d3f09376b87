"""Counting what lies there, and proving that stock, ledger and promises say the same."""

from inventory.counting.services.deciding import approve, count_again, finish_round, reject
from inventory.counting.services.entering import enter, enter_found
from inventory.counting.services.planning import (
    LINES_MAX,
    cancel_count,
    plan_count,
    start_count,
)
from inventory.counting.services.reconciling import reconcile, reconcile_and_alert
from inventory.counting.services.sent import SentLine, take_count

__all__ = [
    "LINES_MAX",
    "SentLine",
    "approve",
    "cancel_count",
    "count_again",
    "enter",
    "enter_found",
    "finish_round",
    "plan_count",
    "reconcile",
    "reconcile_and_alert",
    "reject",
    "start_count",
    "take_count",
]
