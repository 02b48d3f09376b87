"""Carries the request id and the actor from whoever enqueues a task to the task itself."""

from contextlib import ExitStack
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun

from config.kernel.context import bind, current_actor, current_request_id, new_request_id

REQUEST_ID_HEADER = "backroom_request_id"
ACTOR_ID_HEADER = "backroom_actor_id"
ACTOR_NAME_HEADER = "backroom_actor_name"

_open: dict[str, ExitStack] = {}


def stamp(headers: dict[str, Any] | None = None, **kwargs: Any) -> None:
    """Write the current context into an outgoing task's headers."""
    if headers is None or REQUEST_ID_HEADER in headers:
        return
    actor = current_actor()
    headers[REQUEST_ID_HEADER] = current_request_id()
    headers[ACTOR_ID_HEADER] = actor.id if actor else None
    headers[ACTOR_NAME_HEADER] = actor.name if actor else ""


def enter(task_id: str, task: Any, **kwargs: Any) -> None:
    """Run a task in the context of its sender; a task of the schedule acts as itself."""
    request = task.request
    stack = ExitStack()
    stack.enter_context(
        bind(
            request_id=getattr(request, REQUEST_ID_HEADER, "")
            or current_request_id()
            or new_request_id(),
            actor_id=getattr(request, ACTOR_ID_HEADER, None),
            actor_name=getattr(request, ACTOR_NAME_HEADER, "") or f"task:{task.name}"[:150],
        )
    )
    _open[task_id] = stack


def leave(task_id: str, **kwargs: Any) -> None:
    """Leave the context that `enter` opened."""
    stack = _open.pop(task_id, None)
    if stack is not None:
        stack.close()


def connect() -> None:
    """Hook into Celery's own signals, once a process."""
    before_task_publish.connect(
        stamp, dispatch_uid="config.kernel.celery_context.stamp", weak=False
    )
    task_prerun.connect(enter, dispatch_uid="config.kernel.celery_context.enter", weak=False)
    task_postrun.connect(leave, dispatch_uid="config.kernel.celery_context.leave", weak=False)
