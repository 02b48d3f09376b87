"""Transfers and goods on the road, in the admin."""

from inventory.transfers.admin.road import TransferItemAdmin
from inventory.transfers.admin.transfers import TransferAdmin

__all__ = ["TransferAdmin", "TransferItemAdmin"]
