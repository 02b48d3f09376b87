from datetime import timedelta

import pytest

from compliance.dossiers import services
from compliance.dossiers.gates import documents_changed
from compliance.dossiers.tasks import alert_lapsing
from config.kernel.alerts import Alert, alerts_for
from config.schedule import SCHEDULE
from tests.factories import catalog
from tests.factories import compliance_dossiers as made
from tests.factories.compliance_dossiers import NOW, TODAY
from tests.factories.people import staff

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def helmet():
    catalog.market("DE")
    product = catalog.sports(name="Road Helmet", category_id=catalog.category("helmets").pk)
    made.requirement(product.category_id)
    return product


def certificate(product, days, **fields):
    given = {"title": "Type examination", "jurisdiction": "EU", "standard": "EN 1078"}
    return made.document(product.pk, expiry_date=TODAY + days * DAY, **given | fields)


def alerts():
    return list(
        Alert.objects.filter(resolved_at=None).order_by("pk").values_list("severity", "title")
    )


def test_one_alert_comes_at_each_threshold_and_replaces_the_one_before(helmet):
    certificate(helmet, 90)

    assert services.alert_lapsing(now=NOW) == 1
    assert services.alert_lapsing(now=NOW + 59 * DAY) == 0
    assert alerts() == [
        ("info", "Road Helmet: Certificate runs out on 22 Feb 2027 (in 90 days)"),
    ]
    assert services.alert_lapsing(now=NOW + 60 * DAY) == 1
    assert services.alert_lapsing(now=NOW + 83 * DAY) == 1
    assert services.alert_lapsing(now=NOW + 90 * DAY) == 0
    assert services.alert_lapsing(now=NOW + 91 * DAY) == 1
    assert services.alert_lapsing(now=NOW + 400 * DAY) == 0
    assert alerts() == [("critical", "Road Helmet: Certificate ran out on 22 Feb 2027")]


def test_an_alert_names_what_lapses_with_it_and_leads_to_the_document(helmet):
    document = certificate(helmet, 7)

    services.alert_lapsing(now=NOW)

    alert = Alert.objects.get()
    assert alert.detail == (
        "Type examination. It is needed to sell: CE / EN 1078 bicycle helmet. Markets: DE."
    )
    assert alert.url == f"/admin/compliance/document/{document.pk}/change/"
    assert alert.subject == "Road Helmet"


def test_a_safety_report_that_runs_out_says_that_limits_are_open_again():
    cream = catalog.cosmetic()
    made.document(cream.pk, kind="safety_report", jurisdiction="GB", expiry_date=TODAY)

    services.alert_lapsing(now=NOW)

    assert Alert.objects.get().detail.endswith(
        "Limits that the safety report settles are open again. Markets: no market we sell in."
    )


def test_a_newer_document_resolves_the_alert_at_once(helmet):
    certificate(helmet, 5)
    services.alert_lapsing(now=NOW)

    certificate(helmet, 800)

    alert = Alert.objects.get()
    assert (alert.resolved_at, alert.resolution) == (NOW, "A newer document replaces it.")
    assert services.alert_lapsing(now=NOW) == 0


def test_a_newer_document_of_another_standard_resolves_nothing(helmet):
    certificate(helmet, 5)
    services.alert_lapsing(now=NOW)

    certificate(helmet, 800, standard="EN 1077")

    assert len(alerts()) == 1


def test_withdrawing_a_document_resolves_its_alert(helmet):
    document = certificate(helmet, 5)
    services.alert_lapsing(now=NOW)

    services.withdraw_document(document_id=document.pk, why="wrong product", now=NOW)

    assert Alert.objects.get().resolution == "It was withdrawn."


def test_products_whose_document_ran_out_are_judged_again_once(helmet):
    certificate(helmet, 0)
    told: list[int] = []

    with documents_changed.answered_by(told.extend):
        services.alert_lapsing(now=NOW)
        assert told == []
        services.alert_lapsing(now=NOW + DAY)
        services.alert_lapsing(now=NOW + 2 * DAY)

    assert told == [helmet.pk]


def test_the_alert_is_for_the_compliance_officer_and_not_for_the_warehouse(helmet):
    certificate(helmet, 5)
    services.alert_lapsing(now=NOW)

    assert alerts_for(staff(role="Compliance officer")).count() == 1
    assert alerts_for(staff(role="Warehouse")).count() == 0


def test_the_task_runs_every_morning(helmet):
    assert "compliance.dossiers.alert_lapsing" in {own["task"] for own in SCHEDULE.values()}
    assert alert_lapsing() == 0
