"""PostgreSQL answers a reservation by one statement; what it says is what the models say."""

import json

import pytest
from django.db import connection

from inventory.lots.models import HoldReason
from inventory.reservations import services, shown
from inventory.reservations.api.v1 import by_models
from inventory.stock import services as stock
from tests.factories import bundles, catalog, inventory, reservations
from tests.factories.reservations import NOW, line

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL"),
]


def reserve(*lines, **asked):
    return reservations.reserve(*lines, client_id=reservations.client().pk, **asked)


def same(reservation):
    """What both say, once they are seen to say the same."""
    at_once = shown.shown_reservation(
        reservation_id=reservation.pk, client_id=reservation.client_id
    )
    models = by_models(reservation.pk, reservation.client_id)
    assert json.dumps(at_once) == json.dumps(models)
    return at_once


def test_says_the_same_of_lines_over_several_lots_and_places(cream, ball, berlin, los_angeles):
    inventory.receive(cream, 2, lot="A", expires="2027-06-30")
    inventory.receive(cream, 5, lot="B", expires="2027-07-31", at=los_angeles)
    inventory.receive(ball, 3)

    answer = same(reserve(line(cream, 6), line(ball, 2), line(cream, 1)))

    assert [len(shown_line["allocations"]) for shown_line in answer["lines"]] == [2, 1, 1]
    assert answer["lines"][1]["allocations"][0]["lot"] is None


def test_says_the_same_of_a_shortage(cream):
    inventory.receive(cream, 4, lot="A", expires="2027-06-30")
    reservation = reserve(line(cream, 3))
    stock.place_hold(
        lot_id=cream.variants.get().lots.get().pk,
        reason=HoldReason.QUALITY,
        note="test",
        now=NOW,
        user_id=None,
    )

    answer = same(reservation)

    assert (answer["lines"][0]["shortage"], answer["lines"][0]["allocations"]) == ("3", [])


def test_says_the_same_of_bundles(cream, ball, berlin):
    inventory.receive(cream, 9, lot="A", expires="2027-06-30")
    inventory.receive(ball, 9)
    product = bundles.of((cream, 2), (ball, 1))

    answer = same(reserve(line(product, 2), line(ball, 1)))

    assert [part["quantity"] for part in answer["lines"][0]["components"]] == ["4", "2"]


def test_says_the_same_of_what_was_taken_in_part(cream):
    oil = catalog.cosmetic(stock_unit="g")
    inventory.receive(oil, "250", lot="O", expires="2027-06-30")

    answer = same(reserve(line(oil, "0.5", "kg"), line(cream, 1), partial=True))

    told = [(shown["requested"], shown["quantity"]) for shown in answer["lines"]]
    assert told == [("500", "250"), ("1", "0")]


@pytest.mark.parametrize("ending", ["release", "commit"])
def test_says_the_same_of_what_has_ended(ball, ending):
    inventory.receive(ball, 5)
    reservation = reserve(line(ball, 3))
    if ending == "release":
        services.release(reservation_id=reservation.pk, now=NOW)
    else:
        services.commit(reservation_id=reservation.pk, order_reference="O-1", now=NOW)

    answer = same(reservation)

    kept = [] if ending == "release" else ["3"]
    assert [a["quantity"] for a in answer["lines"][0]["allocations"]] == kept
    assert answer["order_reference"] == (None if ending == "release" else "O-1")


def test_nobody_sees_those_of_others(ball):
    inventory.receive(ball, 5)
    reservation = reserve(line(ball, 3))

    assert shown.shown_reservation(reservation_id=reservation.pk, client_id=-1) is None
