"""What happened to transfers."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from config.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LotQuantity:
    """A quantity of one lot, in stock units."""

    sku: str
    lot: str
    quantity: Decimal


@dataclass(frozen=True, kw_only=True)
class TransferEvent(Event):
    """Something happened to a transfer."""

    transfer_id: UUID
    reference: str
    source: str
    destination: str

    @property
    def subject(self) -> str:
        """The transfer's id."""
        return str(self.transfer_id)


@dataclass(frozen=True, kw_only=True)
class TransferDispatched(TransferEvent):
    """Goods went on the road."""

    type: ClassVar[str] = "transfer.dispatched"

    lines: tuple[LotQuantity, ...]


@dataclass(frozen=True, kw_only=True)
class TransferReceived(TransferEvent):
    """Goods arrived; with `is_complete` nothing of them is on the road any more."""

    type: ClassVar[str] = "transfer.received"

    lines: tuple[LotQuantity, ...]
    is_complete: bool


@dataclass(frozen=True, kw_only=True)
class TransferCancelled(TransferEvent):
    """The goods stay where they are."""

    type: ClassVar[str] = "transfer.cancelled"
