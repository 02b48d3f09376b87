from decimal import Decimal

import pytest
from django.urls import reverse

from inventory.reservations.models import ReservationStatus
from inventory.stock import services as stock
from inventory.stock.models import StockLevel
from tests.factories import bundles, catalog, people
from tests.factories import inventory as make
from tests.factories import reservations as promise

pytestmark = pytest.mark.django_db

LIST = "admin:inventory_reservation_changelist"


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """The clock of the admin stands at the factories' now."""
    monkeypatch.setattr("config.kernel.clock.now", lambda: make.NOW)


@pytest.fixture
def cream():
    make.serves("DE", make.warehouse())
    variant = catalog.variant(catalog.cosmetic(sku="COS-CREAM-50", name="Day Cream"))
    make.receive(variant, 10, lot="L1", expires="2028-01-31")
    return variant


def sign_in(client, *permissions: str):
    client.force_login(people.staff("inventory.view_reservation", *permissions))


def page_of(client, reservation) -> str:
    url = reverse("admin:inventory_reservation_change", args=[reservation.pk])
    return client.get(url).content.decode()


def release(client, reservation, reason: str = "Customer called"):
    return client.post(
        reverse("admin:inventory_reservation_release", args=[reservation.pk]),
        {"_confirm": "yes", "reason": reason},
    )


def test_a_reservation_shows_what_keeps_it(client, cream):
    reservation = promise.reserve(promise.line(cream, 4), reference="cart-7")
    sign_in(client)

    page = page_of(client, reservation)

    for text in ("cart-7", "Held", "COS-CREAM-50", "Day Cream", "4 each", "BER · DOCK", "L1"):
        assert text in page


def test_a_shortage_is_shown(client, cream):
    reservation = promise.reserve(promise.line(cream, 4))
    stock.adjust(
        stock_level_id=StockLevel.objects.get().pk, quantity_delta=-9, reason="Lost", now=make.NOW
    )
    ball = catalog.sports()
    make.receive(ball, 3)
    whole = promise.reserve(promise.line(ball, 1))
    sign_in(client)

    assert "3 each" in page_of(client, reservation)
    short = client.get(reverse(LIST), {"shortage": "yes"}).context["cl"].result_list
    rest = client.get(reverse(LIST), {"shortage": "no"}).context["cl"].result_list
    assert [row.pk for row in short] == [reservation.pk]
    assert [row.pk for row in rest] == [whole.pk]


def test_a_held_reservation_is_released_and_the_reason_kept(client, cream):
    reservation = promise.reserve(promise.line(cream, 4), reference="cart-7")
    sign_in(client, "inventory.release_reservation")

    response = release(client, reservation)

    assert response.status_code == 302
    reservation.refresh_from_db()
    assert reservation.status == ReservationStatus.RELEASED
    assert StockLevel.objects.get().reserved == 0
    page = page_of(client, reservation)
    assert "Customer called" in page
    assert page.count("Released") >= 2  # as its status, and in its history


def test_a_committed_reservation_stays(client, cream):
    reservation = promise.reserve(promise.line(cream, 4))
    promise.services.commit(reservation_id=reservation.pk, order_reference="order-1", now=make.NOW)
    before = make.stock_state()
    sign_in(client, "inventory.release_reservation")

    response = release(client, reservation)

    assert "had ended before" in response.content.decode()
    assert make.stock_state() == before
    assert reverse("admin:inventory_reservation_release", args=[reservation.pk]) not in page_of(
        client, reservation
    )


def test_who_may_only_look_releases_nothing(client, cream):
    reservation = promise.reserve(promise.line(cream, 4))
    sign_in(client)

    response = release(client, reservation)

    assert response.status_code == 403
    reservation.refresh_from_db()
    assert reservation.status == ReservationStatus.HELD


def test_reservations_are_found_by_status_and_sku(client, cream):
    held = promise.reserve(promise.line(cream, 1))
    released = promise.reserve(promise.line(cream, 1))
    promise.services.release(reservation_id=released.pk, now=make.NOW)
    sign_in(client)

    by_status = client.get(reverse(LIST), {"status__exact": "held"}).context["cl"].result_list
    by_sku = client.get(reverse(LIST), {"q": "COS-CREAM-50"}).context["cl"].result_list

    assert [row.pk for row in by_status] == [held.pk]
    assert {row.pk for row in by_sku} == {held.pk, released.pk}


def test_the_list_asks_no_query_per_row(client, cream, django_assert_max_num_queries):
    make.receive(cream, 100, lot="L1", expires="2028-01-31")
    api_client = promise.client()
    for _ in range(55):
        promise.reserve(promise.line(cream, 1), client_id=api_client.pk)
    sign_in(client, "inventory.release_reservation")
    client.get(reverse(LIST))

    with django_assert_max_num_queries(12):
        response = client.get(reverse(LIST))

    assert len(response.context["cl"].result_list) == 50


@pytest.fixture
def short_bundle(cream):
    """Two bundles of two creams and a cap, of which one cap is lost."""
    cap = catalog.sports(sku="SE-CAP-RED")
    level = make.receive(cap, 2)
    bundle = bundles.of((cream, 2), (cap, 1), sku="BDL-MARATHON-SET")
    reservation = promise.reserve(promise.line(bundle, 2), reference="cart-8")
    stock.write_off(stock_level_id=level.pk, quantity=Decimal(1), reason="broken", now=make.NOW)
    return reservation


def test_a_bundle_is_shown_with_its_components_and_how_many_are_not_whole(client, short_bundle):
    sign_in(client)

    rows = client.get(
        reverse("admin:inventory_reservation_change", args=[short_bundle.pk])
    ).context["table"]["rows"]
    (listed,) = client.get(reverse(LIST)).context["cl"].result_list

    skus = ["BDL-MARATHON-SET", "COS-CREAM-50", "SE-CAP-RED"]
    assert all(sku in row[0] for sku, row in zip(skus, rows, strict=True))
    assert [row[2] for row in rows] == ["2 each", "4 each", "2 each"]
    assert ["1 each" in row[3] for row in rows] == [True, False, True]
    assert listed.line_count == 1


def test_the_work_list_names_the_bundle_that_a_missing_component_is_for(client, short_bundle):
    sign_in(client)

    page = client.get(reverse("admin:inventory_shortline_changelist")).content.decode()

    assert "SE-CAP-RED" in page
    assert "for BDL-MARATHON-SET" in page
