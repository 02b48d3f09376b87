"""A product goes off sale while others reserve it, in processes; twins without a guard."""

from contextlib import suppress
from functools import partial

import pytest
from django.db import transaction

from compliance.assessments import gates
from inventory.counting.services import reconcile
from inventory.reservations.errors import NotSellable
from inventory.reservations.models import ChangeKind, Reservation, ReservationChange
from inventory.reservations.services import clearing, holding
from tests.concurrency.guards import meet, one_statement
from tests.concurrency.processes import at_once, in_between, names
from tests.factories import catalog, inventory, reservations
from tests.factories.clearances import take_off_sale
from tests.factories.reservations import NOW, line, reserve

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

PROCESSES = 4
EACH = 15
LOOK_AGAIN = ("IF FOUND THEN RAISE EXCEPTION 'off sale' USING ERRCODE = 'BR001'; END IF;", "")


@pytest.fixture
def ball():
    inventory.serves("DE", inventory.warehouse())
    return catalog.sports(sku="SE-BALL-5")


def take_off(ball, at=NOW):
    """As compliance does it: the row, and whoever holds some of it, in one transaction."""
    with transaction.atomic():
        take_off_sale(ball, catalog.market(), at=at)
        gates.sale_changed.all([ball.pk], catalog.market().pk, at)


def buy(item, start):
    for number in range(start, start + EACH):
        with suppress(NotSellable):
            reserve(line(item), reference=f"cart-{number}")


def not_told():
    told = ReservationChange.objects.filter(kind=ChangeKind.OFF_SALE)
    return Reservation.objects.exclude(pk__in=told.values("reservation")).count()


def test_nobody_gets_it_after_it_went_off_sale_and_who_got_it_before_is_told(ball, either_way):
    inventory.receive(ball, 100)
    buyers = [partial(buy, ball, EACH * number) for number in range(PROCESSES)]

    answers = at_once([*buyers[:2], partial(take_off, ball), *buyers[2:]])

    assert names(answers) == {"NoneType": PROCESSES + 1}
    assert not_told() == 0
    with pytest.raises(NotSellable):
        reserve(line(ball))
    assert reservations.broken_invariants() == []
    assert reconcile(now=NOW) == []


def reserve_while_it_goes_off_sale(ball):
    """One has looked and has not written yet; then the product goes off sale."""
    inventory.receive(ball, 5)
    return in_between(
        partial(reserve, line(ball)), partial(take_off, ball), before=(holding, "_write")
    )


def test_who_takes_it_off_sale_waits_for_who_reserves_and_tells_him(ball, by_rules):
    answers = reserve_while_it_goes_off_sale(ball)

    assert names(answers) == {"Reservation": 1, "NoneType": 1}
    assert not_told() == 0


def test_twin_that_does_not_lock_tells_nobody(ball, by_rules, monkeypatch):
    monkeypatch.setattr(clearing, "lock_levels", lambda **_: [])

    answers = reserve_while_it_goes_off_sale(ball)

    assert names(answers) == {"Reservation": 1, "NoneType": 1}
    assert not_told() == 1


def sell_while_it_goes_off_sale(ball):
    """Take the product off sale when the statement has looked and has not taken yet."""
    inventory.receive(ball, 5)
    sold, _ = at_once(
        [partial(reserve, line(ball)), partial(meet, whatever=partial(take_off, ball))]
    )
    return sold


def test_what_goes_off_sale_while_the_statement_looks_is_not_sold(ball, monkeypatch):
    with one_statement(monkeypatch):
        sold = sell_while_it_goes_off_sale(ball)

    assert isinstance(sold, NotSellable)
    assert Reservation.objects.count() == 0


def test_twin_that_does_not_look_again_sells_it(ball, monkeypatch):
    with one_statement(monkeypatch, LOOK_AGAIN):
        sold = sell_while_it_goes_off_sale(ball)

    assert sold.status == "held"
    assert not_told() == 1
