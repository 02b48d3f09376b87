"""Outlives a supervisor that was killed, and takes its process group along.

Usage: guard.py DESCRIPTOR. It leads the process group that the supervisor's programs join, and
waits at a pipe whose other end only the supervisor holds: however that one ends, the pipe closes.
A file of its own, without Django, because it must start at once and stay small.
"""

import os
import signal
import sys
import time

_PATIENCE_SECONDS = 3.0


def end_group(group: int) -> None:
    """Ask the group to stop; after a few seconds, make it."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    try:
        os.killpg(group, signal.SIGTERM)
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(0.05)
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return  # nobody is left


def main() -> None:
    """Wait until the supervisor is gone; go quietly if it said so first."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    said_goodbye = os.read(int(sys.argv[1]), 1)
    if said_goodbye:
        return
    group = os.getpgrp()
    if os.fork():
        return  # out of the group, so that an empty group can be told from a full one
    os.setpgid(0, 0)
    end_group(group)


main()
