"""Stock by product and lots, in the admin."""

from inventory.availability.admin.lots import LotAdmin
from inventory.availability.admin.variants import StockedVariantAdmin

__all__ = ["LotAdmin", "StockedVariantAdmin"]
