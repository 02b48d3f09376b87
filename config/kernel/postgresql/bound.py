"""How long a transaction may take, and that migrations may take longer."""

from datetime import timedelta
from typing import Any

from django.db import connections

# A minute less than clients are told, for a request waits before its transaction begins, too.
COMMIT_WITHIN = timedelta(minutes=4)


def lift(using: str, **kwargs: Any) -> None:
    """Before migrations: they take as long as they need."""
    connections[using].commit_within = None  # type: ignore[attr-defined]


def restore(using: str, **kwargs: Any) -> None:
    """After them it is as before."""
    connections[using].commit_within = COMMIT_WITHIN  # type: ignore[attr-defined]
