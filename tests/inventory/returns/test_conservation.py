"""Whatever becomes of returns, no more comes back than was sold, and no unit is made or lost."""

from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.kernel.errors import DomainError
from inventory.counting.services import reconcile
from inventory.lots.models import HoldReason
from inventory.returns import services
from inventory.returns.models import (
    Disposition,
    ReturnAuthorization,
    ReturnItem,
    ReturnOutcome,
    ReturnPart,
)
from inventory.returns.rules import SoldLine, spread
from inventory.stock import services as stock
from inventory.stock.models import StockLevel, StockMovement
from tests.factories import catalog, inventory
from tests.factories import returns as make

LOTS = ("A", "B")
OUTLET = "refurbish into another SKU"
SOLD = 14
quantities = st.integers(min_value=1, max_value=9)
lots = st.sampled_from((None, *LOTS))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("authorise"), lots, quantities),
        st.tuples(st.just("receive"), lots, quantities),
        st.tuples(st.sampled_from([*Disposition.values, OUTLET]), lots, quantities),
        st.tuples(st.just("cancel"), st.none(), st.just(1)),
        st.tuples(st.just("close"), st.none(), st.just(1)),
        st.tuples(st.just("recall"), st.sampled_from(LOTS), st.just(1)),
    ),
    max_size=20,
)


@pytest.mark.django_db(transaction=False)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(script=steps)
def test_never_more_comes_back_than_was_sold_and_every_unit_is_somewhere(script, db):
    from django.db import transaction

    with transaction.atomic():
        inventory.serves("DE", inventory.warehouse())
        cream = catalog.variant(catalog.cosmetic())
        outlet = catalog.variant(catalog.cosmetic())
        for lot in LOTS:
            inventory.receive(cream, 10, lot=lot, expires="2028-01-01")
        make.sold(cream, SOLD)

        for step in script:
            try:
                with transaction.atomic():
                    _play(cream, outlet, *step)
            except DomainError:
                continue
            _check(outlet)
        assert reconcile(now=make.NOW) == []
        transaction.set_rollback(True)


def _play(cream, outlet, what, lot, quantity):
    if what == "authorise":
        make.authorised(make.asked(cream, quantity, lot_code=lot))
        return
    if what == "recall":
        lot_id = StockLevel.objects.filter(lot__code=lot).first().lot_id
        stock.place_hold(
            lot_id=lot_id, reason=HoldReason.RECALL, note="glass", now=make.NOW, user_id=None
        )
        return
    found = ReturnAuthorization.objects.exclude(status__in=("closed", "cancelled"))
    one = found.order_by("created_at", "pk").first()
    if one is None:
        return
    if what == "receive":
        make.received(one, make.arrived(quantity, lot_code=lot))
    elif what == "cancel":
        services.cancel_return(return_id=one.pk, now=make.NOW)
    elif what == "close":
        services.close_return(return_id=one.pk, now=make.NOW)
    elif what == OUTLET:
        verdict = make.verdict(
            "refurbish", quantity, lot_code=lot, is_sealed=True, into_variant_id=outlet.pk
        )
        make.inspected(one, verdict)
    else:
        make.inspected(one, make.verdict(what, quantity, lot_code=lot, is_sealed=True))


def _check(outlet):
    lines = StockMovement.objects.all()
    sums = defaultdict(Decimal)
    for kind, quantity in lines.values_list("kind", "quantity"):
        sums[kind] += quantity
    levels = StockLevel.objects.select_related("lot", "location")
    assert sum(level.on_hand for level in levels) == sum(sums.values())
    assert 0 <= sums["return"] <= SOLD == -sums["sale"]
    assert sums["adjustment"] == sums["move"] == 0
    made = ReturnOutcome.objects.filter(stock_level__variant=outlet)
    lies = levels.filter(variant=outlet).values_list("on_hand", flat=True)
    assert sum(lies) == sum(made.values_list("quantity", flat=True))
    assert all(level.lot.split_from.code in LOTS for level in levels.filter(variant=outlet))
    counted = ReturnPart.objects.exclude(line__authorization__status="cancelled")
    assert sum(counted.values_list("quantity", flat=True)) <= SOLD
    waiting = sum((item.waiting for item in ReturnItem.objects.all()), Decimal(0))
    apart = [level for level in levels if level.location.kind == "returns"]
    assert sum((level.on_hand for level in apart), Decimal(0)) == waiting


@given(
    asked=st.integers(0, 30),
    sold=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12), st.booleans()), max_size=6),
)
def test_a_return_is_spread_over_what_was_sold_and_no_more(asked, sold):
    rows = [
        SoldLine(
            line_id=number,
            variant_id=1,
            sold=Decimal(quantity),
            returned=Decimal(back),
            lots=frozenset({7} if has_lot else {8}),
        )
        for number, (quantity, back, has_lot) in enumerate(sold)
    ]

    parts = spread(Decimal(asked), rows, lot_id=7)

    left = sum(row.left for row in rows)
    assert sum(part for _, part in parts) == min(Decimal(asked), left)
    assert all(0 < part <= row.left for row, part in parts)
    took = {row.line_id: part for row, part in parts}
    of_lot = [row for row in rows if 7 in row.lots]
    if any(7 not in row.lots for row, _ in parts):
        assert all(took.get(row.line_id, 0) == row.left for row in of_lot)
