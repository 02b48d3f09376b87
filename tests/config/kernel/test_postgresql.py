"""Who pulls by `updated_since` from five minutes before misses nothing: nothing commits later."""

import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, connections, transaction
from django.db.models.signals import pre_migrate  # noqa: TID251 - how migrate tells that it begins

from catalog.products.models import Brand
from config.kernel import clock
from config.kernel.postgresql.bound import COMMIT_WITHIN
from inventory.reservations.models import Reservation
from tests.factories import catalog, inventory, reservations

TOO_LONG = COMMIT_WITHIN + timedelta(seconds=1)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def on_postgresql():
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: set DATABASE_URL")


@pytest.fixture
def wait(monkeypatch):
    """Let so much time pass for this process."""
    ahead = {"seconds": 0.0}
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + ahead["seconds"])

    def by(duration: timedelta) -> None:
        ahead["seconds"] += duration.total_seconds()

    return by


@pytest.fixture
def create(wait):
    """Make a brand in a transaction that takes so long."""

    def make(name, *, taking):
        with transaction.atomic():
            Brand.objects.create(name=name)
            wait(taking)

    return make


def names():
    return sorted(Brand.objects.values_list("name", flat=True))


def test_what_took_too_long_is_not_committed(create):
    with pytest.raises(OperationalError, match="taken back"):
        create("Late", taking=TOO_LONG)

    assert names() == []


def test_each_transaction_has_its_own_time_and_the_connection_goes_on(wait, create):
    with pytest.raises(OperationalError):
        create("Late", taking=TOO_LONG)
    for name in ("One", "Two"):
        wait(TOO_LONG)
        create(name, taking=COMMIT_WITHIN - timedelta(seconds=10))

    assert names() == ["One", "Two"]


def test_clients_look_back_further_than_any_transaction_reaches():
    looks_back, waits_before_it_begins = timedelta(minutes=5), timedelta(minutes=1)

    assert COMMIT_WITHIN + waits_before_it_begins <= looks_back


def test_a_client_is_told_to_come_again_and_his_key_is_free(wait, monkeypatch):
    berlin = inventory.warehouse()
    inventory.serves("DE", berlin)
    inventory.receive(catalog.sports(sku="SE-BALL-5"), 5)
    api = reservations.caller("reservations:write")
    lines = [{"sku": "SE-BALL-5", "quantity": "1", "unit": "each"}]
    asked = {"market": "DE", "reference": "R", "lines": lines}
    real = clock.now

    def post():
        headers = {"Idempotency-Key": "k-1"}
        return api.post("/api/v1/reservations", asked, format="json", headers=headers)

    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: (wait(TOO_LONG), real())[1])
        late = post()
    assert (late.status_code, late["Retry-After"].isdigit()) == (503, True)
    assert Reservation.objects.count() == 0

    assert post().status_code == 201


def test_migrations_take_as_long_as_they_need():
    seen = []

    def look(using, **kwargs):
        seen.append(connections[using].commit_within)

    pre_migrate.connect(look)
    try:
        call_command("migrate", verbosity=0)
    finally:
        pre_migrate.disconnect(look)

    assert set(seen) == {None}
    assert connection.commit_within == COMMIT_WITHIN
