import pytest

from config import health

pytestmark = pytest.mark.django_db


def test_lives_without_asking_anybody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz/live")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


def test_is_ready_when_every_part_is(client):
    response = client.get("/healthz/ready")

    assert response.status_code == 200
    assert response.json()["checks"] == {
        "database": "ok",
        "cache": "ok",
        "broker": "ok",
        "migrations": "ok",
    }


@pytest.mark.parametrize("name", ["database", "cache", "broker", "migrations"])
def test_is_not_ready_when_one_part_fails(client, monkeypatch, name):
    def fail():
        raise ConnectionError("the password is secret")

    monkeypatch.setitem(health.CHECKS, name, fail)

    response = client.get("/healthz/ready")

    assert response.status_code == 503
    assert response.json()["checks"][name] == "failed"
    assert "secret" not in response.content.decode()


def test_is_not_ready_while_a_migration_waits(client):
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder(connection).migration_qs.filter(app="kernel").delete()

    response = client.get("/healthz/ready")

    assert response.json()["checks"]["migrations"] == "failed"


def test_is_not_ready_without_its_broker(client, monkeypatch):
    from celery import current_app

    unreachable = current_app.connection_for_write("redis://127.0.0.1:1/0")
    monkeypatch.setattr(current_app, "connection_for_write", lambda **options: unreachable)

    response = client.get("/healthz/ready")

    assert response.json()["checks"]["broker"] == "failed"
