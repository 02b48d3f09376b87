import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from catalog.partners.models import Partner
from config.kernel import imports
from tests.factories import people

pytestmark = pytest.mark.django_db

URL = "/admin/catalog/partner/import/"
MAY = ("catalog.view_partner", "catalog.add_partner", "catalog.change_partner")
CSV, XLSX = "0", "1"


@pytest.fixture
def editor(client):
    client.force_login(people.staff(*MAY))
    return client


def send(client, content: str | bytes, *, name: str = "partners.csv", file_format: str = CSV):
    data = content if isinstance(content, bytes) else content.encode()
    file = SimpleUploadedFile(name, data)
    return client.post(URL, {"import_file": file, "format": file_format}, follow=True)


def workbook(*rows: list[object]) -> bytes:
    book, target = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(target)
    return target.getvalue()


def shown(response) -> str:
    return response.content.decode()


def test_new_partners_come_in_and_known_ones_change(editor):
    Partner.objects.create(code="LUMEN", name="Lumen", email="old@lumen.example")

    response = send(
        editor,
        "Code,Name,Is supplier,GLN,Email\n"
        "LUMEN,Lumen Labs,yes,,\nRIDGE,Ridge,no,4012345000009,hello@ridge.example\n",
    )

    assert "1 new, 1 changed, 0 already so." in shown(response)
    lumen, ridge = Partner.objects.order_by("code")
    assert (lumen.name, lumen.is_supplier) == ("Lumen Labs", True)
    assert (ridge.gln, ridge.is_supplier, ridge.currency) == ("4012345000009", False, "EUR")


def test_a_blank_cell_says_nothing(editor):
    Partner.objects.create(code="LUMEN", name="Lumen", email="old@lumen.example")

    response = send(editor, "code,name,email\nLUMEN,Lumen,\n")

    assert "0 new, 0 changed, 1 already so." in shown(response)
    assert Partner.objects.get().email == "old@lumen.example"


def test_the_history_names_the_user_and_the_file(client):
    user = people.staff(*MAY)
    client.force_login(user)

    send(client, "code,name\nLUMEN,Lumen\n")

    record = Partner.history.get()
    assert record.history_user_id == user.pk
    assert record.history_change_reason == "Imported from partners.csv"


def test_a_workbook_comes_in_with_its_numbers_as_text(editor):
    content = workbook(["Code", "Name", "GLN", "Is supplier"], ["R1", 2024, 4012345000009, True])

    response = send(editor, content, name="partners.xlsx", file_format=XLSX)

    assert "1 new, 0 changed, 0 already so." in shown(response)
    partner = Partner.objects.get()
    assert (partner.name, partner.gln, partner.is_supplier) == ("2024", "4012345000009", True)


def test_the_apostrophe_that_keeps_formulas_from_running_does_not_come_back(editor):
    send(editor, "code,name\nLUMEN,'=Lumen\n")

    assert Partner.objects.get().name == "=Lumen"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("RIDGE,Ridge,maybe,", "“maybe” is neither yes nor no."),
        ("RIDGE,Ridge,yes,123", "123 is not a GLN: it has 13 digits."),
        ("ridge,Ridge,yes,", "Use A-Z, 0-9 and hyphens."),
        ("RIDGE,,yes,", "This field cannot be blank."),
        (",Ridge,yes,", "This field cannot be blank."),
        ("RIDGE,Ridge,yes,\nRIDGE,Edge,yes,", "Row 2 says what becomes of it already."),
    ],
)
def test_one_wrong_row_keeps_out_the_whole_file_and_is_named(editor, rows, said):
    response = send(editor, f"code,name,is_supplier,gln\nLUMEN,Lumen,yes,\n{rows}\n")

    assert said in shown(response)
    assert not Partner.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("code,name,colour\nLUMEN,Lumen,red\n", "There is no column colour: the columns are code,"),
        ("name\nLumen\n", "code"),
        (b"code,name\nLUMEN,L\xfcmen\n", "The file is not in UTF-8"),
        ("", "The submitted file is empty."),
        ("code,name\n", "The file has nothing below its headings."),
    ],
)
def test_a_file_that_is_no_list_of_partners_is_refused(editor, content, said):
    response = send(editor, content)

    assert said in shown(response)
    assert "Traceback" not in shown(response)
    assert not Partner.objects.exists()


def test_a_file_beyond_the_limits_is_refused(editor, monkeypatch):
    monkeypatch.setattr(imports, "ROWS_MAX", 1)
    many = send(editor, "code,name\nA,A\nB,B\n")
    monkeypatch.setattr(imports, "FILE_BYTES_MAX", 10)
    large = send(editor, "code,name\nA,A\n")

    assert "The file has 2 rows: 1 are taken at once." in shown(many)
    assert "The file has more than 0 MB." in shown(large)
    assert not Partner.objects.exists()


def test_a_workbook_that_unpacks_into_too_much_is_not_opened(editor, monkeypatch):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "0" * 1_000_000)
    monkeypatch.setattr(imports, "UNPACKED_BYTES_MAX", 999_999)

    response = send(editor, target.getvalue(), name="bomb.xlsx", file_format=XLSX)

    assert "unpacks into far more than it may" in shown(response)


@pytest.mark.parametrize("missing", ["catalog.add_partner", "catalog.change_partner"])
def test_only_who_may_add_and_change_may_import(client, missing):
    client.force_login(people.staff(*(name for name in MAY if name != missing)))

    response = send(client, "code,name\nLUMEN,Lumen\n")

    assert response.status_code == 403
    assert not Partner.objects.exists()
    assert URL not in shown(client.get(reverse("admin:catalog_partner_changelist")))


def test_the_list_shows_the_way_in_and_the_page_its_columns(editor):
    listed = shown(editor.get(reverse("admin:catalog_partner_changelist")))
    page = shown(editor.get(URL))

    assert URL in listed
    assert "export/csv/" in listed
    assert "code, name, is_supplier, is_brand_owner, is_warehouse_operator" in page


def test_the_second_step_of_the_library_is_closed(editor):
    response = editor.post("/admin/catalog/partner/process_import/", {"import_file_name": "passwd"})

    assert response.status_code == 404
