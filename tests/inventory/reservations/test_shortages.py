from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from config.kernel import clock
from config.kernel.alerts import Alert
from config.kernel.errors import InvalidInput
from inventory.lots.models import HoldReason
from inventory.reservations import services
from inventory.reservations.models import ReservationChange, ReservationStatus
from inventory.stock import services as stock
from tests.factories import inventory, people, reservations
from tests.factories.reservations import kept, line, reserve

LIST = "admin:inventory_shortline_changelist"


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def level(ball):
    return inventory.receive(ball, 6)


def write_off(level, quantity, now):
    stock.write_off(stock_level_id=level.pk, quantity=Decimal(quantity), reason="broken", now=now)


def line_of(reservation):
    return reservation.lines.get()


def test_what_is_short_is_given_up_and_the_rest_can_be_committed(ball, level, now):
    reservation = reserve(line(ball, 5), now=now)
    write_off(level, 4, now)

    given_up = services.give_up_shortages(
        line_ids=[line_of(reservation).pk], reason="customer agreed", now=now
    )

    assert given_up == 1
    assert (line_of(reservation).quantity, line_of(reservation).shortage) == (2, 0)
    change = ReservationChange.objects.order_by("pk").last()
    assert (change.kind, change.detail, change.reason) == (
        "cut",
        "2 instead of 5 each of SE-BALL-5.",
        "customer agreed",
    )
    assert not Alert.objects.filter(resolved_at=None).exists()
    committed = services.commit(reservation_id=reservation.pk, order_reference="O-1", now=now)
    assert committed.status == ReservationStatus.COMMITTED
    assert reservations.broken_invariants() == []


def test_nothing_is_given_up_without_a_reason(ball, level, now):
    reservation = reserve(line(ball, 5), now=now)
    write_off(level, 4, now)

    with pytest.raises(InvalidInput):
        services.give_up_shortages(line_ids=[line_of(reservation).pk], reason=" ", now=now)

    assert (line_of(reservation).quantity, line_of(reservation).shortage) == (5, 3)


def test_a_whole_line_stays_as_it_is(ball, level, now):
    reservation = reserve(line(ball, 5), now=now)

    given_up = services.give_up_shortages(
        line_ids=[line_of(reservation).pk], reason="why not", now=now
    )

    assert given_up == 0
    assert line_of(reservation).quantity == 5


def test_looking_again_takes_from_holds_whose_time_is_over(ball, level, now):
    late = reserve(line(ball, 2), now=now - timedelta(hours=1), seconds=3700)
    reservation = reserve(line(ball, 4), now=now)
    write_off(level, 3, now)
    assert line_of(reservation).shortage == 3
    later = now + timedelta(seconds=200)

    whole = services.look_again(line_ids=[line_of(reservation).pk], now=later)

    assert whole == 0
    assert line_of(reservation).shortage == 1
    late.refresh_from_db()
    assert late.status == ReservationStatus.EXPIRED
    assert reservations.broken_invariants() == []


def test_the_work_list_shows_who_waits_longest_first_and_what_is_free(client, ball, level, now):
    old = reserve(line(ball, 2), reference="cart-old", now=now - timedelta(seconds=60))
    new = reserve(line(ball, 4), reference="cart-new", now=now)
    hold = stock.place_hold(
        lot_id=level.lot_id, reason=HoldReason.QUALITY, note="smells", now=now, user_id=None
    )
    client.force_login(people.staff("inventory.view_reservation", "inventory.release_reservation"))

    response = client.get(reverse(LIST))

    rows = response.context["cl"].result_list
    assert [row.reservation_id for row in rows] == [old.pk, new.pk]
    assert "6 each" not in response.content.decode()
    stock.release_hold(hold_id=hold.pk, note="fine", now=now, user_id=None)
    assert not client.get(reverse(LIST)).context["cl"].result_list
    assert (kept(old), kept(new)) == ([("", 2)], [("", 4)])


def test_several_shortages_are_given_up_at_once_on_the_work_list(client, ball, level, now):
    first, second = reserve(line(ball, 3), now=now), reserve(line(ball, 3), now=now)
    write_off(level, 5, now)
    client.force_login(people.staff("inventory.view_reservation", "inventory.release_reservation"))
    chosen = [line_of(first).pk, line_of(second).pk]

    response = client.post(
        reverse(LIST),
        {"action": "give_up", "_confirm": "yes", "reason": "agreed", "_selected_action": chosen},
    )

    assert response.status_code == 302
    assert [line_of(r).shortage for r in (first, second)] == [0, 0]
    assert line_of(first).quantity + line_of(second).quantity == 1
    assert reservations.broken_invariants() == []


def test_whoever_may_not_release_only_looks(client, ball, level, now):
    reservation = reserve(line(ball, 5), now=now)
    write_off(level, 4, now)
    client.force_login(people.staff("inventory.view_reservation"))

    client.post(
        reverse(LIST),
        {
            "action": "give_up",
            "_confirm": "yes",
            "reason": "agreed",
            "_selected_action": [line_of(reservation).pk],
        },
    )

    assert line_of(reservation).shortage == 3
