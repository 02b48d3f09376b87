"""Taking over an inventory of substances."""

import pytest

from compliance.substances import services
from compliance.substances.errors import InventoryUnreadable
from compliance.substances.models import Substance, SubstanceName, SubstanceNumber
from compliance.substances.rules.inventory import Rejected
from compliance.substances.rules.lists import parse_list
from compliance.substances.selectors import names_stamp, vocabulary
from config.demo.content import COSMETICS
from tests.factories.compliance_substances import HEADING, LATER, NOW, imported

pytestmark = pytest.mark.django_db


def test_new_substances_come_with_their_numbers_and_functions():
    report = imported()

    assert report.is_applied
    assert report.new == ("GLYCERIN", "CAPRYLIC/CAPRIC TRIGLYCERIDE", "1,2-HEXANEDIOL")
    found = Substance.objects.get(inci_key="caprylic/capric triglyceride")
    assert found.functions == ["Emollient", "Solvent"]
    assert found.updated_at == NOW
    values = found.numbers.order_by("id").values_list("kind", "value")
    assert list(values) == [("cas", "73398-61-5"), ("cas", "65381-09-1")]


def test_a_dry_run_reports_the_same_and_changes_nothing():
    report = imported(apply=False)

    assert not report.is_applied
    assert report.new == ("GLYCERIN", "CAPRYLIC/CAPRIC TRIGLYCERIDE", "1,2-HEXANEDIOL")
    assert not Substance.objects.exists()
    assert names_stamp() == ""


def test_the_same_file_again_changes_nothing():
    imported()
    stamp = names_stamp()

    report = imported()

    assert (report.new, report.changed, report.unchanged) == ((), (), 3)
    assert names_stamp() == stamp
    assert SubstanceNumber.objects.count() == 6


def test_a_change_is_reported_field_by_field():
    imported()

    report = imported(HEADING + "GLYCERIN,56-81-5,200-289-5,Solvent\n")

    assert [change.text for change in report.changed] == ["functions: Humectant → Solvent"]
    assert report.missing == ("1,2-HEXANEDIOL", "CAPRYLIC/CAPRIC TRIGLYCERIDE")
    assert Substance.objects.get(inci_key="glycerin").functions == ["Solvent"]
    assert Substance.objects.count() == 3


def test_numbers_of_the_file_take_the_place_of_ours():
    imported()

    imported(HEADING + "GLYCERIN,56-81-5/8013-25-0,,\n")

    glycerin = vocabulary().by_name("glycerin")
    assert glycerin.cas_numbers == ("56-81-5", "8013-25-0")
    assert glycerin.ec_numbers == ("200-289-5",)


def test_an_empty_cell_takes_nothing_away():
    imported()

    report = imported(HEADING + "GLYCERIN,,,\n")

    assert report.changed == ()
    assert report.unchanged == 1
    assert vocabulary().by_name("glycerin").cas_numbers == ("56-81-5",)


def test_a_name_spelt_otherwise_is_the_same_substance():
    imported()

    report = imported(HEADING + "Glycerin,56-81-5,200-289-5,Humectant\n")

    assert [change.text for change in report.changed] == ["INCI name: GLYCERIN → Glycerin"]
    assert list(SubstanceName.objects.filter(key="glycerin").values_list("name", flat=True)) == [
        "Glycerin"
    ]


def test_an_inci_name_that_was_another_name_of_a_substance_becomes_its_own():
    imported()
    glycerin = Substance.objects.get(inci_key="glycerin")
    name = SubstanceName(substance=glycerin, name="Glycerol", kind="synonym")
    name.full_clean()
    name.save()

    report = imported(HEADING + "GLYCEROL,,,\n")

    assert report.renamed == (("Glycerol", "GLYCERIN"),)
    assert SubstanceName.objects.get(key="glycerol").substance.inci_name == "GLYCEROL"


def test_bad_cells_are_named_by_line_column_and_value():
    report = imported(
        HEADING + "GLYCERIN,56815,200-289-5,Humectant\n,1-1-1,,\nUREA,57-13-6,no number,\n"
    )

    assert report.rejected == (
        Rejected(2, "cas_number", "56815", "This is no CAS number; the row is taken without."),
        Rejected(3, "inci_name", "", "A row needs an INCI name."),
        Rejected(
            4, "einecs_number", "no number", "This is no EC number; the row is taken without."
        ),
    )
    assert report.new == ("GLYCERIN", "UREA")


def test_a_second_row_of_a_name_is_passed_over_or_rejected():
    report = imported(
        HEADING + "GLYCERIN,56-81-5,,\nglycerin,56-81-5,,\nGLYCERIN,57-55-6,,Solvent\n"
    )

    assert report.new == ("GLYCERIN",)
    assert report.repeated == 1
    assert report.rejected == (
        Rejected(
            4,
            "inci_name",
            "GLYCERIN",
            "Line 2 says something else of the same name; that line is taken.",
        ),
    )
    assert vocabulary().by_cas("57-55-6") == ()


def test_a_name_longer_than_is_kept_is_rejected():
    report = imported(HEADING + "A" * 2_001 + ",,,\n")

    assert [cell.reason for cell in report.rejected] == [
        "The name has 2,001 characters: at most 2,000 are kept."
    ]
    assert not Substance.objects.exists()


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"", "The file is empty."),
        (b"  \n ", "The file is empty."),
        (b"inci_name,cas_number,function\nGLYCERIN,,\n", "The file has no column einecs_number"),
        (b"name;price\nGlycerin;3\n", "The file has no heading with inci_name"),
        (HEADING.encode(), "The file has nothing below its headings."),
        ("inci_name,cas_number,einecs_number,function\nÉ,,,".encode("cp1252"), "not in UTF-8"),
        (b"PK\x03\x04\0\0", "The file is not a text: export it as CSV."),
    ],
)
def test_a_file_that_is_no_inventory_is_refused(data, detail):
    imported()
    stamp = names_stamp()

    with pytest.raises(InventoryUnreadable, match=detail):
        services.import_substances(data=data, now=LATER, apply=True)

    assert Substance.objects.count() == 3
    assert names_stamp() == stamp


def test_the_commissions_own_headings_are_understood():
    report = imported(
        "Creation of the file: 01/09/2026\n"
        "COSING Ref No,INCI name,INN name,CAS No,EC No,Function\n"
        "34040,GLYCERIN,glycerol,56-81-5,200-289-5,HUMECTANT\n"
    )

    assert report.new == ("GLYCERIN",)
    assert vocabulary().by_cas("56-81-5")[0].inci_name == "GLYCERIN"


def test_semicolons_and_a_byte_order_mark_are_understood():
    report = imported("\ufeffinci_name;cas_number;einecs_number;function\nGLYCERIN;56-81-5;;\n")

    assert report.new == ("GLYCERIN",)


def test_the_common_substances_are_added_once():
    first = services.load_common_substances(now=NOW)
    stamp = names_stamp()

    again = services.load_common_substances(now=LATER)

    assert first > 500
    assert again == 0
    assert names_stamp() == stamp
    assert vocabulary().find("Aqua")[0].cas_numbers == ("7732-18-5",)
    assert vocabulary().find("Iron Oxides")[0].inci_name == "IRON OXIDES"


def test_common_substances_change_nothing_of_what_is_there():
    imported(HEADING + "GLYCERIN,,,Magic\n")

    services.load_common_substances(now=LATER)

    assert Substance.objects.get(inci_key="glycerin").functions == ["Magic"]


def test_the_whole_inventory_is_taken_over_in_seconds(real_data):
    data = (real_data / "cosmetics_regulation" / "cosing_inventory.csv").read_bytes()

    report = services.import_substances(data=data, now=NOW, apply=True)
    again = services.import_substances(data=data, now=LATER, apply=True)

    assert len(report.new) == 28_698
    assert (again.new, again.changed, again.unchanged) == ((), (), 28_698)
    assert len(vocabulary()) == 28_698
    assert {cell.column for cell in report.rejected} <= {"inci_name", "einecs_number"}


def test_the_common_substances_name_everything_that_the_demo_sells():
    services.load_common_substances(now=NOW)
    known = vocabulary()

    lists = [parse_list(spec.cosmetic.ingredients) for spec in COSMETICS]
    unknown = {one.name for read in lists for one in read.ingredients if known.find(one)[0] is None}

    assert len(lists) > 50
    assert [problem for read in lists for problem in read.problems] == []
    assert unknown == set()
