"""What becomes of a reservation, written down for whoever asks later."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from config.kernel.context import actor_id, actor_name, current_request_id
from inventory.reservations.models import ChangeKind, ReservationChange

TEXT_LENGTH_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that happened to a reservation, or to one of its lines."""

    reservation_id: UUID
    kind: ChangeKind
    line_id: int | None = None
    lost: Decimal = Decimal(0)
    found: Decimal = Decimal(0)
    detail: str = ""
    reason: str = ""


def record_changes(changes: Iterable[Change], now: datetime) -> None:
    """Write these down, each with who did it and by which request."""
    user_id, user_name, request_id = actor_id(), actor_name(), current_request_id()
    ReservationChange.objects.bulk_create(
        ReservationChange(
            reservation_id=change.reservation_id,
            line_id=change.line_id,
            kind=change.kind,
            lost=change.lost,
            found=change.found,
            detail=change.detail[:TEXT_LENGTH_MAX],
            reason=change.reason[:TEXT_LENGTH_MAX],
            happened_at=now,
            actor_id=user_id,
            actor_name=user_name,
            request_id=request_id,
        )
        for change in changes
    )
