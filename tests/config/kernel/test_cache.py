import time
from threading import Thread
from unittest.mock import patch

import pytest
from django.db import transaction

from config.kernel import cache
from config.kernel.cache import CacheAway, Miss, Wanted, keep, look, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

ONE = Wanted("stock:1", "DE")
TWO = Wanted("stock:2", "DE")


def missed(wanted=ONE):
    (miss,) = look([wanted]).found
    assert isinstance(miss, Miss)
    return miss


def kept(wanted=ONE):
    (found,) = look([wanted]).found
    return found if isinstance(found, bytes) else None


@transaction.atomic
def change_and_fail(subject):
    cache.changed(subject)
    raise ZeroDivisionError


@pytest.fixture
def short_wait(monkeypatch):
    monkeypatch.setattr(cache, "WAIT_SECONDS", 0.05)


def test_answers_what_was_kept(own_redis):
    keep(missed(), b"figure", milliseconds=5000)

    assert kept() == b"figure"


def test_forgets_when_its_time_is_over(own_redis):
    keep(missed(), b"figure", milliseconds=30)

    time.sleep(0.05)

    assert kept() is None


def test_counts_the_time_from_the_look_that_missed(own_redis):
    miss = missed()
    time.sleep(0.06)

    keep(miss, b"figure", milliseconds=70)
    time.sleep(0.02)

    assert kept() is None


def test_drops_what_has_changed_and_nothing_else(own_redis):
    keep(missed(ONE), b"one", milliseconds=5000)
    keep(missed(TWO), b"two", milliseconds=5000)

    cache.changed("stock:1")

    assert (kept(ONE), kept(TWO)) == (None, b"two")


def test_drops_everything_when_master_data_change(own_redis):
    keep(missed(ONE), b"one", milliseconds=5000)
    before = look(()).reference

    cache.reference_changed()

    assert kept(ONE) is None
    assert look(()).reference != before


def test_never_keeps_what_was_computed_before_a_change(own_redis):
    miss = missed()  # a slow reader computes from here on

    cache.changed("stock:1")
    keep(miss, b"from before", milliseconds=5000)

    assert kept() is None


def test_a_forgotten_stamp_brings_nothing_old_back(own_redis):
    miss = missed()
    cache.changed("stock:1")
    own_redis.client.delete("backroom:stamp:stock:1")

    keep(miss, b"from before", milliseconds=5000)

    assert kept() is None


def test_drops_after_the_commit_and_only_then(own_redis):
    keep(missed(), b"figure", milliseconds=5000)

    with transaction.atomic():
        cache.changed("stock:1")
        assert kept() == b"figure"

    assert kept() is None


def test_drops_nothing_of_what_was_rolled_back(own_redis):
    keep(missed(), b"figure", milliseconds=5000)

    with pytest.raises(ZeroDivisionError):
        change_and_fail("stock:1")

    assert kept() == b"figure"


def test_a_savepoint_that_was_rolled_back_takes_no_other_drop_with_it(own_redis):
    keep(missed(), b"figure", milliseconds=5000)

    with transaction.atomic():
        with pytest.raises(ZeroDivisionError):
            change_and_fail("stock:2")
        cache.changed("stock:1")

    assert kept() is None


def test_many_changes_of_one_transaction_cost_one_round_trip(own_redis):
    watched = patch.object(cache, "_stamp_anew", wraps=cache._stamp_anew)

    with watched as drop, transaction.atomic():
        for number in range(20):
            cache.changed(f"stock:{number}")

    drop.assert_called_once()


# Many who ask for the same


def test_only_the_first_who_misses_computes(own_redis):
    first, second = missed(), missed()

    assert (first.is_ours, second.is_ours) == (True, False)


def test_the_others_get_what_the_first_computes(own_redis):
    first, second = missed(), missed()
    found = []
    waiting = Thread(target=lambda: found.extend(wait_for([second])))
    waiting.start()
    time.sleep(0.02)

    keep(first, b"figure", milliseconds=5000)
    waiting.join()

    assert found == [b"figure"]


def test_who_waits_gets_it_even_where_it_was_overtaken_meanwhile(own_redis):
    first, second = missed(), missed()

    cache.changed("stock:1")
    keep(first, b"new enough for the second", milliseconds=5000)

    assert wait_for([second]) == [b"new enough for the second"]
    assert kept() is None


def test_who_saw_a_change_does_not_get_what_was_begun_before_it(own_redis, short_wait):
    first = missed()
    cache.changed("stock:1")
    ours, later = missed(), missed()
    assert (ours.is_ours, later.is_ours) == (True, False)

    keep(first, b"from before", milliseconds=5000)

    assert wait_for([later]) == [None]


def test_nobody_waits_for_ever_for_one_who_died(own_redis, short_wait):
    missed()
    second = missed()

    started = time.monotonic()

    assert wait_for([second]) == [None]
    assert time.monotonic() - started < 0.5


def test_a_claim_of_one_who_died_lapses(own_redis, monkeypatch):
    monkeypatch.setattr(cache, "CLAIM_MILLISECONDS", 30)
    missed()

    time.sleep(0.05)

    assert missed().is_ours


# Without Redis


def test_without_redis_there_is_nothing_to_look_into(settings):
    settings.REDIS_URL = ""

    with pytest.raises(CacheAway):
        look([ONE])
    cache.changed("stock:1")


def test_a_redis_that_is_away_is_asked_once_and_then_left_alone(own_redis, monkeypatch):
    own_redis.stop()
    with pytest.raises(CacheAway):
        look([ONE])

    with patch.object(cache.link()._redis, "evalsha") as asked, pytest.raises(CacheAway):
        look([ONE])

    asked.assert_not_called()


def test_comes_back_when_redis_does(own_redis, monkeypatch):
    monkeypatch.setattr(cache, "AWAY_SECONDS", 0.05)
    own_redis.stop()
    with pytest.raises(CacheAway):
        look([ONE])
    own_redis.start()

    time.sleep(0.06)

    assert missed().is_ours


def test_drops_late_what_it_could_not_drop(own_redis, monkeypatch):
    keep(missed(), b"old", milliseconds=5000)
    way = cache.link()
    monkeypatch.setattr(way, "_away_until", time.monotonic() + 5)
    cache.changed("stock:1")  # nobody else hears of it

    monkeypatch.setattr(way, "_away_until", 0.0)

    assert kept() is None
    assert not cache._undropped


def test_what_it_could_not_drop_does_not_grow_without_end(own_redis, monkeypatch):
    monkeypatch.setattr(cache.link(), "_away_until", time.monotonic() + 5)
    monkeypatch.setattr(cache, "UNDROPPED_MAX", 3)

    cache.changed(*(f"stock:{number}" for number in range(5)))

    assert cache._undropped == {cache.REFERENCE}
