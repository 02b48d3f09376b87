"""A Redis of the tests' own: nobody else's is stopped, filled or emptied."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from config.kernel import cache


class OwnRedis:
    """A server on a free port that can be stopped and started again, empty."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: Any = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = Redis.from_url(self.url)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--dir", str(self.folder), "--logfile", str(self.folder / "redis.log")],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                self.client.ping()
            except RedisError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError("redis-server does not answer")

    def stop(self) -> None:
        """Kill it, as a crash would."""
        self.process.kill()
        self.process.wait(timeout=10)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory) -> Iterator[OwnRedis]:
    """The server of this run."""
    if not shutil.which("redis-server"):
        pytest.skip("needs the program redis-server")
    server = OwnRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.client.close()
    server.stop()


@pytest.fixture
def own_redis(redis_server, settings) -> Iterator[OwnRedis]:
    """That server, running, empty, and the one that the settings name."""
    if redis_server.process.poll() is not None:
        redis_server.start()
    redis_server.client.flushall()
    settings.REDIS_URL = redis_server.url
    forget()
    yield redis_server
    forget()


def forget() -> None:
    """Make this process know as little as a new one."""
    cache.link()._redis.close()
    cache._link.cache_clear()
    cache._undropped.clear()
    cache._pending.subjects.clear()
