"""The calendar and the page of a product's compliance, with its formula."""

from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from compliance.assessments.selectors.waiting import forget_waiting
from compliance.models import FormulaLine
from config.kernel import clock
from tests.factories import catalog, people
from tests.factories.compliance_assessments import NOW, TODAY, assessment, clearance, coming

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def officer(client):
    user = people.staff(role="Compliance officer")
    client.force_login(user)
    return user


def text_of(response) -> str:
    return unescape(response.content.decode())


def test_the_calendar_tells_day_rule_and_products(client, officer):
    product = catalog.cosmetic(name="Winter Cream")
    assessment(product, [coming(TODAY + timedelta(days=20))], market=catalog.market("DE"))

    page = text_of(client.get(reverse("admin:compliance_calendar")))

    assert "14 Dec 2026" in page
    assert "in 20 days" in page
    assert "Regulation (EC) No 1223/2009, Annex III, entry 98" in page
    assert reverse("admin:compliance_product", args=[product.pk]) in page
    assert "Winter Cream" in page


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("?market=DE", True),
        ("?within=30", True),
        ("?market=XX&within=7", True),
        ("?within=nonsense", True),
        ("?market=US-CA", False),
    ],
)
def test_the_calendar_is_narrowed_by_market_and_days(client, officer, query, is_there):
    catalog.market("US-CA", country="US", region="CA")
    product = catalog.cosmetic(name="Winter Cream")
    assessment(product, [coming(TODAY + timedelta(days=20))], market=catalog.market("DE"))

    page = text_of(client.get(reverse("admin:compliance_calendar") + query))

    assert ("Winter Cream" in page) is is_there


def test_an_empty_calendar_says_that_nothing_is_to_come(client, officer):
    page = text_of(client.get(reverse("admin:compliance_calendar")))

    assert "Nothing that we sell becomes illegal" in page


def test_the_page_of_a_product_shows_each_market(client, officer):
    row = clearance(catalog.cosmetic(name="Peeling Tonic"))

    page = text_of(client.get(reverse("admin:compliance_product", args=[row.product_id])))

    assert "Peeling Tonic" in page
    assert "Needs review" in page
    assert "No formula is stored" in page


def test_a_product_that_is_not_there_has_no_page(client, officer):
    assert client.get(reverse("admin:compliance_product", args=[999_999])).status_code == 404


def test_a_formula_is_entered_shown_and_taken_away(client, officer):
    product = catalog.cosmetic()
    url = reverse("admin:compliance_product", args=[product.pk])

    page = text_of(
        client.post(url, {"text": "Aqua; 90\nGlycerin; < 10\nParfum; 0.1 - 0.5"}, follow=True)
    )
    assert "Saved: 3 lines." in page
    assert "Glycerin; < 10\nParfum; 0.1 - 0.5" in page
    assert "90.1 to 100.5 % in all" in page

    client.post(url, {"text": ""})

    assert not FormulaLine.objects.exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Aqua", 'Line 1: "Aqua" is not a name, a semicolon and percent.'),
        ("Aqua; 60\nGlycerin; 60", "The shares sum to 120 % at the least: over 100 %."),
        ("Aqua; 101", "101 is not a share from 0 to 100 %."),
        ("Aqua; 5 - 2", "5 % is more than 2 %."),
    ],
)
def test_a_formula_that_cannot_be_is_refused_in_words_and_stays_in_the_box(
    client, officer, text, told
):
    product = catalog.cosmetic()

    page = text_of(
        client.post(reverse("admin:compliance_product", args=[product.pk]), {"text": text})
    )

    assert told in page
    assert text in page
    assert not FormulaLine.objects.exists()


def test_who_may_not_enter_formulas_sees_no_form_and_saves_none(client):
    client.force_login(people.staff(role="Merchandiser"))
    product = catalog.cosmetic()
    url = reverse("admin:compliance_product", args=[product.pk])

    page = text_of(client.get(url))
    response = client.post(url, {"text": "Aqua; 90"})

    assert "Save and judge again" not in page
    assert response.status_code == 403
    assert not FormulaLine.objects.exists()


def test_the_sidebar_counts_what_waits_for_those_who_decide(client, officer):
    clearance()
    forget_waiting()

    page = text_of(client.get(reverse("admin:index")))

    assert "Review queue" in page
    assert "Compliance to review" in page
    assert "1 of them with a finding that blocks" in page
