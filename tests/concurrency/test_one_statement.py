"""The one statement against others, in processes. Twins run its text with a guard taken away."""

from functools import partial

import pytest
from django.db import IntegrityError, OperationalError

from inventory.counting.services import reconcile
from inventory.lots.models import HoldReason
from inventory.reservations.errors import InsufficientStock
from inventory.reservations.models import Allocation
from inventory.stock import services as stock
from tests.concurrency.guards import meet, one_statement
from tests.concurrency.processes import at_once, outcomes
from tests.factories import catalog, inventory, reservations
from tests.factories.reservations import NOW, line, reserve

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ENOUGH = ("l.on_hand - l.reserved >= takes[1]", "true")
NOT_ON_HOLD = ("h.lot_id = lot ", "false ")
ONE_REFERENCE = ("PERFORM pg_advisory_xact_lock((asked->>'lock')::bigint);", "")
LOCKED = "WHERE l.id = ANY(level_ids) ORDER BY l.id FOR UPDATE;"
ONE_AFTER_THE_OTHER = """WHERE l.id = (
    SELECT o.id FROM inventory_stocklevel o
      JOIN catalog_variant v ON v.id = o.variant_id AND v.sku = p_skus[1]) FOR UPDATE;
    -- Both hold one.
    PERFORM FROM inventory_stocklevel l WHERE l.id = ANY(level_ids) FOR UPDATE;"""


@pytest.fixture
def ball():
    inventory.serves("DE", inventory.warehouse())
    return catalog.sports(sku="SE-BALL-5")


def test_two_that_saw_the_last_piece_do_not_both_get_it(ball, monkeypatch):
    inventory.receive(ball, 1)

    with one_statement(monkeypatch):
        answers = at_once([partial(reserve, line(ball))] * 2)

    assert outcomes(answers) == {"held": 1, "InsufficientStock": 1}
    assert reconcile(now=NOW) == []


def test_twin_that_does_not_look_again_is_stopped_by_the_constraint_alone(ball, monkeypatch):
    inventory.receive(ball, 1)

    with one_statement(monkeypatch, ENOUGH):
        answers = at_once([partial(reserve, line(ball))] * 2)

    assert outcomes(answers) == {"held": 1, "IntegrityError": 1}
    assert reconcile(now=NOW) == []


def test_twin_without_that_constraint_sells_it_twice(ball, unchecked, monkeypatch):
    inventory.receive(ball, 1)

    with one_statement(monkeypatch, ENOUGH):
        answers = at_once([partial(reserve, line(ball))] * 2)

    assert outcomes(answers) == {"held": 2}
    assert reconcile(now=NOW) != []


def sell_while_put_on_hold(level, ball):
    """Put the lot on hold when the statement has looked and has not taken yet."""
    place_hold = partial(
        stock.place_hold,
        lot_id=level.lot_id,
        reason=HoldReason.QUALITY,
        note="smells",
        now=NOW,
        user_id=None,
    )
    sold, _ = at_once([partial(reserve, line(ball)), partial(meet, whatever=place_hold)])
    return sold


def test_a_lot_that_is_put_on_hold_while_one_looks_is_not_sold(ball, monkeypatch):
    level = inventory.receive(ball, 1)

    with one_statement(monkeypatch):
        sold = sell_while_put_on_hold(level, ball)

    assert isinstance(sold, InsufficientStock)
    assert Allocation.objects.count() == 0


def test_twin_that_does_not_look_for_holds_again_sells_it(ball, monkeypatch):
    level = inventory.receive(ball, 1)

    with one_statement(monkeypatch, NOT_ON_HOLD):
        sold = sell_while_put_on_hold(level, ball)

    assert sold.status == "held"
    assert Allocation.objects.filter(stock_level=level, is_open=True).exists()


def buy_both_ways_round(ball):
    bat = catalog.sports(sku="SE-BAT-5")
    for product in (ball, bat):
        inventory.receive(product, 500)
    one, other = [line(ball), line(bat)], [line(bat), line(ball)]
    return at_once([partial(reserve, *one), partial(reserve, *other)])


def test_baskets_in_opposite_order_lock_in_one_order(ball, monkeypatch):
    with one_statement(monkeypatch):
        answers = buy_both_ways_round(ball)

    assert outcomes(answers) == {"held": 2}
    assert reconcile(now=NOW) == []


def test_twin_that_locks_in_the_order_of_the_basket_deadlocks(ball, monkeypatch):
    as_named = (LOCKED, ONE_AFTER_THE_OTHER)
    with one_statement(monkeypatch, as_named, meet_at="-- Both hold one."):
        answers = buy_both_ways_round(ball)

    assert outcomes(answers) == {"held": 1, "OperationalError": 1}
    (error,) = [answer for answer in answers if isinstance(answer, OperationalError)]
    assert "deadlock detected" in str(error)


def test_twin_without_the_lock_on_the_reference_meets_the_constraint(ball, monkeypatch):
    inventory.receive(ball, 50)
    client_id = reservations.client().pk
    again = partial(reserve, line(ball), reference="cart-1", client_id=client_id)

    with one_statement(monkeypatch, ONE_REFERENCE):
        answers = at_once([again] * 2)

    assert outcomes(answers) == {"held": 1, "IntegrityError": 1}
    (error,) = [answer for answer in answers if isinstance(answer, IntegrityError)]
    assert "reservation_reference_unique_while_held" in str(error)
