from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.reservations.rules import (
    Candidate,
    Demand,
    Pick,
    Promise,
    Source,
    allocate,
    available_quantity,
    cut_promises,
    pick_fefo,
    why_not_sellable,
)

TODAY = date(2026, 11, 24)
MORNING = datetime(2026, 11, 1, 8, tzinfo=UTC)
BERLIN, PARIS, ROME = 1, 2, 3
SOURCES = [Source(warehouse_id=w, on=TODAY) for w in (BERLIN, PARIS, ROME)]


def candidate(level, available=10, expiry=None, *, received=MORNING, warehouse=BERLIN):
    return Candidate(
        stock_level_id=level,
        warehouse_id=warehouse,
        available=Decimal(available),
        expiry_date=date.fromisoformat(expiry) if expiry else None,
        received_at=received,
    )


def pick(candidates, quantity, *, remaining_days_min=0, on=TODAY):
    picks = pick_fefo(
        candidates, quantity=Decimal(quantity), on=on, remaining_days_min=remaining_days_min
    )
    return [(p.stock_level_id, p.quantity) for p in picks]


def order(demands, candidates):
    picks = allocate(
        [Demand(variant_id=v, quantity=Decimal(q)) for v, q in demands],
        candidates=candidates,
        sources=SOURCES,
    )
    return [[(p.stock_level_id, p.quantity) for p in line] for line in picks]


def promise(pk, quantity, *, minute=0, is_void=False, is_overdue=False):
    return Promise(
        allocation_id=pk,
        quantity=Decimal(quantity),
        made_at=MORNING + timedelta(minutes=minute),
        is_void=is_void,
        is_overdue=is_overdue,
    )


def test_takes_the_lot_that_expires_first():
    lots = [candidate(1, expiry="2027-05-01"), candidate(2, expiry="2027-03-01")]

    assert pick(lots, 4) == [(2, 4)]


def test_what_never_expires_comes_last():
    lots = [candidate(1), candidate(2, 3, expiry="2035-01-01")]

    assert pick(lots, 5) == [(2, 3), (1, 2)]


def test_ties_go_to_what_came_in_first_then_to_the_lower_key():
    later = MORNING + timedelta(days=1)
    lots = [
        candidate(3, 1, "2027-05-01", received=later),
        candidate(2, 1, "2027-05-01"),
        candidate(1, 1, "2027-05-01", received=later),
    ]

    assert pick(lots, 3) == [(2, 1), (1, 1), (3, 1)]


def test_a_lot_may_be_taken_on_its_last_day_of_sale_and_not_after():
    lots = [candidate(1, expiry="2026-12-24")]

    assert pick(lots, 1, remaining_days_min=30) == [(1, 1)]
    assert pick(lots, 1, remaining_days_min=31) == []
    assert pick(lots, 1, remaining_days_min=30, on=TODAY + timedelta(days=1)) == []


def test_picks_may_add_up_to_less():
    assert pick([candidate(1, 2), candidate(2, 0)], 5) == [(1, 2)]


def test_a_line_is_not_split_over_warehouses_when_one_can_serve_it():
    lots = {7: [candidate(1, 3, warehouse=BERLIN), candidate(2, 5, warehouse=PARIS)]}

    assert order([(7, 5)], lots) == [[(2, 5)]]


def test_the_markets_first_warehouse_goes_before_an_earlier_expiry_elsewhere():
    lots = {
        7: [
            candidate(1, 5, "2027-12-31", warehouse=BERLIN),
            candidate(2, 5, "2027-01-31", warehouse=PARIS),
        ]
    }

    assert order([(7, 5)], lots) == [[(1, 5)]]


def test_an_order_comes_from_one_warehouse_when_one_has_everything():
    lots = {
        7: [candidate(1, 9, warehouse=BERLIN), candidate(2, 9, warehouse=PARIS)],
        8: [candidate(3, 9, warehouse=PARIS)],
    }

    assert order([(7, 1), (8, 1)], lots) == [[(2, 1)], [(3, 1)]]


def test_an_order_comes_from_as_few_warehouses_as_can_serve_it():
    lots = {
        7: [candidate(1, 1, warehouse=BERLIN), candidate(2, 2, warehouse=PARIS)],
        8: [candidate(3, 2, warehouse=ROME)],
    }

    assert order([(7, 2), (8, 2)], lots) == [[(2, 2)], [(3, 2)]]


def test_a_line_is_split_in_the_markets_order_when_it_must_be():
    lots = {7: [candidate(1, 3, warehouse=PARIS), candidate(2, 2, warehouse=BERLIN)]}

    assert order([(7, 5)], lots) == [[(2, 2), (1, 3)]]


def test_two_lines_of_one_variant_compete_and_the_first_one_wins():
    assert order([(7, 3), (7, 3)], {7: [candidate(1, 4)]}) == [[(1, 3)], [(1, 1)]]


def test_a_warehouse_that_does_not_serve_the_market_is_not_asked():
    assert order([(7, 1)], {7: [candidate(1, 5, warehouse=99)]}) == [[]]


def test_available_counts_what_these_warehouses_may_still_sell():
    lots = [
        candidate(1, 5, "2026-11-24"),
        candidate(2, 7, "2026-11-23"),
        candidate(3, 9, warehouse=99),
        candidate(4, 2, warehouse=ROME),
    ]

    assert available_quantity(lots, sources=SOURCES, remaining_days_min=0) == 7


def test_the_newest_promise_loses_first_and_only_what_does_not_fit():
    promises = [promise(1, 5, minute=1), promise(2, 5, minute=3), promise(3, 5, minute=2)]

    assert cut_promises(promises, capacity=Decimal(8)) == {2: 5, 3: 2}


def test_an_overdue_promise_loses_before_a_newer_one():
    promises = [promise(1, 5, minute=1, is_overdue=True), promise(2, 5, minute=3)]

    assert cut_promises(promises, capacity=Decimal(6)) == {1: 4}


def test_a_void_promise_goes_whole_even_when_everything_fits():
    promises = [promise(1, 5, is_void=True), promise(2, 5)]

    assert cut_promises(promises, capacity=Decimal(100)) == {1: 5}


@pytest.mark.parametrize(
    ("stage", "codes"),
    [
        ("active", []),
        ("draft", ["not-active"]),
        ("in_review", ["not-active"]),
        ("discontinued", ["discontinued"]),
    ],
)
def test_only_an_active_product_may_be_sold(stage, codes):
    assert [reason.code for reason in why_not_sellable(stage)] == codes


quantities = st.decimals("0.0001", 50, places=4)
candidates_of_one = st.lists(
    st.builds(
        Candidate,
        stock_level_id=st.integers(1, 10**6),
        warehouse_id=st.sampled_from([BERLIN, PARIS, ROME, 99]),
        available=st.decimals(0, 20, places=4),
        expiry_date=st.none() | st.dates(date(2026, 10, 1), date(2027, 6, 1)),
        received_at=st.integers(0, 10**6).map(lambda s: MORNING + timedelta(seconds=s)),
    ),
    max_size=8,
    unique_by=lambda c: c.stock_level_id,
)


@given(candidates_of_one, quantities, st.integers(0, 60))
def test_fefo_never_leaves_an_earlier_expiry_behind(candidates, quantity, days_min):
    picks = pick_fefo(candidates, quantity=quantity, on=TODAY, remaining_days_min=days_min)

    by_id = {c.stock_level_id: c for c in candidates}
    taken = {p.stock_level_id: p.quantity for p in picks}
    allowed = [
        c
        for c in candidates
        if c.available > 0
        and (c.expiry_date is None or c.expiry_date - timedelta(days=days_min) >= TODAY)
    ]
    assert sum(taken.values()) == min(quantity, sum(c.available for c in allowed))
    assert len(taken) == len(picks)
    last = [by_id[p.stock_level_id] for p in picks][-1:]
    for left in allowed:
        for latest in last:
            if taken.get(left.stock_level_id, Decimal(0)) < left.available:
                assert (left.expiry_date or date.max) >= (latest.expiry_date or date.max)


@given(
    st.lists(st.tuples(st.integers(1, 3), quantities), min_size=1, max_size=4),
    st.dictionaries(st.integers(1, 3), candidates_of_one, max_size=3),
)
def test_an_order_gets_all_there_is_and_never_more(demands, stock):
    # One level holds one variant.
    seen = set()
    stock = {
        v: [c for c in found if not (c.stock_level_id in seen or seen.add(c.stock_level_id))]
        for v, found in stock.items()
    }

    picks = allocate(
        [Demand(variant_id=v, quantity=q) for v, q in demands], candidates=stock, sources=SOURCES
    )

    levels = {c.stock_level_id: c for found in stock.values() for c in found}
    taken: dict[int, Decimal] = {}
    for line in picks:
        for p in line:
            assert p.quantity > 0
            taken[p.stock_level_id] = taken.get(p.stock_level_id, Decimal(0)) + p.quantity
    assert all(quantity <= levels[level].available for level, quantity in taken.items())
    for variant_id in {v for v, _ in demands}:
        wanted = sum(q for v, q in demands if v == variant_id)
        there = available_quantity(stock.get(variant_id, ()), sources=SOURCES, remaining_days_min=0)
        got = sum(
            p.quantity
            for (v, _), line in zip(demands, picks, strict=True)
            for p in line
            if v == variant_id
        )
        assert got == min(wanted, there)


@given(
    st.lists(
        st.builds(
            promise,
            st.integers(1, 10**6),
            quantities,
            minute=st.integers(0, 100),
            is_void=st.booleans(),
            is_overdue=st.booleans(),
        ),
        max_size=8,
        unique_by=lambda p: p.allocation_id,
    ),
    st.decimals(0, 100, places=4),
)
def test_what_is_left_of_promises_fits_and_nothing_is_cut_in_vain(promises, capacity):
    losses = cut_promises(promises, capacity=capacity)

    left = {p.allocation_id: p.quantity - losses.get(p.allocation_id, 0) for p in promises}
    assert all(quantity >= 0 for quantity in left.values())
    assert all(left[p.allocation_id] == 0 for p in promises if p.is_void)
    valid = sum(p.quantity for p in promises if not p.is_void)
    assert sum(left.values()) == min(valid, capacity)


def test_a_pick_says_where_and_how_much():
    assert pick_fefo([candidate(4, 2)], quantity=Decimal(1), on=TODAY, remaining_days_min=0) == [
        Pick(stock_level_id=4, quantity=Decimal(1))
    ]
