"""What several processes keep together in Redis for a few seconds, and how it is dropped in time.

A figure is kept with the stamp of what it was made of. Whoever changes something gives it a new
stamp once his transaction has committed: from then on nobody is answered with a figure that has an
older one, whoever computed it and whenever he stored it. So a slow reader can never bring an old
figure back, and who has written reads what he wrote. Stamps are random and never come again, so
one that Redis has forgotten hurts nobody.

Redis decides nothing. Where it is not configured, away or slow, whoever asks computes instead; a
Redis that does not answer is left alone for a while, so it costs a timeout now and then and not
with each request. Only a process that dies between its commit and the drop, or cannot reach a
Redis that others can, leaves an old figure behind: for as long as figures live, and not longer.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

T = TypeVar("T")

PREFIX = "backroom:"
TIMEOUT_SECONDS = 0.25
AWAY_SECONDS = 5.0  # as long as a figure lives that this process could not drop
STAMP_SECONDS = 24 * 60 * 60
CLAIM_MILLISECONDS = 500
WAIT_SECONDS = 0.25
WAIT_STEP_SECONDS = 0.002
UNDROPPED_MAX = 10_000
REFERENCE = "reference"

_logger = logging.getLogger(__name__)


class CacheAway(Exception):
    """Redis is not configured, or does not answer: compute."""


class Link:
    """The way to one Redis; after a failure it is taken to be away for AWAY_SECONDS."""

    def __init__(self, url: str) -> None:
        self._redis: Any = Redis.from_url(
            url,
            socket_connect_timeout=TIMEOUT_SECONDS,
            socket_timeout=TIMEOUT_SECONDS,
            # A connection that Redis closed meanwhile is no failure yet.
            retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        )
        self._away_until = 0.0

    def ask(self, call: Callable[[Any], T]) -> T:
        """What the call answers when it is given the client. Raises CacheAway."""
        was_away_until, now = self._away_until, time.monotonic()
        if now < was_away_until:
            raise CacheAway
        if was_away_until:  # one asks whether it is back, the others go on without it
            self._away_until = now + AWAY_SECONDS
        try:
            answer = call(self._redis)
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            _logger.warning("Redis does not answer, working without it: %s", error)
            raise CacheAway from error
        if was_away_until:
            self._away_until = 0.0
        return answer

    def run(self, script: "Script", keys: Sequence[str], *values: Any) -> Any:
        """Run a script with these keys and values. Raises CacheAway."""
        return self.ask(partial(script, keys=keys, args=values))


class Script:
    """A Lua script that Redis runs as one step."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._sha = ""

    def __call__(self, client: Any, *, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """Run it, handing it over first where Redis does not know it."""
        from redis.exceptions import NoScriptError

        if self._sha:
            try:
                return client.evalsha(self._sha, len(keys), *keys, *args)
            except NoScriptError:
                pass
        self._sha = client.script_load(self._text)
        return client.evalsha(self._sha, len(keys), *keys, *args)


def link() -> Link:
    """The way to the Redis of the settings. Raises CacheAway where there is none."""
    if not settings.REDIS_URL:
        raise CacheAway
    return _link(settings.REDIS_URL)


@lru_cache(maxsize=8)
def _link(url: str) -> Link:
    return Link(url)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One figure: what it tells of (`stock:17`), and its name among those (`DE`)."""

    subject: str
    name: str


@dataclass(slots=True)
class Miss:
    """A figure that has to be computed, by us where `is_ours`, else by whoever is at it."""

    wanted: Wanted
    stamp: bytes
    is_ours: bool
    looked_at: float


@dataclass(frozen=True, slots=True)
class Look:
    """What was found: one entry for each figure that was wanted, in their order."""

    reference: bytes
    found: list[bytes | Miss]


# KEYS: the reference's stamp, then for each figure its subject's stamp and itself.
# ARGV: a stamp for what has none, how long stamps live, how long a claim lives.
_LOOK = Script("""
local stamps = {}
local function stamp_of(key)
  local stamp = redis.call('GET', key)
  if not stamp then
    stamp = ARGV[1]
    redis.call('SET', key, stamp, 'EX', ARGV[2])
  end
  return stamp
end
local reference = stamp_of(KEYS[1])
local found = {reference}
for i = 2, #KEYS, 2 do
  local stamp = reference .. stamp_of(KEYS[i])
  local figure = redis.call('GET', KEYS[i + 1])
  if figure and string.sub(figure, 1, #stamp) == stamp then
    found[#found + 1] = string.sub(figure, #stamp + 1)
  elseif redis.call('SET', KEYS[i + 1] .. stamp, '', 'NX', 'PX', ARGV[3]) then
    found[#found + 1] = {stamp, 1}
  else
    found[#found + 1] = {stamp, 0}
  end
end
return found
""")

# KEYS: the reference's stamp, the subject's stamp, the figure. ARGV: stamp, figure, milliseconds.
# A figure that has been overtaken is still right for those who are waiting for it.
_KEEP = Script("""
local stamp = (redis.call('GET', KEYS[1]) or '') .. (redis.call('GET', KEYS[2]) or '')
if stamp == ARGV[1] then
  redis.call('SET', KEYS[3], ARGV[1] .. ARGV[2], 'PX', ARGV[3])
  redis.call('DEL', KEYS[3] .. ARGV[1])
  return 1
end
redis.call('SET', KEYS[3] .. ARGV[1], ARGV[2], 'PX', ARGV[4])
return 0
""")

_DROP = Script("""
for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[1], 'EX', ARGV[2]) end
return #KEYS
""")


def look(wanted: Sequence[Wanted]) -> Look:
    """Ask for figures in one round trip; those that are missing are ours or somebody's to compute.

    Raises CacheAway.
    """
    way = link()
    _drop_late(way)
    keys = [_stamp_key(REFERENCE)]
    for one in wanted:
        keys += (_stamp_key(one.subject), _figure_key(one))
    looked_at = time.monotonic()
    reference, *found = way.run(_LOOK, keys, _new_stamp(), STAMP_SECONDS, CLAIM_MILLISECONDS)
    return Look(
        reference,
        [
            answer if isinstance(answer, bytes) else Miss(one, answer[0], answer[1] == 1, looked_at)
            for one, answer in zip(wanted, found, strict=True)
        ],
    )


def keep(miss: Miss, figure: bytes, *, milliseconds: int) -> None:
    """Store what was computed after the look that missed it, for so long since that look.

    A Redis that is away is no matter.
    """
    left = milliseconds - int((time.monotonic() - miss.looked_at) * 1000)
    keys = [_stamp_key(REFERENCE), _stamp_key(miss.wanted.subject), _figure_key(miss.wanted)]
    try:
        link().run(_KEEP, keys, miss.stamp, figure, max(1, left), CLAIM_MILLISECONDS)
    except CacheAway:
        return


def wait_for(misses: Sequence[Miss]) -> list[bytes | None]:
    """What others are computing, once it is there; None where it takes them too long.

    It is what they began to compute after the stamp that we have seen, so it is new enough for us
    even where it has been overtaken meanwhile.
    """
    found: dict[int, bytes] = {}
    deadline = time.monotonic() + WAIT_SECONDS
    while len(found) < len(misses) and time.monotonic() < deadline:
        open_misses = [place for place in range(len(misses)) if place not in found]
        keys: list[str | bytes] = []
        for place in open_misses:
            key = _figure_key(misses[place].wanted)
            keys += (key, key.encode() + misses[place].stamp)
        try:
            answers = link().ask(partial(_get_all, keys))
        except CacheAway:
            break
        for place, kept, claimed in zip(open_misses, answers[::2], answers[1::2], strict=True):
            stamp = misses[place].stamp
            if kept is not None and kept.startswith(stamp):
                found[place] = kept[len(stamp) :]
            elif claimed:
                found[place] = claimed
        if len(found) < len(misses):
            time.sleep(WAIT_STEP_SECONDS)
    return [found.get(place) for place in range(len(misses))]


def _get_all(keys: Sequence[str | bytes], client: Any) -> list[bytes | None]:
    found: list[bytes | None] = client.mget(keys)
    return found


def reference_stamp() -> bytes:
    """The stamp of all master data together. Raises CacheAway."""
    return look(()).reference


def changed(*subjects: str) -> None:
    """Drop what is kept about these, once the current transaction has committed.

    Several calls in one transaction cost one round trip.
    """
    if not settings.REDIS_URL or not subjects:
        return
    _pending.subjects.update(subjects)
    transaction.on_commit(_drop_pending, robust=True)


def reference_changed() -> None:
    """Drop every figure: markets, warehouses, products or categories have changed."""
    changed(REFERENCE)


class _Pending(threading.local):
    """What the transactions of this thread have changed; what was rolled back drops too much."""

    def __init__(self) -> None:
        self.subjects: set[str] = set()


_pending = _Pending()
_undropped: set[str] = set()


def _drop_pending() -> None:
    subjects, _pending.subjects = _pending.subjects, set()
    if subjects:
        _drop(subjects)


def _drop(subjects: Iterable[str]) -> None:
    """Give new stamps; what cannot be dropped now is dropped before we look again."""
    try:
        _stamp_anew(link(), subjects)
    except CacheAway:
        _undropped.update(subjects)
        if len(_undropped) > UNDROPPED_MAX:
            _undropped.clear()
            _undropped.add(REFERENCE)


def _drop_late(way: Link) -> None:
    if _undropped:
        late = tuple(_undropped)
        _stamp_anew(way, late)
        _undropped.difference_update(late)


def _stamp_anew(way: Link, subjects: Iterable[str]) -> None:
    way.run(_DROP, [_stamp_key(subject) for subject in subjects], _new_stamp(), STAMP_SECONDS)


def _new_stamp() -> str:
    return secrets.token_hex(8)


def _stamp_key(subject: str) -> str:
    return f"{PREFIX}stamp:{subject}"


def _figure_key(wanted: Wanted) -> str:
    return f"{PREFIX}figure:{wanted.subject}:{wanted.name}:"
