"""`manage.py import_supplier_file`: the same import, from the command line."""

import json

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Variant
from catalog.supplier_files.models import ImportRun
from tests.catalog.supplier_files.files import BOTTLE, CREAM, delivery_note, product_list
from tests.factories import catalog as make
from tests.factories import inventory as stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    make.supplier("LUMEN", currency="EUR")
    path = tmp_path / "list.csv"
    path.write_bytes(product_list(CREAM, BOTTLE | {"gtin": "4006381333932"}, {}))
    return str(path)


def run(capsys, *arguments):
    call_command("import_supplier_file", *arguments)
    return capsys.readouterr().out


def test_previews_then_applies_then_finds_nothing_new(file, capsys):
    counts = {"rows": 3, "created": 1, "updated": 0, "unchanged": 0, "rejected": 2}

    preview = json.loads(run(capsys, file, "--supplier", "LUMEN", "--json"))
    assert (preview, Variant.objects.count()) == (counts, 0)
    applied = json.loads(run(capsys, file, "--supplier", "LUMEN", "--json", "--apply"))
    assert (applied, Variant.objects.count()) == (counts, 1)
    again = json.loads(run(capsys, file, "--supplier", "LUMEN", "--json", "--apply"))

    assert again == counts | {"created": 0, "unchanged": 1}


def test_names_what_is_wrong_with_each_row(file, capsys):
    out = run(capsys, file, "--supplier", "LUMEN")

    assert "line 3, gtin: " in out
    assert "line 4: The line is blank." in out


def test_a_preview_stays_in_the_list_ready_to_be_applied(file, capsys):
    run(capsys, file, "--supplier", "LUMEN", "--json")

    assert ImportRun.objects.get().status == "checked"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"kind,name\n" + b"sports,a\n" * 100_001])
def test_an_unreadable_file_ends_with_2_and_a_sentence(file, tmp_path, content):
    path = tmp_path / "other.csv"
    path.write_bytes(content)

    with pytest.raises(CommandError, match=r"other\.csv: .+") as error:
        call_command("import_supplier_file", str(path), "--supplier", "LUMEN", "--apply")

    assert error.value.returncode == 2
    assert Variant.objects.count() == 0


def test_an_unknown_supplier_or_file_ends_with_2(file):
    for arguments in (("--supplier", "NOBODY", file), ("--supplier", "LUMEN", "no such file.csv")):
        with pytest.raises(CommandError) as error:
            call_command("import_supplier_file", *arguments)
        assert error.value.returncode == 2

    assert ImportRun.objects.count() == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "It is a delivery note: say which warehouse the delivery goes to."),
        (("--warehouse", "NOWHERE"), "There is no warehouse NOWHERE."),
    ],
)
def test_a_delivery_note_without_a_warehouse_leaves_no_run(file, tmp_path, arguments, sentence):
    stock.warehouse("BER")
    path = tmp_path / "note.csv"
    path.write_bytes(delivery_note({"code": "A-1", "quantity": "3"}))

    with pytest.raises(CommandError) as error:
        call_command("import_supplier_file", str(path), "--supplier", "LUMEN", *arguments)

    assert (str(error.value), error.value.returncode) == (f"{path}: {sentence}", 2)
    assert not ImportRun.objects.exists()
