from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from inventory.integration.rules import Holding, UpdateMode, change_of, spread


def holding(code, on_hand=0, reserved=0):
    return Holding(
        location_id=hash(code),
        location_code=code,
        on_hand=Decimal(on_hand),
        reserved=Decimal(reserved),
    )


def told(parts):
    return [(place.location_code, part) for place, part in parts]


def test_a_set_changes_by_the_difference_and_a_delta_by_itself():
    assert change_of(UpdateMode.SET, Decimal(7), Decimal(10)) == -3
    assert change_of(UpdateMode.DELTA, Decimal(-7), Decimal(10)) == -7


def test_more_goes_where_most_of_it_lies():
    assert told(spread([holding("A", 2), holding("B", 5)], Decimal(3))) == [("B", 3)]


def test_more_of_what_lies_nowhere_goes_to_the_first_place_by_its_code():
    assert told(spread([holding("B"), holding("A")], Decimal(3))) == [("A", 3)]


def test_nothing_changes_nowhere():
    assert spread([holding("A", 2)], Decimal(0)) == []


def test_what_nobody_was_promised_goes_first_from_where_most_lies():
    places = [holding("A", 4), holding("B", 10, reserved=7)]

    assert told(spread(places, Decimal(-5))) == [("B", -3), ("A", -2)]


def test_what_was_promised_goes_last():
    places = [holding("A", 4), holding("B", 10, reserved=7)]

    assert told(spread(places, Decimal(-9))) == [("B", -5), ("A", -4)]


amounts = st.integers(min_value=0, max_value=50)


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=5), st.data())
def test_the_parts_make_the_change_and_promises_are_hurt_only_where_they_must(stock, data):
    places = [holding(f"A-{i}", n, min(n, r)) for i, (n, r) in enumerate(stock)]
    on_hand = sum(place.on_hand for place in places)
    free = sum(place.free for place in places)
    change = Decimal(data.draw(st.integers(min_value=-int(on_hand), max_value=50)))

    parts = spread(places, change)

    assert sum(part for _, part in parts) == change
    assert all(place.on_hand + part >= 0 for place, part in parts)
    hurt = sum(max(place.reserved - (place.on_hand + part), 0) for place, part in parts)
    assert hurt == max(-change - free, 0)
