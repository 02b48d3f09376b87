from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from compliance.dossiers.gates import documents_changed
from compliance.dossiers.models import CertificateRequirement, Document, Dossier
from config.kernel import clock
from tests.factories import catalog
from tests.factories import compliance_dossiers as made
from tests.factories.compliance_dossiers import PDF
from tests.factories.people import staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client):
    client.force_login(staff(role="Compliance officer"))
    return client


@pytest.fixture
def cream():
    return catalog.cosmetic(name="Calm Cream")


def add(client, product, **fields):
    given = {
        "product": product.pk,
        "kind": "sds",
        "title": "Safety data sheet",
        "file": SimpleUploadedFile("sheet.pdf", PDF),
    }
    return client.post(reverse("admin:compliance_document_add"), given | fields)


def page(client, name, *args, **query):
    response = client.get(reverse(f"admin:compliance_{name}", args=args), query)
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_an_officer_adds_a_document_and_its_product_is_judged_again(officer, cream):
    told: list[int] = []

    with documents_changed.answered_by(told.extend):
        response = add(officer, cream, _reason="from the supplier")

    assert response.status_code == 302
    document = Document.objects.get()
    assert (document.file_name, made.content(document)) == ("sheet.pdf", PDF)
    assert document.history.get().history_change_reason == "from the supplier"
    assert told == [cream.pk]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"file": SimpleUploadedFile("a.exe", b"MZ")}, "a.exe is none of"),
        ({"file": SimpleUploadedFile("a.pdf", b"")}, "a.pdf is empty."),
        ({"file": SimpleUploadedFile("a.pdf", b"<html>")}, "its content is no PDF"),
        (
            {"issued_date": "2026-05-02", "expiry_date": "2026-05-01"},
            "2026-05-01 is before its issue on 2026-05-02.",
        ),
    ],
)
def test_a_document_that_is_wrong_is_refused_beside_its_field(officer, cream, wrong, says):
    response = add(officer, cream, **wrong)

    assert says in unescape(response.content.decode())
    assert not Document.objects.exists()


def test_the_form_is_filled_with_what_a_requirement_asks_for(officer, cream):
    asked = made.requirement(cream.category_id)

    form = page(officer, "document_add", product=cream.pk, certificate_requirement=asked.pk)

    assert 'value="CE / EN 1078 bicycle helmet"' in form
    assert 'value="EN 1078"' in form


def test_a_file_is_served_to_those_who_may_see_documents_and_to_nobody_else(client, cream):
    document = made.document(cream.pk, file_name="sheet.pdf")
    url = reverse("admin:compliance_document_file", args=[document.pk])

    assert client.get(url).status_code == 302
    client.force_login(staff(role="Warehouse"))
    assert client.get(url).status_code == 403
    client.force_login(staff(role="Auditor"))
    response = client.get(url)

    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'inline; filename="sheet.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/media/{document.file.name}").status_code == 404


def test_a_file_that_is_gone_from_the_store_is_said_to_be(officer, cream):
    document = made.document(cream.pk)
    document.file.storage.delete(document.file.name)

    response = officer.get(reverse("admin:compliance_document_file", args=[document.pk]))

    assert response.status_code == 404


def test_a_document_on_file_is_withdrawn_with_a_reason_and_not_changed(officer, cream):
    document = made.document(cream.pk, title="Old sheet")
    url = reverse("admin:compliance_document_change", args=[document.pk])

    officer.post(url, {"title": "Other"})
    officer.post(
        reverse("admin:compliance_document_changelist"),
        {
            "action": "withdraw",
            "_selected_action": [document.pk],
            "_confirm": "1",
            "reason": "wrong product",
        },
    )

    document.refresh_from_db()
    assert (document.title, document.withdrawn_why) == ("Old sheet", "wrong product")
    assert "withdrawn" in page(officer, "document_change", document.pk)


def test_documents_are_filtered_by_whether_they_lapse(officer, cream):
    today = clock.now().date()
    for title, days in (("Soon", 20), ("Past", -1), ("Later", 400)):
        made.document(cream.pk, title=f"{title} sheet", expiry_date=today + timedelta(days=days))

    def titles(value):
        text = page(officer, "document_changelist", validity=value)
        return {word for word in ("Soon", "Past", "Later") if f"{word} sheet" in text}

    assert titles("30") == {"Soon"}
    assert titles("lapsed") == {"Past"}
    assert titles("holds") == {"Soon", "Later"}
    assert titles("withdrawn") == set()
    assert titles("nonsense") == {"Soon", "Past", "Later"}


def test_a_dossier_marks_what_is_missing_and_leads_to_the_form_that_adds_it(officer, cream):
    asked = made.requirement(
        cream.category_id, name="Safety report", kind="safety_report", standard=""
    )
    dossier = made.dossier(cream.pk, cpnp_number="1234567")
    made.document(cream.pk, title="Safety sheet", kind="sds")

    shown = page(officer, "dossier_change", dossier.pk)

    assert "Responsible person" in shown
    assert "Safety sheet" in shown
    assert f"certificate_requirement={asked.pk}" in shown


def test_the_list_of_dossiers_shows_what_each_lacks(officer, cream):
    made.dossier(cream.pk)
    complete = catalog.cosmetic(name="Soft Soap")
    made.dossier(complete.pk, cpnp_number="1234567", responsible_person_id=made.person().pk)

    shown = page(officer, "dossier_changelist")

    assert "CPNP number" in shown
    assert "complete" in shown


def test_an_officer_opens_a_dossier_and_its_product_is_judged_again(officer, cream):
    told: list[int] = []

    with documents_changed.answered_by(told.extend):
        response = officer.post(
            reverse("admin:compliance_dossier_add"),
            {"product": cream.pk, "jurisdiction": "EU", "cpnp_number": "1234567"},
        )

    assert response.status_code == 302
    assert Dossier.objects.get().cpnp_number == "1234567"
    assert told == [cream.pk]


def test_a_wrong_cpnp_number_is_refused_beside_its_field(officer, cream):
    response = officer.post(
        reverse("admin:compliance_dossier_add"),
        {"product": cream.pk, "jurisdiction": "EU", "cpnp_number": "12"},
    )

    assert "12 is not a CPNP number" in response.content.decode()
    assert not Dossier.objects.exists()


def test_a_requirement_that_changes_lets_products_below_its_category_be_judged(officer, cream):
    asked = made.requirement(cream.category_id)
    told: list[int] = []

    with documents_changed.answered_by(told.extend):
        response = officer.post(
            reverse("admin:compliance_certificaterequirement_change", args=[asked.pk]),
            {
                "name": asked.name,
                "category": cream.category_id,
                "jurisdiction": "EU",
                "kind": "certificate",
                "standard": "EN 1078",
                "legal_basis": "Regulation (EU) 2016/425",
                "is_needed_to_sell": "on",
                "_reason": "it was repealed",
            },
        )

    assert response.status_code == 302
    asked.refresh_from_db()
    assert not asked.is_active
    assert asked.history.first().history_change_reason == "it was repealed"
    assert told == [cream.pk]


@pytest.mark.parametrize("role", ["Merchandiser", "Buyer", "Auditor"])
def test_others_look_and_change_nothing(client, cream, role):
    made.requirement(cream.category_id)
    dossier = made.dossier(cream.pk)
    document = made.document(cream.pk)
    client.force_login(staff(role=role))

    for name, *args in (
        ("document_changelist",),
        ("document_change", document.pk),
        ("dossier_changelist",),
        ("dossier_change", dossier.pk),
        ("responsibleperson_changelist",),
        ("certificaterequirement_changelist",),
    ):
        page(client, name, *args)
    for name, key in (("dossier", dossier.pk), ("document", document.pk)):
        assert "document/add" not in page(client, f"{name}_change", key)
    for name in ("document", "dossier", "responsibleperson", "certificaterequirement"):
        assert client.get(reverse(f"admin:compliance_{name}_add")).status_code == 403

    assert CertificateRequirement.objects.count() == 1
