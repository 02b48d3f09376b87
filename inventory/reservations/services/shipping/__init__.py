"""What a warehouse really sent: it confirms what was sold, and corrects from which lots."""

from inventory.reservations.services.shipping.reading import SHIPPED_LINES_MAX, SentLine
from inventory.reservations.services.shipping.recording import record_shipment

__all__ = ["SHIPPED_LINES_MAX", "SentLine", "record_shipment"]
