"""Makes .venv and installs the pinned packages where that is needed, then becomes the command.

Usage: prepare.py [--dev] COMMAND [ARGUMENT …], where COMMAND is run by the Python of .venv.
Standard library only: this runs before anything is installed.
"""

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def say(line: str) -> None:
    """One line of progress, seen at once; standard output belongs to the command."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def give_up(reason: str) -> NoReturn:
    """End with a sentence instead of a traceback."""
    print(reason, file=sys.stderr, flush=True)  # noqa: T201
    sys.exit(1)


@contextmanager
def only_one() -> Iterator[None]:
    """One process at a time prepares this clone; the others wait, then find the work done."""
    with (ROOT / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another command that is preparing this clone …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(*command: str | Path) -> int:
    """Run to the end; killed with us, because an exception here ends the child too."""
    return subprocess.run([str(part) for part in command], cwd=ROOT, check=False).returncode


def is_sound() -> bool:
    """Whether .venv has a Python that starts, is new enough and has pip."""
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return (
        PYTHON.exists()
        and subprocess.run([PYTHON, "-c", probe], capture_output=True, check=False).returncode == 0
    )


def make_venv() -> None:
    """A new virtual environment, over whatever is left of a broken one."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        give_up(
            f"This Python {version} cannot make virtual environments: a part of it is missing.\n"
            f"Install it (Debian, Ubuntu: apt install python{version}-venv) and start again."
        )
    say(f"Making the virtual environment .venv with Python {sys.version.split()[0]} …")
    if run(sys.executable, "-m", "venv", "--clear", VENV):
        give_up("The virtual environment could not be made; the lines above say why.")


def install(name: str) -> None:
    """Install what this requirements file pins, unless the same was installed before."""
    files = [ROOT / "requirements.txt"]
    if name != "requirements.txt":
        files.append(ROOT / name)
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    stamp = VENV / f".installed-{name}"
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == digest:
        return
    if not is_sound():
        make_venv()
    say(f"Installing the packages of {name} (once; about half a minute) …")
    stamp.unlink(missing_ok=True)
    if run(
        *(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-input", "-r", name),
    ):
        give_up(f"pip could not install {name}; the lines above say why. Is this machine online?")
    stamp.write_text(digest)


def main(arguments: Sequence[str]) -> NoReturn:
    """Prepare, then become the command: one process id from the first line to the last."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    names = ["requirements.txt"]
    if arguments[0] == "--dev":
        arguments = arguments[1:]
        names.append("requirements-dev.txt")
    try:
        with only_one():
            for name in names:
                install(name)
    except KeyboardInterrupt:
        give_up("Stopped.")
    except OSError as error:
        give_up(f"This clone could not be prepared: {error}.")
    os.execv(PYTHON, [str(PYTHON), *arguments])


main(sys.argv[1:])
