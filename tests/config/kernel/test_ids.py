import uuid

from config.kernel.ids import new_id


def test_keys_are_of_version_7_and_begin_with_the_time(monkeypatch):
    monkeypatch.setattr("time.time_ns", lambda: 1_795_000_000_123_456_789)

    key = new_id()

    assert (key.version, key.variant) == (7, uuid.RFC_4122)
    assert key.int >> 80 == 1_795_000_000_123


def test_later_keys_come_later_and_none_comes_twice(monkeypatch):
    instants = iter(range(0, 10**9, 10**6))
    monkeypatch.setattr("time.time_ns", lambda: next(instants))

    keys = [new_id() for _ in range(1000)]

    assert keys == sorted(keys)
    assert len(set(keys)) == 1000
