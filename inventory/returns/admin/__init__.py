"""Returns in the admin."""

from inventory.returns.admin.returns import ReturnAuthorizationAdmin

__all__ = ["ReturnAuthorizationAdmin"]
