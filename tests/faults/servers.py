"""Servers of the suite's own, that it may kill: PostgreSQL, and the product's programs."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
WAIT_SECONDS = 60


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(condition, seconds=WAIT_SECONDS):
    """Wait until it is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("waited in vain")
        time.sleep(0.05)


def postgres_programs():
    """The folder of initdb and postgres; skips where there is none."""
    found = [
        folder
        for folder in [
            *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
            *(Path(path).parent for path in [shutil.which("initdb")] if path),
        ]
        if (folder / "initdb").exists() and (folder / "postgres").exists()
    ]
    if not found:
        pytest.skip("needs PostgreSQL's own programs initdb and postgres")
    return found[0]


class OwnPostgres:
    """A cluster in a folder of its own, with fsync on as in production."""

    def __init__(self):
        self.programs = postgres_programs()
        self.folder = Path(tempfile.mkdtemp(prefix="backroom-faults-", dir="/tmp"))
        self.port = free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        self.as_user = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            owner = self._unprivileged()
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.as_user = [
                "setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups",
            ]  # fmt: skip
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust")
        self.process = None

    def _unprivileged(self):
        if not shutil.which("setpriv"):
            pytest.skip("as root it needs the program setpriv")
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name)
        pytest.skip("as root it needs a user postgres or nobody")

    def _run(self, program, *arguments):
        subprocess.run(
            [*self.as_user, str(self.programs / program), *arguments],
            check=True,
            capture_output=True,
            timeout=WAIT_SECONDS,
            cwd=self.folder,
        )

    def start(self):
        """Start it, recover what a kill left, and wait until it answers."""
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.as_user, str(self.programs / "postgres"), "-D", str(self.folder / "data"),
                 "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
                 "-c", "unix_socket_directories=", "-c", "max_connections=60"],
                stdout=log, stderr=log, cwd=self.folder,
            )  # fmt: skip
        eventually(self._answers)

    def _answers(self):
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self):
        """SIGKILL to the postmaster and to each of its children: nothing is written any more."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        for pid in [self.process.pid, *map(int, children.split())]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(timeout=WAIT_SECONDS)

    def rows(self, statement, *values):
        """What the database says, asked past the product."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement, values).fetchall()

    def end(self):
        """Stop it and leave nothing."""
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Shop:
    """The product's programs on these servers, as production runs them."""

    def __init__(self, postgres, redis, folder):
        self.folder = folder
        self.clock = folder / "clock"
        self.clock.write_text("0")
        self.port = free_port()
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.base",
            "BACKROOM_PROFILE": "embedded",
            "BACKROOM_DATA": str(folder / "data"),
            "BACKROOM_FAULTS_CLOCK": str(self.clock),
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "2",
        }
        self.started = []

    def python(self, *arguments):
        """Run a command of the product to its end; what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *arguments):
        """Start a program of the product in a group of its own."""
        with (self.folder / "programs.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def start_web(self):
        """Serve the API with two workers."""
        web = self.start(
            "-m", "gunicorn", "-c", "python:config.gunicorn", "--log-level", "error",
            "tests.faults.clock:application",
        )  # fmt: skip
        eventually(self._listens)
        return web

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def start_worker(self):
        """Work off what is in the queue."""
        return self.start("-m", "celery", "-A", "config", "worker", "-c", "2", "-l", "ERROR")

    def end(self):
        """Kill what still runs."""
        for process in self.started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=WAIT_SECONDS)


def children_of(process):
    """The ids of its children now."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(pid) for pid in found.split()]
