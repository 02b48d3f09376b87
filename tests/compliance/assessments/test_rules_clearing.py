"""What judgements and decisions make of the leave to sell."""

from datetime import UTC, date, datetime, timedelta

import pytest

from compliance.assessments.rules.clearing import (
    APPROVED,
    ASKED,
    NEEDS_REVIEW,
    PERSON,
    POLICY,
    REJECTED,
    WAIVED,
    approved,
    asked,
    judged,
    rejected,
    waived,
)
from compliance.assessments.rules.findings import Found, Severity

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
TODAY = NOW.date()
LATER = NOW + timedelta(hours=1)


def finding(key, severity):
    return Found(severity=Severity(severity), code="x", key=key, message=key)


WARN, BLOCK, INFO = finding("w", "warn"), finding("b", "block"), finding("i", "info")


def again(before, *findings, now=LATER, **fields):
    return judged(before, findings, now=now, on=now.date(), **fields)


def test_where_nothing_is_found_policy_approves():
    leave = again(None, INFO)

    assert (leave.status, leave.how, leave.off_sale_at) == (APPROVED, POLICY, None)
    assert leave.reason == "Nothing speaks against it (policy nothing-found-1)."


@pytest.mark.parametrize("found", [WARN, BLOCK])
def test_a_new_product_with_a_finding_waits_off_sale(found):
    leave = again(None, found)

    assert (leave.status, leave.off_sale_at, leave.queued_at) == (NEEDS_REVIEW, LATER, LATER)
    assert leave.new_keys == (found.key,)


def test_a_new_block_takes_off_sale_at_once():
    leave = again(approved([], reason="fine"), BLOCK)

    assert (leave.status, leave.off_sale_at, leave.how) == (NEEDS_REVIEW, LATER, "machine")


def test_a_new_warning_leaves_the_days_of_grace():
    leave = again(approved([], reason="fine"), WARN)

    assert (leave.status, leave.off_sale_at) == (NEEDS_REVIEW, LATER + timedelta(days=14))
    assert leave.is_on_sale(LATER)
    assert again(approved([], reason="fine"), WARN, grace_days=0).off_sale_at == LATER


def test_a_warning_whose_own_date_has_come_leaves_none():
    leave = again(approved([], reason="fine"), WARN, foretold={"w"})

    assert leave.off_sale_at == LATER


def test_a_second_look_does_not_prolong_the_grace():
    first = again(approved([], reason="fine"), WARN)

    second = again(first, WARN, now=LATER + timedelta(days=3))

    assert (second.off_sale_at, second.queued_at) == (first.off_sale_at, first.queued_at)


def test_a_block_after_a_warning_ends_the_grace():
    first = again(approved([], reason="fine"), WARN)
    then = LATER + timedelta(days=3)

    assert again(first, WARN, BLOCK, now=then).off_sale_at == then


def test_the_same_or_milder_findings_let_a_decision_stand():
    decided = approved([WARN, finding("v", "warn")], reason="seen")

    leave = again(decided, WARN)

    assert (leave.status, leave.how, leave.reason) == (APPROVED, PERSON, "seen")
    assert leave.settled == {"w": "warn"}


def test_a_finding_that_became_worse_is_new():
    leave = again(approved([WARN], reason="seen"), finding("w", "block"))

    assert (leave.status, leave.new_keys, leave.off_sale_at) == (NEEDS_REVIEW, ("w",), LATER)


def test_what_is_no_longer_found_approves_what_waited():
    leave = again(again(None, BLOCK), INFO)

    assert (leave.status, leave.how, leave.off_sale_at) == (APPROVED, POLICY, None)


def test_what_a_person_rejected_stays_rejected():
    leave = again(rejected([BLOCK], reason="no", now=NOW), INFO)

    assert (leave.status, leave.off_sale_at, leave.reason) == (REJECTED, NOW, "no")


def test_a_waiver_holds_against_its_findings_until_its_day_is_over():
    until, ends_at = date(2026, 11, 30), datetime(2026, 11, 30, 23, tzinfo=UTC)
    decided = waived([BLOCK], reason="recipe changes", until=until, ends_at=ends_at)

    last = again(decided, BLOCK, now=datetime(2026, 11, 30, 12, tzinfo=UTC))
    over = again(decided, BLOCK, now=datetime(2026, 12, 1, 12, tzinfo=UTC))

    assert (last.status, last.off_sale_at) == (WAIVED, ends_at)
    assert (over.status, over.off_sale_at, over.new_keys) == (NEEDS_REVIEW, ends_at, ("b",))
    assert over.reason == "The waiver has ended."


def test_a_new_finding_beside_a_waived_one_counts():
    decided = waived(
        [WARN], reason="so", until=date(2026, 11, 30), ends_at=NOW + timedelta(days=29)
    )

    leave = again(decided, WARN, BLOCK)

    assert (leave.status, leave.new_keys, leave.off_sale_at) == (NEEDS_REVIEW, ("b",), LATER)


def test_asking_the_supplier_changes_nothing_but_the_word():
    waiting = again(None, WARN)

    leave = asked(waiting, reason="share of it?", now=LATER)

    assert (leave.status, leave.off_sale_at, leave.queued_at) == (ASKED, LATER, LATER)
    assert again(leave, WARN).status == ASKED
    assert again(leave, WARN, BLOCK).status == NEEDS_REVIEW


def test_what_was_approved_is_approved_again_when_what_was_new_has_gone():
    decided = approved([WARN], reason="seen")

    leave = again(again(decided, WARN, finding("v", "warn")), WARN)

    assert (leave.status, leave.off_sale_at, leave.how) == (APPROVED, None, "machine")
    assert leave.settled == {"w": "warn"}


def test_a_question_about_what_is_on_sale_leaves_it_on_sale():
    leave = asked(approved([WARN], reason="seen"), reason="which share?", now=NOW)

    assert again(leave, WARN).off_sale_at is None
    assert again(leave, WARN).status == ASKED
