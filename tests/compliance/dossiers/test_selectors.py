from datetime import date, timedelta

import pytest

from catalog.products.services import change_stage
from compliance.dossiers import services
from compliance.dossiers.selectors import (
    certificates_of,
    dossier_of,
    lapsing,
    missing_of,
    safety_reports,
)
from tests.factories import catalog
from tests.factories import compliance_dossiers as made
from tests.factories.compliance_dossiers import NOW, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def helmet():
    sports = catalog.category("all-sports")
    helmets = catalog.category("helmets", parent_id=sports.pk)
    return catalog.sports(name="Road Helmet", category_id=helmets.pk)


def above(product):
    return product.category.parent_id


def test_a_product_needs_what_its_category_and_those_above_ask_for(helmet):
    made.requirement(above(helmet), name="Declaration", kind="declaration", standard="")
    made.requirement(helmet.category_id)
    made.requirement(catalog.category("balls").pk, name="Ball test")

    found = certificates_of([helmet.pk], on=TODAY)

    assert [(own.name, own.is_met) for own in found[helmet.pk]] == [
        ("CE / EN 1078 bicycle helmet", False),
        ("Declaration", False),
    ]


def test_a_product_that_needs_nothing_is_missing_from_the_answer(helmet):
    other = catalog.sports()
    made.requirement(helmet.category_id)

    assert set(certificates_of([helmet.pk, other.pk], on=TODAY)) == {helmet.pk}
    assert certificates_of([], on=TODAY) == {}


def test_what_is_switched_off_or_only_asked_for_does_not_keep_a_product_from_being_sold(helmet):
    made.requirement(helmet.category_id, name="Off", is_active=False)
    made.requirement(helmet.category_id, name="Asked for", is_needed_to_sell=False)

    assert certificates_of([helmet.pk], on=TODAY) == {}
    found = certificates_of([helmet.pk], on=TODAY, only_needed_to_sell=False)
    assert [own.name for own in found[helmet.pk]] == ["Asked for"]


def test_a_requirement_is_met_by_which_document_until_when(helmet):
    made.requirement(helmet.category_id)
    until = TODAY + timedelta(days=20)
    document = made.document(helmet.pk, standard="EN 1078:2012", expiry_date=until)

    (found,) = certificates_of([helmet.pk], on=TODAY)[helmet.pk]

    assert (found.is_met, found.document_id, found.until) == (True, document.pk, until)


def test_certificates_of_many_products_cost_as_many_queries_as_those_of_one(
    helmet, django_assert_num_queries
):
    made.requirement(helmet.category_id)
    others = [catalog.sports(category_id=helmet.category_id).pk for _ in range(5)]

    with django_assert_num_queries(4):
        certificates_of([helmet.pk, *others], on=TODAY)


def test_safety_reports_are_told_by_jurisdiction_with_their_last_day():
    cream, soap = catalog.cosmetic(), catalog.cosmetic()
    until = TODAY + timedelta(days=1)
    made.document(cream.pk, kind="safety_report", jurisdiction="EU", expiry_date=until)
    made.document(cream.pk, kind="safety_report", jurisdiction="US")
    made.document(soap.pk, kind="safety_report", jurisdiction="EU", expiry_date=date(2026, 1, 1))

    found = safety_reports([cream.pk, soap.pk], on=TODAY)

    assert found == {cream.pk: {"EU": until, "US": date.max, "US-CA": date.max}}


def test_a_dossier_shows_what_is_there_and_says_what_is_missing():
    cream = catalog.cosmetic()
    made.requirement(cream.category_id, name="Safety report", kind="safety_report", standard="")
    made.requirement(cream.category_id, name="Substantiation", jurisdiction="US")
    made.dossier(cream.pk, cpnp_number="1234567")
    everywhere = made.document(cream.pk, kind="sds")
    made.document(cream.pk, kind="sds", jurisdiction="US")

    found = dossier_of(cream.pk, "EU", on=TODAY)

    assert found.documents == (everywhere,)
    assert [own.name for own in found.certificates] == ["Safety report"]
    assert found.missing == ("Responsible person", "Safety report")


def test_a_product_without_a_dossier_lacks_everything():
    cream = catalog.cosmetic()

    found = dossier_of(cream.pk, "EU", on=TODAY)

    assert found.dossier is None
    assert found.missing == ("Responsible person", "CPNP number")


def test_what_many_dossiers_lack_costs_as_many_queries_as_of_one(django_assert_num_queries):
    dossiers = [made.dossier(catalog.cosmetic().pk) for _ in range(5)]
    made.requirement(dossiers[0].product.category_id, name="Report", is_needed_to_sell=False)

    with django_assert_num_queries(5):
        found = missing_of(dossiers, on=TODAY)

    assert set(found.values()) == {("Responsible person", "CPNP number", "Report")}


def test_what_lapses_is_named_with_its_markets_and_what_needs_it_soonest_first(helmet):
    catalog.market("DE")
    catalog.market("US-CA", region="CA")
    asked = made.requirement(helmet.category_id)
    soon = made.document(
        helmet.pk, jurisdiction="EU", standard="EN 1078", expiry_date=TODAY + timedelta(days=5)
    )
    past = made.document(helmet.pk, kind="sds", expiry_date=TODAY - timedelta(days=1))
    made.document(helmet.pk, kind="test_report", expiry_date=TODAY + timedelta(days=31))

    found = lapsing(on=TODAY, within_days=30)

    assert [(own.document, own.days_left, own.markets) for own in found] == [
        (past, -1, ("DE", "US-CA")),
        (soon, 5, ("DE",)),
    ]
    assert [need.id for need in found[1].requirements] == [asked.pk]


def test_what_is_replaced_withdrawn_or_of_a_discontinued_product_does_not_lapse(helmet):
    until = TODAY + timedelta(days=5)
    made.document(helmet.pk, standard="EN 1078", expiry_date=until)
    made.document(helmet.pk, standard="EN 1078", expiry_date=TODAY + timedelta(days=500))
    withdrawn = made.document(helmet.pk, kind="sds", expiry_date=until)
    services.withdraw_document(document_id=withdrawn.pk, why="wrong product", now=NOW)
    gone = catalog.sports()
    made.document(gone.pk, expiry_date=until)
    change_stage(product_id=gone.pk, stage="discontinued", reason="test")

    assert lapsing(on=TODAY, within_days=30) == []
