"""Rulebooks in the admin: who sees what, what a draft shows, and the review of a rule."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from compliance.rulebooks.effects import Effect, Effects, effects
from compliance.rulebooks.models import RulebookVersion, RuleEntry, RuleReview
from config.kernel.money import Money
from tests.factories import people
from tests.factories.compliance_rulebooks import LAW, active, file_of, imported, rulebook

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client):
    client.force_login(people.staff(role="Compliance officer"))
    return client


@pytest.fixture
def auditor(client):
    client.force_login(people.staff(role="Auditor"))
    return client


def page(name, *args):
    return reverse(f"admin:{name}", args=args)


def text_of(response):
    return " ".join(response.content.decode().split())


def rule(number):
    return RuleEntry.objects.get(section="A", number=number)


def review_of(entry, **given):
    data = {
        "note": "Asked the authority.", "unless": "", "limits-TOTAL_FORMS": "1",
        "limits-INITIAL_FORMS": "1", "limits-0-is_allowed": "yes",
        "limits-0-max_percent": "0.4", "limits-0-is_certain": "on",
        "limits-0-products": ["forms:spray", "product_types:leave-on"],
        "limits-0-but": ["body_areas:mouth"], "limits-0-professional": "yes",
    }  # fmt: skip
    return {**data, **given}


def test_the_lists_open_empty_and_full(officer):
    for name in ("rulebook", "rulebookversion", "ruleentry"):
        assert officer.get(page(f"compliance_{name}_changelist")).status_code == 200
    active()

    assert "TEST" in text_of(officer.get(page("compliance_rulebook_changelist")))
    assert "TEST 1" in text_of(officer.get(page("compliance_rulebookversion_changelist")))
    assert "Nastium" in text_of(officer.get(page("compliance_ruleentry_changelist")))


def test_rules_are_filtered_by_section_kind_review_and_coming_dates(officer):
    active(*LAW, "B,1,prohibited,Laterium,,,,,,2099-01-01")
    url = page("compliance_ruleentry_changelist")

    def found(query):
        shown = text_of(officer.get(f"{url}?{query}"))
        return {n for n in ("Nastium", "Mildium", "Keepium", "Laterium") if f">{n}<" in shown}

    assert found("section=B") == {"Laterium"}
    assert found("kind__exact=restricted") == {"Mildium"}
    assert found("review_state__exact=needs_review") == {"Keepium"}
    assert found("coming=all") == {"Laterium"}
    assert found("q=64-17-5") == {"Mildium"}


def test_a_rule_stands_beside_its_source(officer):
    active()

    shown = text_of(officer.get(page("compliance_ruleentry_change", rule("2").pk)))

    assert "(a) Toothpaste (b) Other products" in shown
    assert "at most 1 %" in shown
    assert "toothpaste" in shown
    assert "not toothpaste" in shown


def test_a_review_is_kept_with_its_note(officer):
    active()
    entry = rule("3")

    response = officer.post(page("rule_review", entry.pk), review_of(entry))

    assert response.status_code == 302
    entry.refresh_from_db()
    limit = entry.limits.get()
    assert (entry.review_state, entry.review_note) == ("reviewed", "Asked the authority.")
    assert limit.scope == {
        "product_types": ["leave-on"], "forms": ["spray"], "but_body_areas": ["mouth"],
        "is_professional": True,
    }  # fmt: skip
    assert (str(limit.max_percent.normalize()), limit.is_certain) == ("0.4", True)
    shown = text_of(officer.get(page("compliance_ruleentry_change", entry.pk)))
    assert "Asked the authority." in shown


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"note": ""}, "This field is required."),
        ({"limits-0-max_percent": "101"}, "less than or equal to 100"),
        ({"limits-0-is_allowed": "no"}, "What is not allowed has no percentage."),
    ],
)
def test_a_review_that_is_wrong_says_so_and_changes_nothing(officer, given, says):
    active()

    response = officer.post(page("rule_review", rule("3").pk), review_of(rule("3"), **given))

    assert says in text_of(response)
    assert rule("3").review_state == "needs_review"
    assert not RuleReview.objects.exists()


def test_a_dropped_row_is_gone(officer):
    active()

    officer.post(
        page("rule_review", rule("3").pk), review_of(rule("3"), **{"limits-0-is_dropped": "on"})
    )

    assert not rule("3").limits.exists()


def test_an_auditor_looks_and_changes_nothing(auditor):
    active()
    draft = imported("A,9,prohibited,New,,,,,,", label="2", on=date(2026, 2, 1))

    assert auditor.get(page("compliance_ruleentry_change", rule("3").pk)).status_code == 200
    assert auditor.get(page("rule_review", rule("3").pk)).status_code == 403
    assert auditor.get(page("rulebook_import")).status_code == 403
    shown = auditor.get(page("compliance_rulebookversion_change", draft.pk))
    assert "Activate" not in text_of(shown).replace("Activated", "")


def test_a_warehouse_hand_sees_no_rulebooks(client):
    client.force_login(people.staff(role="Warehouse"))

    assert client.get(page("compliance_ruleentry_changelist")).status_code == 403


def test_an_import_becomes_a_draft_that_shows_what_it_changes(officer):
    active()
    file = SimpleUploadedFile("law.csv", file_of(LAW[0], LAW[1].replace("2 %", "3 %")))

    response = officer.post(
        page("rulebook_import"),
        {"rulebook": rulebook().pk, "file": file, "label": "2", "effective_from": "2026-02-01"},
        follow=True,
    )

    shown = text_of(response)
    assert "TEST 2: 2 rules. Nothing applies before it is active." in shown
    assert "Against TEST 1" in shown
    assert "Removed: 1" in shown
    assert "(a) 1 % (b) 3 %" in shown


def test_an_import_that_is_refused_names_row_and_column(officer):
    file = SimpleUploadedFile("law.csv", file_of(LAW[0], LAW[0]))

    response = officer.post(
        page("rulebook_import"),
        {"rulebook": rulebook().pk, "file": file, "label": "2", "effective_from": "2026-02-01"},
    )

    assert "Row 3, number: Entry 1 of A is in row 2 too." in text_of(response)
    assert not RulebookVersion.objects.exists()


def test_a_draft_shows_which_products_and_stock_it_would_affect(officer):
    active()
    draft = imported("A,9,prohibited,New,,,,,,", label="2", on=date(2026, 2, 1))
    found = Effects(
        products=[
            Effect(
                sku="COS-1", product="Cream", market="DE", from_date=date(2027, 1, 1),
                severity="block", summary="New is prohibited", lots=2, value=Money("12.50", "EUR"),
                open_reservations=3,
            )
        ],
        affected=1,
        judged=40,
    )  # fmt: skip

    with effects.answered_by(lambda version_id: found):
        shown = text_of(officer.get(page("compliance_rulebookversion_change", draft.pk)))

    assert "What it would affect: 1 of 40 products" in shown
    assert "COS-1 Cream" in shown
    assert "12.50 EUR" in shown


def test_an_officer_activates_a_draft_and_is_told_why_not(officer):
    active()
    first = imported("A,8,prohibited,Early,,,,,,", label="2", on=date(2026, 2, 1))
    second = imported("A,9,prohibited,Late,,,,,,", label="3", on=date(2026, 3, 1))

    def activate(version):
        url = page("compliance_rulebookversion_activate", version.pk)
        return officer.post(url, {"_confirm": "1", "reason": "It is the law."}, follow=True)

    assert "cannot be activated before 2" in text_of(activate(second))
    assert "TEST 2 is active." in text_of(activate(first))
    second.refresh_from_db()
    assert second.status == "draft"
