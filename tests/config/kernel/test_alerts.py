import threading

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections, transaction

from config.kernel import alerts
from config.kernel.alerts import Alert, AlertAlreadyResolved, AlertDraft
from config.kernel.errors import InvalidInput, NotFound

pytestmark = pytest.mark.django_db


def draft(key, **fields):
    return AlertDraft(kind="lot.expiring", key=key, severity="warning", title="Look", **fields)


def raise_one(key, now):
    return alerts.raise_alert(
        kind="lot.expiring", key=key, severity="critical", title="Lot 7", url="/x", now=now
    )


def test_raises_an_alert(now):
    alert = raise_one("lot:7:30", now)

    assert alert == Alert.objects.get()
    assert (alert.severity, alert.title, alert.created_at) == ("critical", "Lot 7", now)
    assert alert.resolved_at is None


def test_raises_a_key_once(now):
    raise_one("lot:7:30", now)

    assert raise_one("lot:7:30", now) is None
    assert Alert.objects.count() == 1


def test_raises_a_resolved_key_never_again(now):
    alert = raise_one("lot:7:30", now)
    alerts.resolve_alert(alert_id=alert.pk, resolution="Sold.", user_id=None, now=now)

    assert raise_one("lot:7:30", now) is None


def test_answers_which_of_many_are_new(now):
    raise_one("k2", now)

    raised = alerts.raise_alerts([draft("k3"), draft("k1"), draft("k2"), draft("k3")], now=now)

    assert [alert.key for alert in raised] == ["k1", "k3"]
    assert set(raised) == set(Alert.objects.exclude(key="k2"))


def test_raises_many_with_few_statements(now, django_assert_max_num_queries):
    drafts = [draft(f"k{n:04}", payload={"n": n}) for n in range(450)]

    with django_assert_max_num_queries(8):
        raised = alerts.raise_alerts(drafts, now=now)

    assert len(raised) == 450
    assert Alert.objects.get(key="k0007").payload == {"n": 7}


def test_knows_what_another_wrote_after_the_look(now, monkeypatch):
    raise_one("k1", now)
    monkeypatch.setattr(Alert.objects, "filter", lambda **kwargs: Alert.objects.none())

    raised = alerts.raise_alerts([draft("k1"), draft("k2")], now=now)

    assert [alert.key for alert in raised] == ["k2"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")
def test_two_at_once_raise_one(now):
    barrier, raised = threading.Barrier(2), []

    def run():
        with transaction.atomic():
            barrier.wait(10)
            raised.extend(alerts.raise_alerts([draft(f"k{n}") for n in range(50)], now=now))
        connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(alert.key for alert in raised) == sorted(f"k{n}" for n in range(50))


def test_resolves_with_what_was_done(now):
    user = User.objects.create(username="ada")
    alert = raise_one("k1", now)

    resolved = alerts.resolve_alert(
        alert_id=alert.pk, resolution=" Written off. ", user_id=user.pk, now=now
    )

    assert (resolved.resolution, resolved.resolved_by, resolved.resolved_at) == (
        "Written off.",
        user,
        now,
    )
    assert not alerts.open_alerts().exists()


def test_resolves_no_alert_twice(now):
    alert = raise_one("k1", now)
    alerts.resolve_alert(alert_id=alert.pk, resolution="First.", user_id=None, now=now)

    with pytest.raises(AlertAlreadyResolved, match=r"First\."):
        alerts.resolve_alert(alert_id=alert.pk, resolution="Second.", user_id=None, now=now)

    assert Alert.objects.get().resolution == "First."


def test_asks_what_was_done(now):
    alert = raise_one("k1", now)

    with pytest.raises(InvalidInput):
        alerts.resolve_alert(alert_id=alert.pk, resolution="  ", user_id=None, now=now)

    assert Alert.objects.get().resolved_at is None


def test_refuses_an_alert_that_is_not_there(now):
    with pytest.raises(NotFound):
        alerts.resolve_alert(alert_id=1, resolution="x", user_id=None, now=now)


def test_resolves_all_of_a_prefix(now):
    alerts.raise_alerts([draft("lot:7:30"), draft("lot:7:7"), draft("lot:71:7")], now=now)

    count = alerts.resolve_by_key_prefix(prefix="lot:7:", resolution="Lot is gone.", now=now)

    assert count == 2
    assert alerts.open_alerts().get().key == "lot:71:7"
