"""The database backend: transactions that will write, and single writes, wait for their turn."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

from config.kernel.sqlite3.turns import Turns, TurnTimeout

TIMEOUT_SECONDS_DEFAULT = 5.0  # SQLite's own
_WRITES = ("insert", "update", "delete", "replace")


class QueuedCursor(base.SQLiteCursorWrapper):
    """A cursor whose writes outside of a transaction wait in line as well."""

    def __init__(self, session: Any, wrapper: "DatabaseWrapper") -> None:
        super().__init__(session)
        self._wrapper = wrapper

    def execute(self, query: str, params: Any = None) -> Any:
        """Run it, in its turn."""
        with self._wrapper.turn_for(query):
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        """Run it for all these values, in its turn."""
        with self._wrapper.turn_for(query):
            return super().executemany(query, param_list)


class DatabaseWrapper(base.DatabaseWrapper):  # its types leave out what it takes over below
    """A connection that takes its turn before it begins to write, until commit or rollback."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turns: Turns | None = None

    def get_new_connection(self, conn_params: Any) -> Any:
        """Connect; a database in memory has nobody to wait for."""
        if self._turns is None and not self.is_in_memory_db():
            self._turns = Turns(Path(self.settings_dict["NAME"]))
        return super().get_new_connection(conn_params)

    def create_cursor(self, name: str | None = None) -> Any:
        """Make a cursor that waits in line."""
        return self.connection.cursor(factory=lambda session: QueuedCursor(session, self))

    @contextmanager
    def turn_for(self, query: str) -> Iterator[None]:
        """Have the turn while a statement that writes by itself runs; all others just run."""
        turns = self._turns
        if turns is None or turns.is_ours or self.connection.in_transaction or not _writes(query):
            yield
            return
        self._take(turns)
        try:
            yield
        finally:
            turns.give_back()

    def _start_transaction_under_autocommit(self) -> None:
        turns = self._turns
        if turns is None or self.transaction_mode != "IMMEDIATE":  # type: ignore[attr-defined]
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
            return
        self._take(turns)
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            turns.give_back()
            raise

    def _take(self, turns: Turns) -> None:
        options = self.settings_dict["OPTIONS"]
        try:
            turns.take(timeout=options.get("timeout", TIMEOUT_SECONDS_DEFAULT))
        except TurnTimeout as error:
            raise OperationalError("database is locked") from error

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._give_back()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._give_back()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            if self._turns is not None:
                self._turns.close()

    def _give_back(self) -> None:
        if self._turns is not None:
            self._turns.give_back()


def _writes(query: str) -> bool:
    return query.lstrip()[:7].lower().startswith(_WRITES)
