"""Why the books differ from what lies there: the codes that warehouses and people choose from."""

from enum import StrEnum


class StockReason(StrEnum):
    """The reason of a correction; it stands in the ledger as it is written here."""

    COUNT = "count"
    DAMAGED = "damaged"
    FOUND = "found"
    LOST = "lost"
    EXPIRED = "expired"
    SAMPLE = "sample"
    CORRECTION = "correction"
    OTHER = "other"


GONE_FOR_GOOD = {StockReason.DAMAGED, StockReason.LOST, StockReason.EXPIRED, StockReason.SAMPLE}
