"""What every change of a return has in common: its lock, its history, its texts."""

from datetime import datetime
from uuid import UUID

from config.kernel.context import actor_id, actor_name, current_request_id
from config.kernel.errors import FieldError
from inventory.returns.errors import ReturnEnded, UnknownReturn
from inventory.returns.models import (
    ReturnAuthorization,
    ReturnChange,
    ReturnChangeKind,
    ReturnStatus,
)
from inventory.stock.errors import InvalidText, ReasonRequired

DETAIL_LENGTH_MAX = 500


def lock_return(return_id: UUID, *, is_open: bool = True) -> ReturnAuthorization:
    """The return, locked until the transaction ends; stock is locked after it.

    Raises UnknownReturn, ReturnEnded (where it has to be open).
    """
    found = (
        ReturnAuthorization.objects.select_for_update(of=("self",))
        .select_related("market", "warehouse")
        .filter(pk=return_id)
        .first()
    )
    if found is None:
        raise UnknownReturn("There is no such return.")
    if is_open and found.status in (ReturnStatus.CLOSED, ReturnStatus.CANCELLED):
        raise ReturnEnded(
            f"Return {found.reference} is {found.get_status_display().lower()}.",
            return_status=found.status,
        )
    return found


def write_down(
    found: ReturnAuthorization, kind: ReturnChangeKind, detail: str, now: datetime
) -> None:
    """Add a line to the return's history."""
    ReturnChange.objects.create(
        authorization=found,
        kind=kind,
        detail=detail[:DETAIL_LENGTH_MAX],
        happened_at=now,
        actor_id=actor_id(),
        actor_name=actor_name(),
        request_id=current_request_id(),
    )


def checked_text(text: str, pointer: str, length_max: int, *, is_required: bool = False) -> str:
    """The text, trimmed. Raises ReasonRequired, InvalidText."""
    text = text.strip()
    if is_required and not text:
        raise ReasonRequired("Say why: the reason is empty.", field=pointer)
    if len(text) > length_max:
        raise InvalidText(
            f"{pointer.rsplit('/', 1)[-1]} has {len(text)} characters, more than {length_max}.",
            field=pointer,
        )
    return text


def at_line(number: int, field: str, code: str, detail: str) -> FieldError:
    """What is wrong with a field of a line, by the line's number in the request."""
    return FieldError(f"/lines/{number}/{field}", code, detail)
