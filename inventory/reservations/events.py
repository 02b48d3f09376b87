"""What happens to reservations."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from config.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LineQuantity:
    """A quantity of one SKU, in stock units."""

    sku: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleQuantity(LineQuantity):
    """A number of bundles, with what they take of each component together."""

    components: tuple[LineQuantity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentQuantity(LineQuantity):
    """A quantity of one SKU that is a part of bundles, whose SKU is given too."""

    bundle: str


@dataclass(frozen=True, kw_only=True)
class ReservationEvent(Event):
    """Something happened to a reservation."""

    reservation_id: UUID
    reference: str

    @property
    def subject(self) -> str:
        """The reservation's id."""
        return str(self.reservation_id)


@dataclass(frozen=True, kw_only=True)
class StockReserved(ReservationEvent):
    """Stock was promised."""

    type: ClassVar[str] = "reservation.held"

    market: str
    lines: tuple[LineQuantity, ...]


@dataclass(frozen=True, kw_only=True)
class ReservationCommitted(ReservationEvent):
    """The promised stock left for an order."""

    type: ClassVar[str] = "reservation.committed"

    order_reference: str


@dataclass(frozen=True, kw_only=True)
class ReservationReleased(ReservationEvent):
    """The promise was given up."""

    type: ClassVar[str] = "reservation.released"


@dataclass(frozen=True, kw_only=True)
class ReservationExpiredEvent(ReservationEvent):
    """The promise's time ran out."""

    type: ClassVar[str] = "reservation.expired"


@dataclass(frozen=True, kw_only=True)
class ReservationShortage(ReservationEvent):
    """Promised stock was taken away and nothing else could take its place."""

    type: ClassVar[str] = "reservation.shortage"

    lines: tuple[LineQuantity, ...]


@dataclass(frozen=True, kw_only=True)
class ReservationNotCleared(ReservationEvent):
    """Something it holds was taken off sale in its market: it stays held, and cannot be committed.

    Only where the product is cleared again before the hold ends can it still be sold.
    """

    type: ClassVar[str] = "reservation.not_cleared"

    market: str
    lines: tuple[LineQuantity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedLot:
    """A quantity of one lot that was sent, in stock units; `corrected` was booked elsewhere."""

    sku: str
    lot: str
    quantity: Decimal
    corrected: Decimal


@dataclass(frozen=True, kw_only=True)
class ShipmentRecorded(Event):
    """A warehouse has said what it sent for an order."""

    type: ClassVar[str] = "shipment.recorded"

    shipment_id: UUID
    reference: str
    order_reference: str
    warehouse: str
    lines: tuple[ShippedLot, ...]

    @property
    def subject(self) -> str:
        """The order."""
        return self.order_reference
