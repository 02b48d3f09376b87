"""`manage.py import_substances`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from compliance.substances.models import Substance
from tests.factories.compliance_substances import HEADING, INVENTORY, imported

pytestmark = pytest.mark.django_db


def run(tmp_path, text, *options):
    file = tmp_path / "inventory.csv"
    file.write_text(text, encoding="utf-8")
    out = StringIO()
    call_command("import_substances", str(file), *options, stdout=out)
    return out.getvalue()


def test_a_file_is_taken_over(tmp_path):
    told = run(tmp_path, INVENTORY)

    assert "3 new, 0 changed, 0 unchanged, 0 not in the file, 0 cells rejected" in told
    assert told.endswith("Taken over.\n")
    assert Substance.objects.count() == 3


def test_a_dry_run_changes_nothing(tmp_path):
    imported()

    told = run(tmp_path, HEADING + "GLYCERIN,,,Magic\nUREA,57-13-6,,\n,1,,\n", "--dry-run")

    assert "changed: GLYCERIN: functions: Humectant → Magic" in told
    assert "new: UREA" in told
    assert "rejected: line 4, inci_name “”: A row needs an INCI name." in told
    assert told.endswith("Nothing was changed.\n")
    assert Substance.objects.count() == 3


def test_what_is_no_inventory_ends_with_the_reason(tmp_path):
    with pytest.raises(CommandError, match="The file has no column einecs_number, function"):
        run(tmp_path, "inci_name,cas_number\nUREA,\n")
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("import_substances", str(tmp_path / "missing.csv"))

    assert not Substance.objects.exists()
