"""The review queue: its order, what it finds, what waits for the same finding."""

from decimal import Decimal

import pytest

from compliance.assessments.exposure import Exposure, exposure
from compliance.assessments.selectors import queue
from compliance.assessments.selectors.waiting import forget_waiting, waiting_now
from config.kernel.money import Money
from tests.factories import catalog
from tests.factories.compliance_assessments import clearance, found

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_counted():
    forget_waiting()


def behind(*, value: int = 0, reservations: int = 0, lots: int = 1) -> Exposure:
    return Exposure(
        lots=lots,
        on_hand=Decimal(10),
        value=Money(value, "EUR"),
        lots_without_cost=0,
        open_reservations=reservations,
    )


def test_what_most_reservations_wait_for_comes_first_then_what_is_worth_most():
    plain, dear, promised = (clearance() for _ in range(3))
    known = {
        plain.product_id: behind(value=10),
        dear.product_id: behind(value=5000),
        promised.product_id: behind(reservations=2),
    }

    with exposure.answered_by(lambda ids: {pk: known[pk] for pk in ids}):
        found_ = queue.by_what_is_blocked(queue.waiting())

    assert found_.keys == [promised.pk, dear.pk, plain.pk]


def test_what_blocks_the_same_comes_by_weight_and_then_by_age():
    young = clearance(days_waiting=1)
    old = clearance(days_waiting=9)
    mild = clearance(findings=[found(severity="warn")], days_waiting=30)

    with exposure.answered_by():
        found_ = queue.by_what_is_blocked(queue.waiting())

    assert found_.keys == [old.pk, young.pk, mild.pk]


def test_too_many_are_not_sorted_by_what_stands_behind_them(monkeypatch):
    monkeypatch.setattr(queue, "SORTED_MAX", 1)
    clearance()
    clearance()

    assert queue.by_what_is_blocked(queue.waiting()) is None


def test_what_is_decided_does_not_wait():
    clearance(status="approved", off_sale_at=None)
    asked = clearance(status="asked")

    assert list(queue.waiting().values_list("pk", flat=True)) == [asked.pk]


def test_exposures_are_asked_for_in_pieces_that_every_database_takes():
    sizes = []

    def answer(ids):
        sizes.append(len(ids))
        return {}

    with exposure.answered_by(answer):
        queue.exposures(range(1201))

    assert sizes == [500, 500, 201]


@pytest.mark.parametrize("term", ["COS-SEEN-1", "cos-seen", "Velvet Cream", "squalane"])
def test_a_product_is_found_by_sku_name_and_printed_ingredient(term):
    product = catalog.cosmetic(
        sku="COS-SEEN-1", name="Velvet Night Cream", ingredients="Aqua, Squalane"
    )
    wanted = clearance(product)
    clearance()

    keys = queue.waiting().filter(queue.search(term, by_ingredient=True))

    assert [row.pk for row in keys] == [wanted.pk]


def test_a_search_for_what_is_nowhere_finds_nothing():
    clearance()

    assert not queue.waiting().filter(queue.search("retinol \0 no", by_ingredient=True)).exists()


def test_findings_are_counted_by_how_many_clearances_wait_for_them():
    rare = found("prohibited", key="EU:II/1:5")
    often = found()
    clearance(findings=[often])
    clearance(findings=[often, rare])

    findings, is_cut = queue.waiting_findings(limit=10)

    assert [(own.key, own.clearances, own.severity) for own in findings] == [
        (often.key, 2, "block"),
        (rare.key, 1, "block"),
    ]
    assert not is_cut


def test_a_finding_that_was_decided_about_is_not_waited_for():
    known = found()
    clearance(findings=[known, found("prohibited", key="EU:II/1:5")], new_keys=["EU:II/1:5"])

    findings, _ = queue.waiting_findings(limit=10)

    assert [own.key for own in findings] == ["EU:II/1:5"]


def test_only_what_waits_for_one_finding_alone_is_decided_together():
    shared, other = found(), found("prohibited", key="EU:II/1:5")
    alone = clearance(findings=[shared])
    clearance(findings=[shared, other])
    clearance(findings=[other])

    together = queue.waiting_for(shared.key)

    assert [row.pk for row in together.alone] == [alone.pk]
    assert together.with_others == 1
    assert not together.is_cut


def test_the_number_that_waits_is_counted_anew_once_somebody_has_decided():
    clearance()
    assert waiting_now() == (1, 1)
    clearance(findings=[found(severity="warn")])
    assert waiting_now() == (1, 1)

    forget_waiting()

    assert waiting_now() == (2, 1)


def test_judging_again_is_told_as_long_as_some_clearance_is_judged_by_other_rules():
    row = clearance(catalog.cosmetic(active=False), catalog.market("DE"))
    queue.Clearance.objects.exclude(pk=row.pk).delete()
    assert queue.judging_progress() == queue.Progress(done=0, total=1)

    row.rules_stamp = queue.law_stamp()
    row.save()

    assert queue.judging_progress() is None


def test_the_next_is_the_first_that_still_waits():
    done = clearance(status="approved", off_sale_at=None)
    row = clearance()

    assert queue.still_waiting([done.pk, row.pk]) == row.pk
    assert queue.still_waiting([done.pk]) is None
