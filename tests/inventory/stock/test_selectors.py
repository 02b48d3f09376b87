from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from catalog.products.services import VariantDraft
from config.kernel.money import Money
from inventory.lots import selectors as lots
from inventory.lots.models import HoldReason, Lot
from inventory.stock import selectors, services
from inventory.stock.models import StockLevel
from inventory.stock.selectors import StockValue, StockWorth
from tests.factories import catalog
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db
NOW = make.NOW


def hold(level):
    services.place_hold(
        lot_id=level.lot_id, reason=HoldReason.QUALITY, note="smells", now=NOW, user_id=None
    )


def test_stock_is_listed_by_warehouse_and_expiry_with_its_state(django_assert_num_queries):
    cream = catalog.cosmetic(remaining_days_min=30)
    late = make.receive(cream, 1, lot="L2", expires="2027-06-30")
    early = make.receive(cream, 2, lot="L1", expires="2027-03-31")
    hold(late)
    empty = make.receive(cream, 3, lot="L3", expires="2027-03-31")
    services.write_off(stock_level_id=empty.pk, quantity=Decimal(3), reason="x", now=NOW)

    with django_assert_num_queries(1):
        rows = [
            (
                level.pk,
                level.location.warehouse.code,
                level.sell_by_date.isoformat(),
                level.is_on_hold,
            )
            for level in selectors.stock_of([late.variant_id])
        ]

    assert rows == [
        (early.pk, "BER", "2027-03-01", False),
        (late.pk, "BER", "2027-05-31", True),
    ]


def free(now):
    """On hand less reserved of what may be sold then, by variant."""
    levels = selectors.sellable(StockLevel.objects.all(), now=now)
    return dict(
        levels.values("variant_id")
        .annotate(free=selectors.free_sum())
        .values_list("variant_id", "free")
    )


def test_only_what_may_be_sold_today_is_available():
    cream = catalog.cosmetic(remaining_days_min=30)
    fresh = make.receive(cream, 10, lot="L1", expires="2027-03-31")
    with transaction.atomic():
        services.set_aside(quantities={fresh.pk: Decimal(4)})
    hold(make.receive(cream, 5, lot="L2", expires="2027-03-31"))
    make.receive(cream, 6, lot="L3", expires="2026-12-23")
    make.receive(cream, 7, lot="L4", expires="2026-12-24")
    outlet = make.warehouse("OUT", is_sellable=False)
    make.receive(cream, 8, lot="L5", expires="2027-03-31", at=outlet)

    assert free(NOW) == {fresh.variant_id: Decimal(13)}


def test_the_last_day_of_sale_ends_at_the_warehouses_midnight():
    cream = catalog.cosmetic()
    level = make.receive(cream, 1, lot="L1", expires="2027-03-31")
    far = make.warehouse("LAX", time_zone="America/Los_Angeles")
    make.receive(cream, 2, lot="L1", expires="2027-03-31", at=far)
    after_midnight_in_berlin = datetime(2027, 3, 31, 22, 30, tzinfo=UTC)

    assert free(after_midnight_in_berlin) == {level.variant_id: Decimal(2)}


def test_stock_is_worth_its_cost_by_currency_and_lots_without_cost_are_counted_apart():
    ball, net, bat = catalog.sports(), catalog.sports(), catalog.sports()
    make.receive(ball, 3, cost=Money("2.50", "EUR"))
    make.receive(net, 2, cost=Money("1.25", "EUR"))
    make.receive(net, 4, at=make.location("A-1"))
    make.receive(bat, 2, cost=Money("7", "USD"))
    make.receive(catalog.cosmetic(), 9)

    assert selectors.stock_worth() == StockWorth(
        values=(
            StockValue(currency="EUR", amount=Decimal("15.0000"), lot_count=2),
            StockValue(currency="USD", amount=Decimal("14.0000"), lot_count=1),
        ),
        lots_without_cost=1,
    )


def test_low_is_what_the_variant_else_the_category_else_five_says(django_assert_max_num_queries):
    sport = catalog.category("sport", low_stock_quantity=Decimal(8))
    balls = catalog.category("balls", parent_id=sport.pk)

    def stocked(quantity, **fields):
        product = catalog.sports(**fields)
        make.receive(product, quantity)
        return catalog.variant(product).sku

    by_category = stocked(8, category_id=balls.pk)
    stocked(9, category_id=balls.pk)
    by_default = stocked(5)
    stocked(6)
    own = catalog.variant(
        catalog.sports(
            variants=[VariantDraft(sku="SE-OWN-1", low_stock_quantity=Decimal(2))],
            category_id=balls.pk,
        )
    )
    make.receive(own, 3)
    gone = make.receive(catalog.sports(), 1)
    services.write_off(stock_level_id=gone.pk, quantity=Decimal(1), reason="x", now=NOW)

    with django_assert_max_num_queries(4):
        low = selectors.low_stock(now=NOW)

    assert [(row.sku, row.available, row.low_stock_quantity) for row in low] == [
        (by_default, 5, 5),
        (by_category, 8, 8),
    ]


def test_the_ledger_of_a_lot_is_read_newest_first():
    ball = catalog.sports()
    level = make.receive(ball, 10, now=NOW - timedelta(days=10))
    services.adjust(
        stock_level_id=level.pk,
        quantity_delta=Decimal(-1),
        reason="broken",
        now=NOW - timedelta(days=5),
    )
    make.receive(ball, 4, happened_at=NOW - timedelta(days=8), now=NOW)

    assert [line.quantity for line in selectors.ledger(lot_ids=[level.lot_id])] == [4, -1, 10]


def test_lots_are_found_by_their_exact_name():
    cream = catalog.cosmetic()
    first = make.receive(cream, 1, lot="10D9T", expires="2027-03-31").lot
    make.receive(cream, 1, lot="D9T", expires="2027-03-31")
    make.receive(catalog.sports(), 1)

    assert list(lots.lots_named("10D9T")) == [first]
    assert list(lots.lots_named("")) == []
    assert lots.find_lot(variant_id=first.variant_id, code="10D9T") == first
    assert lots.find_lot(variant_id=first.variant_id, code="nil") is None


def test_lots_carry_their_last_day_of_sale_and_their_holds():
    cream = catalog.cosmetic(remaining_days_min=30)
    level = make.receive(cream, 1, lot="L1", expires="2027-03-31")
    open_lot = make.receive(catalog.sports(), 1).lot
    hold(level)

    rows = lots.with_hold(lots.with_sell_by(Lot.objects.order_by("pk")))

    assert [(lot.pk, str(lot.sell_by_date), lot.is_on_hold) for lot in rows] == [
        (level.lot_id, "2027-03-01", True),
        (open_lot.pk, "None", False),
    ]
    assert [hold.lot_id for hold in lots.open_holds([level.lot_id, open_lot.pk])] == [level.lot_id]


def test_a_level_is_found_by_lot_and_place():
    level = make.receive(catalog.sports(), 1)

    found = selectors.level_at(lot_id=level.lot_id, location_id=level.location_id)

    assert found == level
    assert selectors.level_at(lot_id=level.lot_id, location_id=0) is None
