from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from inventory.counting.rules import Booking, book_pieces, compare_pieces, shared


def booked(quantity, *, missing=(), found=(), moved=(), left=0, came=0):
    return book_pieces(
        Decimal(quantity),
        missing=missing,
        found=found,
        moved=moved,
        unnamed_left=left,
        unnamed_came=came,
    )


def test_compares_what_was_scanned_with_what_the_books_had():
    told = compare_pieces(["W3", "W1", "W9"], ["W1", "W2", "W3"])

    assert (told.missing, told.found, told.size) == (("W2",), ("W9",), 2)
    assert not compare_pieces(["W1"], ["W1"])
    assert shared([["W1", "W2"], ["W2"], ["W3"]]) == {"W2"}


def test_what_is_missing_goes_and_what_is_found_comes():
    assert booked(-1, missing=["W2"]) == Booking(less=Decimal(1), gone=("W2",))
    assert booked(1, found=["W9"]) == Booking(more=Decimal(1), came=("W9",))
    assert booked(0, missing=["W2"], found=["W9"]) == Booking(
        less=Decimal(1), gone=("W2",), more=Decimal(1), came=("W9",)
    )


def test_pieces_without_a_number_go_and_come_unnamed():
    assert booked(-3, missing=["W2"]) == Booking(less=Decimal(3), gone=("W2",))
    assert booked(2, found=["W9"]) == Booking(more=Decimal(2), came=("W9",))


def test_a_piece_that_was_sold_without_being_named_is_the_one_that_is_missing():
    assert booked(0, missing=["W2"], left=1) == Booking(left_before=("W2",))


def test_which_of_two_was_sold_and_which_is_missing_nobody_can_tell():
    assert booked(-1, missing=["W2", "W3"], left=1) == Booking(less=Decimal(1))


def test_a_piece_that_was_found_elsewhere_was_not_the_one_that_was_sold():
    assert booked(-1, moved=["W2"], missing=["W3"], left=1) == Booking(
        less=Decimal(1), gone=("W2",), left_before=("W3",)
    )


def test_a_piece_that_came_without_being_named_is_the_one_that_was_found():
    assert booked(0, found=["W9"], came=1) == Booking(here_before=("W9",))
    assert booked(1, found=["W8", "W9"], came=1) == Booking(
        here_before=("W8",), more=Decimal(1), came=("W9",)
    )


@given(
    named_in=st.integers(0, 6),
    unnamed_in=st.integers(0, 4),
    unnamed_out=st.integers(0, 4),
    seen=st.sets(st.integers(0, 9), max_size=8),
    without=st.integers(0, 4),
    elsewhere=st.sets(st.integers(0, 5)),
)
def test_a_place_never_has_more_pieces_than_came_and_did_not_leave(
    named_in, unnamed_in, unnamed_out, seen, without, elsewhere
):
    on_hand = named_in + unnamed_in - unnamed_out
    if on_hand < 0:
        return
    known = {f"W{n}" for n in range(named_in)}
    told = compare_pieces({f"W{n}" for n in seen}, known)
    moved = [s for s in told.missing if int(s[1:]) in elsewhere]
    quantity = len(seen) + without - on_hand

    booking = booked(
        quantity,
        missing=[s for s in told.missing if s not in moved],
        moved=moved,
        found=told.found,
        left=unnamed_out,
        came=unnamed_in,
    )

    assert booking.more - booking.less == quantity
    assert len(booking.gone) <= booking.less
    assert len(booking.came) <= booking.more
    assert len(booking.left_before) <= unnamed_out
    assert len(booking.here_before) <= unnamed_in
    left = {*booking.gone, *booking.left_before}
    there = (known - left) | {*booking.came, *booking.here_before}
    assert set(moved) <= left <= set(told.missing)
    assert {*booking.came, *booking.here_before} == set(told.found)
    still_unnamed = unnamed_out - len(booking.left_before) + booking.less - len(booking.gone)
    assert len(there) <= on_hand + quantity + still_unnamed
