"""The database backend: what took too long to be seen in time is not committed at all.

Rows say when they were written; others see them once they are committed. Who pulls what has changed
since an instant asks from five minutes before: that he misses nothing is enforced here.
"""

import time
from datetime import timedelta
from typing import Any

from django.db.backends.postgresql import base
from django.db.utils import OperationalError

from config.kernel.postgresql.bound import COMMIT_WITHIN


class CommitTooLate(OperationalError):
    """The transaction has taken longer than clients look back; nothing of it is kept."""


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that refuses to commit what began too long ago."""

    commit_within: timedelta | None = COMMIT_WITHIN

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._began_at: float | None = None

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]
        self._began_at = None if autocommit else time.monotonic()

    def _commit(self) -> None:
        if self._began_at is not None and self.commit_within is not None:
            took = timedelta(seconds=time.monotonic() - self._began_at)
            if took > self.commit_within:
                raise CommitTooLate(
                    f"The transaction took {took}, more than {self.commit_within}: all of it is "
                    "taken back."
                )
        super()._commit()  # type: ignore[misc]
