from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.counting.rules import (
    Since,
    Tolerance,
    abc_classes,
    book_when_counted,
    corrected_after,
)
from tests.factories.inventory import NOW


def since(quantity, minutes, is_correction=False):
    return Since(
        quantity=Decimal(quantity),
        happened_at=NOW + timedelta(minutes=minutes),
        is_correction=is_correction,
    )


def test_what_is_sold_after_the_count_is_no_part_of_what_it_is_compared_with():
    assert book_when_counted(Decimal(10), [since(-3, 1)], counted_at=NOW) == 10


def test_what_had_happened_before_and_was_written_later_is():
    assert book_when_counted(Decimal(10), [since(-3, -1), since(2, 0)], counted_at=NOW) == 9


@pytest.mark.parametrize(
    ("units", "percent", "difference", "book", "is_covered"),
    [
        ("0", "0", "0", "10", True),
        ("0", "0", "1", "10", False),
        ("1", "0", "-1", "10", True),
        ("1", "0", "2", "10", False),
        ("0", "1", "-10", "1000", True),
        ("0", "1", "-11", "1000", False),
        ("5", "1", "-5", "10", True),
        ("0", "1", "1", "0", False),
    ],
)
def test_the_wider_tolerance_holds(units, percent, difference, book, is_covered):
    tolerance = Tolerance(units=Decimal(units), percent=Decimal(percent))

    assert tolerance.covers(Decimal(difference), Decimal(book)) is is_covered


def test_only_a_correction_after_the_count_may_hold_its_difference_already():
    assert corrected_after([since(-1, 1, is_correction=True)], counted_at=NOW)
    assert not corrected_after([since(-1, 1)], counted_at=NOW)
    assert not corrected_after([since(-1, -1, is_correction=True)], counted_at=NOW)


def test_the_few_that_make_most_picks_are_a():
    picks = {1: 70, 2: 15, 3: 10, 4: 5, 5: 0}

    assert abc_classes(picks) == {1: "A", 2: "A", 3: "B", 4: "C", 5: "C"}
    assert abc_classes({}) == {}
    assert abc_classes({1: 0, 2: 0}) == {1: "C", 2: "C"}


quantities = st.decimals(min_value=-50, max_value=50, places=4)
moved = st.lists(st.tuples(quantities, st.integers(min_value=-60, max_value=60)), max_size=12)


@given(
    st.decimals(min_value=0, max_value=1000, places=4),
    moved,
    moved,
    st.decimals(min_value=0, max_value=1000, places=4),
)
def test_booking_the_difference_makes_the_books_what_was_counted_and_moved_since(
    start, written_before, written_since, counted
):
    """The model: what lay there at the count is `counted`; after it only what happened later."""
    noted = start + sum((quantity for quantity, _ in written_before), Decimal(0))
    later = [since(quantity, minutes) for quantity, minutes in written_since]

    book = book_when_counted(noted, later, counted_at=NOW)

    on_hand_now = noted + sum((m.quantity for m in later), Decimal(0))
    after = sum((m.quantity for m in later if m.happened_at > NOW), Decimal(0))
    assert on_hand_now + (counted - book) == counted + after
