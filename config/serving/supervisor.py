"""Runs a few programs as one: when one ends, all end; if we are killed, none stays behind."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_GUARD = Path(__file__).with_name("guard.py")
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1
_TICK_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program to keep running; what it prints goes to its log."""

    name: str
    command: Sequence[str]
    log: Path


def supervise(
    programs: Sequence[Program],
    *,
    say: Callable[[str], None],
    environment: Mapping[str, str],
    is_ready: Callable[[], bool],
    on_ready: Callable[[], None],
    patience_seconds: float = 10.0,
) -> int:
    """Run the programs until a signal or the end of one of them stops all; returns the exit code.

    0 after a signal; else the code of the program that ended, with the reason said. `on_ready` is
    called once, when `is_ready` first says yes.
    """
    with _stop_on_signals() as stop, _guard() as group:
        running: dict[str, subprocess.Popen[bytes]] = {}
        try:
            for program in programs:
                running[program.name] = _start(program, group=group, environment=environment)
            return _watch(
                programs, running, stop=stop, say=say, is_ready=is_ready, on_ready=on_ready
            )
        finally:
            _stop_all(running, group=group, stop=stop, say=say, patience_seconds=patience_seconds)


class _Stop:
    """How often somebody asked to stop, and a way to wait for it."""

    def __init__(self) -> None:
        self.times = 0
        self._event = threading.Event()

    def ask(self, *_: object) -> None:
        self.times += 1
        self._event.set()

    def wait(self) -> bool:
        return self._event.wait(_TICK_SECONDS)


@contextmanager
def _stop_on_signals() -> Iterator[_Stop]:
    stop = _Stop()
    before = {number: signal.signal(number, stop.ask) for number in _STOP_SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _guard() -> Iterator[int]:
    """The process group of the programs, led by a guard that ends it when we are killed."""
    ours, theirs = os.pipe()
    guard = subprocess.Popen(
        [sys.executable, "-I", str(_GUARD), str(ours)],
        stdin=subprocess.DEVNULL,
        pass_fds=[ours],
        process_group=0,
    )
    os.close(ours)
    try:
        yield guard.pid
    finally:
        with suppress(BrokenPipeError):  # the guard went with its group
            os.write(theirs, b".")
        os.close(theirs)
        guard.wait()


def _start(
    program: Program, *, group: int, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    program.log.parent.mkdir(parents=True, exist_ok=True)
    if program.log.exists():
        program.log.replace(program.log.with_suffix(".log.1"))  # what the last run said
    with program.log.open("wb") as log:
        return subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            process_group=group,
            preexec_fn=_die_with_parent(),
        )


def _die_with_parent() -> Callable[[], None] | None:
    """On Linux the kernel itself tells a program that we died, even if the guard was killed too."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _watch(
    programs: Sequence[Program],
    running: Mapping[str, subprocess.Popen[bytes]],
    *,
    stop: _Stop,
    say: Callable[[str], None],
    is_ready: Callable[[], bool],
    on_ready: Callable[[], None],
) -> int:
    ready = False
    while not stop.wait():
        for program in programs:
            code = running[program.name].poll()
            if code is not None:
                say(_obituary(program, code))
                return _exit_code(code)
        if not ready and is_ready():
            ready = True
            on_ready()
    return 0


def _obituary(program: Program, code: int) -> str:
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
    tail = program.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
    return "\n".join(
        [f"{program.name} {how}, so everything stops. Its last lines ({program.log}):", *tail]
    )


def _exit_code(code: int) -> int:
    """The program's own code; a signal as shells write it; 1 if it ended well, but too soon."""
    return 128 - code if code < 0 else code or 1


def _stop_all(
    running: Mapping[str, subprocess.Popen[bytes]],
    *,
    group: int,
    stop: _Stop,
    say: Callable[[str], None],
    patience_seconds: float,
) -> None:
    """Ask each program to stop; after a while, or when asked a second time, make the group."""
    say("Stopping …")
    for process in running.values():
        process.terminate()
    deadline = time.monotonic() + patience_seconds
    asked = stop.times
    while any(process.poll() is None for process in running.values()):
        if time.monotonic() > deadline or stop.times > max(asked, 1):
            say("Still busy: stopping at once. What was interrupted goes on at the next start.")
            break
        time.sleep(_TICK_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)  # the programs' own children, and the guard
    for process in running.values():
        process.wait()
