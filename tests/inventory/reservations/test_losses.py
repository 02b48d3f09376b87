import pytest
from django.urls import reverse

from config.kernel import clock
from inventory.reservations.models import ReservationChange
from inventory.stock.models import StockMovement
from tests.factories import inventory as make
from tests.factories import people
from tests.factories.reservations import line, reserve

pytestmark = pytest.mark.django_db


@pytest.fixture
def level(cream, client):
    client.force_login(people.staff("inventory.view_stocklevel", "inventory.write_off_stock"))
    return make.receive(cream, 5, lot="L1", expires="2029-01-31")


def post(client, level, **data):
    url = reverse("admin:inventory_stocklevel_write_off", args=[level.pk])
    answer = {"_confirm": "yes", "quantity": "3", "reason": "Leaking"} | data
    return client.post(url, answer)


def movements():
    return list(StockMovement.objects.order_by("pk").values_list("kind", flat=True))


def test_who_would_lose_is_shown_and_nothing_is_done_before_it_is_confirmed(client, cream, level):
    reserve(line(cream, 1), reference="cart-old", now=clock.now())
    reserve(line(cream, 3), reference="cart-new", now=clock.now())

    response = post(client, level)

    page = response.content.decode()
    assert response.status_code == 200
    assert (
        "1 reservation would lose what this stock keeps for it, 1 reservation would be short"
        in page
    )
    assert "cart-new" in page
    assert "cart-old" not in page
    assert 'value="Leaking"' in page
    assert movements() == ["receipt"]

    response = post(client, level, _seen=response.context["consequences"].seal)

    assert response.status_code == 302
    assert movements() == ["receipt", "write_off"]
    assert ReservationChange.objects.get().reason == "Write-off: Leaking"


def test_losses_that_changed_meanwhile_are_shown_anew(client, cream, level):
    reserve(line(cream, 3), reference="cart-1", now=clock.now())
    seal = post(client, level).context["consequences"].seal
    reserve(line(cream, 2), reference="cart-2", now=clock.now())

    response = post(client, level, _seen=seal)

    assert response.status_code == 200
    assert "cart-2" in response.content.decode()
    assert movements() == ["receipt"]


def test_nobody_is_asked_twice_where_nobody_loses(client, cream, level):
    reserve(line(cream, 2), now=clock.now())

    assert post(client, level).status_code == 302
    assert movements() == ["receipt", "write_off"]
