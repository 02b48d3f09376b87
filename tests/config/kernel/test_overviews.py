import time
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest

from config.kernel import overviews
from config.kernel.overviews import Overview

MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LATER = MORNING + timedelta(minutes=1)


@pytest.fixture
def is_kept(own_redis, settings):
    settings.OVERVIEW_SECONDS = 60
    return own_redis


def told(now: datetime) -> str:
    """What an overview made then says."""
    return f"as of {now:%H:%M}"


def test_is_shown_as_it_was_kept(is_kept):
    overview = Overview("shop", told)
    overview.refresh(now=MORNING)

    assert overview.read(now=LATER) == "as of 09:00"


def test_is_made_anew_by_the_task(is_kept):
    overview = Overview("shop", told)
    overview.refresh(now=MORNING)

    overview.refresh(now=LATER)

    assert overview.read(now=LATER) == "as of 09:01"


def test_the_first_reader_of_a_missing_one_makes_it_for_the_others(is_kept):
    overview = Overview("shop", told)

    assert overview.read(now=MORNING) == "as of 09:00"
    assert overview.read(now=LATER) == "as of 09:00"


def test_ends_where_nobody_makes_it_anew(is_kept, settings):
    settings.OVERVIEW_SECONDS = 1
    overview = Overview("shop", told)
    overview.refresh(now=MORNING)

    time.sleep(1.1)

    assert overview.read(now=LATER) == "as of 09:01"


def test_one_makes_it_while_the_others_wait(is_kept):
    makes, goes_on = Event(), Event()
    made = []

    def slowly(now):
        made.append(now)
        makes.set()
        goes_on.wait(5)
        return told(now)

    overview = Overview("shop", slowly)
    first = Thread(target=overview.read, kwargs={"now": MORNING})
    first.start()
    makes.wait(5)
    found = []
    second = Thread(target=lambda: found.append(overview.read(now=LATER)))
    second.start()
    goes_on.set()
    first.join(5)
    second.join(5)

    assert (found, made) == (["as of 09:00"], [MORNING])


def test_whoever_waits_too_long_makes_his_own(is_kept, monkeypatch):
    monkeypatch.setattr(overviews, "WAIT_SECONDS", 0.05)
    overview = Overview("shop", told)
    assert overview._claimed()

    assert overview.read(now=LATER) == "as of 09:01"


def test_what_another_release_kept_is_made_anew(is_kept):
    overview = Overview("shop", told)
    is_kept.client.set(overview._key, b"who knows")

    assert overview.read(now=LATER) == "as of 09:01"


def test_without_redis_everybody_makes_his_own(is_kept):
    overview = Overview("shop", told)
    overview.refresh(now=MORNING)

    is_kept.stop()

    assert overview.read(now=LATER) == "as of 09:01"
    assert overview.refresh(now=LATER) == "as of 09:01"


def test_nothing_is_kept_in_the_embedded_profile(is_kept, settings):
    overview = Overview("shop", told)
    overview.refresh(now=MORNING)

    settings.OVERVIEW_SECONDS = 0

    assert overview.read(now=LATER) == "as of 09:01"
