"""Reads of recalls: what is frozen, where each unit is, whom it concerns."""

from inventory.recalls.selectors.figures import (
    LotProgress,
    balances_of,
    family_of,
    progress_of,
    recall_by_id,
    recalled_lots,
)

__all__ = [
    "LotProgress",
    "balances_of",
    "family_of",
    "progress_of",
    "recall_by_id",
    "recalled_lots",
]
