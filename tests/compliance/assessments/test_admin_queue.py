"""The pages where compliance is decided: the queue, a clearance, the same finding at once."""

from datetime import timedelta
from decimal import Decimal
from html import unescape
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from catalog.products.models import CosmeticProduct
from compliance.assessments.exposure import Exposure, exposure
from compliance.models import Clearance, Decision
from config.kernel import clock
from config.kernel.db import append_only_lifted
from config.kernel.money import Money
from tests.factories import catalog, people
from tests.factories.compliance_assessments import NOW, clearance, found

pytestmark = pytest.mark.django_db
QUEUE = "admin:compliance_waitingclearance_changelist"
REASON = "The supplier sent the certificate of analysis."


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def officer(client):
    user = people.staff(role="Compliance officer")
    client.force_login(user)
    return user


def text_of(response) -> str:
    return unescape(response.content.decode())


def page_of(row: Clearance, model: str = "waitingclearance") -> str:
    return reverse(f"admin:compliance_{model}_change", args=[row.pk])


def decide(client, row: Clearance, *, kind: str, reason: str = REASON, until="", **more):
    row = Clearance.objects.get(pk=row.pk)
    url = reverse("admin:compliance_waitingclearance_decide", args=[row.pk])
    seen = f"{row.assessment_id}:{row.status}:{row.decided_at}"
    data = {"kind": kind, "reason": reason, "until": until, "seen": seen}
    return client.post(url, data | more)


def test_the_queue_shows_why_each_waits_and_what_stands_behind_it(client, officer):
    row = clearance(catalog.cosmetic(name="Peeling Tonic", sku="COS-PEEL-1"))
    behind = Exposure(
        lots=2,
        on_hand=Decimal(10),
        value=Money("1234.50", "EUR"),
        lots_without_cost=0,
        open_reservations=4,
    )

    with exposure.answered_by(lambda ids: {row.product_id: behind}):
        page = text_of(client.get(reverse(QUEUE)))

    assert "Peeling Tonic" in page
    assert "COS-PEEL-1" in page
    assert "Salicylic Acid: over limit." in page
    assert "Off sale" in page
    assert "1,234.50 EUR" in page
    assert "3 days" in page
    assert "Sorted by what it blocks" in page


def test_a_warning_in_its_days_of_grace_says_until_when_the_product_is_on_sale(client, officer):
    clearance(findings=[found(severity="warn")], off_sale_at=NOW + timedelta(days=11))

    page = text_of(client.get(reverse(QUEUE)))

    assert "On sale until 5 Dec 2026 (grace)" in page


def test_too_many_to_sort_are_said_to_be_sorted_otherwise(client, officer, monkeypatch):
    monkeypatch.setattr("compliance.assessments.selectors.queue.SORTED_MAX", 1)
    clearance(catalog.cosmetic(name="Waits a week"), days_waiting=7)
    clearance(catalog.cosmetic(name="Waits a month"), days_waiting=30)

    page = text_of(client.get(reverse(QUEUE)))

    assert "the heaviest come first, then the longest waiting" in page
    assert page.index("Waits a month") < page.index("Waits a week")


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ({"severity": "block"}, True),
        ({"severity": "warn"}, False),
        ({"status": "asked"}, False),
        ({"market": "0"}, False),
        ({"market": "nonsense"}, True),
        ({"finding": "EU-1223-2009:III/98:over-limit"}, True),
        ({"finding": "EU:other"}, False),
        ({"q": "salicylic"}, True),
        ({"q": "retinol"}, False),
    ],
)
def test_the_queue_is_narrowed(client, officer, query, is_there):
    clearance(catalog.cosmetic(name="Peeling Tonic"))

    page = text_of(client.get(f"{reverse(QUEUE)}?{urlencode(query)}"))

    assert ("Peeling Tonic" in page) is is_there


def test_the_queue_asks_no_query_for_each_row(client, officer, django_assert_max_num_queries):
    for _ in range(12):
        clearance()
    client.get(reverse(QUEUE))

    with django_assert_max_num_queries(14):
        client.get(reverse(QUEUE))


def test_judging_again_is_shown_as_long_as_it_goes_on(client, officer):
    clearance()

    page = text_of(client.get(reverse("admin:compliance_judging")))

    assert "Judging again: 0 of 1" in page


def test_the_page_marks_findings_in_the_printed_list_and_tells_each(client, officer):
    row = clearance()

    page = text_of(client.get(page_of(row)))

    assert 'class="cmp-ingredient cmp-block" href="#finding-1">Salicylic Acid<sup>B</sup>' in page
    assert "Salicylic Acid: over limit." in page
    assert "Regulation (EC) No 1223/2009, Annex III, entry 98" in page
    assert "EU-1223-2009 2026-08-28" in page
    assert "1. How much salicylic acid is in it." in page


def test_earlier_decisions_on_the_same_finding_are_told(client, officer):
    other = clearance(catalog.cosmetic(name="Clear Skin Gel"), findings=[found(severity="warn")])
    decide(client, other, kind="approve", reason="Two per cent by the formula.")
    row = clearance(findings=[found(severity="warn")])

    page = text_of(client.get(page_of(row)))

    assert "Clear Skin Gel" in page
    assert "Two per cent by the formula." in page


def test_a_product_without_a_list_has_a_page_too(client, officer):
    row = clearance(catalog.sports(), findings=[found(ingredient="")], assessment=None)

    response = client.get(page_of(row))

    assert response.status_code == 200


def test_deciding_goes_on_to_the_next_in_the_queue(client, officer):
    first = clearance(findings=[found(severity="warn")], days_waiting=9)
    second = clearance(findings=[found(severity="warn")], days_waiting=2)

    response = decide(client, first, kind="approve")

    first.refresh_from_db()
    assert first.status == "approved"
    assert first.off_sale_at is None
    assert first.decided_by_id == officer.pk
    assert response.url == page_of(second)


def test_after_the_last_one_the_queue_is_shown(client, officer):
    row = clearance(findings=[found(severity="warn")])

    response = decide(client, row, kind="approve")

    assert response.url == reverse(QUEUE)


def test_the_filter_of_the_queue_is_kept_from_one_to_the_next(client, officer):
    first = clearance(findings=[found(severity="warn")], days_waiting=9)
    clearance(days_waiting=20)
    third = clearance(findings=[found(severity="warn")], days_waiting=1)
    kept = {"_changelist_filters": "severity=warn"}

    response = decide(client, first, kind="approve", **kept)

    assert response.url == f"{page_of(third)}?{urlencode(kept)}"


def test_what_the_law_blocks_is_not_approved_and_what_was_typed_stays(client, officer):
    row = clearance()

    response = decide(client, row, kind="approve", reason="It seems fine to me.")

    page = text_of(response)
    row.refresh_from_db()
    assert "This cannot be approved: waive it until a day, or reject it." in page
    assert 'value="It seems fine to me."' in page
    assert row.status == "needs_review"
    assert not Decision.objects.exists()


def test_the_last_editor_of_a_product_is_told_that_somebody_else_decides(client, officer):
    row = clearance(findings=[found(severity="warn")])
    CosmeticProduct.history.filter(id=row.product_id).update(history_user=officer)

    response = decide(client, row, kind="approve")

    row.refresh_from_db()
    assert "You have edited the product last: somebody else decides." in text_of(response)
    assert row.status == "needs_review"


def test_a_reason_is_asked_for(client, officer):
    row = clearance(findings=[found(severity="warn")])

    response = decide(client, row, kind="approve", reason=" ")

    row.refresh_from_db()
    assert "Say why." in text_of(response)
    assert row.status == "needs_review"


def test_a_waiver_needs_its_last_day(client, officer):
    row = clearance()

    response = decide(client, row, kind="waive")

    row.refresh_from_db()
    assert "Say until which day it is waived." in text_of(response)
    assert row.status == "needs_review"


def test_a_waiver_holds_until_its_last_day(client, officer):
    row = clearance()

    decide(client, row, kind="waive", until="2027-01-31")

    row.refresh_from_db()
    assert row.status == "waived"
    assert f"{row.waived_until}" == "2027-01-31"


def test_asking_the_supplier_keeps_it_in_the_queue(client, officer):
    row = clearance()

    decide(client, row, kind="ask", reason="Letter of 24 November.")

    row.refresh_from_db()
    assert row.status == "asked"
    assert row.reason == "Letter of 24 November."


def test_what_was_judged_again_meanwhile_is_looked_at_again(client, officer):
    row = clearance(findings=[found(severity="warn")])

    response = decide(client, row, kind="approve", seen="0:needs_review:None")

    row.refresh_from_db()
    assert "look at what stands here now, then decide" in text_of(response)
    assert row.status == "needs_review"


def test_who_may_only_look_sees_no_buttons_and_decides_nothing(client):
    client.force_login(people.staff(role="Merchandiser"))
    row = clearance(findings=[found(severity="warn")])

    page = text_of(client.get(page_of(row)))
    response = decide(client, row, kind="approve")

    row.refresh_from_db()
    assert 'id="decide"' not in page
    assert response.status_code == 403
    assert row.status == "needs_review"


@pytest.mark.parametrize(
    "url",
    [
        reverse(QUEUE),
        reverse("admin:compliance_clearance_changelist"),
        reverse("admin:compliance_decision_changelist"),
        reverse("admin:compliance_findings"),
        reverse("admin:compliance_together"),
        reverse("admin:compliance_judging"),
        reverse("admin:compliance_calendar"),
    ],
)
def test_the_warehouse_sees_nothing_of_it(client, url):
    client.force_login(people.staff(role="Warehouse"))

    assert client.get(url).status_code == 403


def test_chosen_rows_are_decided_at_once_and_what_is_refused_is_told(client, officer):
    mild = clearance(findings=[found(severity="warn")])
    blocked = clearance(catalog.cosmetic(name="Peeling Tonic"))

    response = client.post(
        reverse(QUEUE),
        {
            "action": "approve",
            "_selected_action": [mild.pk, blocked.pk],
            "_confirm": "yes",
            "reason": REASON,
        },
        follow=True,
    )

    page = text_of(response)
    states = set(Clearance.objects.values_list("pk", "status"))
    assert "Approved: 1 clearance." in page
    assert "Peeling Tonic was left as it is: Salicylic Acid: over limit. This cannot" in page
    assert states == {(mild.pk, "approved"), (blocked.pk, "needs_review")}


def test_findings_lead_to_what_waits_for_them(client, officer):
    row = clearance()

    page = text_of(client.get(reverse("admin:compliance_findings")))

    key = urlencode({"finding": row.new_keys[0]})
    assert f"{reverse(QUEUE)}?{key}" in page
    assert f"{reverse('admin:compliance_together')}?{key}" in page


def test_one_decision_settles_all_that_wait_for_the_same_finding(client, officer):
    same = found(severity="warn")
    first, second = clearance(findings=[same]), clearance(findings=[same])
    left = clearance(findings=[same, found("prohibited", key="EU:II/1:5")])
    url = f"{reverse('admin:compliance_together')}?{urlencode({'finding': same.key})}"

    response = client.post(
        url,
        {
            "clearance": [first.pk, second.pk, left.pk],
            "kind": "approve",
            "reason": REASON,
            "until": "",
        },
        follow=True,
    )

    approved = set(Clearance.objects.filter(status="approved").values_list("pk", flat=True))
    assert "Approved: 2 clearances." in text_of(response)
    assert approved == {first.pk, second.pk}


def test_none_chosen_decides_nothing_and_keeps_what_was_typed(client, officer):
    same = found(severity="warn")
    clearance(findings=[same])
    url = f"{reverse('admin:compliance_together')}?{urlencode({'finding': same.key})}"

    response = client.post(url, {"kind": "reject", "reason": REASON, "until": ""})

    page = text_of(response)
    assert "Choose at least one of them" in page
    assert REASON in page
    assert not Clearance.objects.filter(status="rejected").exists()


def test_the_list_of_all_shows_decided_ones_and_leads_to_the_same_page(client, officer):
    row = clearance(
        catalog.cosmetic(name="Peeling Tonic"), findings=[], status="approved", off_sale_at=None
    )

    listed = text_of(client.get(reverse("admin:compliance_clearance_changelist")))
    page = text_of(client.get(page_of(row, "clearance")))

    assert "Peeling Tonic" in listed
    assert "On sale" in listed
    assert "Nothing new to decide about" in page


def test_an_approved_product_is_rejected_from_its_page(client, officer):
    row = clearance(findings=[], status="approved", off_sale_at=None, queued_at=None)
    url = reverse("admin:compliance_clearance_decide", args=[row.pk])
    seen = f"{row.assessment_id}:{row.status}:{row.decided_at}"

    client.post(url, {"kind": "reject", "reason": "Complaints.", "until": "", "seen": seen})

    row.refresh_from_db()
    assert row.status == "rejected"
    assert row.off_sale_at == NOW


def test_decisions_are_listed_with_their_rulebooks(client, officer):
    row = clearance(catalog.cosmetic(name="Peeling Tonic"), findings=[found(severity="warn")])
    decide(client, row, kind="approve")

    listed = text_of(client.get(reverse("admin:compliance_decision_changelist")))
    decision = Decision.objects.get()
    page = text_of(client.get(reverse("admin:compliance_decision_change", args=[decision.pk])))

    assert "Peeling Tonic" in listed
    assert REASON in listed
    assert "EU-1223-2009 2026-08-28" in page


def test_a_decision_about_a_product_that_is_gone_is_told_still(client, officer):
    row = clearance(findings=[found(severity="warn")])
    decide(client, row, kind="approve")
    with append_only_lifted():
        Decision.objects.update(product_id=999_999)

    page = text_of(client.get(reverse("admin:compliance_decision_changelist")))

    assert "product 999999, which is gone" in page
