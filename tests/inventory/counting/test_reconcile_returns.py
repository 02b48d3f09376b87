"""What lies where returns lie, broken on purpose, past the services, and found."""

from datetime import timedelta

import pytest
from django.db import connection

from config.kernel.alerts import Alert
from config.kernel.context import bind
from inventory.counting import tasks
from inventory.counting.rules import Invariant
from inventory.counting.services import reconcile, reconcile_and_alert
from inventory.reservations import services as reserving
from inventory.returns.models import ReturnItem
from inventory.stock.models import StockLevel
from tests.factories import catalog, inventory, reservations
from tests.factories import returns as make

pytestmark = pytest.mark.django_db
NOW = inventory.NOW


@pytest.fixture
def back(ball):
    """Two of five balls are restocked, three wait to be inspected."""
    inventory.receive(ball, 5)
    make.sold(ball, 5)
    with bind(actor_name="WMS Berlin"):
        found = make.received(make.authorised(make.asked(ball, 5), reference="R-1"))
        make.inspected(found, make.verdict("restock", 2))
    return found


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def found():
    return [(b.invariant, b.row.split(" ", 1)[1], b.values) for b in reconcile(now=NOW)]


def test_what_waits_is_what_lies_there(back):
    assert ReturnItem.objects.get().waiting == 3
    assert found() == []


def test_finds_goods_that_lie_there_and_are_decided(back):
    run("UPDATE inventory_returnitem SET decided = 4")

    assert found() == [
        (
            Invariant.RETURNS,
            "(SE-BALL-5 lot - in BER RETURNS)",
            {"on hand": "3", "returns": "1"},
        )
    ]


def test_finds_goods_that_lie_there_and_no_return_knows(back):
    run("DELETE FROM inventory_returnitem")

    assert [values for _, _, values in found()] == [{"on hand": "3", "returns": "0"}]


def test_finds_goods_of_a_return_that_are_said_to_wait_elsewhere(back):
    dock = StockLevel.objects.get(location__code="DOCK")
    run("UPDATE inventory_returnitem SET stock_level_id = %s", dock.pk)

    assert {(row, values["on hand"], values["returns"]) for _, row, values in found()} == {
        ("(SE-BALL-5 lot - in BER RETURNS)", "3", "0"),
        ("(SE-BALL-5 lot - in BER DOCK)", "0", "3"),
    }


def test_names_what_touched_the_row_last(back):
    run("UPDATE inventory_returnitem SET received = 6")

    (breach,) = reconcile(now=NOW)

    assert "move -2, recorded" in breach.last_movement
    assert "by WMS Berlin, reference R-1" in breach.last_movement
    level = StockLevel.objects.get(location__kind="returns")
    assert breach.path == f"/admin/inventory/stocklevel/{level.pk}/change/"


def test_the_nightly_job_alerts_until_the_row_is_right_again(back):
    run("UPDATE inventory_returnitem SET decided = 4")

    tasks.reconcile()
    alert = Alert.objects.get(kind="stock-invariant")
    assert alert.payload["invariant"] == "what-waits-to-be-inspected-is-what-returns-say"
    assert "on hand 3, returns 1" in alert.detail
    assert "Last movement:" in alert.detail

    run("UPDATE inventory_returnitem SET decided = 2")
    reconcile_and_alert(now=NOW + timedelta(days=1))
    alert.refresh_from_db()
    assert alert.resolved_at is not None


def test_fractions_are_compared_exactly(germany):
    cord = catalog.variant(catalog.sports(sku="SE-CORD-1", stock_unit="m"))
    inventory.receive(cord, "0.3")
    held = reservations.reserve(reservations.line(cord, "0.3", "m"))
    reserving.commit(reservation_id=held.pk, order_reference="W-2", now=NOW)
    leave = make.authorised(make.asked(cord, "0.3"), order="W-2")

    for part in ("0.1", "0.2"):
        make.received(leave, make.arrived(part))

    assert found() == []
