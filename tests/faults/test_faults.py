"""Servers die in the middle of the load; afterwards the books are right and no promise is lost.

Short by default; BACKROOM_FAULTS_SECONDS=60 loads each for a minute.
"""

import os
import shutil
import signal
import time

import pytest
from celery import Celery

from tests.faults.load import Load
from tests.faults.servers import OwnPostgres, Shop, children_of, eventually
from tests.own_redis import OwnRedis

pytestmark = pytest.mark.faults

SECONDS = float(os.environ.get("BACKROOM_FAULTS_SECONDS", "6"))


@pytest.fixture(scope="module")
def postgres():
    server = OwnPostgres()
    server.start()
    yield server
    server.end()


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    if not shutil.which("redis-server"):
        pytest.skip("needs the program redis-server")
    server = OwnRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.client.close()
    server.stop()


@pytest.fixture(scope="module")
def shop(postgres, redis, tmp_path_factory):
    shop = Shop(postgres, redis, tmp_path_factory.mktemp("shop"))
    shop.python("manage.py", "migrate", "-v", "0")
    yield shop
    shop.end()


@pytest.fixture(scope="module")
def token(shop):
    return shop.python("-m", "tests.faults.fill").split()[-1]


@pytest.fixture(scope="module")
def web(shop, token):
    return shop.start_web()


@pytest.fixture
def load(shop, web, token):
    return Load(shop.port, token)


def assert_nothing_is_lost(shop, postgres, told):
    """Every answer holds, none was acted on twice, and all invariants are true."""
    assert told.wrong == []
    assert told.unanswered == 0
    assert len(told.reserved) > 10, "there was no load to speak of"
    kept = postgres.rows(
        "SELECT reference, array_agg(id::text) FROM inventory_reservation "
        "WHERE reference = ANY(%s) GROUP BY 1",
        list(told.reserved),
    )
    assert dict(kept) == {reference: [pk] for reference, pk in told.reserved.items()}
    left = postgres.rows(
        "SELECT reference, -sum(quantity) FROM inventory_stockmovement "
        "WHERE kind = 'sale' AND reference = ANY(%s) GROUP BY 1",
        list(told.sold),
    )
    assert {reference: int(quantity) for reference, quantity in left} == told.sold
    assert shop.python("manage.py", "reconcile") == "All invariants hold.\n"


def test_postgresql_is_killed_and_comes_back(shop, postgres, load):
    with load:
        time.sleep(SECONDS / 2)
        postgres.kill()
        time.sleep(0.5)
        postgres.start()
        time.sleep(SECONDS / 2)

    assert_nothing_is_lost(shop, postgres, load.told)


def test_web_workers_are_killed_one_after_the_other(shop, postgres, web, load):
    with load:
        for _ in range(3):
            time.sleep(SECONDS / 4)
            for pid in children_of(web)[:1]:
                os.kill(pid, signal.SIGKILL)
        time.sleep(SECONDS / 4)

    assert_nothing_is_lost(shop, postgres, load.told)


def test_redis_is_killed_and_comes_back(shop, postgres, redis, load):
    with load:
        time.sleep(SECONDS / 3)
        redis.stop()
        time.sleep(SECONDS / 3)
        redis.start()
        time.sleep(SECONDS / 3)

    assert_nothing_is_lost(shop, postgres, load.told)


def test_celery_is_killed_while_it_ends_holds(shop, postgres, redis, load):
    queue = Celery(broker=redis.url)

    def sweep():
        queue.send_task("inventory.reservations.release_expired", queue="backroom")

    with load:
        for _ in range(2):
            worker = shop.start_worker()
            stop_at = time.monotonic() + max(SECONDS / 2, 5)
            while time.monotonic() < stop_at:
                sweep()
                time.sleep(0.05)
            os.killpg(worker.pid, signal.SIGKILL)
    shop.start_worker()
    queue.close()

    def is_swept():
        sweep()
        overdue = postgres.rows(
            "SELECT count(*) FROM inventory_reservation "
            "WHERE status = 'held' AND expires_at < now()"
        )
        return overdue == [(0,)]

    eventually(is_swept)
    assert_nothing_is_lost(shop, postgres, load.told)


def test_the_clock_steps_back_an_hour_and_on_a_day(shop, postgres, load):
    with load:
        for offset in ("-3600", "86400", "0"):
            time.sleep(SECONDS / 4)
            shop.clock.write_text(offset)
        time.sleep(SECONDS / 4)

    assert_nothing_is_lost(shop, postgres, load.told)
    backwards = postgres.rows(
        "SELECT count(*) FROM (SELECT recorded_at, lag(recorded_at) OVER "
        "(PARTITION BY stock_level_id ORDER BY id) AS before FROM inventory_stockmovement) AS line "
        "WHERE recorded_at < before"
    )
    assert backwards == [(0,)]
