from datetime import date, timedelta

import pytest

from compliance.dossiers.rules.defaults import DEFAULTS
from compliance.dossiers.rules.files import FILE_BYTES_MAX, HEAD_BYTES, wrong_with_file
from compliance.dossiers.rules.papers import (
    Paper,
    Requirement,
    applies,
    certificate_of,
    is_replaced,
    is_same_standard,
    missing,
    reached,
    safety_report_until,
)
from compliance.jurisdictions.rules import JURISDICTIONS

TODAY = date(2026, 11, 24)
TOMORROW = TODAY + timedelta(days=1)
YESTERDAY = TODAY - timedelta(days=1)
HELMET = Requirement(
    id=1,
    category_id=7,
    name="CE / EN 1078 bicycle helmet",
    jurisdiction="EU",
    kind="certificate",
    standard="EN 1078",
    legal_basis="Regulation (EU) 2016/425",
)


def paper(number=1, **fields):
    given = {"product_id": 1, "kind": "certificate", "title": "Paper", "standard": "EN 1078"}
    return Paper(id=number, **given | fields)


@pytest.mark.parametrize(
    ("required", "stated", "is_same"),
    [
        ("EN 1078", "EN 1078:2012+A1:2012", True),
        ("EN 1078", "DIN EN 1078", True),
        ("EN 1077", "EN 1077 B", True),
        ("EN 1078", "EN 10780", False),
        ("EN 1078", "EN 1077", False),
        ("EN 1078", "", False),
        ("", "whatever", True),
        ("16 CFR 1203", "16 cfr 1203", True),
    ],
)
def test_a_standard_is_the_same_in_every_edition_and_spelling(required, stated, is_same):
    assert is_same_standard(required, stated) is is_same


def test_a_requirement_is_met_by_the_document_that_holds_longest():
    short, long = paper(1, expiry_date=TODAY), paper(2, expiry_date=TOMORROW)

    found = certificate_of(HELMET, [long, short], TODAY)

    assert (found.is_met, found.document_id, found.until) == (True, 2, TOMORROW)


def test_a_document_holds_on_its_last_day_and_not_on_the_next():
    last = paper(expiry_date=TODAY)

    assert certificate_of(HELMET, [last], TODAY).is_met
    lapsed = certificate_of(HELMET, [last], TOMORROW)
    assert (lapsed.is_met, lapsed.has_lapsed, lapsed.until) == (False, True, TODAY)


def test_a_document_that_is_issued_tomorrow_meets_nothing_today():
    found = certificate_of(HELMET, [paper(issued_date=TOMORROW)], TODAY)

    assert (found.is_met, found.has_lapsed) == (False, False)


def test_a_document_without_a_last_day_does_not_run_out():
    found = certificate_of(HELMET, [paper(1, expiry_date=TOMORROW), paper(2)], TODAY)

    assert (found.is_met, found.document_id, found.until) == (True, 2, None)


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "test_report"},
        {"standard": "EN 1077"},
        {"jurisdiction": "US"},
        {"requirement_id": 2},
    ],
)
def test_another_kind_standard_jurisdiction_or_requirement_does_not_meet_it(other):
    assert not certificate_of(HELMET, [paper(**other)], TODAY).is_met


def test_a_document_kept_for_the_requirement_meets_it_whatever_it_is_called():
    assert certificate_of(HELMET, [paper(requirement_id=1, standard="")], TODAY).is_met


def test_what_is_valid_in_the_united_states_is_valid_in_california():
    reports = [paper(kind="safety_report", jurisdiction="US", expiry_date=TODAY)]

    found = safety_report_until(reports, JURISDICTIONS, TODAY)

    assert found == {"US": TODAY, "US-CA": TODAY}


def test_a_report_for_everywhere_that_does_not_run_out_is_there_for_ever():
    found = safety_report_until([paper(kind="safety_report")], ["EU", "GB"], TODAY)

    assert found == {"EU": date.max, "GB": date.max}


def test_a_requirement_applies_below_its_category_from_its_day_on():
    asked = Requirement(
        id=1, category_id=7, name="", jurisdiction="EU", kind="", valid_from_date=TODAY
    )

    assert applies(asked, [3, 7, 12], TODAY)
    assert not applies(asked, [3, 12], TODAY)
    assert not applies(asked, [3, 7, 12], YESTERDAY)


def test_a_document_is_replaced_by_one_that_holds_already_and_for_longer():
    old = paper(1, expiry_date=TOMORROW)

    assert is_replaced(old, [old, paper(2)], TODAY)
    assert not is_replaced(old, [old, paper(2, issued_date=TOMORROW)], TODAY)
    assert not is_replaced(old, [old, paper(2, standard="EN 1077")], TODAY)
    assert not is_replaced(old, [old, paper(2, product_id=2)], TODAY)
    assert not is_replaced(old, [old], TODAY)


@pytest.mark.parametrize(
    ("days_left", "threshold"),
    [(91, ""), (90, "90"), (31, "90"), (30, "30"), (7, "7"), (0, "7"), (-1, "lapsed")],
)
def test_alerts_come_90_30_and_7_days_before_and_once_it_has_lapsed(days_left, threshold):
    assert reached(days_left, (90, 30, 7)) == threshold


def test_a_cosmetic_in_the_union_lacks_a_person_a_number_and_its_certificates():
    lapsed = certificate_of(HELMET, [paper(expiry_date=YESTERDAY)], TODAY)
    facts = {"has_responsible_person": False, "cpnp_number": ""}

    assert missing(is_cosmetic=True, jurisdiction="EU", certificates=[lapsed], **facts) == (
        "Responsible person",
        "CPNP number",
        "CE / EN 1078 bicycle helmet (lapsed)",
    )
    assert missing(is_cosmetic=False, jurisdiction="EU", certificates=[], **facts) == (
        "Responsible person",
    )
    assert missing(is_cosmetic=False, jurisdiction="US", certificates=[], **facts) == ()


@pytest.mark.parametrize(
    ("name", "size", "head", "wrong"),
    [
        ("a.pdf", 10, b"%PDF-1.7", ""),
        ("a.PNG", 10, b"\x89PNG\r\n\x1a\n", ""),
        ("a.jpeg", 10, b"\xff\xd8\xff\xe0", ""),
        ("a.txt", 10, "Größe".encode(), ""),
        ("a.exe", 10, b"MZ", "a.exe is none of jpeg, jpg, pdf, png, txt."),
        ("pdf", 10, b"%PDF-", "pdf is none of jpeg, jpg, pdf, png, txt."),
        ("a.pdf", 0, b"", "a.pdf is empty."),
        (
            "a.pdf",
            FILE_BYTES_MAX + 1024 * 1024,
            b"%PDF-",
            "a.pdf has 21.0 MB; 20 MB is the most we keep.",
        ),
        (
            "../../a.pdf",
            10,
            b"<html>",
            "a.pdf is not what its name says: its content is no PDF.",
        ),
        ("a.txt", 10, b"a\x00b", "a.txt is not what its name says: its content is no TXT."),
        ("a.txt", 10, b"\xff\xfe", "a.txt is not what its name says: its content is no TXT."),
    ],
)
def test_a_file_is_kept_if_it_is_what_its_name_says(name, size, head, wrong):
    assert wrong_with_file(name, size, head) == wrong


def test_a_long_text_may_be_cut_within_a_letter():
    head = ("ä" * HEAD_BYTES).encode()[1 : HEAD_BYTES + 1]
    cut = ("x" + "ä" * HEAD_BYTES).encode()[:HEAD_BYTES]

    assert wrong_with_file("a.txt", 10_000, cut) == ""
    assert wrong_with_file("a.txt", 10_000, head) != ""


def test_the_set_to_begin_with_names_known_jurisdictions_and_its_law():
    assert [d.name for d in DEFAULTS if d.jurisdiction not in JURISDICTIONS] == []
    assert [d.name for d in DEFAULTS if not d.legal_basis or not d.url] == []
