import fcntl
import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.config.processes import COMPLETE_PRODUCTION, ROOT, clean_environment, python

WAIT_SECONDS = 120


def processes_of(folder):
    """The processes that were started for this data folder."""
    mark = f"BACKROOM_DATA={folder}\0".encode()
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # ended meanwhile
    return found


def spoken_to(port, request):
    """What the web server says to these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_serves_the_shop_and_leaves_nothing_behind_when_killed(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    log = tmp_path / "printed.log"
    with log.open("wb") as printed:
        shop = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--without-demo"],
            cwd=ROOT,
            env=clean_environment(PORT=str(port), BACKROOM_DATA=str(tmp_path)),
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        while f"http://127.0.0.1:{port}/admin/" not in log.read_text():
            assert shop.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz/ready", timeout=10) as answer:
            ready = json.load(answer)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/admin/login/", timeout=10) as answer:
            page = answer.read().decode()
        no_http = spoken_to(port, b"NONSENSE\r\n\r\n")
        long_address = b"/api/v1/availability?market=DE&" + b"&".join([b"sku=" + b"A" * 40] * 200)
        long_question = b"GET " + long_address + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        unknown_caller = spoken_to(port, long_question + b"Connection: close\r\n\r\n")
    finally:
        shop.kill()
        shop.wait()

    assert ready["status"] == "ok"
    assert "csrfmiddlewaretoken" in page
    assert no_http.startswith("HTTP/1.1 400 ")
    assert "Content-Type: application/problem+json\r\n" in no_http
    assert "X-Request-ID: " in no_http
    assert json.loads(no_http.partition("\r\n\r\n")[2])["code"] == "bad-request"
    assert unknown_caller.startswith("HTTP/1.1 401 ")
    deadline = time.monotonic() + WAIT_SECONDS
    while processes_of(tmp_path):
        assert time.monotonic() < deadline, processes_of(tmp_path)
        time.sleep(0.1)


def test_says_when_the_port_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])

        done = python("manage.py", "serve", PORT=port, BACKROOM_DATA=str(tmp_path))

    assert done.returncode == 1
    assert f"Port {port} cannot be used: Address already in use." in done.stderr
    assert "PORT=8001 bin/run" in done.stderr
    assert "Traceback" not in done.stderr


def test_says_when_another_one_uses_the_same_folder(tmp_path):
    with (tmp_path / "serve.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        done = python("manage.py", "serve", BACKROOM_DATA=str(tmp_path))

    assert done.returncode == 1
    assert f"Another bin/run is using {tmp_path}." in done.stderr


def test_does_not_serve_production(tmp_path):
    done = python("manage.py", "serve", **COMPLETE_PRODUCTION, BACKROOM_DATA=str(tmp_path))

    assert done.returncode == 1
    assert "BACKROOM_PROFILE=embedded" in done.stderr


@pytest.mark.parametrize("command", ["bin/run", "bin/test", "bin/bench"])
def test_the_commands_say_when_python_is_too_old(tmp_path, command):
    old = tmp_path / "python-old"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.8.1"\nexit 1\n')
    old.chmod(0o755)

    done = python(
        "-c",
        f"import subprocess, sys; sys.exit(subprocess.run(['{command}']).returncode)",
        PYTHON=str(old),
    )

    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "Python 3.8.1" in done.stderr
