"""Writers of SQLite wait in line: in the order they came, whoever dies, and not for ever."""

import subprocess
import sys
import threading
import time
from collections import defaultdict
from itertools import pairwise

import pytest
from django.db import DatabaseError, OperationalError
from django.db.utils import ConnectionHandler

from config.kernel.sqlite3 import turns
from config.kernel.sqlite3.turns import Turns, TurnTimeout
from tests.config.processes import ROOT, clean_environment

HOLD = """
import pathlib, sys, time
from config.kernel.sqlite3.turns import Turns
place = Turns(pathlib.Path(sys.argv[1]))
place.take(timeout=30)
print("mine", flush=True)
time.sleep(60)
"""
# Each process notes its name, waits a little as a service would, and goes again at once.
WRITE = """
import sys, time
from django.conf import settings
engine, path, name, count = sys.argv[1:]
settings.configure(DATABASES={"default": {"ENGINE": engine, "NAME": path, "OPTIONS": {
    "transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": "PRAGMA journal_mode=WAL"}}})
from django.db import connection, transaction
connection.ensure_connection()
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(count)):
    with transaction.atomic(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO note (name) VALUES (%s)", [name])
            time.sleep(0.004)
"""
PROCESSES = 6
NOTES = 40


@pytest.fixture
def database(tmp_path):
    return tmp_path / "shop.sqlite3"


def started(script, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        env=clean_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def drawn(database):
    """How many numbers have been drawn."""
    return int.from_bytes((database.with_name("shop.sqlite3-queue")).read_bytes(), "little")


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_turns_come_in_the_order_in_which_they_were_asked_for(database):
    holder = Turns(database)
    holder.take(timeout=5)
    came: list[int] = []

    def write(number):
        place = Turns(database)
        place.take(timeout=20)
        came.append(number)
        place.close()

    threads = []
    for number in range(8):
        threads.append(threading.Thread(target=write, args=[number]))
        threads[-1].start()
        wait_until(lambda expected=number + 2: drawn(database) == expected)
    holder.give_back()
    for thread in threads:
        thread.join()

    assert came == list(range(8))


def test_who_dies_in_his_turn_lets_the_next_one_write(database):
    holder = started(HOLD, database)
    assert holder.stdout.readline() == "mine\n"
    place = Turns(database)
    with pytest.raises(TurnTimeout):
        place.take(timeout=0.05)

    holder.kill()
    holder.communicate()
    place.take(timeout=5)

    assert place.is_ours


def test_who_dies_in_line_lets_nobody_overtake_the_one_whose_turn_it_is(database):
    holder = Turns(database)
    holder.take(timeout=5)
    waiting = started(HOLD, database)
    wait_until(lambda: drawn(database) == 2)
    waiting.kill()
    waiting.communicate()

    with pytest.raises(TurnTimeout):
        Turns(database).take(timeout=0.1)


def test_who_gives_up_is_not_waited_for(database):
    holder, hasty, patient = Turns(database), Turns(database), Turns(database)
    holder.take(timeout=5)
    with pytest.raises(TurnTimeout):
        hasty.take(timeout=0.02)
    holder.give_back()

    patient.take(timeout=5)

    assert (hasty.is_ours, patient.is_ours) == (False, True)


def test_without_such_locks_there_is_no_queue(database, monkeypatch):
    monkeypatch.setattr(turns, "_SET", None)
    place = Turns(database)

    place.take(timeout=5)
    place.close()

    assert not place.is_ours
    assert not database.with_name("shop.sqlite3-queue").exists()


@pytest.fixture
def connect(database, django_db_blocker):
    """Connections to one database, each as another thread or process has one."""
    made = []

    def connection(timeout=5.0, name=str(database)):
        options = {"transaction_mode": "IMMEDIATE", "timeout": timeout}
        settings = {"ENGINE": "config.kernel.sqlite3", "NAME": name, "OPTIONS": options}
        made.append(ConnectionHandler({"default": settings})["default"])
        return made[-1]

    with django_db_blocker.unblock():  # these are not the tests' own database
        yield connection
        for connection in made:
            connection.close()


def run(connection, statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def begin(connection):
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def end(connection, how):
    getattr(connection, how)()
    connection.set_autocommit(True)


@pytest.mark.parametrize("how", ["commit", "rollback"])
def test_a_transaction_has_the_turn_until_it_ends(connect, how):
    one, other = connect(), connect(timeout=0.05)
    run(one, "CREATE TABLE note (name text)")
    begin(one)
    run(one, "INSERT INTO note VALUES ('one')")

    with pytest.raises(OperationalError, match="database is locked"):
        run(other, "INSERT INTO note VALUES ('other')")
    assert run(other, "SELECT count(*) FROM note") == [(0,)]  # readers wait for nobody
    end(one, how)
    run(other, "INSERT INTO note VALUES ('other')")

    assert len(run(one, "SELECT * FROM note")) == (2 if how == "commit" else 1)


def test_a_connection_that_is_closed_gives_its_turn_back(connect):
    one, other = connect(), connect(timeout=1)
    run(one, "CREATE TABLE note (name text)")
    begin(one)
    one.close()

    run(other, "INSERT INTO note VALUES ('other')")

    assert run(other, "SELECT count(*) FROM note") == [(1,)]


def test_a_statement_that_fails_gives_its_turn_back(connect):
    one, other = connect(), connect(timeout=1)
    run(one, "CREATE TABLE note (name text)")
    with pytest.raises(DatabaseError):
        run(one, "INSERT INTO nothing VALUES (1)")

    run(other, "INSERT INTO note VALUES ('other')")

    assert run(other, "SELECT count(*) FROM note") == [(1,)]


def test_a_database_in_memory_has_no_queue(connect):
    connection = connect(name=":memory:")

    run(connection, "CREATE TABLE note (name text)")
    run(connection, "INSERT INTO note VALUES ('one')")

    assert connection._turns is None


def gaps_of_many_writers(engine, database, connect):
    """How many notes of others came at most between two of one process, while all wrote."""
    connection = connect()
    run(connection, "CREATE TABLE note (id integer PRIMARY KEY, name text)")
    processes = [
        started(WRITE, engine, database, f"p{number}", NOTES) for number in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
    assert [process.returncode for process in processes] == [0] * PROCESSES
    names = [name for (name,) in run(connection, "SELECT name FROM note ORDER BY id")]
    assert len(names) == PROCESSES * NOTES
    places = defaultdict(list)
    for place, name in enumerate(names):
        places[name].append(place)
    all_begun = max(found[0] for found in places.values())
    first_done = min(found[-1] for found in places.values())
    return max(
        (
            after - before
            for found in places.values()
            for before, after in pairwise(found)
            if before >= all_begun and after <= first_done
        ),
        default=first_done - all_begun,
    )


def test_many_processes_write_in_turns(database, connect):
    assert gaps_of_many_writers("config.kernel.sqlite3", database, connect) <= 2 * PROCESSES


def test_twin_without_the_queue_lets_some_wait_while_others_go_again(database, connect):
    gap = gaps_of_many_writers("django.db.backends.sqlite3", database, connect)

    assert gap > 2 * PROCESSES or gap < 0  # below zero: some had not begun when others were done
