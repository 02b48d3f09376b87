"""How many clearances wait, for the sidebar and for Today: counted anew every few seconds."""

from django.core.cache import cache

from compliance.assessments.selectors.queue import waiting_counts

KEY = "compliance.waiting"
SECONDS = 20


def waiting_now() -> tuple[int, int]:
    """How many wait, and how many of them the law blocks; a little old at times."""
    kept: tuple[int, int] | None = cache.get(KEY)
    if kept is None:
        kept = waiting_counts()
        cache.set(KEY, kept, SECONDS)
    return kept


def forget_waiting() -> None:
    """Somebody has decided: who asks next counts anew."""
    cache.delete(KEY)
