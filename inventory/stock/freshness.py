"""Who changes what can be promised says so here; figures kept elsewhere are then dropped."""

from collections.abc import Iterable

from config.kernel import cache


def availability_changed(variant_ids: Iterable[int]) -> None:
    """What can be promised of these variants changes with the current transaction's commit.

    `stock.locks.lock_levels` calls it for everybody who locks; call it where you change levels,
    promises or holds without that lock. It costs one round trip to Redis after the commit, and
    nothing where there is none.
    """
    cache.changed(*(stock_subject(variant_id) for variant_id in variant_ids))


def stock_subject(variant_id: int) -> str:
    """Under which name figures of a variant's stock are kept."""
    return f"stock:{variant_id}"
