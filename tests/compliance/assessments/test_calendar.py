"""What becomes unlawful, when: the calendar, and the alerts before."""

from datetime import timedelta
from decimal import Decimal

import pytest

from compliance.assessments.exposure import Exposure, exposure
from compliance.assessments.selectors import calendar
from compliance.assessments.services import alert_coming
from config.kernel.alerts import Alert
from config.kernel.money import Money
from tests.factories import catalog
from tests.factories.compliance_assessments import NOW, TODAY, assessment, coming, found

pytestmark = pytest.mark.django_db

BEHIND = Exposure(
    lots=2,
    on_hand=Decimal(40),
    value=Money("120.50", "EUR"),
    lots_without_cost=1,
    open_reservations=3,
)


@pytest.fixture
def germany():
    return catalog.market("DE")


def everything(ids):
    return dict.fromkeys(ids, BEHIND)


def test_products_hit_by_one_rule_on_one_day_stand_together_with_what_is_behind_them(germany):
    on = TODAY + timedelta(days=100)
    first, second = catalog.cosmetic(), catalog.cosmetic()
    assessment(first, [coming(on)], market=germany)
    assessment(second, [coming(on)], market=germany)

    with exposure.answered_by(everything):
        found_ = calendar.coming(NOW)

    [own] = found_.coming
    assert own.from_date == on
    assert own.rule == "Regulation (EC) No 1223/2009, Annex III, entry 98"
    assert list(own.product_ids) == [first.pk, second.pk]
    assert list(own.markets) == ["DE"]
    assert (own.lots, own.lots_without_cost, own.open_reservations) == (4, 2, 6)
    assert own.value == Money("241.00", "EUR")
    assert own.added_up
    assert not found_.is_cut


def test_days_come_in_their_order_and_what_has_come_is_not_told(germany):
    late, soon = TODAY + timedelta(days=300), TODAY + timedelta(days=5)
    product = catalog.cosmetic()
    assessment(
        product,
        [
            coming(late, key="EU:III/1:1"),
            coming(soon, key="EU:III/2:1"),
            coming(TODAY, key="EU:III/3:1"),
        ],
        market=germany,
    )

    days = [own.from_date for own in calendar.coming(NOW).coming]

    assert days == [soon, late]


def test_an_end_of_placing_new_goods_is_told_and_kept_apart(germany):
    on = TODAY + timedelta(days=50)
    placing = coming(on, later="info", code="no-new-goods-soon", key="EU:III/98:1:placing")
    assessment(catalog.cosmetic(), [placing, coming(on)], market=germany)

    found_ = calendar.coming(NOW).coming

    assert sorted(own.is_placing for own in found_) == [False, True]


def test_what_becomes_nothing_worse_than_info_is_not_in_the_calendar(germany):
    on = TODAY + timedelta(days=50)
    assessment(catalog.cosmetic(), [coming(on, later="info")], market=germany)

    assert list(calendar.coming(NOW).coming) == []


def test_a_certificate_that_runs_out_is_called_by_its_name(germany):
    on = TODAY + timedelta(days=50)
    lapsing = coming(
        on, code="certificate-there", key="EU:certificate:CE / EN 1078", reference="2016/425"
    )
    assessment(catalog.sports(), [lapsing], market=germany)

    [own] = calendar.coming(NOW).coming

    assert own.is_certificate
    assert own.rule == "CE / EN 1078"


def test_a_market_and_a_number_of_days_narrow_the_calendar(germany):
    california = catalog.market("US-CA", country="US", region="CA")
    near, far = TODAY + timedelta(days=20), TODAY + timedelta(days=200)
    assessment(catalog.cosmetic(), [coming(near)], market=germany)
    assessment(catalog.cosmetic(), [coming(far)], market=california)

    there = calendar.coming(NOW, market_code="US-CA").coming
    soon = calendar.coming(NOW, within_days=30).coming

    assert [(own.from_date, list(own.markets)) for own in there] == [(far, ["US-CA"])]
    assert [own.from_date for own in soon] == [near]


def test_the_number_of_queries_does_not_grow_with_products(germany, django_assert_num_queries):
    on = TODAY + timedelta(days=20)
    for _ in range(5):
        assessment(catalog.cosmetic(), [coming(on)], market=germany)

    with exposure.answered_by(everything), django_assert_num_queries(2):
        calendar.coming(NOW)


def test_products_beyond_those_that_can_be_added_up_are_said_not_to_be(germany, monkeypatch):
    monkeypatch.setattr(calendar, "PRODUCTS_ADDED_UP_MAX", 1)
    on = TODAY + timedelta(days=20)
    for _ in range(2):
        assessment(catalog.cosmetic(), [coming(on)], market=germany)

    with exposure.answered_by(everything):
        [own] = calendar.coming(NOW).coming

    assert not own.added_up
    assert own.lots == 2


@pytest.mark.parametrize(
    ("days", "threshold", "severity"),
    [(180, "180", "info"), (91, "180", "info"), (90, "90", "warning"), (30, "30", "critical")],
)
def test_alerts_at_each_threshold_with_products_lots_and_value(germany, days, threshold, severity):
    product = catalog.cosmetic(name="Winter Cream")
    assessment(product, [coming(TODAY + timedelta(days=days))], market=germany)

    with exposure.answered_by(everything):
        raised = alert_coming(now=NOW)

    alert = Alert.objects.get(kind="law-coming")
    assert raised == 1
    assert alert.key.endswith(f":{threshold}")
    assert alert.severity == severity
    assert alert.permission == "compliance.decide_clearance"
    assert "1 product in DE" in alert.title
    assert "Winter Cream." in alert.detail
    assert "2 lots worth 120.50 EUR, 1 of them without a known cost" in alert.detail
    assert "3 open reservations" in alert.detail


def test_does_not_alert_earlier_than_half_a_year_before(germany):
    assessment(catalog.cosmetic(), [coming(TODAY + timedelta(days=181))], market=germany)

    assert alert_coming(now=NOW) == 0


def test_alerts_once_for_each_threshold_and_a_nearer_one_takes_the_place_of_the_last(germany):
    assessment(catalog.cosmetic(), [coming(TODAY + timedelta(days=100))], market=germany)
    assert alert_coming(now=NOW) == 1
    assert alert_coming(now=NOW + timedelta(days=1)) == 0

    assert alert_coming(now=NOW + timedelta(days=20)) == 1

    open_keys = Alert.objects.filter(resolved_at=None).values_list("key", flat=True)
    assert [key.rsplit(":", 1)[1] for key in open_keys] == ["90"]
    assert Alert.objects.count() == 2


def test_an_alert_ends_once_no_product_is_hit_any_more(germany):
    made = assessment(catalog.cosmetic(), [coming(TODAY + timedelta(days=20))], market=germany)
    alert_coming(now=NOW)

    made.rows.all().delete()
    alert_coming(now=NOW)

    assert not Alert.objects.filter(resolved_at=None).exists()


def test_a_finding_that_holds_already_raises_no_alert(germany):
    assessment(catalog.cosmetic(), [found()], market=germany)

    assert alert_coming(now=NOW) == 0
