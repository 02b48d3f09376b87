"""Stock by place, the ledger and serial numbers, in the admin."""

from inventory.stock.admin.levels import StockLevelAdmin
from inventory.stock.admin.movements import StockMovementAdmin
from inventory.stock.admin.serials import SerialNumberAdmin, UnnamedMovementAdmin

__all__ = ["SerialNumberAdmin", "StockLevelAdmin", "StockMovementAdmin", "UnnamedMovementAdmin"]
