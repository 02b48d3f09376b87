"""The annexes as the packages bring them: how many, which names, what narrows a prohibition."""

import csv

import pytest

from compliance.rulebooks.rules.annexes import NotAnAnnex, read_annex
from compliance.rulebooks.rules.crossing import cross
from compliance.rulebooks.rules.drafts import SourceRow
from compliance.rulebooks.rules.entries import read_entries
from compliance.rulebooks.rules.names import cas_numbers, names_of
from compliance.rulebooks.rules.qualifiers import qualify
from compliance.rulebooks.sources import packaged_annexes
from tests.compliance.rulebooks.reading import said


@pytest.fixture(scope="module")
def annexes():
    return {annex.section: annex for annex in packaged_annexes()}


@pytest.fixture(scope="module")
def drafts(annexes):
    return cross([draft for annex in annexes.values() for draft in read_entries(annex)])


def test_every_entry_of_the_annexes_is_there(annexes):
    counts = {section: len(annex.rows) for section, annex in annexes.items()}

    assert counts == {"II": 1758, "III": 381, "IV": 154, "V": 58, "VI": 34}
    assert {annex.updated for annex in annexes.values()} == {"2026-08-28"}


def test_entries_that_were_moved_or_deleted_are_no_rules(annexes, drafts):
    gone = sum(row.is_gone for annex in annexes.values() for row in annex.rows)

    assert gone == 24
    assert len(drafts) == 2385 - 24 + 2  # II/358 and III/186 are read in two parts


def test_the_reader_agrees_with_the_tidy_file(annexes, real_data):
    path = real_data / "cosmetics_regulation" / "eu_1223_2009_annexes_tidy.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        tidy = list(csv.DictReader(file))

    mine = [row for annex in annexes.values() for row in annex.rows]
    assert [(r["annex"], r["reference_number"].replace(" ", "")) for r in tidy] == [
        (row.section, row.number) for row in mine
    ]
    for theirs, row in zip(tidy, mine, strict=True):
        assert set(theirs["cas"].split("|")) - {""} <= set(cas_numbers(row)) | {""}, row.number


@pytest.mark.parametrize(
    ("row", "names"),
    [
        ({"identified": "1,2-HEXANEDIOL,CAPRYLYL GLYCOL"}, ["1,2-HEXANEDIOL", "CAPRYLYL GLYCOL"]),
        (
            {"identified": "ISOPROPYL CRESOLS,O-CYMEN-5-OL,"},
            ["ISOPROPYL CRESOLS", "O-CYMEN-5-OL"],
        ),
        (
            {"identified": "N,N'-BIS(2-HYDROXYETHYL)-2-NITRO-P-PHENYLENEDIAMINE"},
            ["N,N'-BIS(2-HYDROXYETHYL)-2-NITRO-P-PHENYLENEDIAMINE"],
        ),
        ({"glossary": "BENZOIC ACID; SODIUM BENZOATE"}, ["BENZOIC ACID", "SODIUM BENZOATE"]),
        ({"glossary": "BUTYLPARABEN/PROPYLPARABEN"}, ["BUTYLPARABEN", "PROPYLPARABEN"]),
        ({"glossary": "BEHENTRIMONIUM CHLORIDE (1)"}, ["BEHENTRIMONIUM CHLORIDE"]),
    ],
)
def test_names_with_commas_stay_whole(row, names):
    source = SourceRow(line=1, section="III", number="1", substance="-", **row)

    assert list(names_of(source)) == names


def test_what_only_says_which_form_is_meant_is_no_name(drafts):
    names = {name.lower() for draft in drafts for name in draft.names}

    assert not names & {"nano", "petroleum gas", "including borate", "moved or deleted"}


@pytest.mark.parametrize(
    ("substance", "purposes", "unless", "is_nano"),
    [
        ("Arsenic and its compounds", set(), "", None),
        (
            "4-Hydroxyindole, when used as a substance in hair dye products",
            {"hair_dye", "hair_dye_oxidative"}, "", None,
        ),
        (
            "1,2,4-Trihydroxybenzene when used as a substance in hair and eyelash dye products",
            {"hair_dye", "hair_dye_oxidative", "eyelash_dye"}, "", None,
        ),
        (
            "Alanroot oil (Inula helenium L.), when used as a fragrance ingredient",
            set(), "when used as a fragrance ingredient", None,
        ),
        (
            "Butane, if it contains = >0,1 % w/w Butadiene",
            set(), "if it contains = >0,1 % w/w Butadiene", None,
        ),
        (
            "Furocoumarines except for normal content in natural essences used",
            set(), "except for normal content in natural essences used", None,
        ),
        (
            ("Petrolatum, except if the full refining history is known and it can be shown that "
            "the substance from which it is produced is not a carcinogen"), set(),
            ("except if the full refining history is known and it can be shown that the substance "
            "from which it is produced is not a carcinogen"), None,
        ),
        ("Copper (nano) [INCI] Colloidal Copper (nano) [INCI]", set(), "", True),
    ],
)  # fmt: skip
def test_what_narrows_a_prohibition_is_kept_in_the_words_of_the_source(
    substance, purposes, unless, is_nano
):
    found = qualify(substance)

    assert (set(found.scope.purposes), found.unless, found.is_nano) == (purposes, unless, is_nano)
    assert found.doubts == ()


def test_a_prohibition_with_words_that_are_not_known_needs_a_person():
    found = qualify("Something, provided that it is blue")

    assert found.doubts == (
        "Words that narrow it were not read: Something, provided that it is blue",
    )


def test_a_hair_dye_that_is_a_colorant_too_is_not_forbidden_elsewhere(drafts):
    dye = next(d for d in drafts if (d.source.section, d.source.number) == ("III", "189"))

    assert [said(limit) for limit in dye.limits] == [
        "sure 0.5 purposes=hair_dye",
        "sure any but_purposes=hair_dye",
    ]
    assert dye.limits[1].text == "see Annex IV, entry 44"


def test_the_figure_of_a_preservative_counts_its_use_as_one(drafts):
    alcohol = next(d for d in drafts if (d.source.section, d.source.number) == ("V", "34"))

    assert [said(limit) for limit in alcohol.limits] == [
        "sure 1 all (when used as a preservative; for other uses see Annex III, entry 45)"
    ]


def test_titanium_dioxide_in_nano_form_has_an_entry_of_its_own(drafts):
    nano = {d.source.number: d.is_nano for d in drafts if d.source.section == "VI"}

    assert (nano["27a"], nano["27"], nano["29"]) == (True, None, None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ANNEX III\nNothing", "Reference Number"),
        ("ANNEX III\nReference Number,CAS Number\n1,50-00-0", "Chemical name / INN"),
        ("Reference Number,Chemical name / INN\n1,x", "does not say which annex"),
        (
            (
                "ANNEX II\nReference Number,Chemical name / INN,CAS Number,EC Number,Regulation,"
                "Identified INGREDIENTS or substances e.g.\n"
            ),
            "no entries",
        ),
    ],
)
def test_a_file_that_is_no_annex_is_refused_with_what_is_missing(text, says):
    with pytest.raises(NotAnAnnex, match=says):
        read_annex(text)


def test_a_footnote_about_which_products_is_not_for_the_label(drafts):
    acid = next(d for d in drafts if (d.source.section, d.source.number) == ("V", "3"))

    assert "Solely for products" in acid.source.wording
    assert not any("Solely" in warning.text for warning in acid.warnings)
