"""Real processes: what is promised about them cannot be seen in a mock."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SMALL_SHOP = Path(__file__).with_name("small_shop.py")
WAIT_SECONDS = 30


def start(folder, *endings):
    return subprocess.Popen(
        [sys.executable, str(SMALL_SHOP), str(folder), *endings],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def eventually(condition):
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def started(folder, *names):
    """The ids of these programs and of their children, once all have started."""
    files = [folder / f"{name}.pids" for name in names or ("web", "worker")]
    eventually(lambda: all(file.exists() for file in files))
    return [int(pid) for file in files for pid in file.read_text().split()]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")  # a process that ended, but that nobody asked after
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def guard_of(pid):
    return os.getpgid(pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_all_programs_and_their_children(tmp_path, number):
    shop = start(tmp_path)
    pids = started(tmp_path)

    shop.send_signal(number)
    printed, _ = shop.communicate(timeout=WAIT_SECONDS)

    assert shop.returncode == 0
    assert printed.splitlines()[-1] == "Stopping …"
    assert [pid for pid in pids if is_alive(pid)] == []


def test_nothing_stays_behind_when_the_supervisor_is_killed(tmp_path):
    shop = start(tmp_path)
    pids = started(tmp_path)
    guard = guard_of(pids[0])

    shop.kill()
    shop.communicate(timeout=WAIT_SECONDS)

    eventually(lambda: not any(is_alive(pid) for pid in [*pids, guard]))


def test_a_program_that_will_not_stop_is_killed_with_a_killed_supervisor(tmp_path):
    shop = start(tmp_path, "stubborn=")
    pids = started(tmp_path, "web", "stubborn")

    shop.kill()
    shop.communicate(timeout=WAIT_SECONDS)

    eventually(lambda: not any(is_alive(pid) for pid in pids))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells programs itself")
def test_programs_end_even_when_supervisor_and_guard_are_killed_together(tmp_path):
    shop = start(tmp_path)
    web, child_of_web, worker, child_of_worker = started(tmp_path)

    os.kill(guard_of(web), signal.SIGKILL)
    shop.kill()
    shop.communicate(timeout=WAIT_SECONDS)

    eventually(lambda: not is_alive(web) and not is_alive(worker))
    for pid in (child_of_web, child_of_worker):  # real servers' children notice it themselves
        os.kill(pid, signal.SIGKILL)


def test_a_program_that_will_not_stop_is_killed_after_a_while(tmp_path):
    shop = start(tmp_path, "stubborn=")
    pids = started(tmp_path, "web", "stubborn")

    shop.terminate()
    printed, _ = shop.communicate(timeout=WAIT_SECONDS)

    assert "stopping at once" in printed
    assert [pid for pid in pids if is_alive(pid)] == []


def test_a_program_that_ends_takes_the_others_along_and_gives_its_code(tmp_path):
    shop = start(tmp_path, "worker=7")
    pids = started(tmp_path)

    printed, _ = shop.communicate(timeout=WAIT_SECONDS)

    assert shop.returncode == 7
    assert "worker ended with code 7, so everything stops." in printed
    assert "cannot go on" in printed
    assert [pid for pid in pids if is_alive(pid)] == []


def test_a_program_that_ends_well_but_too_soon_is_a_failure(tmp_path):
    shop = start(tmp_path, "worker=0")

    printed, _ = shop.communicate(timeout=WAIT_SECONDS)

    assert shop.returncode == 1
    assert "worker ended with code 0" in printed


def test_a_killed_program_is_named_with_its_signal(tmp_path):
    shop = start(tmp_path)
    web, *others = started(tmp_path)

    os.kill(web, signal.SIGKILL)
    printed, _ = shop.communicate(timeout=WAIT_SECONDS)

    assert shop.returncode == 128 + signal.SIGKILL
    assert "web was ended by SIGKILL" in printed
    assert [pid for pid in others if is_alive(pid)] == []


def test_the_log_of_the_last_run_is_kept_beside_the_new_one(tmp_path):
    (tmp_path / "web.log").write_text("the last run\n")
    shop = start(tmp_path)
    started(tmp_path)

    shop.terminate()
    shop.communicate(timeout=WAIT_SECONDS)

    assert (tmp_path / "web.log").read_text() == "this is web\n"
    assert (tmp_path / "web.log.1").read_text() == "the last run\n"
