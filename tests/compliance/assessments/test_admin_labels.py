"""The label sheet of a product for a market, as a page and as a PDF."""

from html import unescape

import pytest
from django.urls import reverse

from compliance.assessments.rules.labels import PartKey
from compliance.assessments.selectors.labels import label_of
from compliance.assessments.services import read_formula, set_formula
from tests.compliance.assessments.conftest import NOW
from tests.factories import catalog, compliance_dossiers, people

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client):
    user = people.staff(role="Compliance officer")
    client.force_login(user)
    return user


def text_of(response) -> str:
    return unescape(response.content.decode())


def cream(**fields):
    given = {
        "ingredients": "Aqua, Glycerin, Limonene, CI 77491",
        "purpose": "skin_care",
        "name": "Winter Cream",
    }
    return catalog.cosmetic(**given | fields)


def test_a_sheet_lists_ingredients_by_their_legal_names_and_order(law, germany):
    sheet = label_of(cream().pk, germany, now=NOW)

    assert sheet.part(PartKey.INGREDIENTS).lines == (
        "Ingredients: AQUA, GLYCERIN, LIMONENE, CI 77491",
    )
    assert sheet.part(PartKey.ALLERGENS).lines == ("LIMONENE",)
    assert sheet.part(PartKey.FUNCTION).lines == ("Skin care",)


def test_an_allergen_below_its_threshold_by_the_formula_need_not_be_named(law, germany):
    product = cream(ingredients="Aqua, Glycerin, Limonene")
    lines = read_formula("Aqua; 90\nGlycerin; 9.9\nLimonene; 0.0001")
    set_formula(product_id=product.pk, lines=lines, now=NOW)

    sheet = label_of(product.pk, germany, now=NOW)

    assert sheet.part(PartKey.ALLERGENS).lines == ("None is known of.",)


def test_an_allergen_of_the_formula_that_the_label_does_not_name_is_missing(law, germany):
    product = cream(ingredients="Aqua, Glycerin")
    lines = read_formula("Aqua; 90\nGlycerin; 9\nLimonene; 0.5")
    set_formula(product_id=product.pk, lines=lines, now=NOW)

    sheet = label_of(product.pk, germany, now=NOW)

    assert "Allergens to be named: LIMONENE among the ingredients" in sheet.missing


def test_who_answers_for_it_comes_from_its_dossier(law, germany):
    product = cream()
    person = compliance_dossiers.person("Beispiel GmbH")
    compliance_dossiers.dossier(product.pk, "EU", responsible_person_id=person.pk)

    sheet = label_of(product.pk, germany, now=NOW)

    assert sheet.part(PartKey.RESPONSIBLE_PERSON).lines == (
        "Beispiel GmbH, Lindenweg 4, 10115 Berlin",
    )


def test_what_is_no_cosmetic_has_no_sheet(law, germany):
    assert label_of(catalog.sports().pk, germany, now=NOW) is None


def test_the_page_marks_what_is_missing(client, officer, law, germany):
    page = text_of(client.get(reverse("admin:compliance_label", args=[cream().pk, "DE"])))

    assert "Winter Cream" in page
    assert "things are missing before it can be printed." in page
    assert "name and address of who answers for it here" in page


def test_the_sheet_is_handed_on_as_a_pdf(client, officer, law, germany):
    response = client.get(reverse("admin:compliance_label_pdf", args=[cream().pk, "DE"]))

    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="label-winter-cream-de.pdf"'
    assert response.content.startswith(b"%PDF-")


@pytest.mark.parametrize("name", ["admin:compliance_label", "admin:compliance_label_pdf"])
def test_a_market_or_product_that_is_not_there_has_no_sheet(client, officer, law, germany, name):
    product = cream()

    assert client.get(reverse(name, args=[product.pk, "XX"])).status_code == 404
    assert client.get(reverse(name, args=[999_999, "DE"])).status_code == 404
    assert client.get(reverse(name, args=[catalog.sports().pk, "DE"])).status_code == 404


@pytest.mark.parametrize("name", ["admin:compliance_label", "admin:compliance_label_pdf"])
def test_who_may_not_draw_labels_gets_none(client, law, germany, name):
    client.force_login(people.staff(role="Merchandiser"))

    assert client.get(reverse(name, args=[cream().pk, "DE"])).status_code == 403
