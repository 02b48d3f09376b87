import fcntl
import socket

import pytest

from tests.config.processes import COMPLETE_PRODUCTION, python


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
