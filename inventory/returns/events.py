"""What happened to returns."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from config.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnQuantity:
    """A quantity of one SKU, in stock units, of one lot where that is known.

    `into_sku`: what it has become by refurbishing.
    """

    sku: str
    quantity: Decimal
    lot: str = ""
    disposition: str = ""
    into_sku: str = ""


@dataclass(frozen=True, kw_only=True)
class ReturnEvent(Event):
    """Something happened to a return."""

    return_id: UUID
    reference: str
    order_reference: str

    @property
    def subject(self) -> str:
        """The return's id."""
        return str(self.return_id)


@dataclass(frozen=True, kw_only=True)
class ReturnAuthorised(ReturnEvent):
    """A customer may send goods back."""

    type: ClassVar[str] = "return.authorised"

    lines: tuple[ReturnQuantity, ...]


@dataclass(frozen=True, kw_only=True)
class ReturnReceived(ReturnEvent):
    """Goods came back."""

    type: ClassVar[str] = "return.received"

    warehouse: str
    lines: tuple[ReturnQuantity, ...]


@dataclass(frozen=True, kw_only=True)
class ReturnInspected(ReturnEvent):
    """It was decided what becomes of goods; with `is_complete` of all that came."""

    type: ClassVar[str] = "return.inspected"

    lines: tuple[ReturnQuantity, ...]
    is_complete: bool


@dataclass(frozen=True, kw_only=True)
class ReturnClosed(ReturnEvent):
    """Nothing more comes of it."""

    type: ClassVar[str] = "return.closed"


@dataclass(frozen=True, kw_only=True)
class ReturnCancelled(ReturnEvent):
    """Nothing was sent back, and nothing will be."""

    type: ClassVar[str] = "return.cancelled"
