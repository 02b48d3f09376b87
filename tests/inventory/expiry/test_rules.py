from datetime import date
from decimal import Decimal

import pytest

from inventory.expiry import rules

DAYS = (90, 60, 30, 7)


@pytest.mark.parametrize(
    ("days_left", "threshold"),
    [
        (91, None),
        (90, "90"),
        (61, "90"),
        (60, "60"),
        (30, "30"),
        (20, "30"),
        (7, "7"),
        (0, "7"),
        (-1, "past"),
    ],
)
def test_the_most_urgent_threshold_reached_counts(days_left, threshold):
    assert rules.reached_threshold(days_left, DAYS) == threshold


def test_without_thresholds_only_the_past_counts():
    assert rules.reached_threshold(1, ()) is None
    assert rules.reached_threshold(-1, ()) == "past"


def test_thresholds_are_sentences_that_say_before():
    assert rules.threshold_sentence("30") == "30 days before the last day of sale"
    assert rules.threshold_sentence("1") == "1 day before the last day of sale"
    assert rules.threshold_sentence("past") == "past the last day of sale"


def test_days_left_are_words():
    assert rules.days_left_sentence(12) == "12 days left"
    assert rules.days_left_sentence(1) == "1 day left"
    assert rules.days_left_sentence(0) == "last day of sale"
    assert rules.days_left_sentence(-3) == "3 days past"


def test_a_lot_without_cost_has_no_value_rather_than_zero():
    assert rules.value_of(Decimal(3), None) is None
    assert rules.value_of(Decimal(3), Decimal("4.20")) == Decimal("12.60")


def test_weeks_start_on_monday():
    assert rules.week_start(date(2026, 11, 29)) == date(2026, 11, 23)
    assert rules.week_start(date(2026, 11, 23)) == date(2026, 11, 23)
