"""Who is acting and for which request, kept for the time of one request, task or command.

History rows, ledger lines, events and log lines take the request id and the actor from here.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import structlog

REQUEST_ID_LENGTH_MAX = 64


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user (with an id), an API client or a job (a name alone)."""

    id: int | None
    name: str


ActorSource = Callable[[], Actor | None]

_request_id: ContextVar[str] = ContextVar("backroom_request_id", default="")
_actor: ContextVar[Actor | ActorSource | None] = ContextVar("backroom_actor", default=None)


def new_request_id() -> str:
    """A fresh id for something that came without one."""
    return uuid.uuid4().hex


def current_request_id() -> str:
    """The id of the request being served, or an empty text outside of one."""
    return _request_id.get()


def current_actor() -> Actor | None:
    """Who acts now. A request's user is looked up only when somebody asks."""
    source = _actor.get()
    return source() if callable(source) else source


def actor_id() -> int | None:
    """The acting user's key; None for API clients, jobs and outside of any context."""
    actor = current_actor()
    return actor.id if actor else None


def actor_name() -> str:
    """The name to write beside what is done, empty when nobody is known."""
    actor = current_actor()
    return actor.name if actor else ""


@contextmanager
def bind(
    *, request_id: str | None = None, actor_id: int | None = None, actor_name: str | None = None
) -> Iterator[None]:
    """Act in this block as somebody, for some request; what is not given stays as it was."""
    actor: Actor | ActorSource | None = _actor.get()
    if actor_id is not None or actor_name is not None:
        actor = Actor(id=actor_id, name=actor_name or "")
    with _bound(request_id if request_id is not None else _request_id.get(), actor):
        yield


@contextmanager
def bind_request(*, request_id: str, actor: ActorSource) -> Iterator[None]:
    """Serve one HTTP request in this block; `actor` is called when somebody asks who acts."""
    with _bound(request_id, actor):
        yield


@contextmanager
def _bound(request_id: str, actor: Actor | ActorSource | None) -> Iterator[None]:
    id_token, actor_token = _request_id.set(request_id), _actor.set(actor)
    try:
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            yield
    finally:
        _actor.reset(actor_token)
        _request_id.reset(id_token)
