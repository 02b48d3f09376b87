from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.markets.selectors import market_by_code
from catalog.products.selectors import variants_by_sku
from catalog.products.services import VariantDraft, change_stage
from inventory.availability.errors import TooManyItems
from inventory.availability.selectors import (
    availability,
    availability_of_items,
    available_to_promise,
)
from inventory.lots.models import HoldReason
from inventory.purchasing.services import LineDraft, announce_shipment
from inventory.reservations.errors import InsufficientStock
from inventory.reservations.selectors import ItemCode
from inventory.stock.models import StockLevel
from inventory.stock.services import place_hold
from tests.factories import catalog, inventory, reservations
from tests.factories.reservations import NOW, kept, line, reserve


def of(product, *, market="DE", now=NOW, **kwargs):
    """The availability of a product's first variant."""
    sku = catalog.variant(product).sku
    (item,), _ = availability_of_items(
        items=[ItemCode(sku=sku)], market=market_by_code(market), now=now, **kwargs
    )
    return item


def test_available_is_on_hand_less_reserved(ball):
    inventory.receive(ball, 9)
    reserve(line(ball, 2))

    found = of(ball)

    assert (found.available, found.status, found.earliest_expiry) == (7, "in_stock", None)


def test_nothing_received_is_out_of_stock(ball):
    assert (of(ball).available, of(ball).status) == (0, "out_of_stock")


def test_counts_only_what_the_market_may_sell(cream, berlin, los_angeles, germany):
    outlet = inventory.warehouse("OUT", is_sellable=False)
    elsewhere = inventory.warehouse("FAR")
    inventory.serves("DE", berlin, los_angeles, outlet)
    inventory.receive(cream, 1, lot="GOOD", expires="2027-06-30")
    inventory.receive(cream, 2, lot="HELD", hold=HoldReason.RECALL, hold_note="recalled")
    inventory.receive(cream, 4, lot="SHORT", expires="2026-12-01")
    inventory.receive(cream, 8, lot="OUTLET", at=outlet)
    inventory.receive(cream, 16, lot="ELSEWHERE", at=elsewhere)
    germany.remaining_days_min = 30
    germany.save()

    found = of(cream)

    assert [(lot.lot, lot.available) for lot in found.lots] == [("GOOD", 1)]
    assert (found.available, found.status) == (1, "low")
    assert found.earliest_expiry == date(2027, 6, 30)


def test_lots_stand_in_the_order_of_picking_and_bins_do_not_show(cream, berlin, los_angeles):
    inventory.receive(cream, 1, lot="L", expires="2027-01-31", at=los_angeles)
    inventory.receive(cream, 2, lot="B2", expires="2028-06-30", at=inventory.location("A-1"))
    inventory.receive(cream, 3, lot="B2", expires="2028-06-30", at=inventory.location("A-2"))
    inventory.receive(cream, 4, lot="B1", expires="2027-06-30", at=berlin)

    found = of(cream)

    assert [(x.warehouse, x.lot, x.available) for x in found.lots] == [
        ("BER", "B1", 4),
        ("BER", "B2", 5),
        ("LAX", "L", 1),
    ]
    assert [(x.code, x.available) for x in found.warehouses] == [("BER", 9), ("LAX", 1)]
    assert found.earliest_expiry == date(2027, 1, 31)


def test_one_warehouse_alone_can_be_asked(ball, berlin, los_angeles):
    inventory.receive(ball, 3, at=berlin)
    inventory.receive(ball, 4, at=los_angeles)

    assert of(ball, warehouse="LAX").available == 4
    assert of(ball, warehouse="NONE").available == 0


def test_a_later_day_of_delivery_leaves_less(cream):
    inventory.receive(cream, 3, lot="A", expires="2026-12-20")
    inventory.receive(cream, 4, lot="B", expires="2027-12-20")

    assert of(cream, deliver_on=date(2026, 12, 20)).available == 7
    assert of(cream, deliver_on=date(2026, 12, 21)).available == 4


def test_a_lot_counts_until_midnight_in_its_warehouse(cream, berlin, los_angeles):
    inventory.receive(cream, 3, lot="A", expires="2026-12-31", at=berlin)
    inventory.receive(cream, 4, lot="B", expires="2026-12-31", at=los_angeles)

    assert of(cream, now=datetime(2026, 12, 31, 22, 59, tzinfo=UTC)).available == 7
    assert of(cream, now=datetime(2026, 12, 31, 23, 0, tzinfo=UTC)).available == 4
    assert of(cream, now=datetime(2027, 1, 1, 8, 0, tzinfo=UTC)).available == 0


def test_what_may_not_be_sold_has_nothing_available(ball):
    inventory.receive(ball, 9)
    change_stage(product_id=ball.pk, stage="discontinued", reason="test")

    assert (of(ball).available, of(ball).status, list(of(ball).lots)) == (0, "not_sellable", [])


@pytest.mark.parametrize(
    ("own", "of_category", "status"),
    [(None, None, "in_stock"), (None, 6, "low"), (9, 6, "low"), (2, 6, "in_stock")],
)
def test_low_is_by_the_variant_else_by_its_category_else_five(own, of_category, status):
    category = catalog.category(low_stock_quantity=of_category)
    product = catalog.sports(
        category_id=category.pk,
        variants=[VariantDraft(sku=f"SE-LOW-{catalog.serial()}", low_stock_quantity=own)],
    )
    inventory.receive(product, 6)

    assert of(product).status == status


def test_what_is_held_beyond_its_time_counts_as_free_and_can_be_reserved(ball):
    inventory.receive(ball, 5)
    reserve(line(ball, 4), seconds=60)
    late = NOW + timedelta(seconds=60)

    assert of(ball, now=late - timedelta(seconds=1)).available == 1
    assert of(ball, now=late).available == 5
    assert kept(reserve(line(ball, 5), now=late)) == [("", 5)]


def test_unknown_codes_stand_apart_once_and_known_ones_come_once(ball):
    inventory.receive(ball, 5)
    items = [ItemCode(sku=sku) for sku in ("NO-SUCH", "SE-BALL-5", "NO-SUCH", "SE-BALL-5")]

    found, unknown = availability_of_items(items=items, market=market_by_code("DE"), now=NOW)

    assert [item.variant.sku for item in found] == ["SE-BALL-5"]
    assert unknown == ["NO-SUCH"]


def test_more_than_200_items_are_refused(germany):
    items = [ItemCode(sku=f"SE-X-{number}") for number in range(201)]

    with pytest.raises(TooManyItems):
        availability_of_items(items=items, market=germany, now=NOW)


def test_two_hundred_items_cost_as_many_queries_as_one(
    django_assert_max_num_queries, germany, berlin
):
    product = catalog.sports(
        variants=[VariantDraft(sku=f"SE-MANY-{n}", size=str(n)) for n in range(200)]
    )
    for variant in product.variants.order_by("pk")[:20]:
        inventory.receive(variant, 3)
    items = [ItemCode(sku=f"SE-MANY-{n}") for n in range(200)]
    availability_of_items(items=items, market=germany, now=NOW)

    with django_assert_max_num_queries(7):
        found, _ = availability_of_items(items=items, market=germany, now=NOW)

    assert len(found) == 200
    assert sum(item.available for item in found) == 60


def test_refs_alone_cost_six_queries(django_assert_max_num_queries, ball, germany):
    inventory.receive(ball, 3)
    refs = variants_by_sku(["SE-BALL-5"])

    with django_assert_max_num_queries(6):
        availability(variants=refs.values(), market=germany, now=NOW)


stock_lots = st.lists(
    st.tuples(
        st.integers(1, 5),
        st.none() | st.integers(-3, 40),
        st.sampled_from(["BER", "LAX"]),
        st.booleans(),
    ),
    max_size=5,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(stock_lots, st.integers(0, 30), st.none() | st.integers(0, 40), st.integers(0, 4))
def test_what_availability_says_is_what_a_reservation_gets(
    berlin, los_angeles, germany, lots, days_min, delivery, overdue
):
    product = catalog.cosmetic(remaining_days_min=days_min)
    deliver_on = NOW.date() + timedelta(days=delivery) if delivery is not None else None
    for quantity, days, code, on_hold in lots:
        where = {"BER": berlin, "LAX": los_angeles}[code]
        far = date(2030, 1, 1)
        level = inventory.receive(
            product,
            quantity,
            lot=f"L{catalog.serial()}",
            expires=far,
            at=where,
            **({"hold": HoldReason.QUALITY, "hold_note": "test"} if on_hold else {}),
        )
        if days is not None:
            level.lot.expiry_date = NOW.date() + timedelta(days=days)
            level.lot.save()
    if overdue:
        with suppress(InsufficientStock):
            reserve(line(product, overdue), seconds=1, now=NOW - timedelta(hours=1), partial=True)

    said = of(product, deliver_on=deliver_on).available

    with pytest.raises(InsufficientStock) as caught:
        reserve(line(product, said + 1), deliver_on=deliver_on)
    assert caught.value.extra["shortages"][0]["available"] == said
    if said:
        reserve(line(product, said), deliver_on=deliver_on)
    assert of(product, deliver_on=deliver_on).available == 0
    assert reservations.broken_invariants() == []
    assert StockLevel.objects.filter(reserved__lt=Decimal(0)).count() == 0


def test_what_can_be_promised_by_a_day_is_available_and_incoming_less_what_is_owed(cream, berlin):
    ref = variants_by_sku(["COS-CREAM-50"])["COS-CREAM-50"]
    inventory.receive(cream, 5, lot="A", expires="2027-06-30")
    reserve(line(cream, 4))
    lost = StockLevel.objects.get().lot_id
    place_hold(lot_id=lost, reason=HoldReason.QUALITY, note="test", now=NOW, user_id=None)
    inventory.receive(cream, 1, lot="SHORT", expires="2026-12-01", hold=None)
    for day, quantity in ((1, 8), (9, 16)):
        announce_shipment(
            supplier_id=catalog.supplier().pk,
            warehouse_id=berlin.pk,
            reference=f"N-{day}",
            lines=[
                LineDraft(
                    variant_id=ref.id,
                    quantity=Decimal(quantity),
                    lot_code=f"N{day}",
                    expiry_date=date(2028, 1, 1),
                )
            ],
            now=NOW,
            user_id=None,
            expected_date=NOW.date() + timedelta(days=day),
        )

    found = available_to_promise(
        variants=[ref], market=market_by_code("DE"), by=NOW.date() + timedelta(days=2), now=NOW
    )[ref.id]

    assert (found.available, found.incoming, found.promised, found.quantity) == (0, 8, 3, 5)
