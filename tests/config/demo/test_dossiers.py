from datetime import timedelta

import pytest

from compliance.dossiers.gates import documents_changed
from compliance.dossiers.models import Document, Dossier
from compliance.dossiers.selectors import certificates_of, dossier_of, safety_reports
from config.demo.content import COSMETICS, SPORTS
from config.demo.content.papers import CLOTHES
from config.demo.loading.catalogue import create_catalogue
from config.demo.loading.dossiers import add_dossiers
from config.demo.loading.sites import add_partners
from config.kernel.alerts import Alert
from tests.factories.inventory import NOW

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def variants():
    variants = create_catalogue(add_partners())
    add_dossiers(variants, NOW)
    return variants


def product_of(variants, stem):
    return next(v.product_id for sku, v in variants.items() if sku.startswith(stem))


def products_of(variants, specs):
    return {variants[spec.variants[0].sku].product_id for spec in specs}


def test_all_cosmetics_but_one_have_a_safety_report_in_the_union(variants):
    cosmetics = products_of(variants, COSMETICS)

    assert cosmetics - set(safety_reports(cosmetics, on=TODAY)) == {
        product_of(variants, "COS-SCRUB")
    }


def test_every_cosmetic_has_somebody_who_answers_and_a_number_of_its_own(variants):
    cosmetics = products_of(variants, COSMETICS)
    rows = Dossier.objects.filter(jurisdiction="EU", product__in=cosmetics)

    assert rows.filter(responsible_person=None).count() == 0
    assert len(set(rows.values_list("cpnp_number", flat=True))) == len(cosmetics)


def test_every_document_that_is_needed_to_sell_is_there_at_first(variants):
    found = certificates_of(products_of(variants, SPORTS), on=TODAY)
    unmet = [
        (product_id, own.jurisdiction)
        for product_id, certificates in found.items()
        for own in certificates
        if not own.is_met and own.jurisdiction in ("EU", "US")
    ]

    assert unmet == []
    assert len(found) == sum(
        spec.category in {"bike-helmets", "ski-helmets", "climbing", *CLOTHES} for spec in SPORTS
    )


def test_one_helmets_certificate_runs_out_in_twenty_days_and_somebody_is_told(variants):
    (alert,) = Alert.objects.filter(kind="document-lapsing")

    document = Document.objects.get(pk=alert.payload["document_id"])
    assert document.expiry_date == TODAY + timedelta(days=20)
    assert document.product_id == product_of(variants, "SE-CITYHELMET")


def test_a_dossier_of_the_demo_lacks_nothing(variants):
    found = dossier_of(product_of(variants, "COS-CSERUM"), "EU", on=TODAY)

    assert found.missing == ()
    assert dossier_of(found.product_id, "US", on=TODAY).missing == ()
    with found.documents[0].file.open("rb") as file:
        assert file.read().startswith(b"%PDF-")


def test_nobody_is_told_product_by_product():
    told: list[int] = []
    variants = create_catalogue(add_partners())

    with documents_changed.answered_by(told.extend):
        add_dossiers(variants, NOW)

    assert told == []
