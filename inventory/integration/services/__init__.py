"""What other systems tell us, taken in."""

from inventory.integration.services.reading import UpdateLine
from inventory.integration.services.stock_updates import LINES_MAX, LineResult, update_stock

__all__ = ["LINES_MAX", "LineResult", "UpdateLine", "update_stock"]
