from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from catalog.products.services import change_stage
from config.kernel.alerts import Alert
from config.kernel.errors import InvalidInput, NotFound
from config.kernel.money import Money
from config.kernel.outbox import OutboxEvent
from inventory.reservations import services
from inventory.reservations.errors import (
    InsufficientStock,
    ReservationEnded,
    ReservationExpired,
)
from inventory.reservations.models import Reservation
from inventory.stock import services as stock
from inventory.stock.models import StockMovement
from tests.factories import inventory, reservations
from tests.factories.reservations import NOW, kept, line, reserve

SOON = NOW + timedelta(seconds=30)
LATE = NOW + timedelta(hours=1)


def commit(reservation, *, order="order-1", now=SOON, **kwargs):
    return services.commit(reservation_id=reservation.pk, order_reference=order, now=now, **kwargs)


def release(reservation, *, now=SOON, **kwargs):
    return services.release(reservation_id=reservation.pk, now=now, **kwargs)


def extend(reservation, seconds, *, now=SOON, **kwargs):
    return services.extend(
        reservation_id=reservation.pk, ttl=timedelta(seconds=seconds), now=now, **kwargs
    )


def refused(error, call, *args, **kwargs):
    """The refusal, which has changed nothing."""
    before, events = reservations.state(), OutboxEvent.objects.count()
    with pytest.raises(error) as caught:
        call(*args, **kwargs)
    assert reservations.state() == before
    assert OutboxEvent.objects.count() == events
    return caught.value


def write_off(level, quantity, now=SOON):
    stock.write_off(stock_level_id=level.pk, quantity=quantity, reason="damaged", now=now)


@pytest.fixture
def held(ball):
    inventory.receive(ball, 5)
    return reserve(line(ball, 3), reference="cart-1")


def test_a_commit_lets_the_stock_leave_by_a_sale(held, ball):
    reservation = commit(held)

    level = inventory.StockLevel.objects.get()
    sale = StockMovement.objects.get(kind="sale")
    assert (level.on_hand, level.reserved) == (2, 0)
    assert (sale.quantity, sale.reference, sale.happened_at) == (-3, "order-1", SOON)
    assert (reservation.status, reservation.order_reference) == ("committed", "order-1")
    assert reservation.ended_at == SOON
    assert reservations.broken_invariants() == []
    event = OutboxEvent.objects.get(type="reservation.committed")
    assert event.payload["order_reference"] == "order-1"


def test_a_commit_is_safe_to_repeat(held):
    commit(held)
    before = reservations.state()

    again = commit(held, now=LATE)

    assert again.status == "committed"
    assert reservations.state() == before


def test_a_commit_for_another_order_is_refused(held):
    commit(held)

    error = refused(ReservationEnded, commit, held, order="order-2")

    assert "order-1" in error.detail


def test_a_commit_needs_an_order(held):
    refused(InvalidInput, commit, held, order="")


def test_a_commit_after_the_time_is_over_still_has_its_stock_before_the_sweep(held):
    assert commit(held, now=LATE).status == "committed"
    assert reservations.broken_invariants() == []


def test_a_commit_after_the_sweep_takes_the_stock_again_if_it_is_free(held, cream, ball):
    services.release_expired(now=LATE)

    reservation = commit(held, now=LATE)

    assert reservation.status == "committed"
    assert StockMovement.objects.get(kind="sale").quantity == -3
    assert [a.quantity for a in held.lines.get().allocations.all()] == [3]
    assert reservations.broken_invariants() == []


def test_a_commit_after_the_sweep_is_refused_when_somebody_else_has_the_stock(held, ball):
    services.release_expired(now=LATE)
    reserve(line(ball, 4), now=LATE)

    error = refused(ReservationExpired, commit, held, now=LATE)

    assert (error.code, error.status) == ("reservation-expired", 409)


def test_a_commit_after_the_sweep_takes_the_place_of_other_overdue_holds(held, ball):
    services.release_expired(now=LATE)
    other = reserve(line(ball, 5), seconds=10, now=LATE)

    commit(held, now=LATE + timedelta(seconds=10))

    other.refresh_from_db()
    assert other.status == "expired"
    assert reservations.broken_invariants() == []


def test_a_commit_after_the_sweep_is_refused_when_the_product_is_no_longer_sold(held, ball):
    services.release_expired(now=LATE)
    change_stage(product_id=ball.pk, stage="discontinued", reason="test")

    refused(ReservationExpired, commit, held, now=LATE)


def test_a_released_reservation_cannot_be_committed(held):
    release(held)

    refused(ReservationEnded, commit, held)


def test_a_reservation_with_a_shortage_cannot_be_committed(held):
    write_off(inventory.StockLevel.objects.get(), 3)

    error = refused(InsufficientStock, commit, held)

    assert error.extra["shortages"] == [{"sku": "SE-BALL-5", "requested": 3, "available": 2}]


def test_a_commit_gets_what_others_hold_beyond_their_time(held, ball):
    other = reserve(line(ball, 2), seconds=10)
    write_off(inventory.StockLevel.objects.get(), 2, now=NOW + timedelta(seconds=5))
    other.refresh_from_db()
    assert kept(other) == []

    commit(held, now=SOON)

    assert StockMovement.objects.get(kind="sale").quantity == -3


def test_a_commit_never_sells_a_lot_past_its_sell_by(cream):
    inventory.receive(cream, 5, lot="OLD", expires="2026-11-24")
    inventory.receive(cream, 5, lot="NEW", expires="2027-11-24")
    held = reserve(line(cream, 3), seconds=7 * 86400)
    assert kept(held) == [("OLD", 3)]

    commit(held, now=NOW + timedelta(days=1))

    sale = StockMovement.objects.get(kind="sale")
    assert sale.stock_level.lot.code == "NEW"
    assert reservations.broken_invariants() == []


def test_a_commit_is_refused_when_only_expired_lots_are_left(cream):
    inventory.receive(cream, 5, lot="OLD", expires="2026-11-24")
    held = reserve(line(cream, 3), seconds=7 * 86400)

    refused(InsufficientStock, commit, held, now=NOW + timedelta(days=1))


def test_a_release_gives_the_stock_back(held):
    reservation = release(held)

    level = inventory.StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (5, 0)
    assert (reservation.status, reservation.ended_at) == ("released", SOON)
    assert not StockMovement.objects.exclude(kind="receipt").exists()
    assert OutboxEvent.objects.filter(type="reservation.released").count() == 1


@pytest.mark.parametrize("status", ["released", "expired"])
def test_a_release_is_safe_to_repeat(held, status):
    if status == "released":
        release(held)
    else:
        services.release_expired(now=LATE)
    before, events = reservations.state(), OutboxEvent.objects.count()

    again = release(held, now=LATE)

    assert again.status == status
    assert reservations.state() == before
    assert OutboxEvent.objects.count() == events


def test_a_committed_reservation_cannot_be_released_or_extended(held):
    commit(held)

    refused(ReservationEnded, release, held)
    refused(ReservationEnded, extend, held, 60)


def test_an_extension_counts_from_now(held):
    assert extend(held, 3600).expires_at == SOON + timedelta(seconds=3600)


def test_an_extension_never_shortens_and_is_safe_to_repeat(held):
    assert extend(held, 60).expires_at == NOW + timedelta(seconds=900)
    assert extend(held, 60).expires_at == NOW + timedelta(seconds=900)


def test_what_has_expired_cannot_be_extended_swept_or_not(held):
    refused(ReservationExpired, extend, held, 60, now=LATE)
    services.release_expired(now=LATE)
    refused(ReservationExpired, extend, held, 60, now=LATE)


def test_nobody_touches_the_reservations_of_others(ball):
    inventory.receive(ball, 5)
    owner, stranger = reservations.client().pk, reservations.client().pk
    held = reserve(line(ball), client_id=owner)

    refused(NotFound, commit, held, client_id=stranger)
    refused(NotFound, release, held, client_id=stranger)
    refused(NotFound, extend, held, 60, client_id=stranger)
    with pytest.raises(NotFound):
        services.release(reservation_id=uuid4(), now=NOW)


def test_the_sweep_ends_what_is_over_and_nothing_else(ball, cream):
    inventory.receive(ball, 9)
    inventory.receive(cream, 9)
    over = reserve(line(ball, 2), line(cream, 2), seconds=60)
    running = reserve(line(ball, 3), seconds=61)

    ended = services.release_expired(now=NOW + timedelta(seconds=60))

    over.refresh_from_db()
    running.refresh_from_db()
    assert ended == 1
    assert (over.status, running.status) == ("expired", "held")
    assert kept(running) == [("", 3)]
    event = OutboxEvent.objects.get(type="reservation.expired")
    assert event.subject == str(over.pk)
    assert reservations.broken_invariants() == []


def test_the_sweep_is_bounded_and_safe_to_run_twice(ball):
    inventory.receive(ball, 9)
    for _ in range(3):
        reserve(line(ball), seconds=60)

    ended = [services.release_expired(now=LATE, batch=2) for _ in range(3)]

    assert ended == [2, 1, 0]
    assert set(Reservation.objects.values_list("status", flat=True)) == {"expired"}


def test_a_sweep_costs_the_same_queries_for_many_as_for_one(ball, django_assert_max_num_queries):
    inventory.receive(ball, 90)
    for _ in range(40):
        reserve(line(ball), seconds=60)

    with django_assert_max_num_queries(16):
        services.release_expired(now=LATE)


def test_ending_a_reservation_takes_its_shortage_off_the_work_list(held):
    write_off(inventory.StockLevel.objects.get(), 4)
    assert Alert.objects.filter(resolved_at=None).count() == 1

    release(held)

    assert not Alert.objects.filter(resolved_at=None).exists()


def test_what_it_was_sold_for_is_kept_with_the_line(ball, cream):
    inventory.receive(ball, 3)
    inventory.receive(cream, 3)
    reservation = reserve(line(ball, 2), line(cream, 1))

    services.commit(
        reservation_id=reservation.pk,
        order_reference="O-1",
        now=NOW,
        unit_prices={"SE-BALL-5": Money(Decimal("19.90"), "EUR")},
    )

    assert list(
        reservation.lines.order_by("position").values_list("unit_price", "price_currency")
    ) == [(Decimal("19.9"), "EUR"), (None, "")]


def test_a_price_of_something_else_is_refused_and_nothing_leaves(ball):
    inventory.receive(ball, 3)
    reservation = reserve(line(ball, 2))

    with pytest.raises(InvalidInput) as refusal:
        services.commit(
            reservation_id=reservation.pk,
            order_reference="O-1",
            now=NOW,
            unit_prices={"SE-BALL-9": Money(Decimal(1), "EUR")},
        )

    assert refusal.value.errors[0].pointer == "/unit_prices/SE-BALL-9"
    reservation.refresh_from_db()
    assert reservation.status == "held"
    assert kept(reservation) == [("", 2)]
