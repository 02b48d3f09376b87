"""What happens to lots as their time runs out."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from config.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class LotExpiring(Event):
    """A lot has reached a threshold before (or has passed) its last day of sale."""

    type: ClassVar[str] = "lot.expiring"

    sku: str
    lot: str
    threshold: str
    days_left: int
    sell_by: date

    @property
    def subject(self) -> str:
        """The lot by its SKU and code."""
        return f"{self.sku}/{self.lot}"


@dataclass(frozen=True, kw_only=True)
class ExpiryDigestSent(Event):
    """The daily digest went to a reader; it keeps a second run from sending it again."""

    type: ClassVar[str] = "expiry.digest_sent"

    day: date
    reader_id: int

    @property
    def subject(self) -> str:
        """Which digest for whom."""
        return f"{self.day}:{self.reader_id}"
