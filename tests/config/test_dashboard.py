"""Today, as the figures it hands to its page."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.kernel.money import Money
from config.tasks import sum_up_stock
from tests.factories import catalog, people
from tests.factories import inventory as make

QUERIES_MAX = 12
SIGNED_IN_QUERIES = 2  # session and user

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


def test_all_stock_is_shown_as_the_task_has_summed_it_up(client, own_redis, settings, monkeypatch):
    settings.OVERVIEW_SECONDS = 60
    make.receive(catalog.cosmetic(), 4, cost=Money("2", "EUR"))
    sum_up_stock()
    make.receive(catalog.cosmetic(), 3, cost=Money("100", "EUR"))
    monkeypatch.setattr("config.kernel.clock.now", lambda: make.NOW + timedelta(minutes=1))
    client.force_login(people.staff("inventory.view_stocklevel"))

    page = client.get(reverse("admin:index"))

    cards = {card["title"]: (card["value"], card["since"]) for card in page.context["cards"]}
    assert cards == {
        "Stock value": ("8.00 EUR", "at 09:00 UTC"),
        "Low stock": ("1", "at 09:00 UTC"),
    }
    assert [row.available for row, _ in page.context["low_stock"]] == [4]
    assert "at cost, at 09:00 UTC" in page.content.decode()


def test_what_was_summed_up_a_minute_ago_is_still_shown_only_to_those_who_may(
    client, own_redis, settings
):
    settings.OVERVIEW_SECONDS = 60
    make.receive(catalog.cosmetic(), 4, cost=Money("2", "EUR"))
    sum_up_stock()
    client.force_login(people.staff("kernel.view_alert"))

    page = client.get(reverse("admin:index"))

    assert [card["title"] for card in page.context["cards"]] == ["To act on"]


@pytest.mark.parametrize("is_kept", [True, False])
def test_today_asks_at_most_twelve_queries(client, demo_shop, own_redis, settings, is_kept):
    settings.OVERVIEW_SECONDS = 60 if is_kept else 0
    sum_up_stock()
    client.force_login(User.objects.create_superuser("boss"))
    client.get(reverse("admin:index"))  # content types and permissions are cached by now

    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("admin:index"))

    assert len(queries) - SIGNED_IN_QUERIES <= QUERIES_MAX
