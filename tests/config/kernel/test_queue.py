import pytest
from celery import current_app
from django.db import transaction

from config.celery import app as celery_app
from config.kernel import context
from config.kernel.celery_context import ACTOR_NAME_HEADER, REQUEST_ID_HEADER
from config.kernel.queue import enqueue
from config.kernel.tasks import prune_idempotency


@pytest.fixture
def sent(monkeypatch):
    """What went to the broker: (task, its arguments)."""
    messages = []
    monkeypatch.setattr(
        celery_app,
        "send_task",
        lambda name, args=None, kwargs=None, **options: messages.append((name, kwargs)),
    )
    return messages


@pytest.mark.django_db
def test_sends_after_the_commit(sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():
            enqueue("kernel.nothing", lot_id=5)
        assert sent == []

    assert sent == [("kernel.nothing", {"lot_id": 5})]


@pytest.mark.django_db(transaction=True)
def test_sends_nothing_when_the_transaction_fails(sent):
    with transaction.atomic():
        enqueue("kernel.nothing", lot_id=5)
        transaction.set_rollback(True)

    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_fails_nothing_that_was_committed(monkeypatch, caplog):
    def refuse(*args, **kwargs):
        raise ConnectionError("broker is down")

    monkeypatch.setattr(celery_app, "send_task", refuse)

    with transaction.atomic():
        enqueue("kernel.nothing")

    assert "broker is down" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_reaches_the_broker_with_the_context_in_its_headers():
    queue = "kernel-test"
    with context.bind(request_id="r1", actor_name="ada"):
        prune_idempotency.apply_async(queue=queue)

    with current_app.connection_for_read() as connection:
        message = connection.SimpleQueue(queue).get(block=False)

    assert message.headers["task"] == "kernel.prune_idempotency"
    assert message.headers[REQUEST_ID_HEADER] == "r1"
    assert message.headers[ACTOR_NAME_HEADER] == "ada"
