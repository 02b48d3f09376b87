"""What happened to announced deliveries."""

from dataclasses import dataclass
from typing import ClassVar

from config.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class DeliveryAnnounced(Event):
    """A supplier says what he has sent."""

    type: ClassVar[str] = "delivery.announced"

    notice_id: int
    supplier: str
    reference: str
    warehouse: str
    line_count: int

    @property
    def subject(self) -> str:
        """The supplier's number of the delivery."""
        return self.reference


@dataclass(frozen=True, kw_only=True)
class DeliveryEnded(Event):
    """An announced delivery is received or cancelled: nothing more is expected of it."""

    type: ClassVar[str] = "delivery.ended"

    notice_id: int
    reference: str
    status: str

    @property
    def subject(self) -> str:
        """The supplier's number of the delivery."""
        return self.reference
