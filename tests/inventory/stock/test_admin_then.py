"""The page that shows stock as it was."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from config.kernel import clock
from inventory.stock import services
from tests.factories import catalog, people
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db
NOW = make.NOW


@pytest.fixture(autouse=True)
def later(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=30))


@pytest.fixture
def page(client):
    client.force_login(people.staff("inventory.view_stocklevel", "inventory.view_lot"))

    def get(**query):
        return client.get(reverse("admin:stock_then"), query)

    return get


@pytest.fixture
def ball():
    """Ten at first, four an hour later; and of a second lot seven that came after that."""
    ball = catalog.sports(sku="SE-BALL-5")
    level = make.receive(ball, 10)
    services.write_off(
        stock_level_id=level.pk, quantity=Decimal(6), reason="wet", now=NOW + timedelta(hours=1)
    )
    make.receive(ball, 7, at=make.location("A-1"), now=NOW + timedelta(hours=2))
    return ball


def figures(response):
    return [
        [str(cell) if cell else "" for cell in row[2:5]]
        for row in response.context["table"]["rows"]
    ]


def test_shows_what_lay_there_beside_what_lies_there_now(page, ball):
    response = page(at=f"{NOW + timedelta(minutes=30):%Y-%m-%dT%H:%M}", sku="se-ball-5")

    assert figures(response) == [["BER · DOCK", "10 each", "4 each"], ["BER · A-1", "", "7 each"]]
    assert [str(value) for _, value in response.context["totals"][:2]] == ["10 each", "11 each"]
    assert "\N{MINUS SIGN}6 each" in response.content.decode()


def test_shows_what_was_known_then(page, ball):
    make.receive(ball, 5, happened_at=NOW + timedelta(minutes=10), now=NOW + timedelta(days=3))
    at = f"{NOW + timedelta(minutes=30):%Y-%m-%dT%H:%M}"

    assert figures(page(at=at))[0] == ["BER · DOCK", "15 each", "9 each"]
    assert figures(page(at=at, known_at=at))[0] == ["BER · DOCK", "10 each", "9 each"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"at": "2099-01-01T00:00"}, "at"),
        ({"at": "soon"}, "at"),
        ({"at": ""}, "at"),
        ({"at": "2026-11-24T09:00", "known_at": "2099-01-01T00:00"}, "known_at"),
        ({"at": "2026-11-24T09:00", "sku": "NO-SUCH"}, "sku"),
        ({"at": "2026-11-24T09:00", "warehouse": "4711"}, "warehouse"),
    ],
)
def test_says_which_field_makes_no_sense(page, query, field):
    response = page(**query)

    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert "table" not in response.context


def test_goes_on_where_a_page_ends(page, monkeypatch):
    monkeypatch.setattr("inventory.stock.admin.then.ROWS_SHOWN", 2)
    for code in ("A", "B", "C"):
        make.receive(catalog.cosmetic(), 1, lot=code)
    at = f"{NOW + timedelta(minutes=30):%Y-%m-%dT%H:%M}"

    first = page(at=at)
    after = first.context["next_url"].rpartition("after=")[2]

    assert len(figures(first)) == 2
    assert len(figures(page(at=at, after=after))) == 1


def test_opens_empty_with_the_sku_it_was_opened_for(page):
    assert b"SE-BALL-5" in page(sku="SE-BALL-5").content


def test_is_for_those_who_may_see_stock(client):
    client.force_login(people.staff("inventory.view_lot"))

    assert client.get(reverse("admin:stock_then")).status_code == 403


def test_asks_no_query_per_row(page, django_assert_max_num_queries):
    for _ in range(20):
        make.receive(catalog.cosmetic(), 1)
    at = f"{NOW + timedelta(minutes=30):%Y-%m-%dT%H:%M}"
    page(at=at)

    with django_assert_max_num_queries(12):
        assert len(figures(page(at=at))) == 20
