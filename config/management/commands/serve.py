"""`manage.py serve`, which `bin/run` ends in: the whole shop on one machine."""

import fcntl
import os
import shutil
import socket
import sys
import urllib.error
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from config.serving.static_files import collect_if_changed
from config.serving.supervisor import Program, supervise

HOST = "127.0.0.1"


class Command(BaseCommand):
    """Bring the database up to date, fill an empty shop, then run web server, worker and beat."""

    help = __doc__
    requires_system_checks: list[str] = []  # the web server makes them: twice takes seconds

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Only what a test has to leave out."""
        parser.add_argument("--without-demo", action="store_true", help="leave an empty shop empty")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until a signal comes or a part of it ends."""
        if not settings.EMBEDDED:
            raise CommandError(
                "This serves the embedded profile, and the environment asks for production "
                "(DATABASE_URL or BACKROOM_PROFILE). See deploy/README.md, or set "
                "BACKROOM_PROFILE=embedded to try PostgreSQL on this machine."
            )
        # Held until this process ends, however it ends.
        with _take_data_folder(settings.BACKROOM_DATA):
            _refuse_taken_port(settings.PORT)
            self._prepare(fill=not options["without_demo"])
            connections.close_all()
            code = supervise(
                _programs(settings.BACKROOM_DATA / "logs"),
                say=self._say,
                environment=_environment(),
                is_ready=_answers,
                on_ready=self._welcome,
            )
        sys.exit(code)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _prepare(self, *, fill: bool) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self._say("Bringing the database up to date …")
            call_command("migrate", interactive=False, verbosity=0)
        if collect_if_changed():
            self._say("Collected the static files.")
        if fill and not apps.get_model("catalog", "Product").objects.exists():
            self._say("Filling the empty shop with demo data …")
            call_command("load_demo", stdout=self.stdout)
        self._say("Starting the web server, the worker and beat …")

    def _welcome(self) -> None:
        self._say(
            f"\nBackroom is at http://{HOST}:{settings.PORT}/admin/\n"
            f"{_who_may_log_in()}"
            f"  API: http://{HOST}:{settings.PORT}/api/v1/docs\n"
            f"  Data and logs: {settings.BACKROOM_DATA}\n"
            "Ctrl-C stops it."
        )
        connections.close_all()


def _who_may_log_in() -> str:
    users = get_user_model().objects
    if users.filter(username="demo").exists():
        return (
            "  Users: demo (may do everything), merchandiser, warehouse, compliance, buyer,\n"
            "         auditor (read only)\n"
            "  Password of each: demo\n"
        )
    return "  Users: none yet; make one with: .venv/bin/python manage.py createsuperuser\n"


def _take_data_folder(folder: Path) -> IO[str]:
    """Two shops on one database would run every timed task twice."""
    lock = (folder / "serve.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise CommandError(
            f"Another bin/run is using {folder}. Stop it, or give this one a folder and a port of "
            "its own: BACKROOM_DATA=var2 PORT=8001 bin/run"
        ) from None
    return lock


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used: {error.strerror}. Stop what listens there, or choose "
                "another: PORT=8001 bin/run"
            ) from error


def _programs(logs: Path) -> list[Program]:
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "--app", "config"]
    return [
        Program(
            name="web",
            command=[*python, "gunicorn", "--config", "python:config.gunicorn"],
            log=logs / "web.log",
        ),
        Program(
            name="worker",
            command=[
                *celery,
                "worker",
                "--concurrency",
                "2",
                "--without-gossip",
                "--without-mingle",
            ],
            log=logs / "worker.log",
        ),
        Program(
            name="beat",
            command=[*celery, "beat", "--pidfile="],
            log=logs / "beat.log",
        ),
    ]


def _environment() -> dict[str, str]:
    metrics = settings.BACKROOM_DATA / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)  # figures of processes that are gone
    metrics.mkdir()
    return {
        **os.environ,
        "PORT": str(settings.PORT),
        "BACKROOM_BIND": HOST,
        "BACKROOM_DATA": str(settings.BACKROOM_DATA),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        "PYTHONUNBUFFERED": "1",
    }


def _answers() -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{settings.PORT}/healthz/live", timeout=2):
            return True
    except OSError:
        return False
