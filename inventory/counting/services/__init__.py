"""Counting what lies there, and proving that stock, ledger and promises say the same."""

from inventory.counting.services.reconciling import reconcile, reconcile_and_alert

__all__ = ["reconcile", "reconcile_and_alert"]
