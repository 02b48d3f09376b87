"""Stock by place and the ledger, in the admin."""

from inventory.stock.admin.levels import StockLevelAdmin
from inventory.stock.admin.movements import StockMovementAdmin

__all__ = ["StockLevelAdmin", "StockMovementAdmin"]
