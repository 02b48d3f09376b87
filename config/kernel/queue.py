"""Work that waits for the commit, named by its task so that nobody imports tasks."""

from typing import Any

from celery import current_app
from django.db import transaction


def enqueue(task_name: str, **kwargs: Any) -> None:
    """Send a task by name once the current transaction has committed; at once outside of one.

    A broker that is down then does not undo or fail what was committed: the error is logged,
    and the sweep of the room concerned finds the work again from the database.
    """

    def send() -> None:
        current_app.signature(task_name, kwargs=kwargs).apply_async()

    transaction.on_commit(send, robust=True)
