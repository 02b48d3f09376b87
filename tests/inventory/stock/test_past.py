"""What lay where at any instant, as known now and as believed then, against a plain sum."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.stock import services
from inventory.stock.models import StockLevel, StockMovement
from inventory.stock.selectors import Moment, stock_then, told, with_on_hand_at
from tests.factories import catalog
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db
NOW = make.NOW
HOUR = timedelta(hours=1)


def lay(level, *, at, known_at=None):
    moment = Moment(at=at, known_at=known_at)
    return with_on_hand_at(StockLevel.objects.filter(pk=level.pk), moment).get().on_hand_then


def then(at):
    moment = Moment(at=at)
    return [level.on_hand_then for level in told(stock_then(moment), moment)]


@pytest.fixture
def level():
    """Ten at nine o'clock; six of them gone at eleven."""
    level = make.receive(catalog.sports(), 10)
    services.write_off(
        stock_level_id=level.pk, quantity=Decimal(6), reason="wet", now=NOW + 2 * HOUR
    )
    return level


def test_nothing_lay_there_before_it_came(level):
    assert lay(level, at=NOW - timedelta(microseconds=1)) == 0
    assert not stock_then(Moment(at=NOW - HOUR)).exists()


def test_what_lay_there_between_two_movements(level):
    assert lay(level, at=NOW) == 10
    assert lay(level, at=NOW + 2 * HOUR - timedelta(microseconds=1)) == 10
    assert lay(level, at=NOW + 2 * HOUR) == 4
    assert then(NOW + HOUR) == [10]


@pytest.mark.parametrize("late_by", [HOUR, timedelta(days=1), timedelta(days=90)])
def test_what_is_written_late_changes_the_past_but_not_what_was_believed(level, late_by):
    happened = NOW + 3 * HOUR
    written = happened + late_by
    make.receive(
        level.variant, 5, lot=level.lot.code, at=level.location, happened_at=happened, now=written
    )

    assert lay(level, at=happened) == 9
    assert lay(level, at=happened - HOUR) == 4
    assert lay(level, at=happened, known_at=written) == 9
    assert lay(level, at=happened, known_at=written - timedelta(microseconds=1)) == 4
    assert lay(level, at=written, known_at=happened) == 4


def test_what_was_known_before_is_told_of_a_later_instant_too(level):
    assert lay(level, at=NOW + 2 * HOUR, known_at=NOW + HOUR) == 10


def test_an_empty_place_is_left_out_and_stands_in_its_past(level):
    later = NOW + 5 * HOUR
    services.write_off(stock_level_id=level.pk, quantity=Decimal(4), reason="wet", now=later)

    assert not stock_then(Moment(at=later)).exists()
    assert then(later - HOUR) == [4]


CHANGES = st.lists(
    st.tuples(
        st.integers(-1, 3),  # hours the clock goes on, or is put back
        st.integers(0, 60),  # hours between happening and writing
        st.integers(0, 2),
        st.decimals("0.0001", 20, places=4),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=CHANGES, asked=st.lists(st.tuples(st.integers(-60, 40), st.integers(-60, 40))))
def test_says_what_adding_up_the_ledger_says(changes, asked):
    with transaction.atomic():
        powder = catalog.variant(catalog.cosmetic(stock_unit="g"))
        clock = NOW
        for hours, late, pick, quantity, goes_out in changes:
            clock += hours * HOUR
            level = StockLevel.objects.order_by("pk")[pick : pick + 1].first()
            if goes_out and level is not None and level.on_hand:
                taken = min(quantity, level.on_hand)
                services.write_off(stock_level_id=level.pk, quantity=taken, reason="x", now=clock)
            else:
                make.receive(
                    powder,
                    quantity,
                    lot=f"L{pick}",
                    expires=date(2027, 3, 31),
                    happened_at=clock - late * HOUR,
                    now=clock,
                )
        for at, known in [*asked, (0, None), (40, 40)]:
            instant = NOW + at * HOUR
            known_at = None if known is None else NOW + known * HOUR
            for level in with_on_hand_at(
                StockLevel.objects.all(), Moment(at=instant, known_at=known_at)
            ):
                assert level.on_hand_then == summed(level, instant, known_at)
        transaction.set_rollback(True)


def summed(level, at, known_at):
    lines = StockMovement.objects.filter(stock_level=level, happened_at__lte=at)
    if known_at is not None:
        lines = lines.filter(recorded_at__lte=known_at)
    return sum(lines.values_list("quantity", flat=True), Decimal(0))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="reads PostgreSQL's plan")
def test_the_past_is_read_from_indexes_however_long_the_ledger_is(level):
    with CaptureQueriesContext(connection) as context:
        list(stock_then(Moment(at=NOW + HOUR)))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {context.captured_queries[-1]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Seq Scan on inventory_stockmovement" not in plan
    assert re.findall(r"using (\w+) on inventory_stockmovement", plan)
