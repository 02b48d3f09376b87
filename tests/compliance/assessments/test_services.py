"""Products are judged when anything changes, and clearances follow; people decide the rest."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.products.gates import facts_changed
from catalog.products.services import change_stage
from compliance.assessments import gates, services
from compliance.assessments.errors import DecisionRefused, InvalidFormula
from compliance.assessments.models import Assessment, Clearance, Decision, Finding, FormulaLine
from compliance.assessments.selectors.clearances import why_not_cleared
from compliance.assessments.selectors.stale import stale_product_ids
from config.kernel.context import bind
from config.kernel.errors import InvalidInput
from config.kernel.models import OutboxEvent
from tests.compliance.assessments.conftest import NOW
from tests.factories import catalog, people

FINE = "Aqua, Glycerin, Tocopherol"
UNLAWFUL = "Aqua, Glycerin, Butylphenyl Methylpropional, Parfum"
UNKNOWN = "Aqua, Glycerin, Zzyzxine"

pytestmark = pytest.mark.usefixtures("law", "germany", "now")


def judged(product):
    """As the machine judges it: the factory's own leave is taken away."""
    Clearance.objects.filter(product=product.pk).delete()
    facts_changed.all([product.pk])
    return product


def cream(ingredients=FINE, **fields):
    return judged(catalog.cosmetic(ingredients=ingredients, **fields))


def clearance(product, market="DE"):
    return Clearance.objects.get(product=product.pk, market__code=market)


def edit(product, **facts):
    for name, value in facts.items():
        setattr(product, name, value)
    product.save()
    facts_changed.all([product.pk])


def officer():
    return people.staff("compliance.decide_clearance")


def decide(product, kind, *, by=None, at=NOW, **said):
    services.decide_one(
        clearance_id=clearance(product).pk,
        kind=kind,
        reason=said.pop("reason", "I have read it"),
        user_id=(by or officer()).pk,
        now=at,
        **said,
    )


def test_a_product_of_which_nothing_is_found_is_approved_by_policy():
    product = cream()

    found = clearance(product)

    assert (found.status, found.decided_how, found.off_sale_at) == ("approved", "policy", None)
    assert found.assessment.rulebook_versions == ["EU-1223-2009 2026-08-28"]
    assert why_not_cleared([product.pk], found.market_id, NOW) == {}


def test_an_unlawful_product_never_goes_on_sale():
    product = cream(UNLAWFUL)

    found = clearance(product)

    assert (found.status, found.severity, found.off_sale_at) == ("needs_review", "block", NOW)
    (row,) = Finding.objects.filter(product=product.pk, severity="block")
    assert row.reference == "Regulation (EC) No 1223/2009, Annex II, entry 1666"
    (why,) = why_not_cleared([product.pk], found.market_id, NOW)[product.pk]
    assert why.code == "not-cleared"


def test_a_product_that_was_never_judged_is_not_sold(germany):
    product = catalog.bundle()
    Clearance.objects.all().delete()

    assert why_not_cleared([product.pk], germany.pk, NOW)[product.pk][0].code == "not-cleared"


def test_a_formula_that_becomes_unlawful_is_off_sale_at_once_and_told():
    product = cream()
    told = []

    with gates.sale_changed.answered_by(lambda *said: told.append(said)):
        edit(product, ingredients=UNLAWFUL)

    found = clearance(product)
    assert (found.status, found.off_sale_at) == ("needs_review", NOW)
    assert told == [([product.pk], found.market_id, NOW)]


def test_a_new_warning_leaves_days_of_grace(germany):
    product = cream()

    edit(product, ingredients=UNKNOWN)

    found = clearance(product)
    assert (found.status, found.off_sale_at) == ("needs_review", NOW + timedelta(days=14))
    assert why_not_cleared([product.pk], germany.pk, NOW + timedelta(days=13)) == {}
    assert product.pk in why_not_cleared([product.pk], germany.pk, NOW + timedelta(days=14))


def test_each_market_is_judged_by_its_own_law():
    catalog.market("US-CA", country="US", region="CA")
    catalog.market("GB")
    product = cream()

    assert clearance(product).status == "approved"
    assert clearance(product, "US-CA").status == "approved"
    united_kingdom = clearance(product, "GB")
    assert united_kingdom.status == "needs_review"
    assert [own["code"] for own in united_kingdom.assessment.findings] == ["no-rules"]


def test_sports_goods_need_no_rules_for_cosmetics():
    catalog.market("GB")
    ball = judged(catalog.sports())

    assert {clearance(ball, code).status for code in ("DE", "GB")} == {"approved"}


def test_a_person_approves_what_is_only_warned_about():
    product = cream(UNKNOWN)
    by = officer()

    decide(product, services.APPROVE, by=by, reason="the supplier told")

    found = clearance(product)
    assert (found.status, found.off_sale_at, found.decided_by) == ("approved", None, by)
    last = Decision.objects.latest("pk")
    assert (last.before, last.after, last.how, last.user) == (
        "needs_review",
        "approved",
        "person",
        by,
    )
    assert (last.reason, last.findings) == ("the supplier told", ["unknown:zzyzxine"])
    assert last.rulebook_versions == ["EU-1223-2009 2026-08-28"]


def test_a_decision_is_told_to_those_who_listen():
    product = cream(UNKNOWN)

    decide(product, services.APPROVE)

    event = OutboxEvent.objects.filter(type="compliance.decided").latest("pk")
    sku = catalog.variant(product).sku
    assert event.subject == f"{sku}/DE"
    assert (event.payload["status"], event.payload["skus"]) == ("approved", [sku])


def test_what_a_person_approved_stands_when_the_same_is_found_again():
    product = cream(UNKNOWN)
    decide(product, services.APPROVE)

    edit(product, name="Another name")

    assert clearance(product).status == "approved"
    assert clearance(product).decided_how == "person"


def test_what_the_law_blocks_is_not_approved_but_waived_until_a_day():
    product = cream(UNLAWFUL)

    with pytest.raises(DecisionRefused, match="waive it until a day, or reject it"):
        decide(product, services.APPROVE)
    assert clearance(product).status == "needs_review"

    decide(product, services.WAIVE, until=date(2026, 11, 30))

    found = clearance(product)
    assert (found.status, found.waived_until) == ("waived", date(2026, 11, 30))
    assert found.off_sale_at.isoformat() == "2026-11-30T23:00:00+00:00"  # midnight in Berlin


@pytest.mark.parametrize("until", [None, date(2026, 10, 31), date(2028, 1, 1)])
def test_a_waiver_needs_an_end_that_is_to_come(until):
    product = cream(UNLAWFUL)

    with pytest.raises(InvalidInput):
        decide(product, services.WAIVE, until=until)

    assert clearance(product).status == "needs_review"


def test_a_waiver_that_has_ended_is_back_in_the_queue(now):
    product = cream(UNLAWFUL)
    decide(product, services.WAIVE, until=date(2026, 11, 30))
    now[0] = NOW + timedelta(days=30)

    assert stale_product_ids(now[0], limit=10) == [product.pk]
    services.sweep(now=now[0])

    found = clearance(product)
    assert (found.status, found.reason) == ("needs_review", "The waiver has ended.")
    assert stale_product_ids(now[0], limit=10) == []


def test_nobody_decides_about_what_he_edited_last():
    editor = people.staff("compliance.decide_clearance")
    with bind(actor_id=editor.pk, actor_name="editor"):
        product = cream(UNKNOWN)

    with pytest.raises(DecisionRefused, match="edited the product last"):
        decide(product, services.APPROVE, by=editor)

    with pytest.raises(DecisionRefused, match="edited the product last"):
        decide(product, services.REJECT, by=editor)
    assert clearance(product).status == "needs_review"
    decide(product, services.ASK, by=editor)
    assert clearance(product).status == "asked"


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_a_decision_needs_a_reason(reason):
    product = cream(UNKNOWN)

    with pytest.raises(InvalidInput):
        decide(product, services.REJECT, reason=reason)

    assert clearance(product).status == "needs_review"


def test_many_are_decided_together_and_what_may_not_be_is_told():
    first, second = cream(UNKNOWN), cream(UNLAWFUL)
    ids = [clearance(first).pk, clearance(second).pk]

    outcome = services.decide(
        clearance_ids=ids, kind=services.APPROVE, reason="seen", user_id=officer().pk, now=NOW
    )

    assert outcome.done == 1
    assert [(own.clearance_id, own.product) for own in outcome.refused] == [(ids[1], second.name)]


def test_judging_again_writes_nothing_where_nothing_has_changed(django_assert_max_num_queries):
    products = [cream() for _ in range(5)]
    before = (Assessment.objects.count(), Decision.objects.count())

    with django_assert_max_num_queries(40):
        run = services.judge(product_ids=[product.pk for product in products], now=NOW)

    assert (run.products, run.changed) == (5, 0)
    assert (Assessment.objects.count(), Decision.objects.count()) == before


def test_the_number_of_queries_does_not_depend_on_the_number_of_products(
    django_assert_num_queries,
):
    few = [cream().pk for _ in range(2)]
    with CaptureQueriesContext(connection) as asked:
        services.judge(product_ids=few, now=NOW)
    many = [cream().pk for _ in range(12)]

    with django_assert_num_queries(len(asked)):
        services.judge(product_ids=many, now=NOW)


def test_a_product_changed_behind_the_back_is_found_by_the_sweep():
    product = cream()
    type(product).objects.filter(pk=product.pk).update(
        ingredients=UNLAWFUL, updated_at=NOW + timedelta(days=400)
    )

    services.sweep(now=NOW)

    assert clearance(product).status == "needs_review"


def test_a_new_market_is_swept_for_every_product():
    product = cream()
    catalog.market("FR")
    Clearance.objects.filter(market__code="FR").delete()

    assert stale_product_ids(NOW, limit=10) == [product.pk]
    services.sweep(now=NOW)

    assert clearance(product, "FR").status == "approved"


def test_a_formula_is_better_evidence_than_a_label():
    product = cream("Aqua, Phenoxyethanol, Glycerin", product_type="leave-on")

    services.set_formula(
        product_id=product.pk,
        lines=services.read_formula("Aqua; 90\nPhenoxyethanol; 1,5 %\nGlycerin; 5 - 8.5"),
        now=NOW,
    )

    found = clearance(product)
    assert (found.status, found.severity) == ("needs_review", "block")
    assert found.assessment.evidence == "formula"
    (block,) = [own for own in found.assessment.findings if own["severity"] == "block"]
    assert (block["code"], block["evidence"]) == ("over-limit", "formula: 1.5 %; name: exact")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Aqua", 'Line 1: "Aqua" is not a name, a semicolon and percent.'),
        ("Aqua; 101", "Line 1: Aqua: 101 is not a share from 0 to 100 %."),
        ("Aqua; -1", 'Line 1: "Aqua; -1" is not a name, a semicolon and percent.'),
        ("Aqua; 5-3", "Line 1: Aqua: 5 % is more than 3 %."),
        ("Aqua; 60\nGlycerin; 41", "The shares sum to 101 % at the least: over 100 %."),
        ("Aqua; NaN", "Line 1: Aqua: NaN is not a share from 0 to 100 %."),
    ],
)
def test_a_formula_that_cannot_be_is_refused_and_nothing_changes(text, says):
    product = cream()

    with pytest.raises(InvalidFormula) as refused:
        services.set_formula(product_id=product.pk, lines=services.read_formula(text), now=NOW)

    assert [own.detail for own in refused.value.errors] == [says]
    assert FormulaLine.objects.count() == 0


def test_a_formula_is_kept_to_the_last_place():
    product = cream()

    services.set_formula(
        product_id=product.pk, lines=services.read_formula("Linalool; 0.0000001"), now=NOW
    )

    assert FormulaLine.objects.get().percent_max == Decimal("0.0000001")


def test_a_product_that_is_taken_off_sale_keeps_its_clearance():
    product = cream()

    change_stage(product_id=product.pk, stage="discontinued", reason="old")

    assert clearance(product).status == "approved"


def test_those_who_keep_stock_are_told_once_when_the_days_of_grace_are_over():
    product = cream()
    edit(product, ingredients=UNKNOWN)
    ended = NOW + timedelta(days=14)
    told = []

    with gates.sale_changed.answered_by(lambda *said: told.append(said)):
        early = services.tell_of_ended_grace(now=ended - timedelta(seconds=1))
        first = services.tell_of_ended_grace(now=ended)
        second = services.tell_of_ended_grace(now=ended)

    assert (early, first, second) == (0, 1, 0)
    assert told == [([product.pk], clearance(product).market_id, ended)]


def test_many_products_are_marked_and_found_by_the_sweep():
    products = [cream().pk for _ in range(21)]

    services.judge_at_once_or_later(product_ids=products, now=NOW)

    assert stale_product_ids(NOW, limit=50) == products
    services.sweep(now=NOW)
    assert stale_product_ids(NOW, limit=50) == []


def test_a_market_that_is_closed_keeps_nobody_waiting():
    product = cream()
    closed = catalog.market("FR")
    services.sweep(now=NOW)
    closed.is_active = False
    closed.save()
    Clearance.objects.filter(market=closed).update(rules_stamp="old")

    assert stale_product_ids(NOW, limit=10) == []
    assert clearance(product).status == "approved"


def test_who_puts_a_formula_on_file_does_not_decide():
    product, chemist = cream(UNKNOWN), officer()

    with bind(actor_id=chemist.pk, actor_name="chemist"):
        services.set_formula(
            product_id=product.pk, lines=services.read_formula("Aqua; 99\nZzyzxine; 1"), now=NOW
        )

    assert product.history.first().history_change_reason == "Formula: 2 lines on file."
    with pytest.raises(DecisionRefused, match="edited the product last"):
        decide(product, services.APPROVE, by=chemist)


def test_a_formula_that_lacks_what_the_label_names_clears_nothing():
    product = cream(UNLAWFUL)

    services.set_formula(product_id=product.pk, lines=services.read_formula("Aqua; 80"), now=NOW)

    codes = {(own["severity"], own["code"]) for own in clearance(product).assessment.findings}
    assert {("block", "prohibited"), ("warn", "formula-differs")} <= codes


def test_a_market_that_moves_under_another_law_is_judged_by_that():
    product = cream()
    market = catalog.market("DE")
    market.country = "GB"
    market.save()

    services.sweep(now=NOW)

    assert clearance(product).assessment.jurisdictions == "GB"
    assert clearance(product).status == "needs_review"
