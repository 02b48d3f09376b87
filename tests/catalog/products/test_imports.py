import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.partners.models import Partner
from catalog.products.models import Brand
from tests.factories import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client):
    client.force_login(
        people.staff("catalog.view_brand", "catalog.add_brand", "catalog.change_brand")
    )
    return client


def send(client, content: str) -> str:
    file = SimpleUploadedFile("brands.csv", content.encode())
    response = client.post(
        "/admin/catalog/brand/import/", {"import_file": file, "format": "0"}, follow=True
    )
    return response.content.decode()


def test_brands_come_in_with_the_codes_of_their_owners(editor):
    owner = Partner.objects.create(code="LUMEN", name="Lumen")

    page = send(editor, "name,owner\nCalm,LUMEN\nBright,\n")

    assert "2 new, 0 changed, 0 already so." in page
    assert set(Brand.objects.values_list("name", "owner_id")) == {
        ("Calm", owner.pk),
        ("Bright", None),
    }


def test_a_brand_is_found_in_any_case_and_takes_the_spelling_of_the_file(editor):
    brand = Brand.objects.create(name="calm")

    page = send(editor, "name\nCalm\n")

    assert "0 new, 1 changed, 0 already so." in page
    assert list(Brand.objects.values_list("pk", "name")) == [(brand.pk, "Calm")]


def test_the_same_brand_twice_or_an_unknown_owner_keeps_the_file_out(editor):
    twice = send(editor, "name\nCalm\nCALM\n")
    unknown = send(editor, "name,owner\nCalm,NOBODY\n")

    assert "Row 1 says what becomes of it already." in twice
    assert "There is no partner with the code NOBODY." in unknown
    assert not Brand.objects.exists()
