import hashlib
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from compliance.dossiers import services
from compliance.dossiers.errors import AlreadyWithdrawn, InvalidDocument, InvalidDossier
from compliance.dossiers.gates import documents_changed
from compliance.dossiers.models import (
    CertificateRequirement,
    Document,
    Dossier,
    ResponsiblePerson,
)
from compliance.dossiers.rules.files import FILE_BYTES_MAX
from compliance.dossiers.selectors import certificates_of
from config.kernel.errors import InvalidInput, NotFound
from tests.factories import catalog
from tests.factories import compliance_dossiers as made
from tests.factories.compliance_dossiers import NOW, PDF, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def told():
    """The products of which we were told that their documents changed."""
    heard: list[int] = []
    with documents_changed.answered_by(heard.extend):
        yield heard


def test_a_document_is_kept_with_its_file_and_its_product_is_judged_again(told):
    helmet = catalog.sports()

    document = services.add_document(
        product_id=helmet.pk,
        kind="certificate",
        title=" EU type-examination ",
        jurisdiction="EU",
        standard="EN 1078",
        issued_date=date(2026, 1, 2),
        expiry_date=date(2031, 1, 1),
        file=BytesIO(PDF),
        file_name="C:\\scans\\Prüfung.pdf",
        reason="from the supplier",
        now=NOW,
    )

    kept = Document.objects.get()
    assert kept == document
    assert (kept.title, kept.file_name, kept.added_at) == (
        "EU type-examination",
        "Prüfung.pdf",
        NOW,
    )
    assert made.content(kept) == PDF
    assert kept.file.name.startswith("dossiers/")
    assert kept.sha256 == hashlib.sha256(PDF).hexdigest()
    assert kept.history.get().history_change_reason == "from the supplier"
    assert told == [helmet.pk]


@pytest.mark.parametrize(
    ("wrong", "pointer", "says"),
    [
        (
            {"issued_date": date(2026, 5, 2), "expiry_date": date(2026, 5, 1)},
            "/expiry_date",
            "2026-05-01 is before its issue on 2026-05-02.",
        ),
        ({"kind": "poem"}, "/kind", "Value 'poem' is not a valid choice."),
        ({"title": "  "}, "/title", "This field cannot be blank."),
        (
            {"jurisdiction": "MARS"},
            "/jurisdiction",
            '"MARS" is no jurisdiction we know of: EU, US, US-CA, GB, CA.',
        ),
        ({"file": b""}, "/file", "certificate.pdf is empty."),
        ({"file_name": "a.docx"}, "/file", "a.docx is none of jpeg, jpg, pdf, png, txt."),
        (
            {"file": SimpleUploadedFile("a.pdf", PDF + b"x" * FILE_BYTES_MAX)},
            "/file",
            "certificate.pdf has 20.0 MB; 20 MB is the most we keep.",
        ),
    ],
)
def test_a_document_that_is_wrong_is_refused_by_field_and_value(told, wrong, pointer, says):
    product = catalog.sports()

    with pytest.raises(InvalidDocument) as refusal:
        made.document(product.pk, **wrong)

    assert [(error.pointer, error.detail) for error in refusal.value.errors] == [(pointer, says)]
    assert not Document.objects.exists()
    assert told == []


def test_a_document_of_a_product_or_for_a_requirement_that_is_not_there_is_refused():
    product = catalog.sports()

    with pytest.raises(NotFound, match="no product 99"):
        made.document(99)
    with pytest.raises(NotFound, match="no certificate requirement 98"):
        made.document(product.pk, requirement_id=98)

    assert not Document.objects.exists()


def test_a_document_of_another_kind_than_the_requirement_asks_for_is_refused():
    product = catalog.sports()
    asked = made.requirement(product.category_id)

    with pytest.raises(InvalidDocument, match="asks for another kind of document: Certificate"):
        made.document(product.pk, kind="test_report", requirement_id=asked.pk)

    assert not Document.objects.exists()


def test_a_withdrawn_document_stays_on_file_and_proves_nothing(told):
    product = catalog.sports()
    made.requirement(product.category_id)
    document = made.document(product.pk, standard="EN 1078")
    told.clear()

    services.withdraw_document(document_id=document.pk, why="a forgery", now=NOW)

    document.refresh_from_db()
    assert (document.withdrawn_at, document.withdrawn_why) == (NOW, "a forgery")
    assert document.history.first().history_change_reason == "a forgery"
    assert not certificates_of([product.pk], on=TODAY)[product.pk][0].is_met
    assert told == [product.pk]


def test_a_document_is_withdrawn_once_and_with_a_reason():
    document = made.document(catalog.sports().pk)

    with pytest.raises(InvalidInput, match="Say why"):
        services.withdraw_document(document_id=document.pk, why=" ", now=NOW)
    services.withdraw_document(document_id=document.pk, why="a forgery", now=NOW)
    with pytest.raises(AlreadyWithdrawn, match="a forgery"):
        services.withdraw_document(document_id=document.pk, why="again", now=NOW)
    with pytest.raises(NotFound):
        services.withdraw_document(document_id=99, why="again", now=NOW)

    document.refresh_from_db()
    assert document.withdrawn_why == "a forgery"


def test_a_dossier_is_made_once_and_then_changed(told):
    product = catalog.cosmetic()
    person = made.person()

    first = made.dossier(product.pk, cpnp_number="1234567")
    second = made.dossier(
        product.pk, cpnp_number="7654321", responsible_person_id=person.pk, reason="new notice"
    )

    assert first.pk == second.pk
    kept = Dossier.objects.get()
    assert (kept.cpnp_number, kept.responsible_person) == ("7654321", person)
    assert kept.history.count() == 2
    assert kept.history.first().history_change_reason == "new notice"
    assert told == [product.pk, product.pk]


@pytest.mark.parametrize("number", ["12345", "123456789", "12 4567", "١٢٣٤٥٦٧", "CPNP123"])
def test_a_cpnp_number_has_seven_digits(told, number):
    product = catalog.cosmetic()

    with pytest.raises(InvalidDossier) as refusal:
        made.dossier(product.pk, cpnp_number=number)

    assert "/cpnp_number" in {error.pointer for error in refusal.value.errors}
    assert f"{number} is not a CPNP number" in str(refusal.value)
    assert not Dossier.objects.exists()
    assert told == []


@pytest.mark.parametrize("number", ["123456", "1234567", "12345678", ""])
def test_a_cpnp_number_of_six_to_eight_digits_or_none_is_taken(number):
    assert made.dossier(catalog.cosmetic().pk, cpnp_number=number).cpnp_number == number


def test_a_dossier_in_a_jurisdiction_we_do_not_know_is_refused():
    product = catalog.cosmetic()

    with pytest.raises(InvalidDossier) as refusal:
        made.dossier(product.pk, "FR")

    assert refusal.value.errors[0].pointer == "/jurisdiction"
    assert not Dossier.objects.exists()


def test_a_dossier_of_a_product_or_person_that_is_not_there_is_refused():
    with pytest.raises(NotFound, match="no product 99"):
        made.dossier(99)
    with pytest.raises(NotFound, match="no responsible person 98"):
        made.dossier(catalog.cosmetic().pk, responsible_person_id=98)

    assert not Dossier.objects.exists()


def test_a_responsible_person_is_made_once_and_moves():
    first = made.person("Halvaine SAS", address="Rue A 1")
    same = made.person("Halvaine SAS", address="Rue A 1")
    moved = made.person("Halvaine SAS", address="Rue B 2\n75001 Paris")

    assert first == same == moved
    kept = ResponsiblePerson.objects.get()
    assert kept.on_label == "Halvaine SAS, Rue B 2, 75001 Paris"
    assert kept.history.count() == 2


def test_a_person_in_a_country_that_is_none_is_refused():
    with pytest.raises(InvalidDossier) as refusal:
        made.person(country="Germany")

    assert {error.pointer for error in refusal.value.errors} == {"/country"}
    assert not ResponsiblePerson.objects.exists()


def test_requirements_are_added_once_and_an_officers_change_stays(told):
    helmets = catalog.category("bike-helmets")
    product = catalog.sports(category_id=helmets.pk)

    first = services.load_requirements(categories={"bike-helmets": helmets.pk})
    CertificateRequirement.objects.filter(jurisdiction="US").update(is_active=False)
    second = services.load_requirements(categories={"bike-helmets": helmets.pk})

    assert (first, second) == (3, 0)
    assert CertificateRequirement.objects.filter(is_active=False).count() == 1
    asked = CertificateRequirement.objects.get(jurisdiction="EU")
    assert (asked.standard, asked.ppe_category, asked.kind) == ("EN 1078", "II", "certificate")
    assert told == [product.pk]


def test_requirements_of_categories_that_are_not_there_are_left_out():
    assert services.load_requirements(categories={}) == 0
    assert not CertificateRequirement.objects.exists()


def test_a_person_who_answers_is_told_of_as_they_stand_on_the_label():
    assert made.person("Lumen", address="Weg 1\n\n10115 Berlin ").on_label == (
        "Lumen, Weg 1, 10115 Berlin"
    )


def test_a_document_may_be_issued_and_run_out_on_one_day():
    tomorrow = TODAY + timedelta(days=1)

    document = made.document(catalog.sports().pk, issued_date=tomorrow, expiry_date=tomorrow)

    assert document.expiry_date == tomorrow
