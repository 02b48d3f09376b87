"""Expected deliveries and goods in, in the admin."""

from inventory.purchasing.admin.notices import ShipmentNoticeAdmin

__all__ = ["ShipmentNoticeAdmin"]
