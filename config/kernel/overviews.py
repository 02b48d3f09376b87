"""What one process sums up now and then, and all show as it was: overviews of the whole shop.

An overview may be a little old and says when it was made, so nothing has to drop it; a task makes
it anew before it ends. Only where it is missing does a reader make it, one of them for all.

It is kept in Redis. Where there is none, or none that answers, whoever asks makes his own.
"""

import logging
import pickle
import time
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

from django.conf import settings

from config.kernel.cache import PREFIX, CacheAway, link

T = TypeVar("T")

CLAIM_MILLISECONDS = 10_000
WAIT_SECONDS = 2.0
WAIT_STEP_SECONDS = 0.02

_logger = logging.getLogger(__name__)


class Overview(Generic[T]):
    """One overview by its name, and how it is made."""

    def __init__(self, name: str, make: Callable[[datetime], T]) -> None:
        self._key, self._make = f"{PREFIX}overview:{name}", make

    def read(self, *, now: datetime) -> T:
        """As it was kept, else made now; while somebody else is at it we wait for him a little."""
        if not settings.OVERVIEW_SECONDS:
            return self._make(now)
        try:
            kept = self._kept()
            if kept is None and not self._claimed():
                kept = self._waited_for()
        except CacheAway:
            return self._make(now)
        return self.refresh(now=now) if kept is None else kept

    def refresh(self, *, now: datetime) -> T:
        """Make it anew, and keep it where there is a Redis."""
        made = self._make(now)
        if settings.OVERVIEW_SECONDS:
            try:
                link().ask(
                    lambda redis: redis.set(
                        self._key, pickle.dumps(made), ex=settings.OVERVIEW_SECONDS
                    )
                )
            except CacheAway:
                _logger.info("An overview could not be kept: Redis is away")
        return made

    def _kept(self) -> T | None:
        found = link().ask(lambda redis: redis.get(self._key))
        if found is None:
            return None
        try:
            kept: T = pickle.loads(found)  # noqa: S301 - our own Redis, as sessions and tasks are
        except Exception:  # made by another release: as good as none
            return None
        return kept

    def _claimed(self) -> bool:
        """Whether it is ours to make; whoever died over it claims it for a few seconds only."""
        claim = f"{self._key}:claim"
        return bool(link().ask(lambda redis: redis.set(claim, 1, nx=True, px=CLAIM_MILLISECONDS)))

    def _waited_for(self) -> T | None:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            time.sleep(WAIT_STEP_SECONDS)
            if (kept := self._kept()) is not None:
                return kept
        return None
