"""What every test may use."""

import os
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import TransactionTestCase

from catalog.products import gates
from config.kernel.db import append_only_lifted
from tests.own_redis import own_redis, redis_server  # noqa: F401

TESTS = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data; tests that need it are skipped visibly where it is missing."""
    path = Path(
        os.environ.get("BACKROOM_REAL_DATA") or settings.BASE_DIR.parent / "shared" / "data"
    )
    if not path.is_dir():
        pytest.skip(f"no real data in {path}: set BACKROOM_REAL_DATA to the folder that holds it")
    return path


@pytest.fixture(autouse=True)
def media_folder(settings, tmp_path_factory):
    """Uploads of a test stay out of the folder of the running shop."""
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / "media"


@pytest.fixture(scope="session", autouse=True)
def emptied_queue():
    """Nobody works off what tests enqueue on Redis: take it away afterwards."""
    yield
    if settings.REDIS_URL:
        with current_app.connection_for_write() as broker:
            broker.default_channel.queue_purge(settings.CELERY_TASK_DEFAULT_QUEUE)


@pytest.fixture(scope="session", autouse=True)
def emptied_ledgers():
    """Tests with real transactions empty every table afterwards: only then are ledgers unlocked."""
    teardown = TransactionTestCase._fixture_teardown

    def unlocked(case):
        with append_only_lifted():
            teardown(case)

    TransactionTestCase._fixture_teardown = unlocked
    yield
    TransactionTestCase._fixture_teardown = teardown


@pytest.fixture(autouse=True)
def nothing_remembered():
    """What a test writes and takes back drops nothing: the next one begins without memory."""
    from inventory.availability.selectors import answers

    answers.forget()


@pytest.fixture(autouse=True)
def nobody_judges(request):
    """Products are judged by compliance's own tests; the factories clear what they make."""
    if request.path.is_relative_to(TESTS / "compliance"):
        yield
        return
    with gates.facts_changed.answered_by():
        yield


@pytest.fixture
def demo_shop(db, media_folder):
    """The demo shop as it is on one fixed morning; gone after the test."""
    from config.demo.build import load
    from tests.factories.inventory import NOW

    assert load(now=NOW)


@pytest.fixture
def kept_connection():
    """For tests that call the WSGI handler: a request ends by closing the test's own connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
