"""Today, as the figures it hands to its page."""

from datetime import timedelta

import pytest
from django.urls import reverse

from config.kernel.money import Money
from tests.factories import catalog, people
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr("config.kernel.clock.now", lambda: make.NOW)


def test_what_runs_out_soon_is_of_the_next_four_weeks_and_no_later(client):
    for days, cost in ((10, "2"), (60, "100")):
        expires = make.NOW.date() + timedelta(days=days)
        make.receive(catalog.cosmetic(), 5, lot="L", expires=expires, cost=Money(cost, "EUR"))
    client.force_login(people.staff("inventory.view_lot"))

    page = client.get(reverse("admin:index"))

    cards = {card["title"]: card["value"] for card in page.context["cards"]}
    assert cards == {"Runs out soon": "10.00 EUR"}


def test_what_is_low_is_told_with_its_unit(client):
    make.receive(catalog.cosmetic(stock_unit="kg"), "2.4")
    client.force_login(people.staff("inventory.view_stocklevel"))

    page = client.get(reverse("admin:index"))

    assert "2.4 kg left" in page.content.decode()
