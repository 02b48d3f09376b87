"""What happened to stock."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from config.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class StockChanged(Event):
    """What lies in one warehouse of one SKU has changed; a move inside it changes it by zero."""

    type: ClassVar[str] = "stock.changed"

    sku: str
    warehouse: str
    kind: str
    quantity: Decimal
    reference: str = ""

    @property
    def subject(self) -> str:
        """The SKU."""
        return self.sku


@dataclass(frozen=True, kw_only=True)
class LotHeld(Event):
    """A lot may not be sold any more, for one more reason."""

    type: ClassVar[str] = "lot.held"

    sku: str
    lot: str
    expires_on: date | None
    reason: str
    note: str

    @property
    def subject(self) -> str:
        """The SKU."""
        return self.sku


@dataclass(frozen=True, kw_only=True)
class LotReleased(Event):
    """One reason to keep a lot from sale is gone; `is_on_hold` says whether another is left."""

    type: ClassVar[str] = "lot.released"

    sku: str
    lot: str
    reason: str
    note: str
    is_on_hold: bool

    @property
    def subject(self) -> str:
        """The SKU."""
        return self.sku
