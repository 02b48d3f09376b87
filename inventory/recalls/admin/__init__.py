"""Recalls in the admin: begun on one page, followed to the last unit on another."""

from inventory.recalls.admin.recalls import RecallAdmin

__all__ = ["RecallAdmin"]
