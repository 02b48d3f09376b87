"""From when an entry holds, by its own words and by the register of amendments."""

from datetime import date

import pytest

from compliance.rulebooks.rules.dates import read_dates
from compliance.rulebooks.rules.entries import read_entries
from compliance.rulebooks.rules.notices import dated, read_register
from compliance.rulebooks.rules.shapes import Duty
from compliance.rulebooks.sources import packaged_annexes, packaged_register


@pytest.fixture(scope="module")
def union():
    read = [draft for annex in packaged_annexes() for draft in read_entries(annex)]
    return dated(read, read_register(packaged_register()))


def entry(drafts, section, number):
    return next(d for d in drafts if (d.source.section, d.source.number) == (section, number))


def days(draft):
    return [(p.duty, p.placing_from, p.available_from) for p in draft.provisions]


def test_from_a_day_on_is_read_for_placing_and_for_the_shelf():
    found = read_dates(
        "From 1 November 2025 cosmetic products containing that substance and not complying with "
        "the conditions shall not be placed on the Union market. From 1 May 2027 cosmetic products "
        "containing that substance and not complying with the conditions shall not be made "
        "available on the Union market."
    )

    assert found.text == ""
    assert [(p.placing_from, p.available_from) for p in found.provisions] == [
        (date(2025, 11, 1), date(2027, 5, 1))
    ]


def test_until_a_day_means_from_the_day_after():
    found = read_dates(
        "Purity 99 %.\nCosmetic products containing that substance that do not comply with the "
        "restrictions may be placed on the Union market until 31 July 2026 and made available on "
        "the Union market until 31 July 2028."
    )

    assert found.text == "Purity 99 %."
    assert [(p.placing_from, p.available_from) for p in found.provisions] == [
        (date(2026, 8, 1), date(2028, 8, 1))
    ]


def test_retinol_is_legal_on_the_shelf_until_the_first_of_may_2027(union):
    assert days(entry(union, "III", "376")) == [(Duty.USE, date(2025, 11, 1), date(2027, 5, 1))]


def test_a_new_allergen_must_be_named_on_the_shelf_from_august_2028(union):
    assert days(entry(union, "III", "331")) == [(Duty.DECLARE, date(2026, 8, 1), date(2028, 8, 1))]


def test_an_allergen_that_was_named_before_is_named_without_a_date(union):
    linalool, limonene = entry(union, "III", "84"), entry(union, "III", "88")

    assert days(linalool) == []
    assert days(limonene) == []
    assert "2023/1545" in limonene.notice


def test_an_amendment_finds_its_entry_though_the_numbers_differ(union):
    phosphate, aluminium = entry(union, "II", "1767"), entry(union, "III", "381")

    wanted = [(Duty.USE, date(2027, 1, 1), date(2028, 7, 1))]
    assert days(phosphate) == wanted
    assert "1752 Triphenyl Phosphate" in phosphate.notice
    assert days(aluminium) == wanted
    assert days(entry(union, "III", "379")) == []


def test_an_amendment_that_no_entry_has_becomes_one_that_a_person_must_look_at():
    notices = read_register(packaged_register())
    phosphate = [own for own in notices if "Triphenyl Phosphate" in own.names]

    (made,) = dated([], phosphate)

    assert (made.source.section, made.source.number) == ("II", "1752*")
    assert made.cas_numbers == ("115-86-6",)
    assert days(made) == [(Duty.USE, date(2027, 1, 1), date(2028, 7, 1))]
    assert made.doubts


def test_the_whole_register_is_placed(union):
    dates = {p.available_from for draft in union for p in draft.provisions}

    assert len(read_register(packaged_register())) == 76
    assert {date(2027, 5, 1), date(2028, 7, 1), date(2028, 8, 1)} <= dates
    assert len([d for d in union if d.declare_leave_on]) == 81
