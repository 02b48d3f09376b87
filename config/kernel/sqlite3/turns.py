"""Whose turn it is to write: a queue of tickets in a file beside the database.

SQLite lets whoever happens to ask at the right moment write next; with a timeout alone some wait
for seconds while others go again and again. Here each writer draws a number and locks the byte of
that number; it is its turn once nobody holds a lower byte. The locks belong to the open file, so
they hold between threads and processes alike, and go with whoever dies. Where the system has no
such locks (they are Linux's) there is no queue, and SQLite's own timeout is what there is.
"""

import fcntl
import os
import struct
import time
from pathlib import Path

_SET = getattr(fcntl, "F_OFD_SETLK", None)
_NUMBER = struct.Struct("q")
_LOCK = struct.Struct("hhqqi4x")
_COUNTER_BYTE = 0
_FIRST_TICKET_BYTE = 1
STEP_SECONDS = 0.001


class TurnTimeout(Exception):
    """It was not our turn in time."""


class Turns:
    """One writer's place at the queue of one database: it takes a turn, and gives it back."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + "-queue")
        self._file: int | None = None
        self._process = 0
        self._ticket: int | None = None

    @property
    def is_ours(self) -> bool:
        """Whether we have taken a turn and not given it back."""
        return self._ticket is not None

    def take(self, *, timeout: float) -> None:
        """Wait in line. Raises TurnTimeout after so many seconds."""
        if _SET is None or self.is_ours:
            return
        if self._file is None or self._process != os.getpid():
            # A child shares its parent's open file, and with it the parent's locks.
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            self._process = os.getpid()
        deadline = time.monotonic() + timeout
        self._ticket = self._draw(self._file, deadline)
        try:
            # Until all before us are gone: done, given up or dead.
            self._lock_until(deadline, self._file, _FIRST_TICKET_BYTE, self._ticket)
        except BaseException:
            self.give_back()
            raise
        self._unlock(self._file, _FIRST_TICKET_BYTE, self._ticket)

    def give_back(self) -> None:
        """Let the next one write; nothing to do where it is not our turn."""
        if self._file is not None and self._ticket is not None:
            ticket, self._ticket = self._ticket, None
            self._unlock(self._file, _FIRST_TICKET_BYTE + ticket, 1)

    def close(self) -> None:
        """Leave the queue."""
        self.give_back()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _draw(self, file: int, deadline: float) -> int:
        """Draw the next number, and lock its byte before anybody can draw the one after it."""
        self._lock_until(deadline, file, _COUNTER_BYTE, 1)
        try:
            stored = os.pread(file, _NUMBER.size, 0)
            ticket = _NUMBER.unpack(stored)[0] + 1 if len(stored) == _NUMBER.size else 1
            os.pwrite(file, _NUMBER.pack(ticket), 0)
            self._lock(file, _FIRST_TICKET_BYTE + ticket, 1)
        finally:
            self._unlock(file, _COUNTER_BYTE, 1)
        return int(ticket)

    def _lock_until(self, deadline: float, file: int, start: int, length: int) -> None:
        while not self._lock(file, start, length):
            if time.monotonic() >= deadline:
                raise TurnTimeout
            time.sleep(STEP_SECONDS)

    def _lock(self, file: int, start: int, length: int) -> bool:
        try:
            self._set(file, fcntl.F_WRLCK, start, length)
        except BlockingIOError:
            return False
        return True

    def _unlock(self, file: int, start: int, length: int) -> None:
        self._set(file, fcntl.F_UNLCK, start, length)

    def _set(self, file: int, kind: int, start: int, length: int) -> None:
        assert _SET is not None, "asked only where there are such locks"
        fcntl.fcntl(file, _SET, _LOCK.pack(kind, os.SEEK_SET, start, length, 0))
