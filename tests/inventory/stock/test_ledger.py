"""The database itself keeps the ledger, and the ledger keeps the stock."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.kernel.db import has_triggers
from config.kernel.errors import DomainError
from inventory.counting.services import reconcile
from inventory.lots.models import HoldReason
from inventory.stock import services
from inventory.stock.models import StockLevel, StockMovement
from inventory.warehouses.models import Location
from tests.factories import catalog
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db
NOW = make.NOW


@pytest.mark.parametrize(
    "change",
    [
        lambda: StockMovement.objects.update(quantity=1),
        lambda: StockMovement.objects.get().delete(),
        lambda: StockMovement.objects.all().delete(),
        lambda: StockMovement.objects.all()._raw_delete("default"),
        lambda: StockMovement.objects.get().save(),
        lambda: run("UPDATE inventory_stockmovement SET quantity = 1"),
        lambda: run("DELETE FROM inventory_stockmovement"),
    ],
)
def test_the_database_refuses_to_change_the_ledger(change):
    make.receive(catalog.sports(), 5)
    before = list(StockMovement.objects.values_list())

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change()

    assert list(StockMovement.objects.values_list()) == before
    assert has_triggers("inventory_stockmovement")


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def receive(pick, quantity, powder):
    place = Location.objects.order_by("pk")[pick % 3]
    make.receive(powder, quantity, lot=f"L{pick}", expires=date(2027, 3, 31), at=place)


def move(level, pick, quantity):
    target = Location.objects.order_by("pk")[pick % 3]
    services.move(
        stock_level_id=level.pk,
        to_location_id=target.pk,
        quantity=quantity,
        reason="tidy",
        now=NOW,
    )


def adjust(level, pick, quantity):
    delta = quantity if pick % 2 else -quantity
    services.adjust(stock_level_id=level.pk, quantity_delta=delta, reason="count", now=NOW)


def write_off(level, pick, quantity):
    services.write_off(stock_level_id=level.pk, quantity=quantity, reason="leaked", now=NOW)


def send_back(level, pick, quantity):
    services.return_to_supplier(
        stock_level_id=level.pk, quantity=quantity, reason="bad", reference="", now=NOW
    )


def clear_lot(level, pick, quantity):
    services.write_off_lots(lot_ids=[level.lot_id], reason="recalled", now=NOW)


def hold(level, pick, quantity):
    services.place_hold(
        lot_id=level.lot_id, reason=HoldReason.QUALITY, note="smells", now=NOW, user_id=None
    )


def release(level, pick, quantity):
    services.release_holds(lot_ids=[level.lot_id], note="fine", now=NOW, user_id=None)


def promise(level, pick, quantity):
    services.set_aside(quantities={level.pk: quantity})


def give_back(level, pick, quantity):
    if level.reserved:
        services.give_back(quantities={level.pk: min(quantity, level.reserved)})


def ship(level, pick, quantity):
    services.ship(quantities={level.pk: quantity}, reference="O", happened_at=NOW, now=NOW)


ON_A_LEVEL = (
    move,
    adjust,
    write_off,
    send_back,
    clear_lot,
    hold,
    release,
    promise,
    give_back,
    ship,
)
OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from([receive, *ON_A_LEVEL]),
        st.integers(0, 3),
        st.decimals("0.0001", 30, places=4),
    ),
    min_size=1,
    max_size=25,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(operations=OPERATIONS)
def test_whatever_is_done_the_ledger_explains_the_stock(operations):
    with transaction.atomic():
        make.warehouse()
        powder = catalog.variant(catalog.cosmetic(stock_unit="g"))
        for operation, pick, quantity in operations:
            with suppress(DomainError), transaction.atomic():
                if operation is receive:
                    receive(pick, quantity, powder)
                elif level := StockLevel.objects.order_by("pk")[pick : pick + 1].first():
                    operation(level, pick, quantity)
            assert_explained()
        transaction.set_rollback(True)


def assert_explained():
    for level in StockLevel.objects.all():
        lines = StockMovement.objects.filter(stock_level=level).values_list("quantity", flat=True)
        assert level.on_hand == sum(lines, Decimal(0))
        assert 0 <= level.reserved <= level.on_hand
    broken = {str(breach.invariant) for breach in reconcile(now=NOW)}
    # Promises are made here without the room that records them.
    assert broken <= {"reserved-is-the-sum-of-open-allocations"}
