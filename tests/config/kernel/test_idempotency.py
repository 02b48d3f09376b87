import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from rest_framework.test import APIClient

from config.kernel import clients, clock, idempotency
from config.kernel.alerts import Alert
from config.kernel.api import idempotency as honouring
from config.kernel.idempotency import IdempotencyRecord
from config.kernel.locks import advisory_lock
from config.kernel.tasks import prune_idempotency

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.config.kernel.api_urls")]

ORDER = {"reference": "cart-1", "lines": [{"sku": "A", "quantity": "2"}]}


def post(api, body, key="k1", path="/api/v1/orders"):
    return api.post(path, body, format="json", headers={"Idempotency-Key": key})


def test_answers_the_first_response_again(api):
    first = post(api, ORDER)

    second = post(api, ORDER)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["Location"] == first["Location"]
    assert second["Content-Type"] == first["Content-Type"]
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Alert.objects.count() == 1


def test_acts_twice_without_a_key(api):
    api.post("/api/v1/orders", ORDER, format="json")
    api.post("/api/v1/orders", ORDER, format="json")

    assert Alert.objects.count() == 2


def test_acts_for_each_key(api):
    post(api, ORDER, key="k1")
    post(api, ORDER, key="k2")

    assert Alert.objects.count() == 2


def test_keeps_the_keys_of_clients_apart(api):
    _, token = clients.create_client(name="other", scopes=["reservations:write"], now=clock.now())
    other = APIClient(headers={"Authorization": f"Bearer {token}"})

    post(api, ORDER)
    response = post(other, ORDER)

    assert "Idempotent-Replayed" not in response
    assert Alert.objects.count() == 2


@pytest.mark.parametrize("path", ["/api/v1/orders", "/api/v1/orders?dry=1"])
def test_refuses_a_key_that_was_used_for_something_else(api, path):
    post(api, ORDER)
    body = {**ORDER, "reference": "cart-2"} if path.endswith("orders") else ORDER

    response = post(api, body, path=path)

    assert response.status_code == 422
    assert response.json()["code"] == "idempotency-key-reused"
    assert Alert.objects.count() == 1


@pytest.mark.parametrize(
    ("reference", "status"), [("shortage", 409), ("unknown", 422), ("answered-refusal", 409)]
)
def test_keeps_a_refusal_and_rolls_its_effect_back(api, reference, status):
    first = post(api, {**ORDER, "reference": reference})

    second = post(api, {**ORDER, "reference": reference})

    assert (first.status_code, second.status_code) == (status, status)
    assert second.content == first.content
    assert second["Content-Type"] == first["Content-Type"]
    assert second["Idempotent-Replayed"] == "true"
    assert Alert.objects.count() == 0


@pytest.mark.parametrize(("reference", "status"), [("missing", 404), ("explode", 500)])
def test_keeps_nothing_of_what_may_go_better_next_time(api, reference, status):
    first = post(api, {**ORDER, "reference": reference})

    assert first.status_code == status
    assert IdempotencyRecord.objects.count() == 0
    assert Alert.objects.count() == 0


def test_keeps_nothing_of_a_request_that_was_not_understood(api):
    assert post(api, {"reference": "a"}).status_code == 422
    assert post(api, ORDER).status_code == 201


def test_keeps_nothing_of_a_body_that_is_no_json(api):
    response = api.generic(
        "POST",
        "/api/v1/orders",
        b"{",
        content_type="application/json",
        headers={"Idempotency-Key": "k1"},
    )

    assert response.status_code == 400
    assert IdempotencyRecord.objects.count() == 0


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\xe9", "a\tb"])
def test_refuses_a_key_that_is_none(api, key):
    response = post(api, ORDER, key=key)

    assert response.status_code == 400
    assert response.json()["code"] == "invalid-idempotency-key"
    assert Alert.objects.count() == 0


def test_forgets_a_key_after_a_day(api):
    post(api, ORDER)
    IdempotencyRecord.objects.update(created_at=clock.now() - idempotency.KEY_LIFETIME)

    response = post(api, {**ORDER, "reference": "cart-2"})

    assert response.status_code == 201
    assert Alert.objects.count() == 2


def test_prunes_what_is_older_than_a_day(api):
    post(api, ORDER, key="old")
    IdempotencyRecord.objects.update(created_at=clock.now() - timedelta(hours=25))
    post(api, ORDER, key="new")

    assert prune_idempotency() == 1
    assert IdempotencyRecord.objects.get().key == "new"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")
def test_answers_409_while_the_first_request_runs_too_long(api, monkeypatch):
    monkeypatch.setattr(honouring, "WAIT_SECONDS", 0.2)
    held, done = threading.Event(), threading.Event()
    client_id = clients.ApiClient.objects.get().pk

    def hold():
        with transaction.atomic():
            advisory_lock(f"idempotency:{client_id}:k1")
            held.set()
            done.wait(10)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    try:
        response = post(api, ORDER)
    finally:
        done.set()
        thread.join()

    assert response.status_code == 409
    assert response.json()["code"] == "idempotency-key-in-use"
    assert Alert.objects.count() == 0
    assert post(api, ORDER).status_code == 201


NO_LOCK = honouring._CLAIM.replace("pg_try_advisory_xact_lock(%(lock)s)", "true")


def race(api, count=6):
    """The same request at once from several threads; their answers."""
    barrier, answers = threading.Barrier(count), []
    credentials = api._credentials

    def call():
        caller = APIClient(raise_request_exception=False)
        caller.credentials(**credentials)
        barrier.wait(10)
        answers.append(post(caller, ORDER))
        connections.close_all()

    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")
def test_acts_once_for_the_same_request_at_the_same_time(api):
    answers = race(api)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
    assert Alert.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")
def test_who_is_overtaken_takes_back_what_it_did_and_repeats_the_answer(api, monkeypatch):
    monkeypatch.setattr(honouring, "_CLAIM", NO_LOCK)

    answers = race(api)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Alert.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")
def test_without_lock_and_constraint_the_same_race_is_lost(api, monkeypatch):
    keep = honouring._keep

    def keep_or_not(response, asked):
        with suppress(honouring._Overtaken):
            keep(response, asked)

    monkeypatch.setattr(honouring, "_CLAIM", NO_LOCK)
    monkeypatch.setattr(honouring, "_keep", keep_or_not)

    race(api)

    assert Alert.objects.count() > 1
