"""Reads of the inbox."""

from collections.abc import Collection

from inventory.integration.models import StockUpdateLine
from inventory.integration.rules import UpdateResult

IDS_AT_ONCE_MAX = 400


def applied_ids(source: str, external_ids: Collection[str]) -> set[str]:
    """Those of these ids whose line was applied before, whenever that was."""
    wanted = sorted(external_ids)
    found: set[str] = set()
    for start in range(0, len(wanted), IDS_AT_ONCE_MAX):
        lines = StockUpdateLine.objects.filter(
            source=source,
            external_id__in=wanted[start : start + IDS_AT_ONCE_MAX],
            result=UpdateResult.APPLIED,
        )
        found |= set(lines.values_list("external_id", flat=True))
    return found
