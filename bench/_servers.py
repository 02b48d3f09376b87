"""Servers that a benchmark starts for itself and ends again."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent


@contextmanager
def own_redis(folder: Path) -> Iterator[str]:
    """A Redis of our own, gone afterwards."""
    port = free_port()
    with running(
        [
            "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
            "--dir", str(folder), "--logfile", str(folder / "redis.log"),
        ],
        port,
        {},
    ):  # fmt: skip
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def running(
    command: Sequence[str], port: int, environment: Mapping[str, str], log: Path | None = None
) -> Iterator[None]:
    """A process that listens on the port; ended afterwards."""
    with ExitStack() as stack:
        out = stack.enter_context(log.open("wb")) if log else subprocess.DEVNULL
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            cwd=FOLDER,
            stdout=out,
            stderr=out,
        )
        try:
            _wait_for(port, process, log)
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path | None) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{process.args!r} does not listen: {log.read_text() if log else ''}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
