"""Counts in the admin: planned, entered by scan, decided."""

from inventory.counting.admin.counts import CycleCountAdmin
from inventory.counting.admin.lines import CountLineAdmin

__all__ = ["CountLineAdmin", "CycleCountAdmin"]
