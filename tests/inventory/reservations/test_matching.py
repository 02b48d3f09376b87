"""What was sent against what was booked: nothing is confirmed, swapped or put back twice."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from inventory.reservations.matching import Booked, Sent, match

sent_lines = st.lists(
    st.tuples(st.sampled_from((1, 2)), st.sampled_from((1, 2)), st.integers(1, 5), st.booleans()),
    max_size=5,
)
bookings = st.lists(
    st.tuples(
        st.sampled_from((1, 2)), st.sampled_from((1, 2)), st.sampled_from((1, 2)), st.integers(1, 5)
    ),
    max_size=5,
)


@given(sent_lines=sent_lines, bookings=bookings)
def test_each_unit_that_was_sent_is_confirmed_swapped_or_too_much(sent_lines, bookings):
    # A level is one lot in one warehouse: lot 1 and 2 of each variant, warehouse 1 and 2.
    booked = [
        Booked(
            line_id=number,
            stock_level_id=variant * 100 + lot * 10 + warehouse,
            variant_id=variant,
            lot_id=variant * 10 + lot,
            warehouse_id=warehouse,
            quantity=quantity,
        )
        for number, (variant, lot, warehouse, quantity) in enumerate(bookings)
    ]
    sent = [
        Sent(
            position=number,
            variant_id=variant,
            lot_id=variant * 10 + lot,
            quantity=quantity,
            stock_level_id=variant * 100 + lot * 10 + 1 if is_placed else None,
        )
        for number, (variant, lot, quantity, is_placed) in enumerate(sent_lines)
    ]

    found = match(sent, booked, warehouse_id=1)

    used: Counter[int] = Counter()
    for fit in found.confirmed:
        used[fit.line_id] += fit.quantity
    for swap in found.swaps:
        used[swap.line_id] += swap.quantity
    for one in booked:
        assert 0 <= used[one.line_id] <= one.quantity
    for one in sent:
        parts = [c.quantity for c in found.confirmed if c.position == one.position]
        parts += [s.quantity for s in found.swaps if s.position == one.position]
        assert sum(parts) + found.excess.get(one.position, 0) == one.quantity
    # What of a level comes back, because other stock was sent, is never sent from it as well.
    back = {swap.booked_level_id for swap in found.swaps}
    by_position = {one.position: one for one in sent}
    gone = {by_position[s.position].lot_id for s in found.swaps}
    here = {one.stock_level_id for one in booked if one.warehouse_id == 1 and one.lot_id in gone}
    assert not back & here
