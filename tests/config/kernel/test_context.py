from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import RequestFactory

from config.kernel import celery_context, context
from config.kernel.clients import ApiClient
from config.kernel.context import Actor
from config.kernel.middleware import RequestContextMiddleware


def test_knows_nobody_outside_of_a_block():
    assert context.current_request_id() == ""
    assert context.current_actor() is None
    assert (context.actor_id(), context.actor_name()) == (None, "")


def test_binds_who_acts_and_for_what():
    with context.bind(request_id="r1", actor_id=7, actor_name="ada"):
        assert context.current_request_id() == "r1"
        assert context.current_actor() == Actor(id=7, name="ada")
        assert structlog.contextvars.get_contextvars()["request_id"] == "r1"
        with context.bind(actor_name="job"):
            assert context.current_request_id() == "r1"
            assert context.current_actor() == Actor(id=None, name="job")

    assert context.current_request_id() == ""
    assert "request_id" not in structlog.contextvars.get_contextvars()


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (User(pk=3, username="ada"), Actor(id=3, name="ada")),
        (ApiClient(pk=4, name="pos"), Actor(id=None, name="api:pos")),
        (None, None),
    ],
)
def test_a_request_acts_as_its_user(user, expected):
    seen = []

    def view(request):
        request.user = user
        seen.append(context.current_actor())
        return HttpResponse()

    request = RequestFactory().get("/admin/")
    response = RequestContextMiddleware(view)(request)

    assert seen == [expected]
    assert response["X-Request-ID"]


def test_a_task_acts_for_the_one_who_sent_it():
    headers: dict[str, Any] = {}
    with context.bind(request_id="r1", actor_id=7, actor_name="ada"):
        celery_context.stamp(headers=headers)
    task = SimpleNamespace(name="kernel.test", request=SimpleNamespace(**headers))

    celery_context.enter(task_id="t1", task=task)
    inside = (context.current_request_id(), context.current_actor())
    celery_context.leave(task_id="t1")

    assert inside == ("r1", Actor(id=7, name="ada"))
    assert context.current_request_id() == ""


def test_a_task_of_the_schedule_acts_as_itself():
    task = SimpleNamespace(name="kernel.test", request=SimpleNamespace())

    celery_context.enter(task_id="t2", task=task)
    inside = (context.current_request_id(), context.actor_name())
    celery_context.leave(task_id="t2")

    assert len(inside[0]) == 32
    assert inside[1] == "task:kernel.test"
