"""What a lower room asks of a higher one, without importing it.

The lower room declares a Hook; the higher app registers its answer in `AppConfig.ready()`.
A required hook nobody answers is a system-check error, so the process does not start half wired.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from django.core import checks

F = TypeVar("F", bound=Callable[..., Any])

_hooks: dict[str, "Hook[Any]"] = {}


class Hook(Generic[F]):
    """One question with a typed answer. `ask` has one answerer, `all` any number of them."""

    def __init__(self, name: str, *, required: bool = True) -> None:
        assert name not in _hooks, f"two hooks are called {name}"
        self.name = name
        self.required = required
        self._handlers: list[F] = []
        _hooks[name] = self

    def register(self, fn: F) -> F:
        """Answer this hook. A decorator too; the same function again changes nothing."""
        if fn not in self._handlers:
            self._handlers.append(fn)
        return fn

    @property
    def is_registered(self) -> bool:
        """Whether anybody answers."""
        return bool(self._handlers)

    @property
    def ask(self) -> F:
        """The one answerer, ready to be called: `hook.ask(...)`."""
        assert len(self._handlers) == 1, (
            f"hook {self.name} has {len(self._handlers)} answers, it needs exactly one"
        )
        return self._handlers[0]

    def all(self, *args: Any, **kwargs: Any) -> list[Any]:
        """The answers of everybody who registered, in the order they did; none is fine."""
        return [handler(*args, **kwargs) for handler in self._handlers]

    @contextmanager
    def answered_by(self, *handlers: F) -> Iterator[None]:
        """Replace the answers inside this block: for tests and for tools."""
        before, self._handlers = self._handlers, list(handlers)
        try:
            yield
        finally:
            self._handlers = before


def check_required_hooks(
    app_configs: Sequence[Any] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Every required hook that nobody answers, as an error that names it."""
    return [
        checks.Error(
            f"Nobody answers the hook {hook.name}.",
            hint="Register a function for it in the ready() of the app that is to answer.",
            id="kernel.E001",
        )
        for hook in _hooks.values()
        if hook.required and not hook.is_registered
    ]


def register_checks() -> None:
    """Make the check part of `manage.py check` and of every start."""
    checks.register(check_required_hooks)
