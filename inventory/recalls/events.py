"""What happens to recalled lots."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from config.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class LotRecalled(Event):
    """A lot is called back: nobody may sell it, and whoever has some must be told."""

    type: ClassVar[str] = "lot.recalled"

    recall_id: UUID
    reference: str
    reason: str
    sku: str
    lot: str
    expires_on: date | None
    on_hand: Decimal
    with_customers: Decimal

    @property
    def subject(self) -> str:
        """The lot by its SKU and code."""
        return f"{self.sku}/{self.lot}"


@dataclass(frozen=True, kw_only=True)
class RecallEndedEvent(Event):
    """A recall was closed, or withdrawn."""

    type: ClassVar[str] = "recall.ended"

    recall_id: UUID
    reference: str
    status: str
    reason: str

    @property
    def subject(self) -> str:
        """The recall's id."""
        return str(self.recall_id)
