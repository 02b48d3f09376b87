"""Availability where compliance keeps a product off sale, and what stands behind products."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse

from compliance.assessments import exposure as hooks
from compliance.models import Clearance
from config.kernel.money import Money
from inventory.availability.selectors import Question, answer
from inventory.availability.selectors.levels import figures_of, place_of
from inventory.reservations import services as promises
from inventory.reservations.selectors import ItemCode, resolve_items
from tests.factories import bundles, catalog, inventory, people
from tests.factories.bundles import option, slot
from tests.factories.clearances import put_on_sale, take_off_sale
from tests.factories.reservations import NOW, line, reserve

pytestmark = pytest.mark.django_db

SOON = NOW + timedelta(seconds=2)


def ask(*skus, now=NOW, market="DE"):
    items = [ItemCode(sku=sku) for sku in skus or ("SE-BALL-5",)]
    found = answer(items=items, question=Question(market=market), now=now)
    shown = json.loads(b"{%s}" % found.body(with_lots=True))["items"]
    return [(item["available"], item["status"]) for item in shown]


def figures(now=NOW, seconds=60):
    market = catalog.market()
    (ball,) = resolve_items([ItemCode(sku="SE-BALL-5")])
    return figures_of(
        variants=[ball],
        low={ball.id: Decimal(5)},
        place=place_of(market),
        now=now,
        horizon=now + timedelta(seconds=seconds),
    )


@pytest.fixture
def cap(germany):
    return catalog.sports(sku="SE-CAP-RED")


@pytest.fixture
def stocked(ball, cap):
    inventory.receive(ball, 9)
    inventory.receive(cap, 7)


def test_what_is_off_sale_is_not_available_in_that_market_alone(stocked, ball, germany, berlin):
    catalog.market("US-CA")
    inventory.serves("US-CA", berlin)
    take_off_sale(ball, germany, at=NOW)

    assert ask() == [("0", "not_sellable")]
    assert ask(market="US-CA") == [("9", "in_stock")]


def test_what_was_never_cleared_is_not_available(stocked):
    Clearance.objects.all().delete()

    assert ask() == [("0", "not_sellable")]


def test_a_figure_holds_until_the_product_goes_off_sale_at_most(stocked, ball, germany):
    take_off_sale(ball, germany, at=SOON)

    found = figures()

    assert found.until == SOON
    assert [item.available for item in found.found.values()] == [9]
    assert figures(now=SOON).until == SOON + timedelta(seconds=60)


def test_a_bundle_is_for_sale_where_all_its_components_are(stocked, ball, cap, germany):
    bundles.of((ball, 1), (cap, 1), sku="BDL-KIT-1")
    Clearance.objects.filter(product__bundleproduct__isnull=False).delete()

    assert ask("BDL-KIT-1") == [("7", "in_stock")]
    take_off_sale(cap, germany, at=NOW)
    assert ask("BDL-KIT-1") == [("0", "not_sellable")]


def test_an_option_that_is_off_sale_is_no_choice(stocked, ball, cap, germany):
    bundles.bundle(slot("Gift", option(ball), option(cap)), sku="BDL-GIFT-1")
    take_off_sale(ball, germany, at=NOW)

    assert ask("BDL-GIFT-1") == [("7", "in_stock")]
    take_off_sale(cap, germany, at=NOW)
    assert ask("BDL-GIFT-1") == [("0", "not_sellable")]


@pytest.mark.django_db(transaction=True)
def test_kept_figures_are_dropped_when_the_leave_changes(
    own_redis, settings, stocked, ball, germany
):
    settings.AVAILABILITY_CACHE_SECONDS = 5
    assert ask() == [("9", "in_stock")]

    with transaction.atomic():
        take_off_sale(ball, germany, at=NOW)
        promises.follow_sale([ball.pk], germany.pk, NOW)

    assert ask() == [("0", "not_sellable")]
    with transaction.atomic():
        put_on_sale(ball, germany)
        promises.follow_sale([ball.pk], germany.pk, NOW)
    assert ask() == [("9", "in_stock")]


def test_the_page_of_a_sku_says_where_it_may_be_sold(client, stocked, ball, germany):
    catalog.market("US-CA")
    take_off_sale(ball, germany, at=NOW)
    client.force_login(people.staff("inventory.view_stocklevel"))
    url = reverse("admin:inventory_stockedvariant_change", args=[catalog.variant(ball).pk])

    page = client.get(url)

    (sale,) = [table for table in page.context["tables"] if table.title == "Sale"]
    assert [(code, why) for code, _, why in sale.rows] == [
        ("DE", "Compliance has not cleared the product for this market yet."),
        ("US-CA", ""),
    ]


# What stands behind products


def test_tells_lots_value_and_reservations_of_a_product(cream, germany):
    inventory.receive(cream, 10, lot="A", expires="2028-01-31", cost=Money("2.50", "EUR"))
    inventory.receive(cream, 4, lot="B", expires="2028-01-31")
    reserve(line(cream, 2))
    reserve(line(cream, 1))
    empty = catalog.sports()

    found = hooks.exposure.ask([cream.pk, empty.pk])

    assert found == {
        cream.pk: hooks.Exposure(
            lots=2,
            on_hand=Decimal(14),
            value=Money("25", "EUR"),
            lots_without_cost=1,
            open_reservations=2,
        )
    }


def test_a_cost_in_another_currency_is_named_apart(ball, berlin):
    inventory.receive(ball, 4, cost=Money("3", "USD"))

    (found,) = hooks.exposure.ask([ball.pk]).values()

    assert (found.value, found.lots_without_cost) == (None, 1)


def test_tells_the_most_valuable_lots_first(cream, ball, germany):
    inventory.receive(cream, 1, lot="SMALL", expires="2028-01-31", cost=Money("2", "EUR"))
    inventory.receive(cream, 9, lot="LARGE", expires="2028-02-28", cost=Money("2", "EUR"))
    inventory.receive(ball, 5)

    found = hooks.exposed_lots.ask([cream.pk, ball.pk], 2)

    assert [(lot.sku, lot.lot, lot.on_hand, lot.value) for lot in found] == [
        ("COS-CREAM-50", "LARGE", 9, Money("18", "EUR")),
        ("COS-CREAM-50", "SMALL", 1, Money("2", "EUR")),
    ]
    every = hooks.exposed_lots.ask([cream.pk, ball.pk], 9)
    assert [lot.value for lot in every][-1] is None


def test_five_hundred_products_cost_two_queries(django_assert_max_num_queries, stocked, ball, cap):
    with django_assert_max_num_queries(2):
        found = hooks.exposure.ask([ball.pk, cap.pk, *range(10_000, 10_498)])

    assert found.keys() == {ball.pk, cap.pk}
